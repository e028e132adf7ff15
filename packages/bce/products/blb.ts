import type { ReadOptions, Tag, WriteOptions } from "../call.ts";

/** creating, available, updating, paused, unavailable. Mutations are refused unless available. */
export interface LoadBalancer {
  readonly blbId: string;
  readonly name: string;
  readonly desc?: string | null;
  /** The private address in the VPC. */
  readonly address: string;
  readonly status: string;
  readonly vpcId?: string | null;
  /** Only in lists, not in the detail. */
  readonly subnetId?: string | null;
  /** The bound EIP's address. */
  readonly publicIp?: string | null;
  readonly tags?: readonly Tag[] | null;
  readonly allowDelete?: boolean | null;
}

export type ListenerType = "TCP" | "UDP" | "HTTP" | "HTTPS" | "SSL";

/** Times in seconds. */
export interface Listener {
  readonly listenerType: ListenerType;
  readonly listenerPort: number;
  readonly backendPort: number;
  /** RoundRobin, Hash, and LeastConnection or WeightLeastConn for the same thing. */
  readonly scheduler: string;
  readonly tcpSessionTimeout?: number | null;
  readonly udpSessionTimeout?: number | null;
  readonly healthCheckType?: string | null;
  readonly healthCheckPort?: number | null;
  readonly healthCheckString?: string | null;
  readonly healthCheckTimeoutInSecond?: number | null;
  readonly healthCheckInterval?: number | null;
  readonly unhealthyThreshold?: number | null;
  readonly healthyThreshold?: number | null;
}

export interface Backend {
  readonly instanceId: string;
  /** 0 to 100; 0 takes no traffic. */
  readonly weight: number;
  readonly privateIp?: string | null;
  /** Only when asked with a listener port: Alive, Dead, Unknown. */
  readonly status?: string | null;
}

export interface Blb {
  /** Follows the pages. Names are not unique; `name` matches exactly. */
  list(
    filter?: { readonly name?: string; readonly blbId?: string; readonly address?: string },
    options?: ReadOptions,
  ): Promise<readonly LoadBalancer[]>;
  /** Throws a BceError of kind "absent" for an unknown id. */
  get(blbId: string, options?: ReadOptions): Promise<LoadBalancer>;
  create(
    spec: {
      readonly name: string;
      /** At most 450 bytes. */
      readonly desc: string;
      readonly vpcId: string;
      readonly subnetId: string;
      readonly address?: string;
      readonly tags?: readonly Tag[];
      readonly allowDelete?: boolean;
    },
    options: WriteOptions,
  ): Promise<{ readonly blbId: string; readonly address: string }>;
  update(
    blbId: string,
    change: { readonly name?: string; readonly desc?: string },
    options: WriteOptions,
  ): Promise<void>;
  /** Listeners and backends go with it; an EIP is unbound, not released. */
  delete(blbId: string, options: WriteOptions): Promise<void>;

  /** All protocols. */
  listListeners(blbId: string, options?: ReadOptions): Promise<readonly Listener[]>;
  createListener(blbId: string, listener: Listener, options: WriteOptions): Promise<void>;
  /** Changes the listener of this type and port; absent fields stay. */
  updateListener(
    blbId: string,
    listener: Pick<Listener, "listenerType" | "listenerPort"> & Partial<Listener>,
    options: WriteOptions,
  ): Promise<void>;
  deleteListeners(
    blbId: string,
    listeners: readonly Pick<Listener, "listenerType" | "listenerPort">[],
    options: WriteOptions,
  ): Promise<void>;

  listBackends(blbId: string, options?: ReadOptions): Promise<readonly Backend[]>;
  backendHealth(blbId: string, listenerPort: number, options?: ReadOptions): Promise<readonly Backend[]>;
  addBackends(
    blbId: string,
    backends: readonly Pick<Backend, "instanceId" | "weight">[],
    options: WriteOptions,
  ): Promise<void>;
  updateBackends(
    blbId: string,
    backends: readonly Pick<Backend, "instanceId" | "weight">[],
    options: WriteOptions,
  ): Promise<void>;
  removeBackends(blbId: string, instanceIds: readonly string[], options: WriteOptions): Promise<void>;
}
