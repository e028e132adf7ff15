import { stringify } from "yaml";
import { type Account, DEFAULT_QUOTAS, type Quotas } from "../account.ts";
import { type InstanceStatus, instancesOf, type SimulatedInstance } from "../products/bcc/records.ts";
import { blbsOf } from "../products/blb/records.ts";
import { type Eip, eipsOf } from "../products/eip/records.ts";
import { type RouteRule, routeRulesOf, type Subnet, subnetsOf, type Vpc, vpcsOf } from "../products/vpc/records.ts";
import {
  defaultGroupOf,
  type SecurityGroup,
  type SecurityGroupRule,
  securityGroupsOf,
} from "../products/vpc/security-group-records.ts";
import type { World } from "../world.ts";
import { loadBalancerFileOf } from "./export-load-balancers.ts";
import { Names } from "./names.ts";
import type {
  AccountFile,
  EipFile,
  InstanceFile,
  RegionFile,
  RouteFile,
  SecurityGroupFile,
  SecurityGroupRuleFile,
  SubnetFile,
  VpcFile,
  WorldFile,
} from "./schema.ts";
import { referencesTo, type Shelf, some } from "./shelf.ts";

/** The world as it is now, in YAML, without keys: a file that `readWorld` takes. What is on its way counts as there. */
export function worldYamlOf(world: World): string {
  return stringify(worldFileOf(world));
}

function worldFileOf(world: World): WorldFile {
  const places = Map.groupBy(world.opened(), ({ id }) => id);
  const accounts = world.accountIds.map((id): AccountFile => {
    const regions = places.get(id) ?? [];
    // Not by world.account: that opens an account that nobody has used yet.
    const quotas = regions[0]?.quotas ?? world.store.table<AccountFile>("accounts").get(id)?.quotas ?? {};
    return { id, credentials: undefined, quotas: ownQuotas(quotas), regions: some(regions.map(regionFileOf)) };
  });
  return { accounts };
}

/** Those that differ from what every account has. */
function ownQuotas(quotas: { readonly [K in keyof Quotas]?: number | undefined }): AccountFile["quotas"] {
  const names = Object.keys(DEFAULT_QUOTAS) as (keyof Quotas)[];
  const own = names.filter((name) => quotas[name] !== undefined && quotas[name] !== DEFAULT_QUOTAS[name]);
  if (own.length === 0) return undefined;
  return Object.fromEntries(own.map((name) => [name, quotas[name]])) as AccountFile["quotas"];
}

function regionFileOf(account: Account): RegionFile {
  const eips = eipsOf(account).all();
  const balancers = blbsOf(account)
    .all()
    .map(({ blbId, name }) => ({ id: blbId, name }));
  const targets = new Names("targets", [...instancesOf(account).all().filter(isThere), ...balancers]);
  return {
    name: account.region,
    vpcs: some(
      vpcsOf(account)
        .all()
        .map((vpc) => vpcFileOf(account, vpc)),
    ),
    eips: some(eips.map((eip) => eipFileOf(eip, targets))),
  };
}

function vpcFileOf(account: Account, vpc: Vpc): VpcFile {
  const inVpc = ({ vpcId }: { readonly vpcId: string }): boolean => vpcId === vpc.vpcId;
  const subnets = subnetsOf(account).all().filter(inVpc);
  const instances = instancesOf(account)
    .all()
    .filter((one) => inVpc(one) && isThere(one));
  const groups = securityGroupsOf(account).all().filter(inVpc);
  const shelf: Shelf = {
    account,
    instances: new Names("instances", instances),
    securityGroups: new Names("security groups", groups),
    subnets: new Names(
      "subnets",
      subnets.map((subnet) => ({ ...subnet, id: subnet.subnetId })),
    ),
  };
  const bySubnet = Map.groupBy(instances, ({ subnetId }) => subnetId);
  const balancers = blbsOf(account).all().filter(inVpc);
  const routes = routeRulesOf(account)
    .all()
    .filter(({ routeTableId }) => routeTableId === vpc.routeTableId);
  return {
    id: vpc.vpcId,
    name: vpc.name,
    cidr: vpc.cidr,
    default: vpc.isDefault || undefined,
    ipv6: vpc.ipv6Cidr !== "" || undefined,
    secondaryCidrs: some(vpc.secondaryCidr),
    description: vpc.description || undefined,
    tags: some(vpc.tags),
    securityGroups: some(groups.map((group) => securityGroupFileOf(shelf, group))),
    subnets: some(subnets.map((subnet) => subnetFileOf(shelf, subnet, bySubnet.get(subnet.subnetId) ?? []))),
    loadBalancers: some(balancers.map((balancer) => loadBalancerFileOf(shelf, balancer))),
    routes: some(routes.flatMap((rule) => routeFileOf(shelf, rule) ?? [])),
  };
}

function subnetFileOf(shelf: Shelf, subnet: Subnet, instances: readonly SimulatedInstance[]): SubnetFile {
  const { subnetId, name, zoneName, cidr, subnetType, ipv6Cidr, description, tags } = subnet;
  return {
    id: subnetId,
    name,
    zone: zoneName,
    cidr,
    type: subnetType === "BCC_NAT" || subnetType === "BBC" ? subnetType : undefined,
    ipv6: ipv6Cidr !== "" || undefined,
    description: description || undefined,
    tags: some(tags),
    instances: some(instances.map((instance) => instanceFileOf(shelf, instance))),
  };
}

function instanceFileOf({ account, securityGroups }: Shelf, instance: SimulatedInstance): InstanceFile {
  const { id, name, product, spec, hostname, internalIp, host, ipv6, inCluster, vpcId, desc, tags } = instance;
  const byDefault = defaultGroupOf(account, vpcId);
  const groups = instance.securityGroupIds;
  const isPlain = groups.length === 0 || (groups.length === 1 && groups[0] === byDefault);
  return {
    id,
    name,
    count: undefined,
    product,
    spec,
    hostname: hostname === name || hostname === "" ? undefined : hostname,
    internalIp,
    host,
    ipv6: ipv6 !== "" || undefined,
    status: steadyStatus(instance.status),
    inCluster: inCluster ? undefined : false,
    securityGroups: isPlain ? undefined : referencesTo(securityGroups, groups),
    description: desc || undefined,
    tags: some(tags),
  };
}

/** Deleted ones are still shown by the cloud for a while; so is what is in the recycle bin. */
function isThere({ status }: SimulatedInstance): boolean {
  return status !== "Deleted" && status !== "Recycled";
}

/** Where it will be; undefined for Running. */
function steadyStatus(status: InstanceStatus): InstanceFile["status"] {
  if (status === "Stopping") return "Stopped";
  return status === "Stopped" || status === "Expired" || status === "Error" ? status : undefined;
}

function securityGroupFileOf(shelf: Shelf, { id, name, desc, tags, rules }: SecurityGroup): SecurityGroupFile {
  const byDefault = name === "default" ? "default" : "";
  return {
    id,
    name,
    description: desc === byDefault ? undefined : desc || undefined,
    tags: some(tags),
    // Of the default group, no rules are not the same as none said.
    rules:
      name === "default"
        ? rules.map((rule) => ruleFileOf(shelf, rule))
        : some(rules.map((rule) => ruleFileOf(shelf, rule))),
  };
}

type OneOf<K extends keyof SecurityGroupRuleFile> = SecurityGroupRuleFile[K];

function ruleFileOf({ securityGroups }: Shelf, rule: SecurityGroupRule): SecurityGroupRuleFile {
  const unless = (value: string, usual: string) => (value === usual || value === "" ? undefined : value);
  return {
    direction: rule.direction as OneOf<"direction">,
    protocol: unless(rule.protocol, "all") as OneOf<"protocol">,
    portRange: unless(rule.portRange, "1-65535"),
    ethertype: unless(rule.ethertype, "IPv4") as OneOf<"ethertype">,
    sourceIp: unless(rule.sourceIp, ""),
    sourceGroup: securityGroups.referenceTo(rule.sourceGroupId),
    destIp: unless(rule.destIp, ""),
    destGroup: securityGroups.referenceTo(rule.destGroupId),
    remark: unless(rule.remark, ""),
  };
}

/** Undefined for what a file does not hold: the cloud's own, gateways, several paths. */
function routeFileOf({ instances }: Shelf, rule: RouteRule): RouteFile | undefined {
  const { destinationAddress: destination, sourceAddress, nexthopId, nexthopType, pathType, description } = rule;
  const type = NEXT_HOPS.find((one) => one === nexthopType);
  const nextHop = type === "custom" ? instances.referenceTo(nexthopId) : nexthopId;
  if (!type || !nextHop || pathType !== "normal") return undefined;
  return {
    destination,
    source: sourceAddress === "0.0.0.0/0" ? undefined : sourceAddress,
    nextHop,
    nextHopType: type === "custom" ? undefined : type,
    description: description || undefined,
  };
}

const NEXT_HOPS = ["custom", "vpn", "dcGateway", "peerConn", "enic"] as const;

function eipFileOf(eip: Eip, targets: Names<{ readonly id: string; readonly name: string }>): EipFile {
  const {
    eipId,
    name,
    eip: address,
    ipVersion,
    bandwidthInMbps,
    routeType,
    deleteProtect,
    instanceId,
    status,
    tags,
  } = eip;
  return {
    id: eipId,
    name,
    address,
    ipVersion: ipVersion === "ipv6" ? ipVersion : undefined,
    bandwidthInMbps,
    billingMethod: eip.billingMethod === "ByBandwidth" ? "ByBandwidth" : undefined,
    routeType: routeType === "BGP_S" ? routeType : undefined,
    deleteProtect: deleteProtect || undefined,
    boundTo: instanceId === null || status === "unbinding" ? undefined : targets.referenceTo(instanceId),
    tags: some(tags),
  };
}
