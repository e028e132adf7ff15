import { type Clock, readText, type Secret, type Transport, withTimeout } from "@ccm/base";
import type { InstanceLookup, LoadBalancerRequest, LoadBalancerResult } from "@ccm/cloud-provider";
import { CloudError, type CloudProvider, cloudErrorOf, cloudErrorOfStatus } from "@ccm/cloud-provider";
import type { Node, Service } from "@ccm/kube";

export interface ShelfCloudOptions {
  readonly endpoint: string;
  readonly token: Secret;
  /** Marks in the cloud what is this cluster's. */
  readonly cluster: string;
  readonly send: Transport;
  readonly clock: Clock;
}

// What the cloud's API talks about.
type Machine = Readonly<Record<"id" | "name" | "size" | "shelf" | "ip", string>> & { readonly on: boolean };
type Forwarder = { readonly address?: string; readonly ports: readonly string[]; readonly machines: readonly string[] };
type ShelfRoute = { readonly id: string; readonly cidr: string; readonly machine: string };

export function createShelfCloud(options: ShelfCloudOptions): CloudProvider {
  const { cluster } = options;
  const call = createCaller(options);

  const machinesOf = (nodes: readonly Node[], signal: AbortSignal) => {
    const query = new URLSearchParams({ ids: nodes.map(machineOf).join(), names: nodes.map(nameOf).join() });
    return call<readonly Machine[]>("GET", `/machines?${query}`, signal);
  };
  const pathOf = ({ metadata }: Service) => `/forwarders/${cluster}.${metadata.uid}`;
  const converge = async ({ service, nodes, signal }: LoadBalancerRequest): Promise<LoadBalancerResult> => {
    const ports = service.spec?.ports ?? [];
    const wanted: Forwarder = {
      ports: ports.filter(isTcp).map(({ port, nodePort }) => `${port}:${nodePort}`),
      machines: nodes.map(machineOf).filter((id) => id !== ""),
    };
    const found = await call<Forwarder>("GET", pathOf(service), signal).catch(unlessAbsent);
    const same = found && `${found.ports} ${found.machines}` === `${wanted.ports} ${wanted.machines}`;
    const { address } = same ? found : await call<Forwarder>("PUT", pathOf(service), signal, wanted);
    const problems = ports.every(isTcp) ? [] : [{ ...ONLY_TCP, facet: "listeners" }];
    if (address) return { status: { ingress: [{ ip: address }] }, problems };
    return { status: undefined, problems, againAfterMs: 2000 };
  };

  return {
    name: "shelf",
    hasClusterId: cluster !== "",
    instances: {
      lookup: async (node, signal) => lookupIn(await machinesOf([node], signal), node),
      batchSize: 100,
      async lookupMany(nodes, signal) {
        const machines = await machinesOf(nodes, signal);
        return nodes.map((node) => lookupIn(machines, node));
      },
    },
    loadBalancers: {
      ensure: converge,
      updateBackends: converge,
      ensureDeleted: async ({ service, signal }) =>
        (await call<unknown>("DELETE", pathOf(service), signal).catch(unlessAbsent)) !== undefined,
    },
    routes: {
      async list(_clusterName, nodes, signal) {
        const names = new Map(nodes.map((node) => [machineOf(node), nameOf(node)]));
        const routes = await call<readonly ShelfRoute[]>("GET", `/routes?cluster=${cluster}`, signal);
        return routes.map(({ id, cidr, machine }) => {
          const targetNode = names.get(machine) ?? "";
          return { name: id, targetNode, destinationCidr: cidr, blackhole: targetNode === "" };
        });
      },
      async create(_clusterName, node, cidr, signal) {
        const machine = machineOf(node);
        if (!machine) throw new CloudError("permanent", `${nameOf(node)} is no machine of Shelf Cloud`);
        await call("POST", "/routes", signal, { cluster, cidr, machine });
      },
      delete: (_clusterName, { name }, signal) => call<void>("DELETE", `/routes/${name}`, signal),
    },
  };
}

const ONLY_TCP = { reason: "UnsupportedProtocol", message: "expected TCP on each port", retryable: false };
const isTcp = ({ protocol = "TCP" }: { readonly protocol?: string }) => protocol === "TCP";
const nameOf = ({ metadata }: Node) => metadata.name ?? "";
/** The machine that a Node says it is; "" when it does not say, or is one of another cloud. */
const machineOf = ({ spec }: Node) => /^shelf:\/\/(.+)$/.exec(spec?.providerID ?? "")?.[1] ?? "";

function lookupIn(machines: readonly Machine[], node: Node): InstanceLookup {
  const id = machineOf(node);
  if (!id && node.spec?.providerID) return { state: "unknown", reason: `${node.spec.providerID} is of another cloud` };
  const found = machines.filter((machine) => (id ? machine.id === id : machine.name === nameOf(node)));
  const [machine] = found;
  if (!machine) return { state: "absent", evidence: `Shelf Cloud lists no machine ${id || nameOf(node)}` };
  if (found.length > 1) return { state: "unknown", reason: `${found.length} machines are called ${nameOf(node)}` };
  return {
    state: "found",
    metadata: {
      providerId: `shelf://${machine.id}`,
      instanceType: machine.size,
      addresses: [{ type: "InternalIP", address: machine.ip }],
      zone: machine.shelf,
      region: "",
      additionalLabels: {},
      shutdown: !machine.on,
    },
  };
}

/** One call to the cloud: its answer, or a CloudError. */
function createCaller({ endpoint, token, send, clock }: ShelfCloudOptions) {
  return async <T>(method: string, path: string, parent: AbortSignal, body?: unknown): Promise<T> => {
    const what = `Shelf Cloud: ${method} ${path}`;
    return withTimeout(clock, 10_000, what, parent, async (signal) => {
      const headers = { authorization: `Bearer ${token.reveal()}`, "content-type": "application/json" };
      const request = { method, url: endpoint + path, headers, ...(body ? { body: JSON.stringify(body) } : {}) };
      const response = await send(request, { signal }).catch((cause) => {
        parent.throwIfAborted();
        throw new CloudError(method === "GET" ? "retryable" : "ambiguous", what, { cause });
      });
      const text = await readText(response.body);
      if (response.status < 300) return JSON.parse(text || "null") as T;
      throw cloudErrorOfStatus(response.status, `${what}: ${response.status} ${text}`, response.headers);
    });
  };
}

function unlessAbsent(error: unknown): undefined {
  if (cloudErrorOf(error)?.code !== "absent") throw error;
}
