import type { Scheduler } from "../api-call.ts";
import type { ReadOptions, Tag, WriteOptions } from "../call.ts";
import { allPages } from "../paging.ts";
import { given, objectOf, product, required } from "../request.ts";

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

export function createBlb(call: Scheduler, endpoint: string): Blb {
  const blb = product("blb", endpoint);
  const at = (id: string, below = "") => `/v1/blb/${id}${below}`;
  const backendPath = (id: string) => at(id, "/backendserver");
  return {
    list: (filter = {}, options = {}) => {
      const exactlyMatch = filter.name || filter.address ? "true" : undefined;
      const query = given({ ...filter, exactlyMatch });
      return allPages(call, blb.read("list", "/v1/blb", query, options), "blbList");
    },
    get: (id, options = {}) => objectOf(call, blb.read("get", at(id), [], options), "blbId"),
    async create(spec, options) {
      const request = blb.write("create", "POST", "/v1/blb", options, { body: spec });
      const answer = await call(request);
      const address = typeof answer.address === "string" ? answer.address : "";
      return { blbId: required(request, answer, "blbId"), address };
    },
    async update(id, change, options) {
      await call(blb.write("update", "PUT", at(id), options, { body: change }));
    },
    async delete(id, options) {
      await call(blb.write("delete", "DELETE", at(id), { lane: "delete", ...options }));
    },

    listListeners: (id, options = {}) =>
      allPages(call, blb.read("listListeners", at(id, "/listener"), [], options), "listenerList"),
    async createListener(id, { listenerType, ...body }, options) {
      await call(blb.write("createListener", "POST", at(id, `/${listenerType}listener`), options, { body }));
    },
    async updateListener(id, { listenerType, listenerPort, ...body }, options) {
      const query = [["listenerPort", String(listenerPort)]] as const;
      await call(blb.write("updateListener", "PUT", at(id, `/${listenerType}listener`), options, { query, body }));
    },
    async deleteListeners(id, listeners, options) {
      // Always portTypeList, never portList: a port alone does not say which listener when TCP and UDP share it.
      const portTypeList = listeners.map(({ listenerPort, listenerType }) => ({
        port: listenerPort,
        type: listenerType,
      }));
      const query = [["batchdelete", ""]] as const;
      const body = { portTypeList };
      await call(
        blb.write("deleteListeners", "PUT", at(id, "/listener"), { lane: "delete", ...options }, { query, body }),
      );
    },

    listBackends: (id, options = {}) =>
      allPages(call, blb.read("listBackends", backendPath(id), [], options), "backendServerList"),
    backendHealth: (id, listenerPort, options = {}) => {
      const query = [["listenerPort", String(listenerPort)]] as const;
      return allPages(call, blb.read("backendHealth", backendPath(id), query, options), "backendServerList");
    },
    async addBackends(id, backends, options) {
      const body = { backendServerList: backends };
      await call(blb.write("addBackends", "POST", backendPath(id), { lane: "backend", ...options }, { body }));
    },
    async updateBackends(id, backends, options) {
      const more = { query: [["update", ""]] as const, body: { backendServerList: backends } };
      await call(blb.write("updateBackends", "PUT", backendPath(id), { lane: "backend", ...options }, more));
    },
    async removeBackends(id, instanceIds, options) {
      const body = { backendServerList: instanceIds };
      await call(blb.write("removeBackends", "PUT", backendPath(id), { lane: "backend", ...options }, { body }));
    },
  };
}
