import { keyOf, type Service } from "@ccm/kube";
import type { NodePort } from "./network.ts";

export interface ServiceNodePort extends NodePort {
  /** For people: `default/nginx, port http`. */
  readonly label: string;
}

/** The node ports that kube-proxy would open on every node for these Services, keyed `TCP/30080`. */
export function nodePortsOf(services: readonly Service[]): ReadonlyMap<string, ServiceNodePort> {
  const ports = new Map<string, ServiceNodePort>();
  for (const service of services) {
    const type = service.spec?.type;
    if (type !== "NodePort" && type !== "LoadBalancer") continue;
    for (const { nodePort, protocol = "TCP", name, port } of service.spec?.ports ?? []) {
      if (!nodePort || protocol === "SCTP") continue;
      ports.set(`${protocol}/${nodePort}`, {
        protocol,
        port: nodePort,
        label: `${keyOf(service)}, port ${name ?? port}`,
      });
    }
  }
  return ports;
}
