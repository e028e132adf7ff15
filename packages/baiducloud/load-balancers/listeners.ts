import type { Listener, ListenerType } from "@ccm/bce";
import { type FacetProblem, healthCheckOf } from "@ccm/cloud-provider";
import type { Service, ServicePort } from "@ccm/kube";
import type { ServiceSettings } from "./annotation-table.ts";

/** How long a browser stays with its backend when the Service does not say. */
const AFFINITY_SECONDS = 10_800;

/** The listeners that a Service wants, sorted, each with everything that we decide about it. */
export function listenersFor(
  service: Service,
  settings: ServiceSettings,
): { readonly listeners: readonly Listener[]; readonly problems: readonly FacetProblem[] } {
  const problems: FacetProblem[] = [];
  const leftOut = (reason: string, text: string): void => {
    problems.push({ facet: "listeners", reason, message: `${text}; this port is left out`, retryable: false });
  };
  const listeners: Listener[] = [];
  for (const port of service.spec?.ports ?? []) {
    const protocol = port.protocol ?? "TCP";
    const { nodePort } = port;
    if (protocol !== "TCP" && protocol !== "UDP") {
      leftOut("UnsupportedProtocol", `port ${port.port}/${protocol}: expected TCP or UDP`);
    } else if (!nodePort) {
      leftOut("NoNodePort", `port ${port.port}/${protocol} has no node port to forward to`);
    } else {
      const type = protocol === "UDP" ? "UDP" : ((settings.listenerProtocols[port.port] ?? "TCP") as ListenerType);
      if ((type === "HTTPS" || type === "SSL") && settings.certificateId === "") {
        leftOut("NoCertificate", `port ${port.port} is to speak ${type}, and no annotation names a certificate`);
      } else listeners.push(listenerFor(type, { ...port, nodePort }, service, settings));
    }
  }
  const order = (a: Listener, b: Listener) =>
    a.listenerPort - b.listenerPort || (a.listenerType < b.listenerType ? -1 : 1);
  return { listeners: listeners.sort(order), problems };
}

function listenerFor(
  listenerType: ListenerType,
  port: ServicePort & { readonly nodePort: number },
  service: Service,
  settings: ServiceSettings,
): Listener {
  const web = listenerType === "HTTP" || listenerType === "HTTPS";
  return {
    listenerType,
    listenerPort: port.port,
    backendPort: port.nodePort,
    scheduler: schedulerFor(listenerType, service, settings),
    healthCheckTimeoutInSecond: settings.healthTimeout,
    healthCheckInterval: settings.healthInterval,
    unhealthyThreshold: settings.unhealthyThreshold,
    healthyThreshold: settings.healthyThreshold,
    ...(listenerType === "TCP" && settings.tcpTimeout > 0 ? { tcpSessionTimeout: settings.tcpTimeout } : {}),
    ...(listenerType === "UDP" ? udpFields(port.nodePort, settings) : {}),
    ...(web ? webFields(port.nodePort, service, settings) : {}),
    ...(listenerType === "HTTPS" || listenerType === "SSL" ? { certIds: [settings.certificateId] } : {}),
  };
}

/** TCP and UDP have another name for least connections than the rest; HTTP knows no hash, it has cookies. */
function schedulerFor(type: ListenerType, service: Service, settings: ServiceSettings): string {
  const sticky = service.spec?.sessionAffinity === "ClientIP";
  const web = type === "HTTP" || type === "HTTPS";
  const chosen = settings.scheduler || (sticky ? "Hash" : "RoundRobin");
  if (chosen === "LeastConnection" || chosen === "WeightLeastConn") {
    return type === "TCP" || type === "UDP" ? "WeightLeastConn" : "LeastConnection";
  }
  return chosen === "Hash" && web ? "RoundRobin" : chosen;
}

function udpFields(nodePort: number, settings: ServiceSettings): Partial<Listener> {
  return {
    ...(settings.udpTimeout > 0 ? { udpSessionTimeout: settings.udpTimeout } : {}),
    ...(settings.udpHealthCheck === "" ? {} : { healthCheckType: settings.udpHealthCheck }),
    healthCheckPort: nodePort,
    healthCheckString: settings.healthString,
  };
}

/**
 * HTTP checks can ask another port: with policy Local that is kube-proxy's, which knows whether the node has a Pod. The
 * other protocols ask the node port itself, which such a node does not answer.
 */
function webFields(nodePort: number, service: Service, settings: ServiceSettings): Partial<Listener> {
  const sticky = service.spec?.sessionAffinity === "ClientIP";
  const local = healthCheckOf(service);
  return {
    keepSession: sticky,
    ...(sticky
      ? {
          keepSessionType: "insert",
          keepSessionDuration: service.spec?.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? AFFINITY_SECONDS,
        }
      : {}),
    xForwardFor: settings.forwardedHeaders,
    xForwardedProto: settings.forwardedHeaders,
    healthCheckType: "HTTP",
    healthCheckPort: local?.port ?? nodePort,
    healthCheckURI: settings.healthPath || (local?.path ?? "/"),
    ...(settings.healthHost === "" ? {} : { healthCheckHost: settings.healthHost }),
    healthCheckNormalStatus: settings.healthStatus || "http_2xx|http_3xx",
  };
}
