import { ANY_TEXT } from "../../api/common.ts";
import { Fault, quotaExceeded } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { boolean, list, object, text } from "../../api/schema.ts";
import { getUser, keyUsesOf, NEVER, type UserKey, userKeysOf } from "./records.ts";

/** Not published. */
const MOST_KEYS = 20;
const KEY = object({
  id: text(),
  secret: ANY_TEXT,
  createTime: text(),
  lastUsedTime: text(),
  enabled: boolean(),
  description: ANY_TEXT,
});
const PATH = "/v1/user/{userName}/accesskey/{accessKeyId}";
const ERRORS = ["UserNotFound", "AccessKeyNotFound"];

const OPERATIONS = operations({
  CreateAccessKey: {
    summary: "Another key of a user. Its secret is told here and never again.",
    method: "POST",
    path: "/v1/user/{userName}/accesskey",
    answer: KEY,
    errors: ["UserNotFound", "QuotaLimitExceeded"],
  },
  ListAccessKey: {
    summary: "The keys of a user, without their secrets.",
    method: "GET",
    path: "/v1/user/{userName}/accesskey",
    answer: object({ accessKeys: list(KEY) }),
    errors: ["UserNotFound"],
  },
  EnableAccessKey: {
    summary: "Lets a key sign again.",
    method: "PUT",
    path: PATH,
    when: "enable",
    answer: KEY,
    errors: ERRORS,
  },
  DisableAccessKey: {
    summary: "Lets a key no longer sign.",
    method: "PUT",
    path: PATH,
    when: "disable",
    answer: KEY,
    errors: ERRORS,
  },
  DeleteAccessKey: { summary: "Deletes a key.", method: "DELETE", path: PATH, errors: ERRORS },
  GetAccessKeyLastUsedTime: {
    summary: "When a key last signed.",
    method: "GET",
    path: "/v1/accesskey/{accessKeyId}/lastusedtime",
    answer: object({ id: text(), lastUsedTime: text() }),
    errors: ["AccessKeyNotFound"],
  },
});

/** The keys of users: they sign like the account's own, and may what the user's policies allow. */
export const accessKeys = part(OPERATIONS, (account) => {
  const { access } = account;
  const keysOf = (userName: string) => {
    const user = getUser(account, userName);
    return {
      user,
      keys: userKeysOf(account)
        .all()
        .filter(({ userId }) => userId === user.id),
    };
  };
  const notFound = (id: string) => new Fault(404, "AccessKeyNotFound", `The access key ${id} does not exist.`);
  const keyOf = ({ userName, accessKeyId }: { readonly userName: string; readonly accessKeyId: string }) => {
    const key = keysOf(userName).keys.find(({ id }) => id === accessKeyId);
    if (!key) throw notFound(accessKeyId);
    return key;
  };
  const view = ({ id, createTime, description }: UserKey, secret = "") => ({
    id,
    secret,
    createTime,
    lastUsedTime: keyUsesOf(account).get(id)?.time ?? NEVER,
    enabled: access.keys.get(id)?.enabled !== false,
    description,
  });
  const enable = (params: Parameters<typeof keyOf>[0], enabled: boolean) => {
    const key = keyOf(params);
    access.keys.patch(key.id, { enabled });
    return view(key);
  };
  return {
    CreateAccessKey({ params }) {
      const { user, keys } = keysOf(params.userName);
      if (keys.length >= MOST_KEYS) throw quotaExceeded("access keys");
      const made = access.addKey({ accountId: account.id, kind: "user", userId: user.id });
      const key = { id: made.accessKeyId, userId: user.id, createTime: account.time(), description: "" };
      userKeysOf(account).set(key.id, key);
      return view(key, made.secretAccessKey);
    },
    ListAccessKey: ({ params }) => ({ accessKeys: keysOf(params.userName).keys.map((key) => view(key)) }),
    EnableAccessKey: ({ params }) => enable(params, true),
    DisableAccessKey: ({ params }) => enable(params, false),
    DeleteAccessKey({ params }) {
      const { id } = keyOf(params);
      userKeysOf(account).delete(id);
      access.keys.delete(id);
      return {};
    },
    GetAccessKeyLastUsedTime({ params: { accessKeyId: id } }) {
      const isOurs = access.keys.get(id)?.accountId === account.id;
      if (!isOurs) throw notFound(id);
      return { id, lastUsedTime: keyUsesOf(account).get(id)?.time ?? NEVER };
    },
  };
});
