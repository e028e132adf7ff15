import type { InstanceView, SubnetView, VpcView } from "./data.ts";
import { instanceTone, sharesOf } from "./tones.ts";
import type { TopologyState } from "./topology-state.ts";
import type { Item } from "./tree.ts";

/** VPC → zone → subnet → nodes. */
export function networkItems(state: TopologyState): readonly Item[] {
  const subnetsOf = Map.groupBy(state.subnets.values(), ({ vpcId }) => vpcId);
  const instancesOf = Map.groupBy(state.instances.values(), ({ subnetId }) => subnetId);
  return [...state.vpcs.values()].map((vpc) => vpcItem(vpc, subnetsOf.get(vpc.vpcId) ?? [], instancesOf));
}

type InstancesOf = ReadonlyMap<string, readonly InstanceView[]>;

function vpcItem(vpc: VpcView, subnets: readonly SubnetView[], instancesOf: InstancesOf): Item {
  const zones = Map.groupBy(subnets, ({ zoneName }) => zoneName);
  return {
    ...group("VPC", `vpc/${vpc.vpcId}`, subnets, instancesOf),
    label: vpc.name,
    detail: vpc.cidr,
    search: `${vpc.name} ${vpc.vpcId} ${vpc.cidr}`.toLowerCase(),
    childCount: zones.size,
    children: () => [...zones].map(([zone, members]) => zoneItem(vpc, zone, members, instancesOf)),
  };
}

function zoneItem(vpc: VpcView, zone: string, subnets: readonly SubnetView[], instancesOf: InstancesOf): Item {
  return {
    ...group("Zone", `zone/${vpc.vpcId}/${zone}`, subnets, instancesOf),
    label: zone,
    detail: `${subnets.length} ${subnets.length === 1 ? "subnet" : "subnets"}`,
    search: zone.toLowerCase(),
    childCount: subnets.length,
    children: () => subnets.map((subnet) => subnetItem(subnet, instancesOf)),
  };
}

function subnetItem(subnet: SubnetView, instancesOf: InstancesOf): Item {
  const instances = instancesOf.get(subnet.subnetId) ?? [];
  return {
    ...group("Subnet", `subnet/${subnet.subnetId}`, [subnet], instancesOf),
    label: subnet.name,
    detail: subnet.cidr,
    search: `${subnet.name} ${subnet.subnetId} ${subnet.cidr}`.toLowerCase(),
    childCount: instances.length,
    children: () => instances.map(instanceItem),
  };
}

export function instanceItem(instance: InstanceView): Item {
  const { id, name, status, internalIp, publicIp, product, spec } = instance;
  return {
    key: `instance/${id}`,
    kind: product.toUpperCase(),
    label: name,
    detail: internalIp,
    status,
    tone: instanceTone(status),
    search: `${name} ${id} ${internalIp} ${publicIp} ${status} ${product} ${spec}`.toLowerCase(),
    shares: [],
    isOpen: false,
    childCount: 0,
    children: () => [],
  };
}

/** What groups of nodes have in common: how their nodes are. */
function group(kind: string, key: string, subnets: readonly SubnetView[], instancesOf: InstancesOf) {
  const instances = subnets.flatMap(({ subnetId }) => instancesOf.get(subnetId) ?? []);
  const shares = sharesOf(instances.map(({ status }) => instanceTone(status)));
  return { key, kind, status: "", tone: "idle" as const, shares, isOpen: true };
}
