import { ANY_TEXT } from "../../api/common.ts";
import { denied, Fault, noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { anything, list, object, text } from "../../api/schema.ts";
import { vpcsOf } from "../vpc/records.ts";
import { SECURITY_GROUP_RULE, securityGroupsOf } from "../vpc/security-groups.ts";
import { getBlb, mutateBlb } from "./mutate.ts";

const PATH = "/v1/blb/{blbId}/securitygroup";
const IDS = object({ securityGroupIds: list(text()) });

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
          securityGroupRules: list(SECURITY_GROUP_RULE),
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
    errors: ["NoSuchObject", "OperationDenied"],
  },
  UnbindSecurityGroups: {
    summary: "Takes security groups from a load balancer.",
    method: "PUT",
    path: PATH,
    when: "unbind",
    delay: "blbUpdate",
    body: IDS,
    errors: ["NoSuchObject", "OperationDenied"],
  },
  DescribeEnterpriseSecurityGroups: {
    // Nothing is ever bound to these, but clients read them on every refresh.
    summary: "The enterprise security groups that a load balancer has: none.",
    method: "GET",
    path: "/v1/blb/{blbId}/enterprise/securitygroup",
    answer: object({ enterpriseSecurityGroups: list(anything()) }),
    errors: ["NoSuchObject"],
  },
});

export const blbSecurityGroups = part(OPERATIONS, (account) => {
  const groups = securityGroupsOf(account);
  const known = (ids: readonly string[]): readonly string[] => {
    if (ids.length === 0) throw new Fault(400, "InappropriateJSON", "securityGroupIds is required.");
    for (const id of ids) if (!groups.has(id)) throw noSuchObject(id);
    return ids;
  };
  return {
    DescribeSecurityGroups({ params }) {
      const { securityGroups, vpcId } = getBlb(account, params.blbId);
      const vpcName = vpcsOf(account).get(vpcId)?.name ?? "";
      return {
        blbSecurityGroups: securityGroups.flatMap((id) => {
          const group = groups.get(id);
          if (!group) return [];
          const { name, desc, rules } = group;
          return [
            {
              securityGroupId: id,
              securityGroupName: name,
              securityGroupDesc: desc,
              vpcName,
              securityGroupRules: rules,
            },
          ];
        }),
      };
    },
    BindSecurityGroups({ params, body }) {
      const ids = known(body.securityGroupIds);
      mutateBlb(account, params.blbId, ({ securityGroups }) => ({
        securityGroups: [...new Set([...securityGroups, ...ids])],
      }));
      return {};
    },
    UnbindSecurityGroups({ params: { blbId }, body }) {
      const ids = known(body.securityGroupIds);
      mutateBlb(account, blbId, ({ securityGroups }) => {
        const foreign = ids.find((id) => !securityGroups.includes(id));
        if (foreign) throw denied(`${foreign} is not bound to ${blbId}.`);
        return { securityGroups: securityGroups.filter((id) => !ids.includes(id)) };
      });
      return {};
    },
    DescribeEnterpriseSecurityGroups({ params }) {
      getBlb(account, params.blbId);
      return { enterpriseSecurityGroups: [] };
    },
  };
});
