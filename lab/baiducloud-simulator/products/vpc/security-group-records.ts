import type { Account } from "../../account.ts";
import type { Tag } from "../../api/common.ts";
import { Fault } from "../../api/fault.ts";
import { instancesOf } from "../bcc/records.ts";
import { blbsOf } from "../blb/records.ts";
import { enisOf, type GroupIds } from "./records.ts";

/** Fields of a rule that make it the same as another. */
const FACETS = [
  "direction",
  "ethertype",
  "portRange",
  "protocol",
  "sourceIp",
  "destIp",
  "sourceGroupId",
  "destGroupId",
] as const;

export type RuleFields = Readonly<Record<(typeof FACETS)[number] | "remark", string>>;

export interface SecurityGroupRule extends RuleFields {
  readonly securityGroupId: string;
  readonly securityGroupRuleId: string;
  readonly createdTime: string;
  readonly updatedTime: string;
}

export interface SecurityGroup {
  readonly id: string;
  readonly name: string;
  readonly desc: string;
  readonly vpcId: string;
  readonly tags: readonly Tag[];
  readonly createdTime: string;
  readonly updatedTime: string;
  /** Counts the changes of the rules: an optimistic lock. */
  readonly sgVersion: number;
  readonly rules: readonly SecurityGroupRule[];
}

type Has = Pick<Account, "store">;

export const securityGroupsOf = ({ store }: Has) => store.table<SecurityGroup>("securityGroups");

export function newRule(account: Account, fields: RuleFields, securityGroupId: string): SecurityGroupRule {
  const time = account.time();
  return {
    ...fields,
    ethertype: fields.ethertype || "IPv4",
    portRange: fields.portRange || "1-65535",
    protocol: fields.protocol || "all",
    securityGroupId,
    securityGroupRuleId: account.newId("r"),
    createdTime: time,
    updatedTime: time,
  };
}

export function isSameRule(one: RuleFields, other: RuleFields): boolean {
  return FACETS.every((field) => one[field] === other[field]);
}

export function withRule(
  account: Account,
  rules: readonly SecurityGroupRule[],
  rule: SecurityGroupRule,
): readonly SecurityGroupRule[] {
  if (rules.some((other) => isSameRule(other, rule)))
    throw new Fault(409, "SecurityGroup.RuleDuplicated", "The rule exists already.");
  if (rules.filter(({ direction }) => direction === rule.direction).length >= account.quotas.securityGroupRules)
    throw new Fault(403, "SecurityGroup.RuleExceedLimit", "The security group has no room for another rule.");
  return [...rules, rule];
}

/** The default group of a VPC: what has no other has that one. */
export function defaultGroupOf(account: Account, vpcId: string): string | undefined {
  return securityGroupsOf(account)
    .all()
    .find((group) => group.vpcId === vpcId && group.name === "default")?.id;
}

/** What has a group, normal or enterprise: machines, network cards and load balancers. */
export function holdersOf(account: Account, groupId: string): readonly string[] {
  const has = ({ securityGroupIds, enterpriseSecurityGroupIds }: GroupIds) =>
    securityGroupIds.includes(groupId) || enterpriseSecurityGroupIds.includes(groupId);
  const balancers: readonly {
    readonly blbId: string;
    readonly securityGroups?: readonly string[];
    readonly enterpriseSecurityGroups?: readonly string[];
  }[] = [...blbsOf(account).all(), ...account.store.table<{ readonly blbId: string }>("appBlbs").all()];
  return [
    ...instancesOf(account)
      .all()
      .filter(has)
      .map(({ id }) => id),
    ...enisOf(account)
      .all()
      .filter(has)
      .map(({ eniId }) => eniId),
    ...balancers
      .filter((one) => one.securityGroups?.includes(groupId) || one.enterpriseSecurityGroups?.includes(groupId))
      .map(({ blbId }) => blbId),
  ];
}
