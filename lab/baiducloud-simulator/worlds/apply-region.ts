import type { Account } from "../account.ts";
import { badRequest, quotaExceeded } from "../api/fault.ts";
import { FLAVORS } from "../products/bcc/flavors.ts";
import { createInstance } from "../products/bcc/lifecycle.ts";
import { instancesOf } from "../products/bcc/records.ts";
import { vpcsOf } from "../products/vpc/records.ts";
import { defaultGroupOf, securityGroupsOf } from "../products/vpc/security-group-records.ts";
import { applyEips, type Target } from "./apply-eips.ts";
import { applyLoadBalancers } from "./apply-load-balancers.ts";
import type { Builder } from "./builder.ts";
import type { Path } from "./check.ts";
import { type Named, Names } from "./names.ts";
import type { InstanceFile, RegionFile, RouteFile, SecurityGroupFile, SubnetFile, VpcFile } from "./schema.ts";

/** What the parts of a VPC can refer to. */
export interface VpcNames {
  readonly vpcId: string;
  readonly subnets: Names<Named>;
  readonly instances: Names<Target>;
  readonly securityGroups: Names<Named>;
}

/** A region with all that is in it. Addresses come last: they are bound to the rest. */
export function applyRegion(builder: Builder, account: Account, region: RegionFile, path: Path): void {
  const targets = new Names<Target>("instances and load balancers");
  for (const [index, vpc] of (region.vpcs ?? []).entries()) {
    const at = [...path, "vpcs", index];
    builder.attempt(at, vpc, () => applyVpc(builder, account, vpc, at, targets));
  }
  applyEips(builder, account, region.eips ?? [], path, targets);
}

function applyVpc(builder: Builder, account: Account, vpc: VpcFile, path: Path, targets: Names<Target>): void {
  const { name, cidr, description = "", tags = [], ipv6 = false } = vpc;
  const preset = vpc.securityGroups?.find((group) => group.name === "default");
  builder.useIds(account, vpc.id, preset?.id);
  const made = builder.call(account, "vpc", "CreateVpc", { body: { name, cidr, description, tags, enableIpv6: ipv6 } });
  const { vpcId } = made as { readonly vpcId: string };
  builder.made(vpcId, name);
  if (vpc.default) vpcsOf(account).patch(vpcId, { isDefault: true });
  if (vpc.secondaryCidrs)
    builder.call(account, "vpc", "UpdateVpc", { params: { vpcId }, body: { name, secondaryCidr: vpc.secondaryCidrs } });
  const names: VpcNames = {
    vpcId,
    subnets: new Names("subnets"),
    instances: new Names("instances"),
    securityGroups: new Names("security groups"),
  };
  applySecurityGroups(builder, account, vpc, path, names);
  for (const [index, subnet] of (vpc.subnets ?? []).entries()) {
    const at = [...path, "subnets", index];
    builder.attempt(at, subnet, () => applySubnet(builder, account, subnet, at, names, targets));
  }
  applyLoadBalancers(builder, account, vpc.loadBalancers ?? [], path, names, targets);
  for (const [index, route] of (vpc.routes ?? []).entries()) {
    const at = [...path, "routes", index];
    builder.attempt(at, route, () => applyRoute(builder, account, route, at, names));
  }
}

/** First all groups, then their rules, as these refer to groups. */
function applySecurityGroups(builder: Builder, account: Account, vpc: VpcFile, path: Path, names: VpcNames): void {
  const { vpcId, securityGroups } = names;
  const groups = securityGroupsOf(account);
  const made: (readonly [string, SecurityGroupFile, Path])[] = [];
  const byDefault = defaultGroupOf(account, vpcId) ?? "";
  for (const [index, group] of (vpc.securityGroups ?? []).entries()) {
    const at = [...path, "securityGroups", index];
    const { name, description: desc = "", tags = [] } = group;
    builder.attempt(at, group, () => {
      if (name === "default") {
        if (made.some(([id]) => id === byDefault)) throw badRequest('name: found "default", which another one has');
        groups.patch(byDefault, { desc: group.description ?? "default", tags, ...(group.rules ? { rules: [] } : {}) });
        made.push([byDefault, group, at]);
        return;
      }
      builder.useIds(account, group.id);
      const body = { name, vpcId, desc, rules: [], tags };
      const { securityGroupId } = builder.call(account, "vpc", "CreateSecurityGroup", { body }) as {
        readonly securityGroupId: string;
      };
      made.push([securityGroupId, group, at]);
    });
  }
  for (const { id, name } of groups.all().filter((group) => group.vpcId === vpcId)) {
    securityGroups.add({ id, name });
    builder.made(id, name);
  }
  for (const [securityGroupId, group, at] of made) {
    for (const [index, rule] of (group.rules ?? []).entries()) {
      const here = [...at, "rules", index];
      builder.attempt(here, rule, () => {
        const groupId = (field: "sourceGroup" | "destGroup") => {
          const reference = rule[field];
          return reference === undefined ? "" : builder.resolve([...here, field], reference, securityGroups)?.id;
        };
        const [sourceGroupId, destGroupId] = [groupId("sourceGroup"), groupId("destGroup")];
        if (sourceGroupId === undefined || destGroupId === undefined) return;
        const { direction, ethertype = "", portRange = "", protocol = "", remark = "" } = rule;
        const ends = { sourceIp: rule.sourceIp ?? "", destIp: rule.destIp ?? "", sourceGroupId, destGroupId };
        const body = { rule: { direction, ethertype, portRange, protocol, remark, ...ends } };
        builder.call(account, "vpc", "AuthorizeSecurityGroupRule", { params: { securityGroupId }, body });
      });
    }
    groups.patch(securityGroupId, { sgVersion: 0 });
  }
}

function applySubnet(
  builder: Builder,
  account: Account,
  subnet: SubnetFile,
  path: Path,
  names: VpcNames,
  targets: Names<Target>,
): void {
  const {
    name,
    zone: zoneName,
    cidr,
    type: subnetType,
    ipv6: enableIpv6 = false,
    description = "",
    tags = [],
  } = subnet;
  builder.useIds(account, subnet.id);
  const body = { name, zoneName, cidr, vpcId: names.vpcId, subnetType, enableIpv6, description, tags };
  const { subnetId } = builder.call(account, "vpc", "CreateSubnet", { body }) as { readonly subnetId: string };
  names.subnets.add({ id: subnetId, name });
  builder.made(subnetId, name);
  for (const [index, instance] of (subnet.instances ?? []).entries()) {
    const at = [...path, "instances", index];
    builder.attempt(at, instance, () => {
      for (const one of copiesOf(instance)) {
        const made = applyInstance(builder, account, one, at, subnetId, names);
        builder.made(made.id, made.name);
        names.instances.add(made);
        targets.add(made);
      }
    });
  }
}

/** `count` makes node-1, node-2, … of one entry. */
function copiesOf(instance: InstanceFile): readonly InstanceFile[] {
  const { count } = instance;
  if (count === undefined) return [instance];
  for (const field of ["id", "internalIp", "hostname", "host"] as const)
    if (instance[field] !== undefined) throw badRequest(`${field}: does not go with count, as each has its own`);
  return Array.from({ length: count }, (_, index) => ({ ...instance, name: `${instance.name}-${index + 1}` }));
}

function applyInstance(
  builder: Builder,
  account: Account,
  instance: InstanceFile,
  path: Path,
  subnetId: string,
  names: VpcNames,
): Target {
  const { name, product = "bcc", spec, hostname, internalIp, host, status = "Running", inCluster = true } = instance;
  if (instancesOf(account).size >= account.quotas.instances) throw quotaExceeded("instances");
  const prefix = product === "hpas" ? "hpas-" : "i-";
  if (instance.id !== undefined && !instance.id.startsWith(prefix))
    throw badRequest(`id: found "${instance.id}", expected an id such as ${prefix}1a2b3c4d of product ${product}`);
  const groups = builder.resolveAll([...path, "securityGroups"], instance.securityGroups, names.securityGroups);
  builder.useIds(account, instance.id);
  const { id } = createInstance(account, {
    name,
    product,
    subnetId,
    inCluster,
    ipv6: instance.ipv6 ? account.takeIpv6(subnetId) : "",
    gpuCard: FLAVORS.find((flavor) => flavor.spec === spec)?.gpuCard ?? "",
    ...(spec === undefined ? {} : { spec }),
    ...(hostname === undefined ? {} : { hostname }),
    ...(internalIp === undefined ? {} : { internalIp }),
    ...(host === undefined ? {} : { host }),
    more: {
      status,
      desc: instance.description ?? "",
      tags: instance.tags ?? [],
      ...(groups.length > 0 ? { securityGroupIds: groups.map((group) => group.id) } : {}),
    },
  });
  return { id, name, type: product === "bbc" ? "BBC" : "BCC" };
}

function applyRoute(builder: Builder, account: Account, route: RouteFile, path: Path, names: VpcNames): void {
  const { destination, source = "0.0.0.0/0", nextHop, nextHopType: nexthopType = "custom", description = "" } = route;
  const nexthopId =
    nexthopType === "custom" ? builder.resolve([...path, "nextHop"], nextHop, names.instances)?.id : nextHop;
  if (nexthopId === undefined) return;
  const routeTableId = vpcsOf(account).get(names.vpcId)?.routeTableId ?? "";
  const addresses = { sourceAddress: source, destinationAddress: destination };
  const body = { routeTableId, ...addresses, nexthopType, nexthopId, nextHopList: [], description };
  builder.call(account, "vpc", "CreateRouteRule", { body });
}
