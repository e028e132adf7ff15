import { randomText } from "@ccm/base";
import { ANY_TEXT } from "../../api/common.ts";
import { badRequest, Fault } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { boolean, integer, list, object, optional, text } from "../../api/schema.ts";
import { documentOf } from "./documents.ts";
import { newIamId } from "./records.ts";

interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly key: string;
  readonly enabled: boolean;
  readonly createTime: string;
}

const DEFAULT_SECONDS = 1800;
const CHARS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const SHOWN = 16;
const API_KEY = object({
  id: text(),
  name: text(),
  description: ANY_TEXT,
  apiKey: text(),
  enabled: boolean(),
  createTime: text(),
});
const BY_ID = object({ id: text() });
const NOT_FOUND = "ApiKeyNotFound";

const OPERATIONS = operations({
  GetBearerToken: {
    summary: "A bearer token for the AI products, for 5 minutes to 30 days.",
    method: "GET",
    path: "/v1/BCE-BEARER/token",
    query: { expireInSeconds: optional(integer(300, 2_592_000), DEFAULT_SECONDS), acl: ANY_TEXT },
    answer: object({ userId: text(), token: text(), createTime: text(), expireTime: text() }),
    errors: ["BadRequest"],
  },
  CreateApiKey: {
    summary: "A bearer key without end.",
    method: "POST",
    path: "/v1/apikey/create",
    body: object({ name: optional(text({ max: 64 })), description: ANY_TEXT }),
    answer: API_KEY,
  },
  ListApiKeys: {
    summary: "All keys, masked.",
    method: "POST",
    path: "/v1/apikey/list",
    clientToken: false,
    answer: object({ apiKeys: list(API_KEY) }),
  },
  GetApiKey: {
    summary: "One key, masked.",
    method: "POST",
    path: "/v1/apikey/detail",
    clientToken: false,
    body: BY_ID,
    answer: API_KEY,
    errors: [NOT_FOUND],
  },
  UpdateApiKey: {
    summary: "Renames, describes, or switches a key.",
    method: "POST",
    path: "/v1/apikey/update",
    body: object({ id: text(), name: ANY_TEXT, description: ANY_TEXT, enabled: optional(boolean()) }),
    answer: API_KEY,
    errors: [NOT_FOUND],
  },
  DeleteApiKey: {
    summary: "Deletes a key.",
    method: "POST",
    path: "/v1/apikey/delete",
    body: BY_ID,
    errors: [NOT_FOUND],
  },
  DecryptApiKey: {
    summary: "A key in full.",
    method: "POST",
    path: "/v1/apikey/decrypt",
    clientToken: false,
    body: BY_ID,
    answer: object({ id: text(), apiKey: text() }),
    errors: [NOT_FOUND],
  },
});

/** Bearer keys of the AI products, which are not simulated: nothing takes them. Their fields are not published; these are our own. */
export const bearerKeys = part(OPERATIONS, (account) => {
  const all = account.shared.table<ApiKey>("iamApiKeys");
  const getKey = (id: string): ApiKey => {
    const key = all.get(id);
    if (!key) throw new Fault(404, NOT_FOUND, `The API key ${id} does not exist.`);
    return key;
  };
  const view = ({ key, ...rest }: ApiKey, full = false) => ({
    ...rest,
    apiKey: full ? key : `${key.slice(0, SHOWN)}****`,
  });
  const newKey = (prefix: string) =>
    `bce-v3/${prefix}-${randomText(account.random, 21, CHARS)}/${newIamId(account.random)}`;
  return {
    GetBearerToken({ query: { expireInSeconds, acl }, principal }) {
      if (acl) documentOf(jsonOf(acl), "acl");
      const end = new Date(account.clock.now() + expireInSeconds * 1000);
      return {
        userId: principal.userId ?? account.id,
        token: newKey("DTBFK"),
        createTime: account.time(),
        expireTime: end.toISOString(),
      };
    },
    CreateApiKey({ body: { name = "", description = "" } }) {
      const id = newIamId(account.random);
      const key = {
        id,
        name: name || id,
        description,
        key: newKey("ALTAK"),
        enabled: true,
        createTime: account.time(),
      };
      all.set(id, key);
      return view(key, true);
    },
    ListApiKeys: () => ({ apiKeys: all.all().map((key) => view(key)) }),
    GetApiKey: ({ body }) => view(getKey(body.id)),
    UpdateApiKey({ body }) {
      const key = getKey(body.id);
      const { name, description, enabled } = body;
      const changed = {
        ...key,
        name: name || key.name,
        description: description ?? key.description,
        enabled: enabled ?? key.enabled,
      };
      all.set(key.id, changed);
      return view(changed);
    },
    DeleteApiKey({ body }) {
      all.delete(getKey(body.id).id);
      return {};
    },
    DecryptApiKey({ body }) {
      const { id, key } = getKey(body.id);
      return { id, apiKey: key };
    },
  };
});

function jsonOf(base64: string): unknown {
  try {
    return JSON.parse(Buffer.from(base64, "base64").toString());
  } catch {
    throw badRequest("acl: expected JSON in base64.");
  }
}
