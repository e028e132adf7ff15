import type { Account } from "../../account.ts";
import type { Principal } from "../../api/access.ts";
import { Fault } from "../../api/fault.ts";
import type { Interceptor } from "../../api/serve.ts";
import type { World } from "../../world.ts";
import { allows, type PolicyDocument, parseDocument, type Question } from "./documents.ts";
import { attachmentsOf, keyUsesOf, policiesOf, rolesOf, sessionsOf, usersOf } from "./records.ts";
import { SYSTEM_POLICIES } from "./system-policies.ts";

/** Who acts in the end: the account itself, one of its users, or a role that was assumed. */
export interface Subject {
  readonly kind: "account" | "user" | "role";
  /** That of the user or role; the account's own for the account. */
  readonly id: string;
}

/** Policies call some products by another name. */
const SERVICES: Readonly<Record<string, readonly string[]>> = { vpc: ["vpc", "network"] };
/** Who may assume a role, its trust document says; a session token has the rights of its caller. */
const FREE = new Set(["sts"]);
const READS = /^(List|Get|Describe|Query|Check|Recommend)/;

/** Everything is taken for granted of the account's own key and of its clusters, as the cloud does. */
export function subjectOf(account: Account, { kind, accessKeyId, userId }: Principal): Subject {
  const session = kind === "temporary" ? sessionsOf(account).get(accessKeyId) : undefined;
  if (session?.roleId !== undefined) return { kind: "role", id: session.roleId };
  if (userId !== undefined && usersOf(account).has(userId)) return { kind: "user", id: userId };
  return { kind: "account", id: account.id };
}

/** Refuses what the policies of the caller do not allow. Policies restrict users and roles, and temporary credentials with an ACL. */
export function createAuthorizer(world: World): Interceptor {
  return (exchange, run) => {
    const { principal, region, product, name, operation, params, input } = exchange;
    const account = world.account(principal.accountId, region);
    if (principal.userId !== undefined) keyUsesOf(account).set(principal.accessKeyId, { time: account.time() });
    const isRead = operation.method === "GET" || READS.test(name);
    const question: Question = {
      services: SERVICES[product.name] ?? [product.name],
      region,
      permissions: [isRead ? "READ" : "OPERATE", name],
      resources: resourcesOf(params, input.body),
    };
    if (!FREE.has(product.name) && !mayDo(account, principal, question)) {
      const code = product.codes?.AccessDenied ?? "AccessDenied";
      throw new Fault(403, code, `Verify access forbidden: ${question.services[0]} ${name} is not allowed.`);
    }
    return run();
  };
}

export function mayDo(account: Account, principal: Principal, question: Question): boolean {
  const acl = principal.kind === "temporary" ? sessionsOf(account).get(principal.accessKeyId)?.acl : undefined;
  if (acl && !allows([acl], question)) return false;
  const subject = subjectOf(account, principal);
  if (subject.kind === "account") return true;
  return isEnabled(account, subject) && allows(documentsOf(account, subject), question);
}

function isEnabled(account: Account, { kind, id }: Subject): boolean {
  return kind === "role" ? rolesOf(account).has(id) : usersOf(account).get(id)?.enabled === true;
}

/** All policies of a user with its groups, or of a role. */
function documentsOf(account: Account, { id }: Subject): readonly PolicyDocument[] {
  const grantees = new Set([id, ...(usersOf(account).get(id)?.groups ?? [])]);
  return attachmentsOf(account)
    .all()
    .filter(({ granteeId }) => grantees.has(granteeId))
    .flatMap(({ policyId }) => {
      const policy = policiesOf(account).get(policyId) ?? SYSTEM_POLICIES.find((one) => one.id === policyId);
      return policy ? [parseDocument(policy.document, "document")] : [];
    });
}

/** Objects that a call names, in its path or as `…Id` of its body. */
function resourcesOf(params: Readonly<Record<string, string>>, body: Readonly<Record<string, unknown>>) {
  const named = Object.entries(body).filter(([name]) => /(id|uuid)$/i.test(name));
  return [...Object.values(params), ...named.flatMap(([, value]) => (typeof value === "string" ? [value] : []))];
}
