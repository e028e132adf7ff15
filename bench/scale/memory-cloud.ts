import { type Clock, sleep } from "@ccm/base";
import type { CloudProvider, InstanceLookup, LoadBalancerRequest, LoadBalancerResult } from "@ccm/cloud-provider";
import type { LoadBalancerIngress, Node, NodeAddress, Service } from "@ccm/kube";

/** How many instances one call of a bulk look-up names: what the clouds' own listings give in a page. */
const PAGE = 100;

export interface Latencies {
  readonly metadataMs: number;
  readonly ensureMs: number;
  readonly updateMs: number;
}

export interface MemoryCloud extends CloudProvider {
  /** Calls that a cloud would have been sent, by name. */
  readonly calls: Readonly<Record<string, number>>;
  /** Instances that look-ups were asked for. */
  readonly lookedUp: number;
}

/**
 * The same cloud as bench/go-framework's: no network, each call takes as long as it is told to; an instance exists for
 * every node, `bench://<node name>`.
 */
export function createMemoryCloud(clock: Clock, { metadataMs, ensureMs, updateMs }: Latencies): MemoryCloud {
  const calls: Record<string, number> = {};
  const balancers = new Set<string>();
  let lookedUp = 0;
  const call = (name: string, latencyMs: number, signal: AbortSignal) => {
    calls[name] = (calls[name] ?? 0) + 1;
    return sleep(clock, latencyMs, signal);
  };
  const lookUpPage = async (nodes: readonly Node[], signal: AbortSignal): Promise<readonly InstanceLookup[]> => {
    lookedUp += nodes.length;
    await call("ListInstances", metadataMs, signal);
    return nodes.map(found);
  };
  return {
    name: "bench",
    hasClusterId: true,
    calls,
    get lookedUp() {
      return lookedUp;
    },
    instances: {
      async lookup(node, signal) {
        lookedUp++;
        await call("InstanceMetadata", metadataMs, signal);
        return found(node);
      },
      async lookupMany(nodes, signal) {
        const pages: Promise<readonly InstanceLookup[]>[] = [];
        for (let i = 0; i < nodes.length; i += PAGE) pages.push(lookUpPage(nodes.slice(i, i + PAGE), signal));
        return (await Promise.all(pages)).flat();
      },
    },
    loadBalancers: {
      async ensure({ service, signal }) {
        await call("EnsureLoadBalancer", ensureMs, signal);
        balancers.add(service.metadata.uid ?? "");
        return answer(service);
      },
      async updateBackends({ service, signal }: LoadBalancerRequest) {
        await call("UpdateLoadBalancer", updateMs, signal);
        return answer(service);
      },
      async ensureDeleted({ service, signal }) {
        await call("EnsureLoadBalancerDeleted", 0, signal);
        return balancers.delete(service.metadata.uid ?? "");
      },
    },
  };
}

/** The address that the Service's number says, with its ports, so that an edit shows in the status. */
function answer({ metadata: { name = "" }, spec }: Service): LoadBalancerResult {
  const n = Number(/(\d+)$/.exec(name)?.[1] ?? 0);
  const ports = (spec?.ports ?? []).map(({ port, protocol = "TCP" }) => ({ port, protocol }));
  const ingress: readonly LoadBalancerIngress[] = [{ ip: `198.18.${Math.floor(n / 250)}.${(n % 250) + 1}`, ports }];
  return { status: { ingress }, problems: [] };
}

function found({ metadata: { name = "" } }: Node): InstanceLookup {
  return {
    state: "found",
    metadata: {
      providerId: `bench://${name}`,
      instanceType: "b1.large",
      zone: "zone-a",
      region: "region-1",
      addresses: addressesOf(name),
      additionalLabels: {},
      shutdown: false,
    },
  };
}

/** A node's address by its number, as bench/go-framework has it. */
export function addressesOf(name: string): readonly NodeAddress[] {
  const n = Number(/^node-(\d+)$/.exec(name)?.[1] ?? 0);
  return [
    { type: "InternalIP", address: `10.${100 + Math.floor(n / 65536)}.${Math.floor(n / 256) % 256}.${n % 256}` },
    { type: "Hostname", address: name },
  ];
}
