import type { KubeObject, Service } from "@ccm/kube";
import { type Amounts, addAmounts, parseAmounts, parseQuantity } from "../quantity.ts";

export type CountedKind = "Pod" | "Service" | "PersistentVolumeClaim";

type Quantities = Readonly<Record<string, string | number>>;
interface Container {
  readonly resources?: { readonly requests?: Quantities; readonly limits?: Quantities };
  readonly restartPolicy?: string;
}
interface PodSpec {
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly overhead?: Quantities;
}

const ONE = parseQuantity(1);

/** What an object uses of a quota, by the quota's names. Other names are not counted before a create. */
export function amountsOf(kind: CountedKind, object: KubeObject): Amounts {
  if (kind === "Pod") return podAmounts(object);
  if (kind === "Service") return serviceAmounts(object as Service);
  const { spec } = object as { readonly spec?: { readonly resources?: { readonly requests?: Quantities } } };
  const storage = spec?.resources?.requests?.storage;
  return {
    persistentvolumeclaims: ONE,
    ...(storage === undefined ? {} : { "requests.storage": parseQuantity(storage) }),
  };
}

export const COUNTED_ITEMS: readonly string[] = [
  ..."pods cpu memory requests.cpu requests.memory limits.cpu limits.memory".split(" "),
  ..."services services.loadbalancers services.nodeports persistentvolumeclaims requests.storage".split(" "),
];

/** A Pod that has ended uses nothing. */
function podAmounts(object: KubeObject): Amounts {
  const { spec = {}, status } = object as { readonly spec?: PodSpec; readonly status?: { readonly phase?: string } };
  if (status?.phase === "Succeeded" || status?.phase === "Failed") return {};
  const requests = resources(spec, "requests");
  const limits = resources(spec, "limits");
  return {
    pods: ONE,
    ...some("cpu", requests.cpu),
    ...some("memory", requests.memory),
    ...some("requests.cpu", requests.cpu),
    ...some("requests.memory", requests.memory),
    ...some("limits.cpu", limits.cpu),
    ...some("limits.memory", limits.memory),
  };
}

/** As the scheduler counts: containers run together, init containers one after the other beside the sidecars so far. */
function resources(
  { containers = [], initContainers = [], overhead = {} }: PodSpec,
  which: "requests" | "limits",
): Amounts {
  const of = (container: Container) => parseAmounts(container.resources?.[which] ?? {});
  let sidecars: Amounts = {};
  let peak: Amounts = {};
  for (const container of initContainers) {
    const now = addAmounts(sidecars, of(container));
    peak = larger(peak, now);
    if (container.restartPolicy === "Always") sidecars = now;
  }
  const together = containers.map(of).reduce(addAmounts, sidecars);
  return addAmounts(larger(peak, together), parseAmounts(overhead));
}

function serviceAmounts({ spec }: Service): Amounts {
  const balanced = spec?.type === "LoadBalancer";
  const ports = balanced && spec?.allocateLoadBalancerNodePorts === false ? 0 : (spec?.ports?.length ?? 0);
  const nodePorts = balanced || spec?.type === "NodePort" ? ports : 0;
  return {
    services: ONE,
    ...(balanced ? { "services.loadbalancers": ONE } : {}),
    ...(nodePorts > 0 ? { "services.nodeports": parseQuantity(nodePorts) } : {}),
  };
}

function some(name: string, value: bigint | undefined): Amounts {
  return value === undefined ? {} : { [name]: value };
}

function larger(a: Amounts, b: Amounts): Amounts {
  const out: Record<string, bigint> = { ...a };
  for (const [name, value] of Object.entries(b)) if (value > (out[name] ?? 0n)) out[name] = value;
  return out;
}
