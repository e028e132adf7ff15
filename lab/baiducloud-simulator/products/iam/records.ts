import { type Random, randomText } from "@ccm/base";
import type { Account } from "../../account.ts";
import { Fault } from "../../api/fault.ts";
import type { PolicyDocument } from "./documents.ts";

export interface LoginProfile {
  /** Whether there is one is all that anybody hears of it. */
  readonly hasPassword: boolean;
  readonly needResetPassword: boolean;
  readonly enabledLogin: boolean;
  readonly enabledLoginMfa: boolean;
  readonly loginMfaType: string;
  readonly thirdPartyType: string;
  readonly thirdPartyAccount: string;
  readonly passwordExpireDate: string;
}

export interface User {
  readonly id: string;
  readonly name: string;
  readonly createTime: string;
  readonly description: string;
  readonly enabled: boolean;
  readonly contact: string;
  readonly loginProfile?: LoginProfile;
  /** The kinds of second factors that are bound. */
  readonly mfaTypes: readonly string[];
  /** IDs of groups. */
  readonly groups: readonly string[];
}

export interface Group {
  readonly id: string;
  readonly name: string;
  readonly createTime: string;
  readonly description: string;
}

export type PolicyType = "System" | "Custom";

export interface Policy {
  readonly id: string;
  readonly name: string;
  readonly type: PolicyType;
  readonly createTime: string;
  readonly description: string;
  /** As it was sent. */
  readonly document: string;
}

export interface Role {
  readonly id: string;
  readonly name: string;
  readonly createTime: string;
  readonly description: string;
  readonly assumeRolePolicyDocument: string;
}

export type GranteeType = "User" | "Group" | "Role";

/** A policy on a user, group or role, by "<type> <grantee id> <policy id>". */
export interface Attachment {
  readonly policyId: string;
  readonly granteeType: GranteeType;
  readonly granteeId: string;
  readonly attachTime: string;
}

/** What is told of an IAM user's key; the key itself is in `access.keys`. */
export interface UserKey {
  readonly id: string;
  readonly userId: string;
  readonly createTime: string;
  readonly description: string;
}

/** Temporary credentials: what they may, by access key ID. */
export interface Session {
  readonly expiresAt: number;
  /** The role that was assumed. */
  readonly roleId?: string;
  /** What narrows it further. */
  readonly acl?: PolicyDocument;
}

type Has = Pick<Account, "shared">;

export const usersOf = ({ shared }: Has) => shared.table<User>("iamUsers");
export const groupsOf = ({ shared }: Has) => shared.table<Group>("iamGroups");
export const policiesOf = ({ shared }: Has) => shared.table<Policy>("iamPolicies");
export const rolesOf = ({ shared }: Has) => shared.table<Role>("iamRoles");
export const attachmentsOf = ({ shared }: Has) => shared.table<Attachment>("iamAttachments");
export const userKeysOf = ({ shared }: Has) => shared.table<UserKey>("iamKeys");
export const sessionsOf = ({ shared }: Has) => shared.table<Session>("stsSessions");
/** When a key last signed, by access key ID. */
export const keyUsesOf = ({ shared }: Has) => shared.table<{ readonly time: string }>("iamKeyUses");

/** How times are told that have not come yet. */
export const NEVER = "0001-01-01T00:00:00Z";

export const newIamId = (random: Random): string => randomText(random, 32, "0123456789abcdef");

/** By name, which is unique of its kind. */
export function named<T extends { readonly name: string }>(
  table: { all(): readonly T[] },
  name: string,
): T | undefined {
  return table.all().find((one) => one.name === name);
}

export function noSuch(kind: string, name: string): Fault {
  return new Fault(404, `${kind}NotFound`, `The ${kind.toLowerCase()} ${name} does not exist.`);
}

export function getUser(account: Has, name: string): User {
  const user = named(usersOf(account), name);
  if (!user) throw noSuch("User", name);
  return user;
}

export function getGroup(account: Has, name: string): Group {
  const group = named(groupsOf(account), name);
  if (!group) throw noSuch("Group", name);
  return group;
}

export function getRole(account: Has, name: string): Role {
  const role = named(rolesOf(account), name);
  if (!role) throw noSuch("Role", name);
  return role;
}

/** Takes all policies off a grantee that goes. */
export function detachAll(account: Has, granteeId: string): void {
  const attachments = attachmentsOf(account);
  for (const id of attachments.ids()) if (attachments.get(id)?.granteeId === granteeId) attachments.delete(id);
}

/** Names of users, groups, policies and roles. */
export function checkFree(table: { all(): readonly { readonly name: string }[] }, kind: string, name: string): void {
  if (named(table, name))
    throw new Fault(409, `${kind}AlreadyExists`, `The ${kind.toLowerCase()} ${name} exists already.`);
}
