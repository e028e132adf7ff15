import type { Account } from "../../account.ts";
import { badRequest, denied } from "../../api/fault.ts";
import { groupsFor } from "../vpc/eni-model.ts";
import type { GroupIds } from "../vpc/records.ts";
import type { SimulatedInstance } from "./records.ts";

/** With more groups. A machine has groups of one kind only. */
export function bindGroups(
  account: Account,
  { id, vpcId, securityGroupIds, enterpriseSecurityGroupIds }: SimulatedInstance,
  ids: readonly string[],
  type: string,
): GroupIds {
  if (ids.length === 0) throw badRequest("securityGroupIds is required.");
  const isEnterprise = type === "enterprise";
  const others = isEnterprise ? securityGroupIds : enterpriseSecurityGroupIds;
  if (others.length > 0) throw denied(`${id} has ${isEnterprise ? "normal" : "enterprise"} groups: replace them.`);
  const present = isEnterprise ? enterpriseSecurityGroupIds : securityGroupIds;
  const all = [...new Set([...present, ...ids])];
  return groupsFor(account, vpcId, isEnterprise ? { enterpriseSecurityGroupIds: all } : { securityGroupIds: all });
}

/** Without these groups, but not without any. */
export function groupsUnbound(
  { id, securityGroupIds, enterpriseSecurityGroupIds }: SimulatedInstance,
  ids: readonly string[],
): GroupIds {
  const foreign = ids.find((one) => !securityGroupIds.includes(one) && !enterpriseSecurityGroupIds.includes(one));
  if (foreign) throw denied(`${id} does not have ${foreign}.`);
  const left = (list: readonly string[]) => list.filter((one) => !ids.includes(one));
  const groups = {
    securityGroupIds: left(securityGroupIds),
    enterpriseSecurityGroupIds: left(enterpriseSecurityGroupIds),
  };
  if (groups.securityGroupIds.length + groups.enterpriseSecurityGroupIds.length === 0)
    throw denied(`${id} needs at least one security group.`);
  return groups;
}
