import { createHash } from "node:crypto";
import type { Account } from "../../account.ts";
import { ANY_TEXT } from "../../api/common.ts";
import { operations, part } from "../../api/operation.ts";
import { list, object, optional, text } from "../../api/schema.ts";
import { parseDocument } from "./documents.ts";
import { attachmentsOf, checkFree, detachAll, getRole, newIamId, noSuch, type Role, rolesOf } from "./records.ts";
import { SYSTEM_POLICIES } from "./system-policies.ts";
import { NAME } from "./users.ts";

/** Each account begins with a role of this name, which its own keys may assume and which may do everything. */
export const FIRST_ROLE = "ccm";

const ROLE = object({
  id: text(),
  name: text(),
  createTime: text(),
  description: ANY_TEXT,
  assumeRolePolicyDocument: text(),
});
const PATH = "/v1/role/{roleName}";

const OPERATIONS = operations({
  CreateRole: {
    summary: "Creates a role; the document says who may assume it.",
    method: "POST",
    path: "/v1/role",
    body: object({ name: NAME, description: ANY_TEXT, assumeRolePolicyDocument: text() }),
    answer: ROLE,
    errors: ["RoleAlreadyExists", "BadRequest"],
  },
  ListRole: { summary: "All roles.", method: "GET", path: "/v1/role", answer: object({ roles: list(ROLE) }) },
  GetRole: { summary: "One role.", method: "GET", path: PATH, answer: ROLE, errors: ["RoleNotFound"] },
  UpdateRole: {
    summary: "Describes a role anew, or gives it another trust document.",
    method: "PUT",
    path: PATH,
    body: object({ description: ANY_TEXT, assumeRolePolicyDocument: optional(text()) }),
    answer: ROLE,
    errors: ["RoleNotFound", "BadRequest"],
  },
  DeleteRole: {
    summary: "Deletes a role; credentials of it may do nothing from now on.",
    method: "DELETE",
    path: PATH,
    errors: ["RoleNotFound"],
  },
});

export const roles = part(OPERATIONS, (account) => {
  addFirstRole(account);
  return {
    CreateRole({ body: { name, description = "", assumeRolePolicyDocument } }) {
      checkFree(rolesOf(account), "Role", name);
      parseDocument(assumeRolePolicyDocument, "assumeRolePolicyDocument");
      const id = newIamId(account.random);
      const role: Role = { id, name, createTime: account.time(), description, assumeRolePolicyDocument };
      rolesOf(account).set(id, role);
      return role;
    },
    ListRole: () => ({ roles: rolesOf(account).all() }),
    GetRole: ({ params }) => getRole(account, params.roleName),
    UpdateRole({ params, body }) {
      const role = getRole(account, params.roleName);
      if (body.assumeRolePolicyDocument) parseDocument(body.assumeRolePolicyDocument, "assumeRolePolicyDocument");
      const changed = rolesOf(account).patch(role.id, {
        description: body.description ?? role.description,
        assumeRolePolicyDocument: body.assumeRolePolicyDocument || role.assumeRolePolicyDocument,
      });
      if (!changed) throw noSuch("Role", params.roleName);
      return changed;
    },
    DeleteRole({ params }) {
      const { id } = getRole(account, params.roleName);
      detachAll(account, id);
      rolesOf(account).delete(id);
      account.gone(id);
      return {};
    },
  };
});

function addFirstRole(account: Account): void {
  const begun = account.shared.table<{ readonly time: string }>("iamBegun");
  if (begun.size > 0) return;
  const time = account.time();
  begun.set("begun", { time });
  const entry = { service: "bce:iam", region: "*", effect: "Allow", permission: ["AssumeRole"] };
  const document = { version: "v1", accessControlList: [{ ...entry, grantee: [{ id: account.id }] }] };
  // Made without chance, so that it does not change what a seed gives.
  const id = createHash("md5").update(`${account.id}/${FIRST_ROLE}`).digest("hex");
  rolesOf(account).set(id, {
    id,
    name: FIRST_ROLE,
    createTime: time,
    description: "",
    assumeRolePolicyDocument: JSON.stringify(document),
  });
  const policy = SYSTEM_POLICIES.find(({ name }) => name === "AdministratorAccess");
  if (!policy) throw new Error("the policy of administrators is missing");
  const attachment = { policyId: policy.id, granteeType: "Role", granteeId: id, attachTime: time } as const;
  attachmentsOf(account).set(`Role ${id} ${policy.id}`, attachment);
}
