import type { Account } from "../../account.ts";
import { ANY_TEXT } from "../../api/common.ts";
import { badRequest, denied, Fault, noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { integer, list, object, text } from "../../api/schema.ts";
import { enterpriseSecurityGroupsOf } from "../vpc/enterprise-security-groups.ts";
import { vpcsOf } from "../vpc/records.ts";
import { securityGroupsOf } from "../vpc/security-group-records.ts";
import { getAny, mutateAny } from "./mutate.ts";

const PATH = "/v1/blb/{blbId}/securitygroup";
const ENTERPRISE = "/v1/blb/{blbId}/enterprise/securitygroup";
const IDS = object({ securityGroupIds: list(text()) });
const ENTERPRISE_IDS = object({ enterpriseSecurityGroupIds: list(text()) });
const ERRORS = ["NoSuchObject", "OperationDenied"];
const RULE = {
  direction: text(),
  ethertype: ANY_TEXT,
  portRange: ANY_TEXT,
  protocol: ANY_TEXT,
  sourceIp: ANY_TEXT,
  destIp: ANY_TEXT,
};

const OPERATIONS = operations({
  DescribeSecurityGroups: {
    summary: "The security groups that a load balancer has.",
    method: "GET",
    path: PATH,
    answer: object({
      blbSecurityGroups: list(
        object({
          securityGroupId: text(),
          securityGroupName: text(),
          securityGroupDesc: ANY_TEXT,
          vpcName: text(),
          securityGroupRules: list(
            object({ ...RULE, securityGroupRuleId: text(), sourceGroupId: ANY_TEXT, destGroupId: ANY_TEXT }),
          ),
        }),
      ),
    }),
    errors: ["NoSuchObject"],
  },
  BindSecurityGroups: {
    summary: "Gives a load balancer security groups.",
    method: "PUT",
    path: PATH,
    when: "bind",
    delay: "blbUpdate",
    body: IDS,
    errors: ERRORS,
  },
  UnbindSecurityGroups: {
    summary: "Takes security groups from a load balancer.",
    method: "PUT",
    path: PATH,
    when: "unbind",
    delay: "blbUpdate",
    body: IDS,
    errors: ERRORS,
  },
  DescribeEnterpriseSecurityGroups: {
    summary: "The enterprise security groups that a load balancer has.",
    method: "GET",
    path: ENTERPRISE,
    answer: object({
      enterpriseSecurityGroups: list(
        object({
          enterpriseSecurityGroupId: text(),
          enterpriseSecurityGroupName: text(),
          enterpriseSecurityGroupDesc: ANY_TEXT,
          enterpriseSecurityGroupRules: list(
            object({
              ...RULE,
              enterpriseSecurityGroupRuleId: text(),
              action: text(),
              priority: integer(),
              remark: ANY_TEXT,
            }),
          ),
        }),
      ),
    }),
    errors: ["NoSuchObject"],
  },
  BindEnterpriseSecurityGroups: {
    summary: "Gives a load balancer enterprise security groups.",
    method: "PUT",
    path: ENTERPRISE,
    when: "bind",
    delay: "blbUpdate",
    body: ENTERPRISE_IDS,
    errors: ERRORS,
  },
  UnbindEnterpriseSecurityGroups: {
    summary: "Takes enterprise security groups from a load balancer.",
    method: "PUT",
    path: ENTERPRISE,
    when: "unbind",
    delay: "blbUpdate",
    body: ENTERPRISE_IDS,
    errors: ERRORS,
  },
});

type Kind = "securityGroups" | "enterpriseSecurityGroups";

/** Security groups of load balancers of both families. */
export const blbSecurityGroups = part(OPERATIONS, (account) => {
  const groups = securityGroupsOf(account);
  const enterprise = enterpriseSecurityGroupsOf(account);
  const inVpc = (id: string, vpcId: string) => {
    const group = groups.get(id);
    if (group && group.vpcId !== vpcId) throw badRequest(`security group ${id} is not in ${vpcId}.`);
  };
  return {
    DescribeSecurityGroups({ params }) {
      const { securityGroups, vpcId } = getAny(account, params.blbId);
      const vpcName = vpcsOf(account).get(vpcId)?.name ?? "";
      return {
        blbSecurityGroups: securityGroups.flatMap((id) => {
          const group = groups.get(id);
          if (!group) return [];
          return [
            {
              securityGroupId: id,
              securityGroupName: group.name,
              securityGroupDesc: group.desc,
              vpcName,
              securityGroupRules: group.rules.map((rule) => ({
                ...facetsOf(rule),
                securityGroupRuleId: rule.securityGroupRuleId,
                sourceGroupId: rule.sourceGroupId,
                destGroupId: rule.destGroupId,
              })),
            },
          ];
        }),
      };
    },
    BindSecurityGroups: ({ params, body }) =>
      bind(account, params.blbId, "securityGroups", body.securityGroupIds, (id, vpcId) => {
        if (!groups.has(id)) throw noSuchObject(id);
        inVpc(id, vpcId);
      }),
    UnbindSecurityGroups: ({ params, body }) =>
      unbind(account, params.blbId, "securityGroups", body.securityGroupIds, (id) => groups.has(id)),
    DescribeEnterpriseSecurityGroups({ params }) {
      const { enterpriseSecurityGroups } = getAny(account, params.blbId);
      return {
        enterpriseSecurityGroups: enterpriseSecurityGroups.flatMap((id) => {
          const group = enterprise.get(id);
          if (!group) return [];
          return [
            {
              enterpriseSecurityGroupId: id,
              enterpriseSecurityGroupName: group.name,
              enterpriseSecurityGroupDesc: group.desc,
              enterpriseSecurityGroupRules: group.rules.map((rule) => ({
                ...facetsOf(rule),
                enterpriseSecurityGroupRuleId: rule.enterpriseSecurityGroupRuleId,
                action: rule.action,
                priority: rule.priority,
                remark: rule.remark,
              })),
            },
          ];
        }),
      };
    },
    BindEnterpriseSecurityGroups: ({ params, body }) =>
      bind(account, params.blbId, "enterpriseSecurityGroups", body.enterpriseSecurityGroupIds, (id) => {
        if (!enterprise.has(id)) throw noSuchObject(id);
      }),
    UnbindEnterpriseSecurityGroups: ({ params, body }) =>
      unbind(account, params.blbId, "enterpriseSecurityGroups", body.enterpriseSecurityGroupIds, (id) =>
        enterprise.has(id),
      ),
  };
});

type Facets = { readonly [K in keyof typeof RULE]: string };

function facetsOf({ direction, ethertype, portRange, protocol, sourceIp, destIp }: Facets): Facets {
  return { direction, ethertype, portRange, protocol, sourceIp, destIp };
}

function bind(
  account: Account,
  blbId: string,
  kind: Kind,
  ids: readonly string[],
  check: (id: string, vpcId: string) => void,
): object {
  const { vpcId } = getAny(account, blbId);
  if (ids.length === 0) throw new Fault(400, "InappropriateJSON", "expected ids of security groups.");
  for (const id of ids) check(id, vpcId);
  mutateAny(account, blbId, (found) => ({ [kind]: [...new Set([...found[kind], ...ids])] }));
  return {};
}

function unbind(
  account: Account,
  blbId: string,
  kind: Kind,
  ids: readonly string[],
  known: (id: string) => boolean,
): object {
  getAny(account, blbId);
  if (ids.length === 0) throw new Fault(400, "InappropriateJSON", "expected ids of security groups.");
  for (const id of ids) if (!known(id)) throw noSuchObject(id);
  mutateAny(account, blbId, (found) => {
    const foreign = ids.find((id) => !found[kind].includes(id));
    if (foreign) throw denied(`${foreign} is not bound to ${blbId}.`);
    return { [kind]: found[kind].filter((id) => !ids.includes(id)) };
  });
  return {};
}
