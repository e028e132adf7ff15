import { type Clock, sleep } from "@ccm/base";
import { keyOf, type LoadBalancerStatus, type Node, type NodeAddress, type Service } from "@ccm/kube";
import type {
  CloudProvider,
  FacetProblem,
  InstanceLookup,
  InstanceMetadata,
  Instances,
  LoadBalancerRequest,
  LoadBalancerResult,
  LoadBalancers,
  Route,
  Routes,
} from "./contract.ts";
import { CloudError } from "./error.ts";

/** The contract's calls that a FakeProvider counts and can be told to fail. */
export type FakeMethod =
  | "lookup"
  | "lookupMany"
  | "ensure"
  | "updateBackends"
  | "ensureDeleted"
  | "listRoutes"
  | "createRoute"
  | "deleteRoute";

export interface FakeCall {
  readonly method: FakeMethod;
  /** Node names, the Service's key, or "<node> <cidr>". */
  readonly about: readonly string[];
  /** The clock's monotonic time, in milliseconds. */
  readonly at: number;
}

export interface FakeInstance {
  /** The Node's name; the provider ID is `<provider>://<name>` unless given. */
  readonly name: string;
  readonly providerId?: string;
  readonly instanceType?: string;
  readonly addresses?: readonly NodeAddress[];
  readonly zone?: string;
  readonly region?: string;
  readonly additionalLabels?: Readonly<Record<string, string>>;
  readonly shutdown?: boolean;
}

export interface FakeLoadBalancer {
  /** Key of the Service it was made for. */
  readonly service: string;
  readonly ip: string;
  readonly ports: readonly number[];
  /** Node names. */
  readonly backends: readonly string[];
}

export interface FakeProviderOptions {
  readonly clock: Clock;
  /** Default "fake". */
  readonly name?: string;
  /** How long each call takes. Default 0: it answers at once. */
  readonly latencyMs?: number;
  /** False: the provider has no lookupMany. */
  readonly bulk?: boolean;
  /** The most nodes that one lookupMany takes. Default: any number. */
  readonly batchSize?: number;
}

/**
 * A cloud in memory that implements the whole contract: for tests of the framework, and a small provider to read
 * before writing one. Deterministic; every call is recorded, and any can be made to fail.
 */
export class FakeProvider implements CloudProvider {
  readonly name: string;
  readonly hasClusterId = true;
  readonly instances: Instances;
  readonly loadBalancers: LoadBalancers;
  readonly routes: Routes;
  readonly machines = new Map<string, FakeInstance>();
  /** By Service UID. */
  readonly balancers = new Map<string, FakeLoadBalancer>();
  /** By "<node> <cidr>". */
  readonly routeTable = new Map<string, Route>();
  /** Names of machines of which nobody can say whether they exist. */
  readonly uncertain = new Set<string>();
  /** By Node name: what a look-up answers instead, be it what the contract allows or not. */
  readonly answers = new Map<string, unknown>();
  /** By Node name: what a look-up of it throws; among many nodes it is then unknown. */
  readonly broken = new Map<string, Error>();
  /** Problems that ensure reports, by Service key. */
  readonly problems = new Map<string, readonly FacetProblem[]>();
  /** Changes made to the cloud: an ensure that finds all as wanted adds none. */
  writes = 0;
  /** The most calls that were ever under way at once. */
  peak = 0;

  readonly #clock: Clock;
  readonly #latencyMs: number;
  readonly #calls: FakeCall[] = [];
  readonly #failures = new Map<FakeMethod, { readonly error: Error; times: number }>();
  readonly #again = new Map<string, number>();
  #addresses = 0;
  #underWay = 0;

  constructor(options: FakeProviderOptions) {
    this.#clock = options.clock;
    this.#latencyMs = options.latencyMs ?? 0;
    this.name = options.name ?? "fake";
    this.instances = {
      lookup: async (node, signal) => {
        await this.#begin("lookup", [nameOf(node)], signal);
        const error = this.broken.get(nameOf(node));
        if (error) throw error;
        return this.#lookup(node);
      },
      ...(options.batchSize === undefined ? {} : { batchSize: options.batchSize }),
      ...(options.bulk === false
        ? {}
        : {
            lookupMany: async (nodes: readonly Node[], signal: AbortSignal) => {
              await this.#begin("lookupMany", nodes.map(nameOf), signal);
              return nodes.map((node) => this.#lookup(node));
            },
          }),
    };
    this.loadBalancers = {
      ensure: (request) => this.#converge("ensure", request),
      updateBackends: (request) => this.#converge("updateBackends", request),
      ensureDeleted: async ({ service, signal }) => {
        await this.#begin("ensureDeleted", [keyOf(service)], signal);
        const existed = this.balancers.delete(service.metadata.uid ?? "");
        if (existed) this.writes++;
        const againAfterMs = this.#takeAgain(keyOf(service));
        return againAfterMs === undefined ? existed : { againAfterMs };
      },
    };
    this.routes = {
      list: async (_clusterName, _nodes, signal) => {
        await this.#begin("listRoutes", [], signal);
        return [...this.routeTable.values()];
      },
      create: async (_clusterName, node, destinationCidr, signal) => {
        const id = `${nameOf(node)} ${destinationCidr}`;
        await this.#begin("createRoute", [id], signal);
        if (this.routeTable.has(id)) throw new CloudError("conflict", `a route to ${destinationCidr} is there already`);
        this.writes++;
        const targetNodeAddresses = node.status?.addresses ?? [];
        const targetNode = nameOf(node);
        this.routeTable.set(id, { name: id, targetNode, destinationCidr, blackhole: false, targetNodeAddresses });
      },
      delete: async (_clusterName, route, signal) => {
        await this.#begin("deleteRoute", [`${route.targetNode} ${route.destinationCidr}`], signal);
        this.writes++;
        this.routeTable.delete(route.name);
      },
    };
  }

  /** The next `times` calls of the method throw `error` instead of doing anything. */
  fail(method: FakeMethod, error: Error, times = 1): void {
    this.#failures.set(method, { error, times });
  }

  heal(method: FakeMethod): void {
    this.#failures.delete(method);
  }

  #takeAgain(key: string): number | undefined {
    const afterMs = this.#again.get(key);
    this.#again.delete(key);
    return afterMs;
  }

  /** The next ensure or ensureDeleted of the Service asks to be called again after this long. */
  lookAgain(serviceKey: string, afterMs: number): void {
    this.#again.set(serviceKey, afterMs);
  }

  get calls(): readonly FakeCall[] {
    return this.#calls;
  }

  /** How often the methods, or any, were called. */
  count(...methods: readonly FakeMethod[]): number {
    return methods.length === 0
      ? this.#calls.length
      : this.#calls.filter(({ method }) => methods.includes(method)).length;
  }

  /** Forgets the calls so far. */
  resetCalls(): void {
    this.#calls.length = 0;
  }

  async #begin(method: FakeMethod, about: readonly string[], signal: AbortSignal): Promise<void> {
    this.#calls.push({ method, about, at: this.#clock.monotonic() });
    this.peak = Math.max(this.peak, ++this.#underWay);
    try {
      if (this.#latencyMs > 0) await sleep(this.#clock, this.#latencyMs, signal);
    } finally {
      this.#underWay--;
    }
    signal.throwIfAborted();
    const failure = this.#failures.get(method);
    if (!failure) return;
    failure.times--;
    if (failure.times <= 0) this.#failures.delete(method);
    throw failure.error;
  }

  #lookup(node: Node): InstanceLookup {
    const name = nameOf(node);
    const wanted = node.spec?.providerID;
    if (this.answers.has(name)) return this.answers.get(name) as InstanceLookup;
    const error = this.broken.get(name);
    if (error) return { state: "unknown", reason: error.message };
    if (this.uncertain.has(name)) return { state: "unknown", reason: `two machines are called ${name}` };
    const machine = this.#machineOf(name, wanted);
    if (machine) return { state: "found", metadata: metadataOf(machine, this.name) };
    if (wanted && !wanted.startsWith(`${this.name}://`)) {
      return { state: "unknown", reason: `provider ID "${wanted}" is not one of ${this.name}` };
    }
    return { state: "absent", evidence: `no machine ${wanted ?? name}` };
  }

  /** By provider ID when the Node has one, else by name. */
  #machineOf(name: string, wanted: string | undefined): FakeInstance | undefined {
    const fits = (machine: FakeInstance) =>
      wanted ? (machine.providerId ?? `${this.name}://${machine.name}`) === wanted : machine.name === name;
    const namesake = this.machines.get(name);
    return namesake && fits(namesake) ? namesake : [...this.machines.values()].find(fits);
  }

  async #converge(method: "ensure" | "updateBackends", request: LoadBalancerRequest): Promise<LoadBalancerResult> {
    const { service, nodes, signal } = request;
    const key = keyOf(service);
    const uid = service.metadata.uid ?? "";
    await this.#begin(method, [key, ...nodes.map(nameOf)], signal);
    const before = this.balancers.get(uid);
    if (!before && method === "updateBackends") throw new CloudError("absent", `${key} has no load balancer`);
    const after: FakeLoadBalancer = {
      service: key,
      ip: before?.ip ?? addressOf(++this.#addresses),
      ports: before && method === "updateBackends" ? before.ports : portsOf(service),
      backends: nodes.map(nameOf),
    };
    if (JSON.stringify(before) !== JSON.stringify(after)) {
      this.writes++;
      this.balancers.set(uid, after);
    }
    const againAfterMs = this.#takeAgain(key);
    const status: LoadBalancerStatus = { ingress: [{ ip: after.ip }] };
    const problems = this.problems.get(key) ?? [];
    return { status, problems, ...(againAfterMs === undefined ? {} : { againAfterMs }) };
  }
}

function metadataOf(machine: FakeInstance, provider: string): InstanceMetadata {
  return {
    providerId: machine.providerId ?? `${provider}://${machine.name}`,
    instanceType: machine.instanceType ?? "",
    addresses: machine.addresses ?? [],
    zone: machine.zone ?? "",
    region: machine.region ?? "",
    additionalLabels: machine.additionalLabels ?? {},
    shutdown: machine.shutdown ?? false,
  };
}

function nameOf(node: Node): string {
  return node.metadata.name ?? "";
}

function portsOf(service: Service): readonly number[] {
  return (service.spec?.ports ?? []).map(({ port }) => port);
}

/** Of the ranges that are kept for documentation and benchmarks: 192.0.2.1, 192.0.2.2 … and, after 254 of them, 198.18.1.0 … */
function addressOf(count: number): string {
  return count < 255 ? `192.0.2.${count}` : `198.18.${(count >> 8) + 1}.${count & 255}`;
}
