import { parseCidr } from "@ccm/base";
import type { Account } from "../../account.ts";
import { ANY_TEXT, PAGING, pageOf, TAGS, type Tag } from "../../api/common.ts";
import { badRequest, Fault, noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { type Infer, list, object, oneOf, optional, text } from "../../api/schema.ts";
import { blbsOf } from "../blb/records.ts";
import { vpcsOf } from "./records.ts";

/** Fields of a rule that make it the same as another. */
const FACETS = ["direction", "ethertype", "portRange", "protocol", "sourceIp", "destIp"] as const;

export interface SecurityGroupRule extends Readonly<Record<(typeof FACETS)[number], string>> {
  readonly remark: string;
  readonly securityGroupId: string;
  readonly securityGroupRuleId: string;
}

export interface SecurityGroup {
  readonly id: string;
  readonly name: string;
  readonly desc: string;
  readonly vpcId: string;
  readonly tags: readonly Tag[];
  readonly createdTime: string;
  readonly rules: readonly SecurityGroupRule[];
}

export const securityGroupsOf = ({ store }: Pick<Account, "store">) => store.table<SecurityGroup>("securityGroups");

const LARGEST = 100;
const NEW_RULE = object({
  direction: oneOf("ingress", "egress"),
  ethertype: optional(text()),
  portRange: optional(text()),
  protocol: optional(text()),
  sourceIp: optional(text(), ""),
  destIp: optional(text(), ""),
  remark: optional(text(), ""),
});
export const SECURITY_GROUP_RULE = object({
  direction: text(),
  ethertype: text(),
  portRange: text(),
  protocol: text(),
  sourceIp: ANY_TEXT,
  destIp: ANY_TEXT,
  remark: ANY_TEXT,
  securityGroupId: text(),
  securityGroupRuleId: text(),
});
const GROUP = object({
  id: text(),
  name: text(),
  desc: ANY_TEXT,
  vpcId: text(),
  tags: TAGS,
  createdTime: text(),
  rules: list(SECURITY_GROUP_RULE),
});

const OPERATIONS = operations({
  ListSecurityGroup: {
    summary: "Lists security groups.",
    method: "GET",
    path: "/v2/securityGroup",
    aliases: ["/v1/securityGroup"],
    query: { ...PAGING, vpcId: optional(text()) },
    answer: pageOf("securityGroups", GROUP),
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
    errors: ["NoSuchObject", "SecurityGroup.RuleDuplicated", "SecurityGroup.RuleExceedLimit"],
  },
  GetSecurityGroup: {
    summary: "One security group with its rules.",
    method: "GET",
    path: "/v2/securityGroup/{securityGroupId}",
    aliases: ["/v1/securityGroup/{securityGroupId}"],
    answer: GROUP,
    errors: ["NoSuchObject"],
  },
  AuthorizeSecurityGroupRule: {
    summary: "Adds a rule.",
    method: "PUT",
    path: "/v2/securityGroup/{securityGroupId}",
    aliases: ["/v1/securityGroup/{securityGroupId}"],
    when: "authorizeRule",
    body: object({ rule: NEW_RULE }),
    errors: ["NoSuchObject", "SecurityGroup.RuleDuplicated", "SecurityGroup.RuleExceedLimit"],
  },
  DeleteSecurityGroupRule: {
    summary: "Deletes a rule.",
    method: "DELETE",
    path: "/v2/securityGroup/rule/{securityGroupRuleId}",
    aliases: ["/v1/securityGroup/rule/{securityGroupRuleId}"],
    errors: ["NoSuchObject"],
  },
  DeleteSecurityGroup: {
    summary: "Deletes a security group that nothing has.",
    method: "DELETE",
    path: "/v2/securityGroup/{securityGroupId}",
    aliases: ["/v1/securityGroup/{securityGroupId}"],
    errors: ["NoSuchObject", "SECURITYGROUP_INUSE"],
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
  const ruleOf = (body: Infer<typeof NEW_RULE>, securityGroupId: string): SecurityGroupRule => {
    const { direction, sourceIp, destIp, remark } = body;
    if (sourceIp !== "" && sourceIp !== "all" && !parseCidr(sourceIp))
      throw badRequest(`sourceIp: "${sourceIp}" is not a CIDR.`);
    return {
      direction,
      ethertype: body.ethertype || "IPv4",
      portRange: body.portRange || "1-65535",
      protocol: body.protocol || "all",
      sourceIp,
      destIp,
      remark,
      securityGroupId,
      securityGroupRuleId: account.newId("r"),
    };
  };
  const withRule = (rules: readonly SecurityGroupRule[], rule: SecurityGroupRule): readonly SecurityGroupRule[] => {
    if (rules.some((other) => FACETS.every((field) => other[field] === rule[field])))
      throw new Fault(409, "SecurityGroup.RuleDuplicated", "The rule exists already.");
    if (rules.filter(({ direction }) => direction === rule.direction).length >= LARGEST)
      throw new Fault(403, "SecurityGroup.RuleExceedLimit", "The security group has no room for another rule.");
    return [...rules, rule];
  };

  return {
    ListSecurityGroup({ query }) {
      const chosen = all.all().filter(({ vpcId }) => !query.vpcId || vpcId === query.vpcId);
      return page(query, "securityGroups", chosen, ({ id }) => id);
    },
    CreateSecurityGroup({ body }) {
      const vpcId = body.vpcId || (vpcsOf(account).first(1)[0] ?? "");
      if (!vpcsOf(account).has(vpcId)) throw noSuchObject(vpcId);
      const id = account.newId("g");
      const rules = body.rules.map((rule) => ruleOf(rule, id)).reduce<readonly SecurityGroupRule[]>(withRule, []);
      const { name, desc, tags } = body;
      all.set(id, { id, name, desc, vpcId, tags, createdTime: account.time(), rules });
      return { securityGroupId: id };
    },
    GetSecurityGroup: ({ params }) => get(params.securityGroupId),
    AuthorizeSecurityGroupRule({ params: { securityGroupId }, body }) {
      const { rules } = get(securityGroupId);
      all.patch(securityGroupId, { rules: withRule(rules, ruleOf(body.rule, securityGroupId)) });
      return {};
    },
    DeleteSecurityGroupRule({ params: { securityGroupRuleId } }) {
      const has = (rule: SecurityGroupRule) => rule.securityGroupRuleId === securityGroupRuleId;
      const group = all.all().find(({ rules }) => rules.some(has));
      if (!group) throw noSuchObject(securityGroupRuleId);
      all.patch(group.id, { rules: group.rules.filter((rule) => !has(rule)) });
      return {};
    },
    DeleteSecurityGroup({ params: { securityGroupId: id } }) {
      get(id);
      const used = blbsOf(account)
        .all()
        .some((blb) => blb.securityGroups.includes(id));
      if (used) throw new Fault(403, "SECURITYGROUP_INUSE", `security group ${id} is bound to a load balancer.`);
      all.delete(id);
      return {};
    },
  };
});
