import { ANY_TEXT } from "../../api/common.ts";
import { operations, part } from "../../api/operation.ts";
import { boolean, list, object, optional, text } from "../../api/schema.ts";
import { checkFree, detachAll, getUser, NEVER, newIamId, noSuch, type User, userKeysOf, usersOf } from "./records.ts";

export const USER = object({
  id: text(),
  name: text(),
  createTime: text(),
  description: ANY_TEXT,
  enabled: boolean(),
  contact: ANY_TEXT,
  joinTime: optional(text()),
  lastLoginTime: optional(text()),
});
export const NAME = text({ max: 64, pattern: /^[\p{L}\p{N}_.@-]+$/u, hint: "letters, digits and _.@-" });
const PATH = "/v1/user/{userName}";

const OPERATIONS = operations({
  CreateUser: {
    summary: "Creates a user of the account.",
    method: "POST",
    path: "/v1/user",
    body: object({ name: NAME, description: ANY_TEXT }),
    answer: USER,
    errors: ["UserAlreadyExists"],
  },
  ListUser: { summary: "All users.", method: "GET", path: "/v1/user", answer: object({ users: list(USER) }) },
  GetUser: { summary: "One user.", method: "GET", path: PATH, answer: USER, errors: ["UserNotFound"] },
  UpdateUser: {
    summary: "Renames a user, describes it, or switches it off and on. What is not named stays.",
    method: "PUT",
    path: PATH,
    body: object({ name: optional(NAME), description: ANY_TEXT, contact: ANY_TEXT, enabled: optional(boolean()) }),
    answer: USER,
    errors: ["UserNotFound", "UserAlreadyExists"],
  },
  DeleteUser: {
    summary: "Deletes a user with its keys, policies and memberships.",
    method: "DELETE",
    path: PATH,
    errors: ["UserNotFound"],
  },
});

export const users = part(OPERATIONS, (account) => ({
  CreateUser({ body }) {
    const all = usersOf(account);
    checkFree(all, "User", body.name);
    const id = newIamId(account.random);
    const { name, description = "" } = body;
    const user = {
      id,
      name,
      createTime: account.time(),
      description,
      enabled: true,
      contact: "",
      mfaTypes: [],
      groups: [],
    };
    all.set(id, user);
    return viewUser(user);
  },
  ListUser: () => ({ users: usersOf(account).all().map(viewUser) }),
  GetUser: ({ params }) => ({ ...viewUser(getUser(account, params.userName)), lastLoginTime: NEVER }),
  UpdateUser({ params, body }) {
    const all = usersOf(account);
    const user = getUser(account, params.userName);
    if (body.name !== undefined && body.name !== "" && body.name !== user.name) checkFree(all, "User", body.name);
    const changed = all.patch(user.id, {
      name: body.name || user.name,
      description: body.description ?? user.description,
      contact: body.contact ?? user.contact,
      enabled: body.enabled ?? user.enabled,
    });
    if (!changed) throw noSuch("User", params.userName);
    return viewUser(changed);
  },
  DeleteUser({ params }) {
    const { id } = getUser(account, params.userName);
    const keys = userKeysOf(account);
    for (const key of keys.all().filter(({ userId }) => userId === id)) {
      keys.delete(key.id);
      account.access.keys.delete(key.id);
    }
    for (const key of account.access.keys.all()) if (key.userId === id) account.access.keys.delete(key.accessKeyId);
    detachAll(account, id);
    usersOf(account).delete(id);
    account.gone(id);
    return {};
  },
}));

export function viewUser({ id, name, createTime, description, enabled, contact }: User) {
  return { id, name, createTime, description, enabled, contact, joinTime: createTime };
}
