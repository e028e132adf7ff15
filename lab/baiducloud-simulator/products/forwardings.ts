import type { Account } from "../account.ts";
import type { Forwarding, HttpOptions, ListenerProtocol, TlsOptions, TlsVersion } from "../data-plane/data-plane.ts";
import type { SourceRule } from "../data-plane/source-rules.ts";
import { applicationFronts, type Front } from "./appblb/forwardings.ts";
import { instancesOf } from "./bcc/records.ts";
import { type Balancer, blbsOf } from "./blb/records.ts";
import { certificatesOf } from "./certificate/records.ts";
import { boundEips } from "./eip/binding.ts";
import { securityGroupsOf } from "./vpc/security-groups.ts";

type Fields = Readonly<Record<string, unknown>>;

/** The listeners of all kinds as the data plane should have them. */
export function forwardingsOf(account: Account): readonly Forwarding[] {
  const boundEip = boundEips(account);
  return [...ordinaryFronts(account), ...applicationFronts(account)]
    .filter(({ balancer }) => balancer.status !== "creating")
    .map(({ balancer, listener: { listenerType, listenerPort, fields }, targets }): Forwarding => {
      const { blbId, address, ipv6 } = balancer;
      const addresses = [boundEip(blbId, "ipv4")?.eip, boundEip(blbId, "ipv6")?.eip, address, ipv6];
      const protocol = listenerType as ListenerProtocol;
      return {
        blbId,
        protocol,
        port: listenerPort,
        addresses: addresses.filter((one) => one !== undefined).filter((one) => one !== ""),
        scheduler: String(fields.scheduler),
        timeoutMs: 1000 * timeoutOf(protocol, fields),
        health: healthOf(protocol, fields),
        targets,
        sources: sourcesOf(account, balancer),
        ...(protocol === "HTTP" || protocol === "HTTPS" ? { http: httpOf(fields) } : {}),
        ...(protocol === "HTTPS" || protocol === "SSL" ? { tls: tlsOf(account, fields) } : {}),
      };
    });
}

function ordinaryFronts(account: Account): readonly Front[] {
  const instances = instancesOf(account);
  return blbsOf(account)
    .all()
    .flatMap((balancer) =>
      balancer.listeners.map((listener) => {
        const targets = balancer.backends.flatMap(({ instanceId, weight }) => {
          const instance = instances.get(instanceId);
          if (!instance) return [];
          const host = instance.host ?? instance.internalIp;
          const running = instance.status === "Running";
          return [{ instanceId, host, port: Number(listener.fields.backendPort), weight, running }];
        });
        return { balancer, listener, targets };
      }),
    );
}

/** What may come in: the union of what the load balancer's security groups allow. */
function sourcesOf(account: Account, { securityGroups }: Balancer): readonly SourceRule[] | undefined {
  if (securityGroups.length === 0) return undefined;
  const groups = securityGroupsOf(account);
  return securityGroups.flatMap((id) => groups.get(id)?.rules ?? []).filter(({ direction }) => direction === "ingress");
}

function timeoutOf(protocol: ListenerProtocol, fields: Fields): number {
  if (protocol === "TCP") return Number(fields.tcpSessionTimeout ?? 900);
  if (protocol === "UDP") return Number(fields.udpSessionTimeout ?? 90);
  return Number(fields.serverTimeout ?? (protocol === "SSL" ? 900 : 30));
}

function healthOf(protocol: ListenerProtocol, fields: Fields): Forwarding["health"] {
  const usual = { TCP: "TCP", SSL: "TCP", UDP: "UDP", HTTP: "HTTP", HTTPS: "HTTP" } as const;
  const type = (["TCP", "UDP", "ICMP", "HTTP"] as const).find((known) => known === fields.healthCheckType);
  const count = (field: string) => Number(fields[field] ?? 3);
  return {
    ...(fields.enableHealthCheck === false ? { enabled: false } : {}),
    type: type ?? usual[protocol],
    port: fields.healthCheckPort === undefined ? undefined : Number(fields.healthCheckPort),
    timeoutMs: 1000 * count("healthCheckTimeoutInSecond"),
    intervalMs: 1000 * count("healthCheckInterval"),
    unhealthyThreshold: count("unhealthyThreshold"),
    healthyThreshold: count("healthyThreshold"),
    probe: String(fields.healthCheckString ?? ""),
    uri: String(fields.healthCheckURI ?? "/"),
    host: String(fields.healthCheckHost ?? ""),
    normalStatus: String(fields.healthCheckNormalStatus ?? "http_2xx|http_3xx"),
  };
}

function httpOf(fields: Fields): HttpOptions {
  const { keepSession, keepSessionType, keepSessionCookieName, keepSessionDuration } = fields;
  const rewrite = keepSessionType === "rewrite" && typeof keepSessionCookieName === "string";
  const session = rewrite
    ? ({ type: "rewrite", cookieName: keepSessionCookieName } as const)
    : ({ type: "insert", seconds: Number(keepSessionDuration ?? 3600) } as const);
  return {
    session: keepSession === true ? session : undefined,
    xForwardedFor: (fields.xForwardFor ?? fields.xForwardedFor) === true,
    xForwardedProto: fields.xForwardedProto === true,
    redirectPort: typeof fields.redirectPort === "number" && fields.redirectPort > 0 ? fields.redirectPort : undefined,
  };
}

const LOWEST: Readonly<Record<string, TlsVersion>> = {
  tls_cipher_policy_1_1: "TLSv1.1",
  tls_cipher_policy_1_2: "TLSv1.2",
  tls_cipher_policy_1_2_secure: "TLSv1.2",
};
const VERSIONS: readonly (readonly [string, TlsVersion])[] = [
  ["tlsv10", "TLSv1"],
  ["tlsv11", "TLSv1.1"],
  ["tlsv12", "TLSv1.2"],
];

function tlsOf(account: Account, fields: Fields): TlsOptions {
  const uploaded = certificatesOf(account);
  const certificate = (certId: string) => {
    const found = uploaded.get(certId);
    return { certId, ...(found?.key ? { pem: { cert: found.pem, key: found.key } } : {}) };
  };
  const texts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);
  // Of several, only the last counts.
  const certId = texts(fields.certIds).at(-1);
  const more = (Array.isArray(fields.additionalCertDomains) ? fields.additionalCertDomains : []) as readonly Fields[];
  const clientCas =
    fields.dualAuth === true ? texts(fields.clientCertIds).map((id) => uploaded.get(id)?.pem ?? "") : [];
  const own = fields.encryptionType === "userDefind";
  const chosen = VERSIONS.filter(([name]) => own && texts(fields.encryptionProtocols).includes(name));
  return {
    certificates: [
      ...(certId === undefined ? [] : [certificate(certId)]),
      ...more.map((one) => ({ ...certificate(String(one.certId)), host: String(one.host ?? one.Host ?? "") })),
    ],
    clientCa: clientCas.join("\n").trim() || undefined,
    minVersion: own ? chosen[0]?.[1] : LOWEST[String(fields.encryptionType)],
    maxVersion: own ? chosen.at(-1)?.[1] : undefined,
    ciphers: own && typeof fields.appliedCiphers === "string" ? fields.appliedCiphers : undefined,
  };
}
