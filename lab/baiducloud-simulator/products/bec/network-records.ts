import type { Account } from "../../account.ts";
import type { Tag } from "../../api/common.ts";
import { notFound } from "./faults.ts";
import type { Location } from "./locations.ts";

export interface EdgeVpc extends Location {
  readonly vpcId: string;
  readonly name: string;
  readonly description: string;
  readonly cidr: string;
  readonly isDefault: boolean;
  readonly createdTime: string;
  readonly tags: readonly Tag[];
  readonly aclId: string;
  readonly aclName: string;
}

export interface EdgeSubnet {
  readonly subnetId: string;
  readonly vpcId: string;
  readonly regionId: string;
  readonly name: string;
  readonly description: string;
  readonly cidr: string;
  readonly isDefault: boolean;
  readonly createdTime: string;
  readonly tags: readonly Tag[];
}

export interface EdgeRouteTable {
  readonly tableId: string;
  readonly name: string;
  readonly vpcId: string;
}

export interface EdgeRouteRule {
  readonly ruleId: string;
  readonly tableId: string;
  readonly ipVersion: number;
  readonly sourceAddress: string;
  readonly destinationAddress: string;
  readonly nexthop: string;
  readonly routeType: string;
  readonly description: string;
}

export interface EdgeGroupRule {
  readonly securityGroupRuleId: string;
  readonly direction: string;
  readonly etherType: string;
  readonly protocol: string;
  readonly portRange: string;
  readonly remark: string;
  readonly sourceIp: string;
  readonly sourceGroupId: string;
  readonly destIp: string;
  readonly destGroupId: string;
  readonly createdTime: string;
  readonly updatedTime: string;
}

export interface EdgeSecurityGroup {
  readonly id: string;
  readonly name: string;
  readonly desc: string;
  readonly createdTime: string;
  readonly rules: readonly EdgeGroupRule[];
}

export interface DeploySet {
  readonly deploysetId: string;
  readonly name: string;
  readonly desc: string;
  readonly createTime: string;
}

type Has = Pick<Account, "shared">;

export const vpcsOf = ({ shared }: Has) => shared.table<EdgeVpc>("becVpcs");
export const subnetsOf = ({ shared }: Has) => shared.table<EdgeSubnet>("becSubnets");
export const routeTablesOf = ({ shared }: Has) => shared.table<EdgeRouteTable>("becRouteTables");
export const routeRulesOf = ({ shared }: Has) => shared.table<EdgeRouteRule>("becRouteRules");
export const securityGroupsOf = ({ shared }: Has) => shared.table<EdgeSecurityGroup>("becSecurityGroups");
export const deploySetsOf = ({ shared }: Has) => shared.table<DeploySet>("becDeploySets");

export function getVpc(account: Has, id: string): EdgeVpc {
  const found = vpcsOf(account).get(id);
  if (!found) throw notFound(id);
  return found;
}

export function getSubnet(account: Has, id: string): EdgeSubnet {
  const found = subnetsOf(account).get(id);
  if (!found) throw notFound(id);
  return found;
}

export function getSecurityGroup(account: Has, id: string): EdgeSecurityGroup {
  const found = securityGroupsOf(account).get(id);
  if (!found) throw notFound(id);
  return found;
}

export function getDeploySet(account: Has, id: string): DeploySet {
  const found = deploySetsOf(account).get(id);
  if (!found) throw notFound(id);
  return found;
}
