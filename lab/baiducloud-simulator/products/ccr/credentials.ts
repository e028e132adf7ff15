import { randomText } from "@ccm/base";
import type { Account } from "../../account.ts";
import type { Principal } from "../../api/access.ts";
import { noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { integer, object, optional, text } from "../../api/schema.ts";
import { usersOf } from "../iam/records.ts";
import { getRegistry, hashOf, loginsOf } from "./records.ts";

/** 8 to 20 characters with upper, lower and digit; few symbols. */
export const PASSWORD = text({
  pattern: /^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[A-Za-z\d!@#$%^*()]{8,20}$/,
  hint: "8 to 20 characters with upper case, lower case and digits; symbols of !@#$%^*()",
});
const SECRET_CHARS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const HOUR_MS = 3_600_000;

const OPERATIONS = operations({
  GetUserDetail: {
    summary: "The name that a user logs in to registries with.",
    method: "GET",
    path: "/v1/users/profile",
    query: { userId: optional(text()) },
    answer: object({ name: text() }),
    errors: ["NoSuchObject"],
  },
  ResetPassword: {
    summary: "Gives the caller a password for a registry.",
    method: "PUT",
    path: "/v1/instances/{instanceId}/credential",
    body: object({ password: PASSWORD }),
    errors: ["NoSuchObject"],
  },
  CreateTemporaryPassword: {
    summary: "A password that ends by itself; the one before goes on until its own end.",
    method: "POST",
    path: "/v1/instances/{instanceId}/credential",
    body: object({ duration: integer(1, 24) }),
    answer: object({ password: text() }),
    errors: ["NoSuchObject"],
    clientToken: false,
  },
});

/** What an IAM user, or the account itself, logs in as. */
export function loginNameOf(account: Account, userId: string | undefined): string {
  if (userId === undefined || userId === "" || userId === account.id) return account.id;
  const user = usersOf(account)
    .all()
    .find(({ id }) => id === userId);
  if (!user) throw noSuchObject(userId);
  return user.name;
}

export function callerName(account: Account, { userId }: Principal): string {
  return loginNameOf(account, userId);
}

export const newSecret = ({ random }: Pick<Account, "random">, length = 32): string =>
  `${randomText(random, length - 3, SECRET_CHARS)}aA7`;

/** Adds a password that ends; what has ended is forgotten. */
export function addTemporary(account: Account, login: string, hours: number): string {
  const now = account.clock.now();
  const password = newSecret(account);
  const { passwordHash = "", temporary = [] } = loginsOf(account).get(login) ?? {};
  const kept = temporary.filter(({ expiresAt }) => expiresAt > now);
  const added = { hash: hashOf(password), expiresAt: now + hours * HOUR_MS };
  loginsOf(account).set(login, { passwordHash, temporary: [...kept, added] });
  return password;
}

export const credentials = part(OPERATIONS, (account) => ({
  GetUserDetail: ({ query, principal }) => ({ name: loginNameOf(account, query.userId || principal.userId) }),
  ResetPassword({ params: { instanceId }, body, principal }) {
    getRegistry(account, instanceId);
    const login = `${instanceId} ${callerName(account, principal)}`;
    const temporary = loginsOf(account).get(login)?.temporary ?? [];
    loginsOf(account).set(login, { passwordHash: hashOf(body.password), temporary });
    return {};
  },
  CreateTemporaryPassword({ params: { instanceId }, body, principal }) {
    getRegistry(account, instanceId);
    return { password: addTemporary(account, `${instanceId} ${callerName(account, principal)}`, body.duration) };
  },
}));
