import { denied } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { boolean, list, object, oneOf, optional, text } from "../../api/schema.ts";
import { limitExceeded, notFound } from "./faults.ts";
import { type EdgeGroupRule, type EdgeSecurityGroup, getSecurityGroup, securityGroupsOf } from "./network-records.ts";
import { vmsOf } from "./records.ts";
import { ACTION, LISTING, listing, listingOf, writeOf, written } from "./wire.ts";

const GROUP = "/v1/securityGroup";
const ONE = `${GROUP}/{securityGroupId}`;
const TEXT = optional(text());
const RULE_FIELDS = {
  etherType: optional(oneOf("IPv4", "IPv6")),
  protocol: optional(oneOf("all", "tcp", "udp", "icmp")),
  portRange: optional(text({ pattern: /^\d{1,5}(-\d{1,5})?$/, hint: "80 or 1-65535" })),
  remark: optional(text({ max: 200 })),
  sourceIp: TEXT,
  sourceGroupId: TEXT,
  destIp: TEXT,
  destGroupId: TEXT,
};
const DIRECTION = oneOf("ingress", "egress");
const RULE = object({ ...RULE_FIELDS, direction: DIRECTION });
const GROUP_VIEW = object({
  id: text(),
  name: text(),
  desc: text(),
  createdTime: text(),
  rules: list(
    object({
      securityGroupId: text(),
      securityGroupRuleId: text(),
      direction: text(),
      protocol: text(),
      portRange: text(),
      remark: text(),
      etherType: text(),
      sourceIp: text(),
      sourceGroupId: text(),
      destIp: text(),
      destGroupId: text(),
      createdTime: text(),
      updatedTime: text(),
      isValid: boolean(),
    }),
  ),
});

const OPERATIONS = operations({
  CreateSecurityGroup: {
    summary: "Makes a security group.",
    method: "POST",
    path: GROUP,
    body: object({
      name: text({ max: 65 }),
      desc: optional(text({ max: 200 }), ""),
      rules: optional(list(RULE, 100), []),
      withDefaultRules: optional(boolean(), false),
    }),
    answer: writeOf(GROUP_VIEW),
    errors: ["LimitExceeded"],
  },
  ListSecurityGroups: {
    summary: "Lists the security groups.",
    method: "GET",
    path: GROUP,
    query: LISTING,
    answer: listingOf(GROUP_VIEW),
  },
  GetSecurityGroup: {
    summary: "One security group.",
    method: "GET",
    path: ONE,
    answer: object({ result: GROUP_VIEW, success: boolean() }),
    errors: ["ResourceNotFound"],
  },
  UpdateSecurityGroup: {
    summary: "Renames a security group.",
    method: "PUT",
    path: ONE,
    body: object({ name: optional(text({ max: 65 })), desc: optional(text({ max: 200 })) }),
    answer: ACTION,
    errors: ["ResourceNotFound"],
  },
  DeleteSecurityGroup: {
    summary: "Deletes a security group that no machine has.",
    method: "DELETE",
    path: ONE,
    answer: ACTION,
    errors: ["ResourceNotFound", "OperationDenied"],
  },
  AddSecurityGroupRules: {
    summary: "Adds rules.",
    method: "POST",
    path: `${ONE}/rule/batch/add`,
    body: object({ securityGroupId: TEXT, rules: list(RULE, 100) }),
    answer: ACTION,
    errors: ["ResourceNotFound", "OperationDenied", "LimitExceeded"],
  },
  DeleteSecurityGroupRules: {
    summary: "Deletes rules.",
    method: "POST",
    path: `${ONE}/rule/batch/delete`,
    body: object({ securityGroupId: TEXT, securityGroupRuleIds: list(text(), 100) }),
    answer: ACTION,
    errors: ["ResourceNotFound"],
  },
  UpdateSecurityGroupRule: {
    summary: "Changes a rule.",
    method: "PUT",
    path: `${ONE}/rule/{securityGroupRuleId}`,
    body: object({ ...RULE_FIELDS, direction: optional(DIRECTION) }),
    answer: ACTION,
    errors: ["ResourceNotFound"],
  },
});

type GivenRule = { readonly [K in keyof EdgeGroupRule]?: string | undefined };

/** What is let in and out where nothing else is said; no source has the list. */
const DEFAULT_RULES: readonly GivenRule[] = [
  { direction: "ingress", protocol: "tcp", portRange: "22", remark: "ssh" },
  { direction: "ingress", protocol: "icmp" },
  { direction: "egress", protocol: "all" },
];
const keyOf = (rule: EdgeGroupRule): string =>
  [rule.direction, rule.etherType, rule.protocol, rule.portRange, rule.sourceIp, rule.destIp].join(" ");

export const securityGroups = part(OPERATIONS, (account) => {
  const groups = securityGroupsOf(account);
  const ruleOf = (given: GivenRule): EdgeGroupRule => {
    const time = account.time();
    const outward = given.direction === "egress";
    return {
      securityGroupRuleId: account.newId("sgr"),
      direction: given.direction ?? "ingress",
      etherType: given.etherType || "IPv4",
      protocol: given.protocol || "all",
      portRange: given.portRange || "",
      remark: given.remark ?? "",
      sourceIp: given.sourceIp || (outward ? "" : "all"),
      sourceGroupId: given.sourceGroupId ?? "",
      destIp: given.destIp || (outward ? "all" : ""),
      destGroupId: given.destGroupId ?? "",
      createdTime: time,
      updatedTime: time,
    };
  };
  const view = (group: EdgeSecurityGroup) => ({
    ...group,
    rules: group.rules.map((rule) => ({ ...rule, securityGroupId: group.id, isValid: true })),
  });
  const checkRuleQuota = (rules: readonly EdgeGroupRule[]): void => {
    for (const one of ["ingress", "egress"])
      if (rules.filter(({ direction }) => direction === one).length > account.quotas.securityGroupRules)
        throw limitExceeded(`${one} rules`);
  };
  return {
    CreateSecurityGroup({ body: { name, desc, rules: given, withDefaultRules } }) {
      if (groups.size >= account.quotas.securityGroups) throw limitExceeded("security groups");
      const rules = [...(withDefaultRules ? DEFAULT_RULES : []), ...given].map(ruleOf);
      checkRuleQuota(rules);
      const group = { id: account.newId("sg"), name, desc, createdTime: account.time(), rules };
      groups.set(group.id, group);
      return written("CreateSecurityGroup", view(group));
    },
    ListSecurityGroups: ({ query }) => listing(query, groups.all().map(view)),
    GetSecurityGroup: ({ params }) => ({
      result: view(getSecurityGroup(account, params.securityGroupId)),
      success: true,
    }),
    UpdateSecurityGroup({ params: { securityGroupId }, body: { name, desc } }) {
      const group = getSecurityGroup(account, securityGroupId);
      groups.set(securityGroupId, { ...group, name: name || group.name, desc: desc ?? group.desc });
      return written("UpdateSecurityGroup", { securityGroupId });
    },
    DeleteSecurityGroup({ params: { securityGroupId } }) {
      getSecurityGroup(account, securityGroupId);
      const user = vmsOf(account)
        .all()
        .find(({ securityGroupIds }) => securityGroupIds.includes(securityGroupId));
      if (user) throw denied(`${securityGroupId} is bound to ${user.vmId}.`);
      groups.delete(securityGroupId);
      return written("DeleteSecurityGroup", { securityGroupId });
    },
    AddSecurityGroupRules({ params: { securityGroupId }, body }) {
      const { rules } = getSecurityGroup(account, securityGroupId);
      const more = body.rules.map(ruleOf);
      const known = new Set(rules.map(keyOf));
      const same = more.find((rule) => known.has(keyOf(rule)));
      if (same) throw denied(`there is such a rule already: ${keyOf(same)}.`);
      checkRuleQuota([...rules, ...more]);
      groups.patch(securityGroupId, { rules: [...rules, ...more] });
      return written("AddSecurityGroupRules", { securityGroupRuleIds: more.map((rule) => rule.securityGroupRuleId) });
    },
    DeleteSecurityGroupRules({ params: { securityGroupId }, body: { securityGroupRuleIds } }) {
      const { rules } = getSecurityGroup(account, securityGroupId);
      const missing = securityGroupRuleIds.find((id) => !rules.some((rule) => rule.securityGroupRuleId === id));
      if (missing) throw notFound(missing);
      const rest = rules.filter(({ securityGroupRuleId }) => !securityGroupRuleIds.includes(securityGroupRuleId));
      groups.patch(securityGroupId, { rules: rest });
      return written("DeleteSecurityGroupRules");
    },
    UpdateSecurityGroupRule({ params: { securityGroupId, securityGroupRuleId }, body }) {
      const { rules } = getSecurityGroup(account, securityGroupId);
      const before = rules.find((rule) => rule.securityGroupRuleId === securityGroupRuleId);
      if (!before) throw notFound(securityGroupRuleId);
      const said = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
      const after = { ...before, ...said, updatedTime: account.time() };
      groups.patch(securityGroupId, { rules: rules.map((rule) => (rule === before ? after : rule)) });
      return written("UpdateSecurityGroupRule");
    },
  };
});
