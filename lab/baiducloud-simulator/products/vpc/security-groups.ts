import { parseCidr, parseIp } from "@ccm/base";
import { ANY_TEXT, PAGING, pageOf, TAGS } from "../../api/common.ts";
import { badRequest, Fault, noSuchObject, quotaExceeded } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { csv, integer, list, object, oneOf, optional, text } from "../../api/schema.ts";
import { instancesOf } from "../bcc/records.ts";
import { getVpc } from "./find.ts";
import { enisOf, vpcsOf } from "./records.ts";
import {
  holdersOf,
  isSameRule,
  newRule,
  type RuleFields,
  type SecurityGroup,
  type SecurityGroupRule,
  securityGroupsOf,
  withRule,
} from "./security-group-records.ts";

export { securityGroupsOf } from "./security-group-records.ts";

const RULE_TEXT = optional(text(), "");
const PORT_RANGE = optional(text({ pattern: /^\d{1,5}(-\d{1,5})?$/, hint: '"80" or "1-65535"' }), "");
const PROTOCOL = optional(oneOf("tcp", "udp", "icmp", "all", ""), "");
const RULE_FIELDS = {
  direction: text(),
  ethertype: ANY_TEXT,
  portRange: ANY_TEXT,
  protocol: ANY_TEXT,
  sourceIp: ANY_TEXT,
  sourceGroupId: ANY_TEXT,
  destIp: ANY_TEXT,
  destGroupId: ANY_TEXT,
  remark: ANY_TEXT,
};
const NEW_RULE = object({
  direction: oneOf("ingress", "egress"),
  ethertype: optional(oneOf("IPv4", "IPv6", ""), ""),
  portRange: PORT_RANGE,
  protocol: PROTOCOL,
  sourceIp: RULE_TEXT,
  sourceGroupId: RULE_TEXT,
  destIp: RULE_TEXT,
  destGroupId: RULE_TEXT,
  remark: RULE_TEXT,
});
export const SECURITY_GROUP_RULE = object({
  ...RULE_FIELDS,
  securityGroupId: text(),
  securityGroupRuleId: text(),
  createdTime: ANY_TEXT,
  updatedTime: ANY_TEXT,
});
const GROUP_FIELDS = {
  id: text(),
  name: text(),
  desc: ANY_TEXT,
  vpcId: text(),
  tags: TAGS,
  createdTime: text(),
  updatedTime: text(),
  sgVersion: integer(),
  rules: list(SECURITY_GROUP_RULE),
};
const VERSION = { sgVersion: optional(integer()) };
const CHANGES = ["NoSuchObject", "SecurityGroup.VersionMismatch"] as const;
const PATHS = {
  path: "/v2/securityGroup/{securityGroupId}",
  aliases: ["/v1/securityGroup/{securityGroupId}"],
} as const;

const OPERATIONS = operations({
  ListSecurityGroup: {
    summary: "Lists security groups. Under /v1 the ones of an instance need its vpcId.",
    method: "GET",
    path: "/v2/securityGroup",
    aliases: ["/v1/securityGroup"],
    query: {
      ...PAGING,
      vpcId: optional(text()),
      instanceId: optional(text()),
      securityGroupId: optional(text()),
      securityGroupIds: optional(csv()),
    },
    answer: pageOf("securityGroups", object(GROUP_FIELDS)),
  },
  CreateSecurityGroup: {
    summary: "Creates a security group with rules.",
    method: "POST",
    path: "/v2/securityGroup",
    aliases: ["/v1/securityGroup"],
    body: object({
      name: text({ max: 65 }),
      vpcId: optional(text()),
      desc: optional(text(), ""),
      rules: optional(list(NEW_RULE), []),
      tags: TAGS,
    }),
    answer: object({ securityGroupId: text() }),
    errors: ["NoSuchObject", "QuotaLimitExceeded", "SecurityGroup.RuleDuplicated", "SecurityGroup.RuleExceedLimit"],
  },
  GetSecurityGroup: {
    summary: "One security group with its rules.",
    method: "GET",
    ...PATHS,
    answer: object({ ...GROUP_FIELDS, bindInstanceNum: optional(integer()) }),
    errors: ["NoSuchObject"],
  },
  AuthorizeSecurityGroupRule: {
    summary: "Adds a rule.",
    method: "PUT",
    ...PATHS,
    when: "authorizeRule",
    query: VERSION,
    body: object({ rule: NEW_RULE }),
    errors: [...CHANGES, "SecurityGroup.RuleDuplicated", "SecurityGroup.RuleExceedLimit"],
  },
  RevokeSecurityGroupRule: {
    summary: "Removes the rule with these fields.",
    method: "PUT",
    ...PATHS,
    when: "revokeRule",
    query: VERSION,
    body: object({ rule: NEW_RULE }),
    errors: CHANGES,
  },
  UpdateSecurityGroupRule: {
    summary: "Changes a rule, but not its direction.",
    method: "PUT",
    path: "/v2/securityGroup/rule/update",
    aliases: ["/v1/securityGroup/rule/update"],
    query: VERSION,
    body: object({
      securityGroupRuleId: text(),
      remark: optional(text()),
      portRange: optional(text()),
      sourceIp: optional(text()),
      sourceGroupId: optional(text()),
      destIp: optional(text()),
      destGroupId: optional(text()),
      protocol: optional(text()),
    }),
    errors: [...CHANGES, "SecurityGroup.RuleDuplicated"],
  },
  DeleteSecurityGroupRule: {
    summary: "Deletes a rule.",
    method: "DELETE",
    path: "/v2/securityGroup/rule/{securityGroupRuleId}",
    aliases: ["/v1/securityGroup/rule/{securityGroupRuleId}"],
    query: VERSION,
    errors: CHANGES,
  },
  DeleteSecurityGroup: {
    summary: "Deletes a security group that nothing has.",
    method: "DELETE",
    ...PATHS,
    errors: ["NoSuchObject", "SECURITYGROUP_INUSE", "SecurityGroup.InstancesAssociatedSecurityGroupCanNotBeDeleted"],
  },
});

/** Normal security groups. They are kept, and let all traffic pass. */
export const securityGroups = part(OPERATIONS, (account) => {
  const all = securityGroupsOf(account);
  const get = (id: string): SecurityGroup => {
    const group = all.get(id);
    if (!group) throw noSuchObject(id);
    return group;
  };
  const checked = (rule: RuleFields): RuleFields => {
    for (const field of ["sourceIp", "destIp"] as const) {
      const value = rule[field];
      if (value !== "" && value !== "all" && !parseCidr(value) && !parseIp(value))
        throw badRequest(`${field}: "${value}" is not a CIDR.`);
    }
    if (rule.sourceIp && rule.sourceGroupId) throw badRequest("sourceIp and sourceGroupId exclude each other.");
    if (rule.destIp && rule.destGroupId) throw badRequest("destIp and destGroupId exclude each other.");
    for (const id of [rule.sourceGroupId, rule.destGroupId]) if (id) get(id);
    return rule;
  };
  const groupOfRule = (ruleId: string) => {
    const group = all.all().find(({ rules }) => rules.some((rule) => rule.securityGroupRuleId === ruleId));
    const rule = group?.rules.find(({ securityGroupRuleId }) => securityGroupRuleId === ruleId);
    if (!group || !rule) throw noSuchObject(ruleId);
    return { group, rule };
  };
  const change = (
    { id, sgVersion, rules }: SecurityGroup,
    wanted: number | undefined,
    edit: (rules: readonly SecurityGroupRule[]) => readonly SecurityGroupRule[],
  ): object => {
    if (wanted !== undefined && wanted !== sgVersion)
      throw new Fault(409, "SecurityGroup.VersionMismatch", `sgVersion: ${id} has version ${sgVersion} by now.`);
    all.patch(id, { rules: edit(rules), sgVersion: sgVersion + 1, updatedTime: account.time() });
    return {};
  };

  return {
    ListSecurityGroup({ query, input }) {
      const { instanceId, vpcId, securityGroupId } = query;
      if (instanceId && !vpcId && input.path.startsWith("/v1/")) throw badRequest("instanceId needs vpcId.");
      const holder = instanceId
        ? (instancesOf(account).get(instanceId) ?? enisOf(account).get(instanceId))?.securityGroupIds
        : undefined;
      const chosen = all
        .all()
        .filter(
          (group) =>
            (!vpcId || vpcId === group.vpcId) &&
            (!securityGroupId || securityGroupId === group.id) &&
            (!query.securityGroupIds || query.securityGroupIds.includes(group.id)) &&
            (!instanceId || holder?.includes(group.id)),
        );
      return page(query, "securityGroups", chosen, ({ id }) => id);
    },
    CreateSecurityGroup({ body }) {
      const vpc = getVpc(account, body.vpcId || (vpcsOf(account).first(1)[0] ?? ""));
      const { vpcId } = vpc;
      const present = all.all().filter((group) => group.vpcId === vpcId && group.name !== "default").length;
      const { securityGroupsInDefaultVpc: more, securityGroups: most } = account.quotas;
      if (present >= (vpc.isDefault ? more : most)) throw quotaExceeded("security groups");
      const id = account.newId("g");
      const rules = body.rules
        .map((rule) => newRule(account, checked(rule), id))
        .reduce<readonly SecurityGroupRule[]>((before, rule) => withRule(account, before, rule), []);
      const { name, desc, tags } = body;
      const time = account.time();
      all.set(id, { id, name, desc, vpcId, tags, createdTime: time, updatedTime: time, sgVersion: 0, rules });
      return { securityGroupId: id };
    },
    GetSecurityGroup({ params: { securityGroupId: id }, input }) {
      const group = get(id);
      return input.path.startsWith("/v1/") ? { ...group, bindInstanceNum: holdersOf(account, id).length } : group;
    },
    AuthorizeSecurityGroupRule({ params, query, body }) {
      const group = get(params.securityGroupId);
      const rule = newRule(account, checked(body.rule), group.id);
      return change(group, query.sgVersion, (rules) => withRule(account, rules, rule));
    },
    RevokeSecurityGroupRule({ params, query, body }) {
      const group = get(params.securityGroupId);
      const wanted = newRule(account, checked(body.rule), group.id);
      if (!group.rules.some((rule) => isSameRule(rule, wanted))) throw noSuchObject("rule");
      return change(group, query.sgVersion, (rules) => rules.filter((rule) => !isSameRule(rule, wanted)));
    },
    UpdateSecurityGroupRule({ query, body }) {
      const { group, rule } = groupOfRule(body.securityGroupRuleId);
      // A new source or destination takes the place of the one before, of whichever kind it is.
      const source = body.sourceIp || body.sourceGroupId ? body : rule;
      const dest = body.destIp || body.destGroupId ? body : rule;
      const changed = {
        ...rule,
        remark: body.remark ?? rule.remark,
        portRange: body.portRange || rule.portRange,
        protocol: body.protocol || rule.protocol,
        sourceIp: source.sourceIp ?? "",
        sourceGroupId: source.sourceGroupId ?? "",
        destIp: dest.destIp ?? "",
        destGroupId: dest.destGroupId ?? "",
        updatedTime: account.time(),
      };
      checked(changed);
      const others = group.rules.filter((other) => other !== rule);
      if (others.some((other) => isSameRule(other, changed)))
        throw new Fault(409, "SecurityGroup.RuleDuplicated", "The rule exists already.");
      return change(group, query.sgVersion, (rules) => rules.map((other) => (other === rule ? changed : other)));
    },
    DeleteSecurityGroupRule({ params, query }) {
      const { group, rule } = groupOfRule(params.securityGroupRuleId);
      return change(group, query.sgVersion, (rules) => rules.filter((other) => other !== rule));
    },
    DeleteSecurityGroup({ params: { securityGroupId: id } }) {
      const { name } = get(id);
      const [holder] = holdersOf(account, id);
      if (holder !== undefined) {
        const code = instancesOf(account).has(holder)
          ? "SecurityGroup.InstancesAssociatedSecurityGroupCanNotBeDeleted"
          : "SECURITYGROUP_INUSE";
        throw new Fault(403, code, `security group ${id} is in use: ${holder} has it.`);
      }
      if (name === "default") throw new Fault(403, "OperationDenied", `${id} is the default group of its VPC.`);
      all.delete(id);
      account.gone(id);
      return {};
    },
  };
});
