import type { Account } from "../../account.ts";
import { ANY_TEXT } from "../../api/common.ts";
import { Fault } from "../../api/fault.ts";
import { operations, type Product, part } from "../../api/operation.ts";
import { integer, object, openObject, optional, text } from "../../api/schema.ts";
import type { Input } from "../../api/wire.ts";
import { subjectOf } from "../iam/authorize.ts";
import { documentOf, parseDocument, trusts } from "../iam/documents.ts";
import { named, newIamId, noSuch, rolesOf, type Session, sessionsOf } from "../iam/records.ts";

export { FIRST_ROLE as ROLE } from "../iam/roles.ts";

const LONGEST_ROLE = 7200;
const LONGEST_SESSION = 36 * 3600;
const DEFAULT_SESSION = 12 * 3600;
const SECONDS = integer(Number.MIN_SAFE_INTEGER);
/** An ACL, or nothing. */
const ACL = optional(openObject({ id: ANY_TEXT, attachment: ANY_TEXT }));
const CREDENTIALS = {
  accessKeyId: text(),
  secretAccessKey: text(),
  sessionToken: text(),
  createTime: text(),
  expiration: text(),
  userId: text(),
};

const OPERATIONS = operations({
  GetSessionToken: {
    summary: "Temporary credentials with the rights of the caller, narrowed by an ACL when one is sent.",
    method: "POST",
    path: "/v1/sessionToken",
    clientToken: false,
    query: { durationSeconds: optional(SECONDS, DEFAULT_SESSION) },
    body: ACL,
    answer: object(CREDENTIALS),
    errors: ["InvalidParam", "AccessDenied"],
  },
  AssumeRole: {
    summary: "Temporary credentials of a role, of any account, whose trust document names the caller.",
    method: "POST",
    path: "/v1/credential",
    when: "assumeRole",
    clientToken: false,
    query: { accountId: text(), roleName: text(), userId: ANY_TEXT, durationSeconds: optional(SECONDS, LONGEST_ROLE) },
    body: ACL,
    answer: object({ ...CREDENTIALS, roleId: text() }),
    errors: ["NoSuchObject", "InvalidParam", "AccessDenied"],
  },
  GetSigninSecurityToken: {
    summary: "A token with which a user is signed in to the console, which is not simulated.",
    method: "POST",
    path: "/v1/signinSecurityToken",
    clientToken: false,
    query: { userId: text() },
    answer: object({ signinSecurityToken: text() }),
  },
});

const credentials = part(OPERATIONS, (account) => ({
  GetSessionToken({ query, principal, input }) {
    const { durationSeconds } = query;
    checkDuration(durationSeconds, LONGEST_SESSION);
    // The rights of temporary credentials do not grow by asking again; what the real one answers here is not published.
    if (principal.kind === "temporary") throw denied("temporary credentials cannot ask for a session.");
    const { userId } = principal;
    return issue(account, durationSeconds, userId ?? account.id, aclOf(input), userId);
  },
  AssumeRole({ query, principal, input }) {
    const { accountId, roleName, durationSeconds } = query;
    checkDuration(durationSeconds, LONGEST_ROLE);
    const owner = account.sibling(accountId);
    if (!owner) throw new Fault(404, "NoSuchObject", `The account ${accountId} does not exist.`);
    const role = named(rolesOf(owner), roleName);
    if (!role) throw new Fault(404, "NoSuchObject", `${noSuch("Role", roleName).message} (role ${roleName})`);
    const caller = subjectOf(account, principal);
    const trust = parseDocument(role.assumeRolePolicyDocument, "assumeRolePolicyDocument");
    if (!trusts(trust, [account.id, caller.id])) throw denied(`the role ${roleName} does not trust the caller.`);
    const virtualUser = newIamId(account.random);
    const answer = issue(owner, durationSeconds, query.userId || virtualUser, aclOf(input), undefined, role.id);
    return { ...answer, roleId: role.id };
  },
  GetSigninSecurityToken: () => ({ signinSecurityToken: newIamId(account.random) }),
}));

function issue(
  account: Account,
  seconds: number,
  shownUser: string,
  acl: Session["acl"],
  userId?: string,
  roleId?: string,
) {
  const now = account.clock.now();
  const sessions = sessionsOf(account);
  // The oldest come first: those that ended go, so that a client that renews for ever leaves nothing behind.
  for (const id of sessions.first(2)) if ((sessions.get(id)?.expiresAt ?? 0) <= now) sessions.delete(id);
  const key = account.access.issueTemporary(account.id, seconds * 1000, userId);
  sessions.set(key.accessKeyId, {
    expiresAt: key.expiresAt,
    ...(acl ? { acl } : {}),
    ...(roleId === undefined ? {} : { roleId }),
  });
  return {
    accessKeyId: key.accessKeyId,
    secretAccessKey: key.secretAccessKey,
    sessionToken: key.sessionToken,
    createTime: account.time(),
    expiration: new Date(key.expiresAt).toISOString(),
    userId: shownUser,
  };
}

function aclOf({ body }: Input): Session["acl"] {
  return body.accessControlList === undefined ? undefined : documentOf(body, "acl");
}

function checkDuration(seconds: number, longest: number): void {
  if (seconds < 1 || seconds > longest)
    throw new Fault(400, "InvalidParam", `durationSeconds: expected 1 to ${longest}.`);
}

function denied(reason: string): Fault {
  return new Fault(403, "AccessDenied", `Access denied: ${reason}`);
}

export const STS: Product = { name: "sts", title: "STS: temporary credentials", hosts: ["sts"], parts: [credentials] };
