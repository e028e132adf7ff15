import type { Account } from "../../account.ts";
import type { Tag } from "../../api/common.ts";
import { routeRulesOf, routeTablesOf, type Subnet, subnetsOf, type Vpc, vpcsOf } from "./records.ts";

export interface NewVpc {
  readonly name: string;
  readonly cidr: string;
  readonly description?: string;
  readonly isDefault?: boolean;
  readonly tags?: readonly Tag[];
}

export interface NewSubnet {
  readonly name: string;
  readonly zoneName: string;
  readonly cidr: string;
  readonly vpcId: string;
  readonly subnetType?: string;
  readonly description?: string;
  readonly tags?: readonly Tag[];
}

/** A VPC without its routes: they come with `createRouteTable`. */
export function addVpc(account: Account, { name, cidr, ...more }: NewVpc): Vpc {
  const vpc: Vpc = {
    vpcId: account.newId("vpc"),
    name,
    cidr,
    ipv6Cidr: "",
    description: more.description ?? "",
    isDefault: more.isDefault ?? false,
    relay: false,
    secondaryCidr: [],
    createdTime: account.time(),
    tags: more.tags ?? [],
    routeTableId: account.newId("rt"),
  };
  vpcsOf(account).set(vpc.vpcId, vpc);
  return vpc;
}

export function addSubnet(account: Account, { name, zoneName, cidr, vpcId, ...more }: NewSubnet): Subnet {
  const subnet: Subnet = {
    subnetId: account.newId("sbn"),
    name,
    zoneName,
    cidr,
    ipv6Cidr: "",
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
