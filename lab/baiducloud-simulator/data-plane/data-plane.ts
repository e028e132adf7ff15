import type { SourceRule } from "./source-rules.ts";

export type ListenerProtocol = "TCP" | "UDP" | "HTTP" | "HTTPS" | "SSL";

/** One listener as traffic sees it. */
export interface Forwarding {
  readonly blbId: string;
  readonly protocol: ListenerProtocol;
  readonly port: number;
  /** The public and the private addresses. While none can be opened here, only health checks run. */
  readonly addresses: readonly string[];
  readonly scheduler: string;
  /** How long a connection may be silent; for HTTP and HTTPS, how long a backend may take to begin its answer. */
  readonly timeoutMs: number;
  readonly health: HealthCheck;
  readonly targets: readonly Target[];
  /** The rules of the security groups; undefined: there are none, so everybody may come. */
  readonly sources?: readonly SourceRule[] | undefined;
  /** What HTTP and HTTPS listeners do besides. */
  readonly http?: HttpOptions;
  /** What HTTPS and SSL listeners show. */
  readonly tls?: TlsOptions;
}

export interface HealthCheck {
  /** False: nothing is asked, and every machine that runs is well. */
  readonly enabled?: boolean;
  readonly type: "TCP" | "UDP" | "ICMP" | "HTTP";
  /** Undefined: the backend's own. */
  readonly port: number | undefined;
  readonly timeoutMs: number;
  readonly intervalMs: number;
  readonly unhealthyThreshold: number;
  readonly healthyThreshold: number;
  /** What a UDP probe sends, with `\00` to `\FF` for bytes. */
  readonly probe: string;
  /** Of an HTTP check: path, Host header, and the statuses that are well, such as `http_2xx|http_3xx`. */
  readonly uri: string;
  readonly host: string;
  readonly normalStatus: string;
}

export interface HttpOptions {
  readonly session: SessionPersistence | undefined;
  readonly xForwardedFor: boolean;
  readonly xForwardedProto: boolean;
  /** The HTTPS listener that everything is sent to. */
  readonly redirectPort: number | undefined;
}

/** insert: a cookie of ours. rewrite: the backend's own, of that name, carries who set it. */
export type SessionPersistence =
  | { readonly type: "insert"; readonly seconds: number }
  | { readonly type: "rewrite"; readonly cookieName: string };

export interface TlsOptions {
  /** The first is for clients that ask for none of the names. */
  readonly certificates: readonly ListenerCertificate[];
  /** Of TLS, the lowest and the highest version; undefined: what this Node.js has. */
  readonly minVersion?: TlsVersion | undefined;
  readonly maxVersion?: TlsVersion | undefined;
  readonly ciphers?: string | undefined;
  /** PEM: clients must show a certificate of this authority. */
  readonly clientCa?: string | undefined;
}

export type TlsVersion = "TLSv1" | "TLSv1.1" | "TLSv1.2" | "TLSv1.3";

export interface ListenerCertificate {
  readonly certId: string;
  /** The server name that it is for; undefined: any. */
  readonly host?: string | undefined;
  /** Undefined: the data plane makes one that its own authority has signed. */
  readonly pem?: { readonly cert: string; readonly key: string } | undefined;
}

export interface Target {
  readonly instanceId: string;
  readonly host: string;
  readonly port: number;
  /** 0: no new traffic. */
  readonly weight: number;
  /** Whether the machine is switched on. */
  readonly running: boolean;
}

export type Health = "Alive" | "Dead" | "Unknown";

/** Where an address and port of the cloud are open on this machine. */
export interface Endpoint {
  readonly blbId: string;
  readonly protocol: ListenerProtocol;
  readonly address: string;
  readonly port: number;
  readonly localHost: string;
  readonly localPort: number;
}

/** What makes traffic flow: sockets (`@ccm/baiducloud-simulator/node`), or only the appearance of health. */
export interface DataPlane {
  /** Makes the world as listed; called after each change with the whole list. */
  apply(forwardings: readonly Forwarding[]): void;
  health(blbId: string, protocol: string, port: number, instanceId: string): Health;
  /** What is open now. */
  endpoints(): readonly Endpoint[];
  close(): Promise<void>;
}

export function forwardingKey(forwarding: Pick<Forwarding, "blbId" | "protocol" | "port">): string {
  return `${forwarding.blbId} ${forwarding.protocol}/${forwarding.port}`;
}

/** No traffic: a backend is healthy when its machine runs. */
export function createQuietDataPlane(): DataPlane {
  let current = new Map<string, Forwarding>();
  return {
    apply(forwardings) {
      current = new Map(forwardings.map((forwarding) => [forwardingKey(forwarding), forwarding]));
    },
    health(blbId, protocol, port, instanceId) {
      const forwarding = current.get(`${blbId} ${protocol}/${port}`);
      const target = forwarding?.targets.find((candidate) => candidate.instanceId === instanceId);
      return target === undefined ? "Unknown" : target.running ? "Alive" : "Dead";
    },
    endpoints: () => [],
    close: async () => {},
  };
}
