import type { Account } from "../../account.ts";
import type { Tag } from "../../api/common.ts";
import { routeRulesOf, routeTablesOf, type Subnet, subnetsOf, type Vpc, vpcsOf } from "./records.ts";
import { newRule, securityGroupsOf } from "./security-group-records.ts";

export interface NewVpc {
  readonly name: string;
  readonly cidr: string;
  readonly description?: string;
  readonly isDefault?: boolean;
  readonly ipv6Cidr?: string;
  readonly tags?: readonly Tag[];
}

export interface NewSubnet {
  readonly name: string;
  readonly zoneName: string;
  readonly cidr: string;
  readonly vpcId: string;
  readonly subnetType?: string;
  readonly description?: string;
  readonly ipv6Cidr?: string;
  readonly tags?: readonly Tag[];
}

/** A VPC with its default security group, without its routes: they come with `addRouteTable`. */
export function addVpc(account: Account, { name, cidr, ...more }: NewVpc): Vpc {
  const vpc: Vpc = {
    vpcId: account.newId("vpc"),
    name,
    cidr,
    ipv6Cidr: more.ipv6Cidr ?? "",
    description: more.description ?? "",
    isDefault: more.isDefault ?? false,
    relay: false,
    secondaryCidr: [],
    createdTime: account.time(),
    tags: more.tags ?? [],
    routeTableId: account.newId("rt"),
    domainNameServers: "",
  };
  vpcsOf(account).set(vpc.vpcId, vpc);
  const id = account.newId("g");
  const time = account.time();
  const open = { direction: "egress", ethertype: "IPv4", portRange: "", protocol: "", sourceIp: "", destIp: "all" };
  securityGroupsOf(account).set(id, {
    id,
    name: "default",
    desc: "default",
    vpcId: vpc.vpcId,
    tags: [],
    createdTime: time,
    updatedTime: time,
    sgVersion: 0,
    rules: [newRule(account, { ...open, sourceGroupId: "", destGroupId: "", remark: "" }, id)],
  });
  return vpc;
}

export function addSubnet(account: Account, { name, zoneName, cidr, vpcId, ...more }: NewSubnet): Subnet {
  const subnet: Subnet = {
    subnetId: account.newId("sbn"),
    name,
    zoneName,
    cidr,
    ipv6Cidr: more.ipv6Cidr ?? "",
    vpcId,
    subnetType: more.subnetType ?? "BCC",
    description: more.description ?? "",
    createdTime: account.time(),
    tags: more.tags ?? [],
  };
  subnetsOf(account).set(subnet.subnetId, subnet);
  return subnet;
}

/** A route table with the route of the cloud's own that each has. */
export function addRouteTable(account: Account, vpc: Vpc, routeTableId: string, name: string): string {
  routeTablesOf(account).set(routeTableId, { routeTableId, vpcId: vpc.vpcId, name });
  const routeRuleId = account.newId("rr");
  routeRulesOf(account).set(routeRuleId, {
    routeRuleId,
    routeTableId,
    sourceAddress: "0.0.0.0/0",
    destinationAddress: vpc.cidr,
    nexthopId: "",
    nexthopType: "sys",
    pathType: "normal",
    description: "",
  });
  return routeTableId;
}

/** What every account finds in a region: a VPC with a subnet in each zone. */
export function addDefaultNetwork(account: Account, name: string): void {
  const vpc = addVpc(account, { name, cidr: "192.168.0.0/16", isDefault: name === "default" });
  ["a", "b", "d"].forEach((zone, index) => {
    addSubnet(account, {
      name: `${name}-${zone}`,
      zoneName: `cn-${account.region}-${zone}`,
      cidr: `192.168.${index * 16}.0/20`,
      vpcId: vpc.vpcId,
    });
  });
  addRouteTable(account, vpc, vpc.routeTableId, "main");
}

/** What goes with a VPC that is deleted: its route tables and security groups. */
export function removeNetworkOf(account: Account, vpcId: string): void {
  const [tables, rules, groups] = [routeTablesOf(account), routeRulesOf(account), securityGroupsOf(account)];
  for (const table of tables.all().filter((one) => one.vpcId === vpcId)) {
    for (const rule of rules.all()) if (rule.routeTableId === table.routeTableId) rules.delete(rule.routeRuleId);
    tables.delete(table.routeTableId);
  }
  for (const group of groups.all()) if (group.vpcId === vpcId) groups.delete(group.id);
}

const IPV6 = "2400:da00:e003";
const SUBNETS_IN_VPC = 256;

/** A /56 that no other VPC has. */
export function nextVpcIpv6Cidr(account: Account): string {
  return `${IPV6}:${(account.store.next("vpcIpv6") * SUBNETS_IN_VPC).toString(16)}::/56`;
}

/** A /64 of the VPC's range that no other subnet has. */
export function nextSubnetIpv6Cidr(account: Account, vpcId: string): string {
  const [, group = "0"] = /:([0-9a-f]+)::\/56$/.exec(vpcsOf(account).get(vpcId)?.ipv6Cidr ?? "") ?? [];
  const taken = new Set(
    subnetsOf(account)
      .all()
      .map(({ ipv6Cidr }) => ipv6Cidr),
  );
  for (let index = Number.parseInt(group, 16); ; index++) {
    const cidr = `${IPV6}:${index.toString(16)}::/64`;
    if (!taken.has(cidr)) return cidr;
  }
}
