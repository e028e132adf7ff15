import { errorText, mapLimited } from "@ccm/base";
import { type Grant, type Identity, isBceError } from "@ccm/bce";
import type { Account } from "./account.ts";
import { AccessFault, explained } from "./advice.ts";
import type { Looking, Unread } from "./clusters.ts";

export interface NamedIdentity extends Identity {
  readonly kind: "user" | "role";
}

export interface NamedGrant extends Grant {
  readonly who: NamedIdentity;
  readonly region: string;
}

const READ_IAM =
  "in IAM it needs IAMReadOnlyAccessPolicy to know users and roles by name; an ID of 32 digits needs none";
const AT_ONCE = 4;

/** All users and roles of the account, by name. */
export async function listIdentities(account: Account, { signal, now }: Looking): Promise<readonly NamedIdentity[]> {
  const { iam } = account.client();
  const options = { signal, lane: "user" as const };
  try {
    const [users, roles] = await Promise.all([iam.listUsers(options), iam.listRoles(options)]);
    const named = (kind: NamedIdentity["kind"], all: readonly Identity[]) => all.map((one) => ({ ...one, kind }));
    return [...named("user", users), ...named("role", roles)];
  } catch (error) {
    const { source, region } = account;
    throw explained(error, { source, region, now: now(), what: "users and roles", permission: READ_IAM });
  }
}

/** Whom a person means: the name of a user, `role/NAME`, or an ID. Throws an AccessFault for nobody. */
export async function findIdentity(account: Account, who: string, looking: Looking): Promise<NamedIdentity> {
  const isId = /^[0-9a-f]{32}$/.test(who);
  let all: readonly NamedIdentity[];
  try {
    all = await listIdentities(account, looking);
  } catch (error) {
    // The call that it is for will say what is wrong with it.
    if (isId && !looking.signal.aborted) return { id: who, name: who, kind: "user" };
    throw error;
  }
  const name = who.replace(/^(?:user|role)\//, "");
  const kind = who.startsWith("role/") ? "role" : "user";
  const found = all.find((one) => one.id === who) ?? all.find((one) => one.name === name && one.kind === kind);
  if (found) return found;
  if (isId) return { id: who, name: who, kind: "user" };
  const near = all.filter((one) => one.name.toLowerCase() === name.toLowerCase());
  const hint = near.map((one) => (one.kind === "role" ? `role/${one.name}` : one.name)).join(" or ");
  throw new AccessFault(
    `there is no ${kind} ${name} in IAM of this account (${account.source})${hint === "" ? "" : `: did you mean ${hint}?`}`,
  );
}

/** What each of `who` was granted, in the regions of the account. */
export async function listGrants(
  account: Account,
  who: readonly NamedIdentity[],
  { signal, now, step }: Looking,
): Promise<{ readonly grants: readonly NamedGrant[]; readonly unread: readonly Unread[] }> {
  const permission = "to see grants it needs to read CCE and IAM (CCEReadAccessPolicy, IAMReadOnlyAccessPolicy)";
  const found = await mapLimited(account.regions, AT_ONCE, async (region) => {
    const { cceAccess } = account.client(region);
    try {
      const grants = await mapLimited(who, AT_ONCE, async (one) => {
        step?.(`reading the grants of ${one.name} in ${region}`);
        const all = await cceAccess.listGrants(one.id, { signal, lane: "user" });
        return all.map((grant): NamedGrant => ({ ...grant, who: one, region }));
      });
      return { grants: grants.flat(), unread: [] };
    } catch (error) {
      if (signal.aborted || !isBceError(error)) throw error;
      const context = { source: account.source, region, now: now(), what: "grants", permission };
      return { grants: [], unread: [{ region, why: errorText(explained(error, context)) }] };
    }
  });
  // Whether a region tells of the others' clusters is not published.
  const known = new Map<string, NamedGrant>();
  for (const one of found.flatMap(({ grants }) => grants)) {
    const key = JSON.stringify([one.who.id, one.clusterId, one.namespace, one.role]);
    if (!known.has(key)) known.set(key, one);
  }
  return { grants: [...known.values()], unread: found.flatMap(({ unread }) => unread) };
}
