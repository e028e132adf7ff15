import { parseCidr, parseIp } from "@ccm/base";
import type { Account } from "../../account.ts";
import { ANY_TEXT, PAGING, pageOf, TAGS, type Tag } from "../../api/common.ts";
import { badRequest, Fault, noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { type Infer, integer, list, object, oneOf, optional, text } from "../../api/schema.ts";
import { instancesOf } from "../bcc/records.ts";
import { enisOf } from "./records.ts";
import { holdersOf } from "./security-group-records.ts";

const TEXT = optional(text(), "");
const REMARK = optional(text({ max: 255 }), "");
const PROTOCOL = optional(oneOf("all", "tcp", "udp", "icmp", ""), "");
/** A range, or up to fifteen single ports. */
const PORTS = optional(
  text({ pattern: /^(all|\d{1,5}-\d{1,5}|\d{1,5}(,\d{1,5}){0,14})$/, hint: '"1-80" or up to 15 ports "80,7000"' }),
  "",
);
const FIELDS = {
  direction: oneOf("ingress", "egress"),
  ethertype: optional(oneOf("IPv4", "IPv6", ""), ""),
  protocol: PROTOCOL,
  portRange: PORTS,
  sourcePortRange: PORTS,
  sourceIp: TEXT,
  destIp: TEXT,
  localIp: TEXT,
  remoteIpSet: TEXT,
  remoteIpGroup: TEXT,
  action: oneOf("allow", "deny"),
  priority: integer(1, 1000),
  remark: REMARK,
};
const NEW_RULE = object(FIELDS);
const RULE = object({ ...FIELDS, enterpriseSecurityGroupRuleId: text(), createdTime: text(), updatedTime: text() });
type Rule = Infer<typeof RULE>;

export interface EnterpriseSecurityGroup {
  readonly id: string;
  readonly name: string;
  readonly desc: string;
  readonly createdTime: string;
  readonly updatedTime: string;
  readonly rules: readonly Rule[];
  readonly tags: readonly Tag[];
}

export const enterpriseSecurityGroupsOf = ({ store }: Pick<Account, "store">) =>
  store.table<EnterpriseSecurityGroup>("enterpriseSecurityGroups");

const PATH = "/v1/enterprise/security/{enterpriseSecurityGroupId}";
const RULE_PATH = "/v1/enterprise/security/rule/{enterpriseSecurityGroupRuleId}";

const OPERATIONS = operations({
  ListEnterpriseSecurityGroup: {
    summary: "Lists enterprise security groups: all, or those of an instance.",
    method: "GET",
    path: "/v1/enterprise/security",
    query: { ...PAGING, instanceId: optional(text()) },
    answer: pageOf(
      "enterpriseSecurityGroups",
      object({
        id: text(),
        name: text(),
        desc: ANY_TEXT,
        createdTime: text(),
        updatedTime: text(),
        rules: list(RULE),
        tags: TAGS,
      }),
    ),
  },
  CreateEnterpriseSecurityGroup: {
    summary: "Creates a group that is of no VPC.",
    method: "POST",
    path: "/v1/enterprise/security",
    body: object({ name: text({ max: 65 }), desc: TEXT, rules: optional(list(NEW_RULE), []), tags: TAGS }),
    answer: object({ enterpriseSecurityGroupId: text() }),
    errors: ["SecurityGroup.RuleDuplicated", "SecurityGroup.RuleExceedLimit"],
  },
  AuthorizeEnterpriseSecurityGroupRule: {
    summary: "Adds rules.",
    method: "PUT",
    path: PATH,
    when: "authorizeRule",
    body: object({ rules: list(NEW_RULE) }),
    errors: ["NoSuchObject", "SecurityGroup.RuleDuplicated", "SecurityGroup.RuleExceedLimit"],
  },
  UpdateEnterpriseSecurityGroupRule: {
    summary: "Changes a rule, but not its direction.",
    method: "PUT",
    path: RULE_PATH,
    body: object({
      portRange: optional(text()),
      sourcePortRange: optional(text()),
      sourceIp: optional(text()),
      destIp: optional(text()),
      localIp: optional(text()),
      remoteIpSet: optional(text()),
      remoteIpGroup: optional(text()),
      protocol: optional(text()),
      action: optional(oneOf("allow", "deny")),
      priority: optional(integer(1, 1000)),
      remark: optional(text({ max: 255 })),
    }),
    errors: ["NoSuchObject", "SecurityGroup.RuleDuplicated"],
  },
  DeleteEnterpriseSecurityGroupRule: {
    summary: "Deletes a rule.",
    method: "DELETE",
    path: RULE_PATH,
    errors: ["NoSuchObject"],
  },
  DeleteEnterpriseSecurityGroup: {
    summary: "Deletes a group that nothing has.",
    method: "DELETE",
    path: PATH,
    errors: ["NoSuchObject", "SECURITYGROUP_INUSE"],
  },
});

export const enterpriseSecurityGroups = part(OPERATIONS, (account) => {
  const all = enterpriseSecurityGroupsOf(account);
  const get = (id: string): EnterpriseSecurityGroup => {
    const group = all.get(id);
    if (!group) throw noSuchObject(id);
    return group;
  };
  const ofRule = (ruleId: string) => {
    const has = (rule: Rule) => rule.enterpriseSecurityGroupRuleId === ruleId;
    const group = all.all().find(({ rules }) => rules.some(has));
    const rule = group?.rules.find(has);
    if (!group || !rule) throw noSuchObject(ruleId);
    return { group, rule };
  };
  const ruleOf = (body: Infer<typeof NEW_RULE>): Rule => {
    const time = account.time();
    return {
      ...checked(body),
      ethertype: body.ethertype || "IPv4",
      protocol: body.protocol || "all",
      portRange: body.portRange || "1-65535",
      enterpriseSecurityGroupRuleId: account.newId("esgr"),
      createdTime: time,
      updatedTime: time,
    };
  };
  const plus = (rules: readonly Rule[], rule: Rule): readonly Rule[] => {
    if (rules.some((other) => isSame(other, rule)))
      throw new Fault(409, "SecurityGroup.RuleDuplicated", "The rule exists already.");
    const most = account.quotas.enterpriseSecurityGroupRules;
    if (rules.filter(({ direction }) => direction === rule.direction).length >= most)
      throw new Fault(403, "SecurityGroup.RuleExceedLimit", "The security group has no room for another rule.");
    return [...rules, rule];
  };
  const setRules = (id: string, rules: readonly Rule[]): object => {
    all.patch(id, { rules, updatedTime: account.time() });
    return {};
  };

  return {
    ListEnterpriseSecurityGroup({ query }) {
      const { instanceId } = query;
      const holder = instanceId ? (instancesOf(account).get(instanceId) ?? enisOf(account).get(instanceId)) : undefined;
      const chosen = all.all().filter(({ id }) => !instanceId || holder?.enterpriseSecurityGroupIds.includes(id));
      return page(query, "enterpriseSecurityGroups", chosen, ({ id }) => id);
    },
    CreateEnterpriseSecurityGroup({ body }) {
      const id = account.newId("esg");
      const rules = body.rules.map(ruleOf).reduce<readonly Rule[]>(plus, []);
      const { name, desc, tags } = body;
      const time = account.time();
      all.set(id, { id, name, desc, tags, rules, createdTime: time, updatedTime: time });
      return { enterpriseSecurityGroupId: id };
    },
    AuthorizeEnterpriseSecurityGroupRule({ params: { enterpriseSecurityGroupId: id }, body }) {
      return setRules(id, body.rules.map(ruleOf).reduce<readonly Rule[]>(plus, get(id).rules));
    },
    UpdateEnterpriseSecurityGroupRule({ params, body }) {
      const { group, rule } = ofRule(params.enterpriseSecurityGroupRuleId);
      const given = Object.entries(body).filter(([, value]) => value !== undefined);
      const changed = checked({ ...rule, ...Object.fromEntries(given), updatedTime: account.time() } as Rule);
      if (group.rules.some((other) => other !== rule && isSame(other, changed)))
        throw new Fault(409, "SecurityGroup.RuleDuplicated", "The rule exists already.");
      const rules = group.rules.map((other) => (other === rule ? changed : other));
      return setRules(group.id, rules);
    },
    DeleteEnterpriseSecurityGroupRule({ params }) {
      const { group, rule } = ofRule(params.enterpriseSecurityGroupRuleId);
      const rules = group.rules.filter((other) => other !== rule);
      return setRules(group.id, rules);
    },
    DeleteEnterpriseSecurityGroup({ params: { enterpriseSecurityGroupId: id } }) {
      get(id);
      const [holder] = holdersOf(account, id);
      if (holder !== undefined)
        throw new Fault(403, "SECURITYGROUP_INUSE", `enterprise security group ${id} is in use: ${holder} has it.`);
      all.delete(id);
      account.gone(id);
      return {};
    },
  };
});

function checked<T extends Pick<Rule, "sourceIp" | "destIp">>(rule: T): T {
  for (const field of ["sourceIp", "destIp"] as const) {
    const value = rule[field];
    if (value !== "" && value !== "all" && !parseCidr(value) && !parseIp(value))
      throw badRequest(`${field}: "${value}" is not a CIDR.`);
  }
  return rule;
}

function isSame(one: Rule, other: Rule): boolean {
  const facets = (rule: Rule) => {
    const { remark: _, enterpriseSecurityGroupRuleId: __, createdTime: ___, updatedTime: ____, ...rest } = rule;
    return JSON.stringify(Object.entries(rest).sort());
  };
  return facets(one) === facets(other);
}
