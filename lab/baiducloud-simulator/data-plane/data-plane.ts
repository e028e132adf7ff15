/** One listener as traffic sees it. */
export interface Forwarding {
  readonly blbId: string;
  readonly protocol: "TCP" | "UDP";
  readonly port: number;
  /** The public address; undefined while none is bound: then only health checks run. */
  readonly address: string | undefined;
  readonly scheduler: string;
  readonly health: {
    readonly timeoutMs: number;
    readonly intervalMs: number;
    readonly unhealthyThreshold: number;
    readonly healthyThreshold: number;
    /** What a UDP probe sends. */
    readonly probe: string;
  };
  readonly targets: readonly Target[];
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

/** What makes traffic flow: sockets (`@ccm/baiducloud-simulator/node`), or only the appearance of health. */
export interface DataPlane {
  /** Makes the world as listed; called after each change with the whole list. */
  apply(forwardings: readonly Forwarding[]): void;
  health(blbId: string, protocol: string, port: number, instanceId: string): Health;
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
    close: async () => {},
  };
}
