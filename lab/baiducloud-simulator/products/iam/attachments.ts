import type { Account } from "../../account.ts";
import { Fault } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { list, object } from "../../api/schema.ts";
import { POLICY, POLICY_TYPE } from "./policies.ts";
import { findPolicy, viewPolicy } from "./policy-lookup.ts";
import {
  attachmentsOf,
  type GranteeType,
  getGroup,
  getRole,
  getUser,
  noSuch,
  type Policy,
  policiesOf,
} from "./records.ts";
import { SYSTEM_POLICIES } from "./system-policies.ts";

const POLICIES = object({ policies: list(POLICY) });
const NOT_ATTACHED = "PolicyNotAttached";

/** Three calls for each kind of grantee, which differ in its name only. */
function table<const Kind extends GranteeType, const Path extends string>(kind: Kind, path: Path) {
  const shared = { query: { policyType: POLICY_TYPE }, errors: [`${kind}NotFound`, "PolicyNotFound"] };
  const one = `${path}/policy/{policyName}` as const;
  return {
    attach: { ...shared, summary: `Attaches a policy to a ${kind.toLowerCase()}.`, method: "PUT", path: one },
    detach: {
      ...shared,
      summary: `Takes a policy off a ${kind.toLowerCase()}.`,
      method: "DELETE",
      path: one,
      errors: [...shared.errors, NOT_ATTACHED],
    },
    list: {
      summary: `The policies of a ${kind.toLowerCase()}.`,
      method: "GET",
      path: `${path}/policy` as const,
      answer: POLICIES,
      errors: [`${kind}NotFound`],
    },
  } as const;
}

const USER = table("User", "/v1/user/{userName}");
const GROUP = table("Group", "/v1/group/{groupName}");
const ROLE = table("Role", "/v1/role/{roleName}");
const OPERATIONS = operations({
  AttachPolicyToUser: USER.attach,
  DetachPolicyFromUser: USER.detach,
  ListUserAttachedPolicies: USER.list,
  AttachPolicyToGroup: GROUP.attach,
  DetachPolicyFromGroup: GROUP.detach,
  ListGroupAttachedPolicies: GROUP.list,
  AttachPolicyToRole: ROLE.attach,
  DetachPolicyFromRole: ROLE.detach,
  ListRoleAttachedPolicies: ROLE.list,
});

export const attachments = part(OPERATIONS, (account) => {
  const user = (name: string) => handlers(account, "User", getUser(account, name).id);
  const group = (name: string) => handlers(account, "Group", getGroup(account, name).id);
  const role = (name: string) => handlers(account, "Role", getRole(account, name).id);
  return {
    AttachPolicyToUser: ({ params, query }) => user(params.userName).attach(params.policyName, query.policyType),
    DetachPolicyFromUser: ({ params, query }) => user(params.userName).detach(params.policyName, query.policyType),
    ListUserAttachedPolicies: ({ params }) => user(params.userName).list(),
    AttachPolicyToGroup: ({ params, query }) => group(params.groupName).attach(params.policyName, query.policyType),
    DetachPolicyFromGroup: ({ params, query }) => group(params.groupName).detach(params.policyName, query.policyType),
    ListGroupAttachedPolicies: ({ params }) => group(params.groupName).list(),
    AttachPolicyToRole: ({ params, query }) => role(params.roleName).attach(params.policyName, query.policyType),
    DetachPolicyFromRole: ({ params, query }) => role(params.roleName).detach(params.policyName, query.policyType),
    ListRoleAttachedPolicies: ({ params }) => role(params.roleName).list(),
  };
});

function handlers(account: Account, granteeType: GranteeType, granteeId: string) {
  const all = attachmentsOf(account);
  const policyOf = (name: string, type: string | undefined): Policy => {
    const policy = findPolicy(account, name, type);
    if (!policy) throw noSuch("Policy", name);
    return policy;
  };
  const idOf = (policyId: string) => `${granteeType} ${granteeId} ${policyId}`;
  return {
    attach(name: string, type: string | undefined) {
      const { id } = policyOf(name, type);
      if (!all.has(idOf(id))) all.set(idOf(id), { policyId: id, granteeType, granteeId, attachTime: account.time() });
      return {};
    },
    detach(name: string, type: string | undefined) {
      const { id } = policyOf(name, type);
      if (!all.delete(idOf(id))) throw new Fault(404, NOT_ATTACHED, `The policy ${name} is not attached.`);
      return {};
    },
    list() {
      const mine = all.all().filter((one) => one.granteeId === granteeId);
      return {
        policies: mine.flatMap(({ policyId, attachTime }) => {
          const policy = policiesOf(account).get(policyId) ?? SYSTEM_POLICIES.find(({ id }) => id === policyId);
          return policy ? [viewPolicy(policy, attachTime)] : [];
        }),
      };
    },
  };
}
