import type { Clock } from "@ccm/base";
import type { Query, Scheduler } from "../api-call.ts";
import { createBlbTurns } from "../blb-turns.ts";
import type { ReadOptions, Tag, WriteOptions } from "../call.ts";
import { createLooks } from "../looks.ts";
import { allPages, listAt } from "../paging.ts";
import { given, hasFields, hasTags, lookOf, objectOf, product, required, unlessAbsent, whenDone } from "../request.ts";

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
  /** Of a dual-stack one. One of type "ipv6" has its IPv6 address in `address`. */
  readonly ipv6?: string | null;
  readonly publicIpv6?: string | null;
  readonly tags?: readonly Tag[] | null;
  /** False: protected against deletion. */
  readonly allowDelete?: boolean | null;
  /** Only in the detail; "" for a shared one. */
  readonly performanceLevel?: string | null;
}

export interface BlbSpec {
  /** 1 to 65 characters, a letter first, then letters, digits and `-_/.`. */
  readonly name: string;
  /** At most 450 bytes. */
  readonly desc: string;
  readonly vpcId: string;
  readonly subnetId: string;
  /** A free address of the subnet. Default: any. */
  readonly address?: string;
  /** Default: IPv4. */
  readonly type?: "ipv6";
  /** An IPv6 address beside the IPv4 one. */
  readonly allocateIpv6?: boolean;
  /** Baidu's own accounts; not in the published API. */
  readonly allocateVip?: boolean;
  readonly tags?: readonly Tag[];
  readonly allowDelete?: boolean;
  /** small1 … large3, unlimited. Default: shared. */
  readonly performanceLevel?: string;
  readonly resourceGroupId?: string;
  /** Dedicated clusters (LBDC). */
  readonly layer4ClusterId?: string;
  readonly layer7ClusterId?: string;
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
  /** From here on: HTTP, HTTPS and SSL. */
  readonly serverTimeout?: number | null;
  readonly keepSession?: boolean | null;
  readonly keepSessionType?: string | null;
  readonly keepSessionDuration?: number | null;
  readonly xForwardFor?: boolean | null;
  readonly xForwardedProto?: boolean | null;
  readonly redirectPort?: number | null;
  readonly healthCheckURI?: string | null;
  readonly healthCheckHost?: string | null;
  readonly healthCheckNormalStatus?: string | null;
  readonly certIds?: readonly string[] | null;
  readonly encryptionType?: string | null;
}

export interface Backend {
  readonly instanceId: string;
  /** 0 to 100; 0 takes no traffic. */
  readonly weight: number;
  readonly privateIp?: string | null;
  /** Free text: who added it. */
  readonly desc?: string | null;
  /** Only when asked with a listener port: Alive, Dead, Unknown. */
  readonly status?: string | null;
}

export interface Blb {
  /** Follows the pages. Names are not unique; `name` matches exactly. Those of type "ipv6" are a list of their own. */
  list(
    filter?: { readonly name?: string; readonly blbId?: string; readonly address?: string; readonly type?: "ipv6" },
    options?: ReadOptions,
  ): Promise<readonly LoadBalancer[]>;
  /** Throws a BceError of kind "absent" for an unknown id. */
  get(blbId: string, options?: ReadOptions & { readonly type?: "ipv6" }): Promise<LoadBalancer>;
  /** For who waits, over and over: undefined when there is none of either type; looks of one moment share a call. */
  look(blbId: string, options?: ReadOptions): Promise<LoadBalancer | undefined>;
  create(spec: BlbSpec, options: WriteOptions): Promise<{ readonly blbId: string; readonly address: string }>;
  update(
    blbId: string,
    change: Partial<Pick<BlbSpec, "name" | "desc" | "allowDelete" | "allocateIpv6">>,
    options: WriteOptions,
  ): Promise<void>;
  resize(blbId: string, performanceLevel: string, options: WriteOptions): Promise<void>;
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
    backends: readonly Pick<Backend, "instanceId" | "weight" | "desc">[],
    options: WriteOptions,
  ): Promise<void>;
  updateBackends(
    blbId: string,
    backends: readonly Pick<Backend, "instanceId" | "weight">[],
    options: WriteOptions,
  ): Promise<void>;
  removeBackends(blbId: string, instanceIds: readonly string[], options: WriteOptions): Promise<void>;

  /** Ids of the bound (normal) security groups. */
  securityGroups(blbId: string, options?: ReadOptions): Promise<readonly string[]>;
  /** In addition to those that are bound. */
  bindSecurityGroups(blbId: string, securityGroupIds: readonly string[], options: WriteOptions): Promise<void>;
  unbindSecurityGroups(blbId: string, securityGroupIds: readonly string[], options: WriteOptions): Promise<void>;
}

export function createBlb(call: Scheduler, endpoint: string, clock: Clock): Blb {
  const blb = product("blb", endpoint);
  const at = (id: string, below = "") => `/v1/blb/${id}${below}`;
  const backendPath = (id: string) => at(id, "/backendserver");
  const getRaw = (id: string, { type, ...options }: ReadOptions & { readonly type?: "ipv6" }) =>
    objectOf<LoadBalancer>(call, blb.read("get", at(id), given({ type }), options), "blbId");
  /** Whatever its type: those of type "ipv6" are found only by who asks for that type. */
  const find = async (id: string, options: ReadOptions): Promise<LoadBalancer | undefined> =>
    (await unlessAbsent(getRaw(id, options))) ?? unlessAbsent(getRaw(id, { ...options, type: "ipv6" }));
  const listRaw = (filter: NonNullable<Parameters<Blb["list"]>[0]>, options: ReadOptions) => {
    const exactlyMatch = filter.name || filter.address ? "true" : undefined;
    const query = given({ ...filter, exactlyMatch });
    return allPages<LoadBalancer>(call, blb.read("list", "/v1/blb", query, options), "blbList");
  };
  const listeners = (id: string, options: ReadOptions) =>
    allPages<Listener>(call, blb.read("listListeners", at(id, "/listener"), [], options), "listenerList");
  const backends = (id: string, options: ReadOptions) =>
    allPages<Backend>(call, blb.read("listBackends", backendPath(id), [], options), "backendServerList");
  const boundGroups = async (id: string, options: ReadOptions): Promise<readonly string[]> => {
    const request = blb.read("securityGroups", at(id, "/securitygroup"), [], options);
    const groups = listAt<{ readonly securityGroupId: string }>(request, await call(request), "blbSecurityGroups");
    return groups.map(({ securityGroupId }) => securityGroupId);
  };
  const look = createLooks<LoadBalancer>(clock, {
    one: find,
    all: (options) => listRaw({}, options),
    idOf: ({ blbId }) => blbId,
  });
  const turns = createBlbTurns(clock, async (id, options) => (await look(id, options))?.status);
  /** A write on one load balancer, in its turn; `done` tells, after no answer came, whether it was done. */
  const write = async (
    id: string,
    method: "POST" | "PUT" | "DELETE",
    action: string,
    path: string,
    options: WriteOptions,
    more: {
      readonly query?: Query;
      readonly body?: unknown;
      readonly done: (options: ReadOptions) => Promise<boolean>;
    },
  ): Promise<void> => {
    const { done, ...rest } = more;
    const observe = () => whenDone(done(lookOf(options)));
    const request = blb.write(action, method, path, options, { ...rest, observe });
    await turns.write(id, request.operation, lookOf(options), () => call(request));
  };

  return {
    list: (filter = {}, options = {}) =>
      turns.read(
        () => listRaw(filter, options),
        (all) => all.map(({ blbId, status }) => [blbId, status] as const),
      ),
    get: (id, options = {}) =>
      turns.read(
        () => getRaw(id, options),
        ({ blbId, status }) => [[blbId, status]],
      ),
    look: (id, options = {}) =>
      turns.read(
        () => look(id, options),
        (found) => (found ? [[found.blbId, found.status]] : []),
      ),
    async create(spec, options) {
      const observe = async () => {
        const filter = { name: spec.name, ...(spec.type ? { type: spec.type } : {}) };
        const named = await listRaw(filter, lookOf(options));
        const made = named.find((one) => one.name === spec.name && one.desc === spec.desc && hasTags(one, spec.tags));
        return made && { blbId: made.blbId, address: made.address };
      };
      const request = blb.write("create", "POST", "/v1/blb", { lane: "new", ...options }, { body: spec, observe });
      const answer = await call(request);
      const address = typeof answer.address === "string" ? answer.address : "";
      return { blbId: required(request, answer, "blbId"), address };
    },
    update: (id, change, options) =>
      write(id, "PUT", "update", at(id), options, {
        body: change,
        done: async (look) => hasFields((await find(id, look)) ?? {}, change),
      }),
    resize: (id, performanceLevel, options) =>
      write(id, "POST", "resize", at(id), options, {
        query: [["action", "RESIZE"]],
        body: { performanceLevel },
        done: async (look) => (await find(id, look))?.performanceLevel === performanceLevel,
      }),
    async delete(id, options) {
      const done = async (look: ReadOptions) => (await find(id, look)) === undefined;
      await write(id, "DELETE", "delete", at(id), { lane: "delete", ...options }, { done });
      turns.forget(id);
    },

    securityGroups: (id, options = {}) => boundGroups(id, options),
    bindSecurityGroups: (id, securityGroupIds, options) => {
      const done = async (look: ReadOptions) => {
        const bound = await boundGroups(id, look);
        return securityGroupIds.every((one) => bound.includes(one));
      };
      const more = { query: [["bind", ""]] as const, body: { securityGroupIds }, done };
      return write(id, "PUT", "bindSecurityGroups", at(id, "/securitygroup"), options, more);
    },
    unbindSecurityGroups: (id, securityGroupIds, options) => {
      const done = async (look: ReadOptions) => {
        const bound = await boundGroups(id, look);
        return !securityGroupIds.some((one) => bound.includes(one));
      };
      const more = { query: [["unbind", ""]] as const, body: { securityGroupIds }, done };
      return write(id, "PUT", "unbindSecurityGroups", at(id, "/securitygroup"), options, more);
    },

    listListeners: (id, options = {}) => listeners(id, options),
    createListener: (id, listener, options) => {
      const { listenerType, ...body } = listener;
      const done = async (look: ReadOptions) => (await listeners(id, look)).some((one) => hasFields(one, listener));
      return write(id, "POST", "createListener", at(id, `/${listenerType}listener`), options, { body, done });
    },
    updateListener: (id, listener, options) => {
      const { listenerType, listenerPort, ...body } = listener;
      const query = [["listenerPort", String(listenerPort)]] as const;
      const done = async (look: ReadOptions) => (await listeners(id, look)).some((one) => hasFields(one, listener));
      return write(id, "PUT", "updateListener", at(id, `/${listenerType}listener`), options, { query, body, done });
    },
    deleteListeners: (id, gone, options) => {
      // Always portTypeList, never portList: a port alone does not say which listener when TCP and UDP share it.
      const portTypeList = gone.map(({ listenerPort, listenerType }) => ({ port: listenerPort, type: listenerType }));
      const query = [["batchdelete", ""]] as const;
      const done = async (look: ReadOptions) => {
        const left = await listeners(id, look);
        return !left.some((one) =>
          gone.some(({ listenerPort, listenerType }) => hasFields(one, { listenerPort, listenerType })),
        );
      };
      const lane = { lane: "delete", ...options } as const;
      return write(id, "PUT", "deleteListeners", at(id, "/listener"), lane, { query, body: { portTypeList }, done });
    },

    listBackends: (id, options = {}) => backends(id, options),
    backendHealth: (id, listenerPort, options = {}) => {
      const query = [["listenerPort", String(listenerPort)]] as const;
      return allPages(call, blb.read("backendHealth", backendPath(id), query, options), "backendServerList");
    },
    addBackends: (id, added, options) => {
      const lane = { lane: "backend", ...options } as const;
      const done = async (look: ReadOptions) => haveWeights(await backends(id, look), added);
      return write(id, "POST", "addBackends", backendPath(id), lane, { body: { backendServerList: added }, done });
    },
    updateBackends: (id, changed, options) => {
      const lane = { lane: "backend", ...options } as const;
      const query = [["update", ""]] as const;
      const done = async (look: ReadOptions) => haveWeights(await backends(id, look), changed);
      const body = { backendServerList: changed };
      return write(id, "PUT", "updateBackends", backendPath(id), lane, { query, body, done });
    },
    removeBackends: (id, instanceIds, options) => {
      const lane = { lane: "backend", ...options } as const;
      const done = async (look: ReadOptions) => {
        const left = new Set((await backends(id, look)).map(({ instanceId }) => instanceId));
        return !instanceIds.some((one) => left.has(one));
      };
      const body = { backendServerList: instanceIds };
      return write(id, "PUT", "removeBackends", backendPath(id), lane, { body, done });
    },
  };
}

function haveWeights(has: readonly Backend[], wanted: readonly Pick<Backend, "instanceId" | "weight">[]): boolean {
  return wanted.every((one) => has.some((backend) => hasFields(backend, one)));
}
