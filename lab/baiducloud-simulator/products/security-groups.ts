import { parseCidr } from "@ccm/base";
import type { Account } from "../account.ts";
import { badRequest, denied, Fault, noSuchObject } from "../api/fault.ts";
import { objects, requiredText, type Tag, tags, text, texts } from "../api/fields.ts";
import { page } from "../api/paging.ts";
import type { Router } from "../api/router.ts";
import type { Blbs } from "./blbs.ts";

type Rule = Readonly<Record<string, string>> & { readonly securityGroupRuleId: string };

export interface SimulatedSecurityGroup {
  readonly id: string;
  readonly name: string;
  readonly desc: string;
  readonly vpcId: string;
  readonly tags: readonly Tag[];
  readonly createdTime: string;
  rules: readonly Rule[];
}

export interface SecurityGroups {
  readonly all: ReadonlyMap<string, SimulatedSecurityGroup>;
}

const LARGEST = 100;

/** Normal security groups, and which of them load balancers have. They are kept, and let all traffic pass. */
export function createSecurityGroups(account: Account, router: Router, blbs: Blbs): SecurityGroups {
  const all = new Map<string, SimulatedSecurityGroup>();
  const get = (id: string): SimulatedSecurityGroup => {
    const group = all.get(id);
    if (!group) throw noSuchObject(id);
    return group;
  };
  const parse = (body: Readonly<Record<string, unknown>>, groupId: string): Rule => {
    const direction = requiredText(body, "direction");
    if (direction !== "ingress" && direction !== "egress") throw badRequest(`direction: "${direction}" is unknown.`);
    const sourceIp = text(body, "sourceIp") ?? "";
    if (sourceIp !== "" && sourceIp !== "all" && !parseCidr(sourceIp))
      throw badRequest(`sourceIp: "${sourceIp}" is not a CIDR.`);
    return {
      direction,
      ethertype: text(body, "ethertype") || "IPv4",
      portRange: text(body, "portRange") || "1-65535",
      protocol: text(body, "protocol") || "all",
      sourceIp,
      destIp: text(body, "destIp") ?? "",
      remark: text(body, "remark") ?? "",
      securityGroupId: groupId,
      securityGroupRuleId: account.newId("r"),
    };
  };
  const same = (a: Rule, b: Rule) =>
    ["direction", "ethertype", "portRange", "protocol", "sourceIp", "destIp"].every((field) => a[field] === b[field]);
  const add = (group: SimulatedSecurityGroup, rule: Rule): void => {
    if (group.rules.some((other) => same(other, rule)))
      throw new Fault(409, "SecurityGroup.RuleDuplicated", "The rule exists already.");
    if (group.rules.filter(({ direction }) => direction === rule.direction).length >= LARGEST)
      throw new Fault(403, "SecurityGroup.RuleExceedLimit", "The security group has no room for another rule.");
    group.rules = [...group.rules, rule];
  };

  for (const path of ["/v1/securityGroup", "/v2/securityGroup"]) {
    router.on("GET", path, (input) => {
      const vpcId = input.param("vpcId");
      const chosen = [...all.values()].filter((group) => !vpcId || group.vpcId === vpcId);
      return page(input, "securityGroups", chosen, ({ id }) => id);
    });
    router.on("POST", path, ({ body }) => {
      const name = requiredText(body, "name");
      if (name.length > 65) throw badRequest("name: at most 65 characters.");
      const vpcId = text(body, "vpcId") ?? account.vpc.vpcId;
      if (vpcId !== account.vpc.vpcId) throw noSuchObject(vpcId);
      const marks = tags(body);
      const id = account.newId("g");
      const createdTime = account.time();
      const group = { id, name, desc: text(body, "desc") ?? "", vpcId, tags: marks, createdTime, rules: [] };
      for (const rule of objects(body, "rules") ?? []) add(group, parse(rule, id));
      all.set(id, group);
      return { securityGroupId: id };
    });
    router.on("GET", `${path}/{}`, (_input, id = "") => get(id));
    router.on("PUT", `${path}/{}`, (input, id = "") => {
      const group = get(id);
      if (!input.has("authorizeRule")) throw badRequest("expected the action authorizeRule.");
      const { rule } = input.body;
      if (typeof rule !== "object" || rule === null) throw new Fault(400, "InappropriateJSON", "rule is required.");
      add(group, parse(rule as Record<string, unknown>, id));
      return {};
    });
    router.on("DELETE", `${path}/rule/{}`, (_input, ruleId = "") => {
      const group = [...all.values()].find(({ rules }) =>
        rules.some(({ securityGroupRuleId }) => securityGroupRuleId === ruleId),
      );
      if (!group) throw noSuchObject(ruleId);
      group.rules = group.rules.filter(({ securityGroupRuleId }) => securityGroupRuleId !== ruleId);
      return {};
    });
    router.on("DELETE", `${path}/{}`, (_input, id = "") => {
      get(id);
      if ([...blbs.all.values()].some((blb) => blb.securityGroups.has(id)))
        throw new Fault(403, "SECURITYGROUP_INUSE", `security group ${id} is bound to a load balancer.`);
      all.delete(id);
      return {};
    });
  }

  router.on("GET", "/v1/blb/{}/securitygroup", (_input, id = "") => ({
    blbSecurityGroups: [...blbs.get(id).securityGroups].map((groupId) => {
      const { name, desc, rules } = get(groupId);
      return {
        securityGroupId: groupId,
        securityGroupName: name,
        securityGroupDesc: desc,
        vpcName: account.vpc.name,
        securityGroupRules: rules,
      };
    }),
  }));
  router.on("PUT", "/v1/blb/{}/securitygroup", (input, id = "") => {
    const ids = texts(input.body, "securityGroupIds") ?? [];
    if (ids.length === 0) throw new Fault(400, "InappropriateJSON", "securityGroupIds is required.");
    for (const groupId of ids) get(groupId);
    const bind = input.has("bind");
    if (!bind && !input.has("unbind")) throw badRequest("expected one of the actions bind, unbind.");
    blbs.mutate(id, (blb) => {
      for (const groupId of ids) {
        if (bind) blb.securityGroups.add(groupId);
        else if (!blb.securityGroups.delete(groupId)) throw denied(`${groupId} is not bound to ${id}.`);
      }
    });
    return {};
  });
  // Nothing is ever bound to these, but clients read them on every refresh.
  router.on("GET", "/v1/blb/{}/enterprise/securitygroup", (_input, id = "") => ({
    ...(blbs.get(id) && {}),
    enterpriseSecurityGroups: [],
  }));
  return { all };
}
