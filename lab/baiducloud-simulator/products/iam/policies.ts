import { ANY_TEXT } from "../../api/common.ts";
import { Fault } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { list, object, optional, text } from "../../api/schema.ts";
import { parseDocument } from "./documents.ts";
import { findPolicy, viewPolicy } from "./policy-lookup.ts";
import {
  attachmentsOf,
  checkFree,
  groupsOf,
  newIamId,
  noSuch,
  type Policy,
  policiesOf,
  rolesOf,
  usersOf,
} from "./records.ts";
import { SYSTEM_POLICIES } from "./system-policies.ts";
import { NAME } from "./users.ts";

export const POLICY = object({
  id: text(),
  name: text(),
  type: text({ oneOf: ["System", "Custom"] }),
  createTime: text(),
  attachTime: optional(text()),
  description: ANY_TEXT,
  document: ANY_TEXT,
});
export const POLICY_TYPE = optional(text({ oneOf: ["System", "Custom"] }));
const ENTITIES = object({ entities: list(object({ id: text(), name: text(), type: text(), attachTime: text() })) });
const PATH = "/v1/policy/{policyName}";
const IN_USE = "PolicyInUse";

const OPERATIONS = operations({
  CreatePolicy: {
    summary: "Creates a policy of the account's own.",
    method: "POST",
    path: "/v1/policy",
    body: object({ name: NAME, description: ANY_TEXT, document: text() }),
    answer: POLICY,
    errors: ["PolicyAlreadyExists", "BadRequest"],
  },
  ListPolicy: {
    summary: "Policies of the cloud, of the account, or both.",
    method: "GET",
    path: "/v1/policy",
    query: { policyType: POLICY_TYPE, nameFilter: ANY_TEXT },
    answer: object({ policies: list(POLICY) }),
  },
  GetPolicy: {
    summary: "One policy with its document.",
    method: "GET",
    path: PATH,
    query: { policyType: POLICY_TYPE },
    answer: POLICY,
    errors: ["PolicyNotFound"],
  },
  UpdatePolicy: {
    summary: "Renames a policy of the account's own, or gives it another document.",
    method: "POST",
    path: PATH,
    body: object({ policyName: ANY_TEXT, name: optional(NAME), description: ANY_TEXT, document: optional(text()) }),
    answer: POLICY,
    errors: ["PolicyNotFound", "PolicyAlreadyExists", "BadRequest"],
  },
  DeletePolicy: {
    summary: "Deletes a policy of the account's own that nobody has.",
    method: "DELETE",
    path: PATH,
    errors: ["PolicyNotFound", IN_USE],
  },
  ListPolicyAttachedEntities: {
    summary: "Who has a policy.",
    method: "GET",
    path: "/v1/policy/{policyId}/entity",
    answer: ENTITIES,
    errors: ["PolicyNotFound"],
  },
  ListPolicyAttachedEntitiesByGrantType: {
    summary: "Which users, groups or roles have a policy.",
    method: "GET",
    path: "/v1/policy/{policyId}/grant/{grantType}",
    answer: ENTITIES,
    errors: ["PolicyNotFound"],
  },
});

export const policies = part(OPERATIONS, (account) => {
  const own = (name: string): Policy => {
    const policy = findPolicy(account, name, "Custom");
    if (!policy) throw noSuch("Policy", name);
    return policy;
  };
  const entitiesOf = (policyId: string, type?: string) => {
    if (!policiesOf(account).has(policyId) && !SYSTEM_POLICIES.some(({ id }) => id === policyId))
      throw noSuch("Policy", policyId);
    const tables = { User: usersOf(account), Group: groupsOf(account), Role: rolesOf(account) };
    const found = attachmentsOf(account)
      .all()
      .filter((one) => one.policyId === policyId && (!type || one.granteeType.toLowerCase() === type.toLowerCase()));
    return {
      entities: found.map(({ granteeId, granteeType, attachTime }) => ({
        id: granteeId,
        name: tables[granteeType].get(granteeId)?.name ?? "",
        type: granteeType,
        attachTime,
      })),
    };
  };
  return {
    CreatePolicy({ body: { name, description = "", document } }) {
      checkFree(policiesOf(account), "Policy", name);
      checkFree({ all: () => SYSTEM_POLICIES }, "Policy", name);
      parseDocument(document, "document");
      const id = newIamId(account.random);
      const policy: Policy = { id, name, type: "Custom", createTime: account.time(), description, document };
      policiesOf(account).set(id, policy);
      return viewPolicy(policy);
    },
    ListPolicy({ query: { policyType, nameFilter } }) {
      const all = [...SYSTEM_POLICIES, ...policiesOf(account).all()].filter(
        ({ type, name }) => (!policyType || type === policyType) && (!nameFilter || name.includes(nameFilter)),
      );
      return { policies: all.map((policy) => viewPolicy(policy)) };
    },
    GetPolicy({ params, query }) {
      const policy = findPolicy(account, params.policyName, query.policyType);
      if (!policy) throw noSuch("Policy", params.policyName);
      return viewPolicy(policy);
    },
    UpdatePolicy({ params, body }) {
      const policy = own(params.policyName);
      if (body.name && body.name !== policy.name) checkFree(policiesOf(account), "Policy", body.name);
      if (body.document) parseDocument(body.document, "document");
      const changed = policiesOf(account).patch(policy.id, {
        name: body.name || policy.name,
        description: body.description ?? policy.description,
        document: body.document || policy.document,
      });
      if (!changed) throw noSuch("Policy", params.policyName);
      return viewPolicy(changed);
    },
    DeletePolicy({ params }) {
      const { id, name } = own(params.policyName);
      const isUsed = attachmentsOf(account)
        .all()
        .some(({ policyId }) => policyId === id);
      if (isUsed) throw new Fault(409, IN_USE, `The policy ${name} is attached to somebody.`);
      policiesOf(account).delete(id);
      return {};
    },
    ListPolicyAttachedEntities: ({ params }) => entitiesOf(params.policyId),
    ListPolicyAttachedEntitiesByGrantType: ({ params }) => entitiesOf(params.policyId, params.grantType),
  };
});
