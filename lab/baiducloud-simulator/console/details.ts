import { listenerName, publicAddresses } from "./balancer-items.ts";
import type { BlbView, InstanceView } from "./data.ts";
import { balancerTone, eipTone, healthOf, instanceTone } from "./tones.ts";
import type { TopologyState } from "./topology-state.ts";
import type { Tone } from "./tree.ts";

/** What the side panel says of one thing. */
export interface Details {
  readonly kind: string;
  readonly title: string;
  readonly status: string;
  readonly tone: Tone;
  readonly facts: readonly (readonly [name: string, value: string])[];
  /** Other things that it has to do with. */
  readonly links: readonly Link[];
}

export interface Link {
  readonly key: string;
  readonly kind: string;
  readonly label: string;
  readonly note: string;
}

/** Undefined when there is no such thing, or no longer. */
export function detailsOf(state: TopologyState, key: string): Details | undefined {
  const [kind = "", ...rest] = key.split("/");
  // A CIDR or an IPv6 address in an id is no separator: ids are the last or the only part.
  const id = rest.join("/");
  switch (kind) {
    case "vpc":
      return vpcDetails(state, id);
    case "zone":
      return zoneDetails(state, rest[0] ?? "", rest.slice(1).join("/"));
    case "subnet":
      return subnetDetails(state, id);
    case "instance":
      return instanceDetails(state, id);
    case "backend":
      return backendDetails(state, rest[0] ?? "", rest[1] ?? "", rest.slice(2).join("/"));
    case "blb":
      return balancerDetails(state, id);
    case "listener":
      return listenerDetails(state, rest[0] ?? "", rest[1] ?? "");
    case "eip":
      return eipDetails(state, id);
    case "route":
      return routeDetails(state, id);
    default:
      return undefined;
  }
}

const quiet = { status: "", tone: "idle" } as const;

function vpcDetails(state: TopologyState, id: string): Details | undefined {
  const vpc = state.vpcs.get(id);
  if (!vpc) return undefined;
  const subnets = [...state.subnets.values()].filter(({ vpcId }) => vpcId === id);
  const nodes = [...state.instances.values()].filter(({ vpcId }) => vpcId === id);
  const routes = [...state.routes.values()].filter(({ vpcId }) => vpcId === id);
  return {
    ...quiet,
    kind: "VPC",
    title: vpc.name,
    facts: [
      ["ID", id],
      ["CIDR", vpc.cidr],
      ["Subnets", String(subnets.length)],
      ["Nodes", String(nodes.length)],
      ["Routes", String(routes.length)],
    ],
    links: subnets.map(({ subnetId, name, cidr }) => link("subnet", subnetId, "Subnet", name, cidr)),
  };
}

function zoneDetails(state: TopologyState, vpcId: string, zone: string): Details | undefined {
  const subnets = [...state.subnets.values()].filter((one) => one.vpcId === vpcId && one.zoneName === zone);
  if (subnets.length === 0) return undefined;
  const ids = new Set(subnets.map(({ subnetId }) => subnetId));
  const nodes = [...state.instances.values()].filter(({ subnetId }) => ids.has(subnetId));
  return {
    ...quiet,
    kind: "Zone",
    title: zone,
    facts: [
      ["VPC", vpcId],
      ["Subnets", String(subnets.length)],
      ["Nodes", String(nodes.length)],
    ],
    links: subnets.map(({ subnetId, name, cidr }) => link("subnet", subnetId, "Subnet", name, cidr)),
  };
}

function subnetDetails(state: TopologyState, id: string): Details | undefined {
  const subnet = state.subnets.get(id);
  if (!subnet) return undefined;
  const nodes = [...state.instances.values()].filter(({ subnetId }) => subnetId === id);
  const balancers = [...state.blbs.values()].filter(({ subnetId }) => subnetId === id);
  return {
    ...quiet,
    kind: "Subnet",
    title: subnet.name,
    facts: [
      ["ID", id],
      ["CIDR", subnet.cidr],
      ["Zone", subnet.zoneName],
      ["Nodes", String(nodes.length)],
      ["Load balancers", String(balancers.length)],
    ],
    links: vpcLink(state, subnet.vpcId),
  };
}

function instanceDetails(state: TopologyState, id: string): Details | undefined {
  const instance = state.instances.get(id);
  if (!instance) return undefined;
  return {
    kind: "Node",
    title: instance.name,
    status: instance.status,
    tone: instanceTone(instance.status),
    facts: [
      ["ID", id],
      ["Product", instance.product.toUpperCase()],
      ["Private address", instance.internalIp],
      ["Public address", instance.publicIp || "none"],
      ["Zone", instance.zoneName],
      ["Spec", instance.spec || "none"],
      ["In a CCE cluster", instance.inCluster ? "yes" : "no"],
    ],
    links: [...subnetLink(state, instance), ...balancerLinks(state, id), ...routeLinks(state, id)],
  };
}

function balancerLinks(state: TopologyState, instanceId: string): readonly Link[] {
  return [...state.blbs.values()].flatMap((blb) => {
    const index = blb.backends.findIndex((backend) => backend.instanceId === instanceId);
    if (index < 0) return [];
    const alive = blb.listeners.filter(({ health }) => health[index] === "A").length;
    const note = `alive on ${alive} of ${blb.listeners.length} listeners`;
    return [link("blb", blb.blbId, "Load balancer", blb.name, note)];
  });
}

function balancerDetails(state: TopologyState, id: string): Details | undefined {
  const blb = state.blbs.get(id);
  if (!blb) return undefined;
  const eip = publicAddresses(state).get(id);
  return {
    kind: "Load balancer",
    title: blb.name,
    status: blb.status,
    tone: balancerTone(blb.status),
    facts: [
      ["ID", id],
      ["Private address", blb.address],
      ["Public address", eip ?? "none"],
      ["Listeners", String(blb.listeners.length)],
      ["Backends", String(blb.backends.length)],
    ],
    links: [
      ...(eip === undefined ? [] : [link("eip", eip, "EIP", eip, "bound")]),
      ...subnetLink(state, blb),
      ...blb.backends.map(({ instanceId, weight }) => instanceLink(state, instanceId, `weight ${weight}`)),
    ],
  };
}

function listenerDetails(state: TopologyState, blbId: string, name: string): Details | undefined {
  const blb = state.blbs.get(blbId);
  const listener = blb?.listeners.find((candidate) => listenerName(candidate) === name);
  if (!blb || !listener) return undefined;
  return {
    ...quiet,
    kind: "Listener",
    title: name,
    facts: [
      ["Forwards to port", String(listener.backendPort)],
      ["Scheduler", listener.scheduler],
    ],
    links: [
      balancerLink(blb),
      ...blb.backends.flatMap(({ instanceId }, index) => {
        const letter = listener.health[index] ?? "-";
        return letter === "-" ? [] : [instanceLink(state, instanceId, healthOf(letter).word)];
      }),
    ],
  };
}

function backendDetails(state: TopologyState, blbId: string, name: string, instanceId: string): Details | undefined {
  const blb = state.blbs.get(blbId);
  const listener = blb?.listeners.find((candidate) => listenerName(candidate) === name);
  const index = blb?.backends.findIndex((backend) => backend.instanceId === instanceId) ?? -1;
  const backend = blb?.backends[index];
  if (!blb || !listener || !backend) return undefined;
  const { word, tone } = healthOf(listener.health[index]);
  return {
    kind: "Backend",
    title: state.instances.get(instanceId)?.name ?? instanceId,
    status: word,
    tone,
    facts: [
      ["Listener", name],
      ["Port", String(listener.backendPort)],
      ["Weight", String(backend.weight)],
    ],
    links: [instanceLink(state, instanceId, ""), balancerLink(blb)],
  };
}

function eipDetails(state: TopologyState, id: string): Details | undefined {
  const eip = state.eips.get(id);
  if (!eip) return undefined;
  const blb = state.blbs.get(eip.instanceId);
  return {
    kind: "EIP",
    title: id,
    status: eip.status,
    tone: eipTone(eip.status),
    facts: [
      ["Name", eip.name || "none"],
      ["Bandwidth", `${eip.bandwidthInMbps} Mbit/s`],
      ["Bound to", eip.instanceId || "nothing"],
    ],
    links: blb ? [balancerLink(blb)] : eip.instanceId ? [instanceLink(state, eip.instanceId, "")] : [],
  };
}

function routeDetails(state: TopologyState, id: string): Details | undefined {
  const route = state.routes.get(id);
  if (!route) return undefined;
  return {
    ...quiet,
    kind: "Route",
    title: route.destinationAddress,
    facts: [
      ["ID", id],
      ["Table", route.routeTableId],
      ["From", route.sourceAddress],
      ["Next hop", route.nexthopId || "the cloud's own"],
      ["Next hop type", route.nexthopType],
      ["Description", route.description || "none"],
    ],
    links: [
      ...vpcLink(state, route.vpcId),
      ...(state.instances.has(route.nexthopId) ? [instanceLink(state, route.nexthopId, "next hop")] : []),
    ],
  };
}

function link(table: string, id: string, kind: string, label: string, note: string): Link {
  return { key: `${table}/${id}`, kind, label, note };
}

function vpcLink(state: TopologyState, vpcId: string): readonly Link[] {
  const vpc = state.vpcs.get(vpcId);
  return vpc ? [link("vpc", vpcId, "VPC", vpc.name, vpc.cidr)] : [];
}

function subnetLink(state: TopologyState, { subnetId }: { readonly subnetId: string }): readonly Link[] {
  const subnet = state.subnets.get(subnetId);
  return subnet ? [link("subnet", subnetId, "Subnet", subnet.name, subnet.cidr)] : [];
}

function instanceLink(state: TopologyState, id: string, note: string): Link {
  const instance: InstanceView | undefined = state.instances.get(id);
  return link("instance", id, "Node", instance?.name ?? id, note || (instance?.internalIp ?? "gone"));
}

function balancerLink({ blbId, name, address }: BlbView): Link {
  return link("blb", blbId, "Load balancer", name, address);
}

function routeLinks(state: TopologyState, nexthopId: string): readonly Link[] {
  return [...state.routes.values()]
    .filter((route) => route.nexthopId === nexthopId)
    .map(({ routeRuleId, destinationAddress }) => link("route", routeRuleId, "Route", destinationAddress, "to it"));
}
