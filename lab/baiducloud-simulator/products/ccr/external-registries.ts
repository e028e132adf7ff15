import type { Account } from "../../account.ts";
import { badRequest, Fault, noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { boolean, integer, object, oneOf, optional, text } from "../../api/schema.ts";
import { NUMBERED, numberedPage, numberedPageOf } from "./paging.ts";
import { getRegistry } from "./records.ts";

export interface ExternalRegistry {
  readonly id: number;
  readonly instanceId: string;
  readonly name: string;
  readonly url: string;
  readonly type: string;
  readonly insecure: boolean;
  readonly description: string;
  readonly status: string;
  readonly credential: { readonly type: string; readonly accessKey: string };
  readonly creationTime: string;
  readonly updateTime: string;
}

/** By "<instance>/<id>". */
export const externalsOf = ({ shared }: Pick<Account, "shared">) => shared.table<ExternalRegistry>("ccrExternals");

const TYPE = oneOf("harbor", "docker-hub", "docker-registry", "baidu-ccr");
const BODY = object({
  name: text({ max: 255 }),
  url: text({ pattern: /^https?:\/\/[^\s/]+/, hint: "http://… or https://…" }),
  type: TYPE,
  insecure: optional(boolean(), false),
  description: optional(text(), ""),
  credential: optional(
    object({
      type: optional(text(), "basic"),
      accessKey: optional(text(), ""),
      accessSecret: optional(text()),
    }),
  ),
});
export const REGISTRY_FIELDS = {
  id: integer(),
  name: text(),
  url: text(),
  type: text(),
  insecure: boolean(),
  description: optional(text()),
  status: text(),
  credential: object({ type: text(), accessKey: optional(text()) }),
  creationTime: text(),
  updateTime: text(),
};
const REGISTRY = object(REGISTRY_FIELDS);
const PATH = "/v1/instances/{instanceId}/registries";

const OPERATIONS = operations({
  ListRegistries: {
    summary: "Lists the other registries from which images are brought.",
    method: "GET",
    path: PATH,
    query: { ...NUMBERED, registryName: optional(text()), registryType: optional(TYPE) },
    answer: numberedPageOf("items", REGISTRY),
    errors: ["NoSuchObject"],
  },
  CreateRegistry: {
    summary: "Makes another registry known. Its secret is never told again.",
    method: "POST",
    path: PATH,
    body: BODY,
    answer: REGISTRY,
    errors: ["NoSuchObject", "Conflict"],
  },
  GetRegistryDetail: {
    summary: "One other registry.",
    method: "GET",
    path: `${PATH}/{registryId}`,
    answer: REGISTRY,
    errors: ["NoSuchObject"],
  },
  UpdateRegistry: {
    summary: "Changes what is known of another registry.",
    method: "PUT",
    path: `${PATH}/{registryId}`,
    body: BODY,
    answer: REGISTRY,
    errors: ["NoSuchObject", "Conflict"],
  },
  DeleteRegistry: {
    summary: "Forgets another registry.",
    method: "DELETE",
    path: `${PATH}/{registryId}`,
    errors: ["NoSuchObject"],
  },
  CheckHealthRegistry: {
    summary: "Whether another registry answers. The simulator calls nobody: hosts that end in .invalid do not.",
    method: "POST",
    path: `${PATH}/ping`,
    body: BODY,
    errors: ["NoSuchObject", "BadRequest"],
  },
});

export const externalRegistries = part(OPERATIONS, (account) => {
  const all = externalsOf(account);
  const get = (instanceId: string, id: string): ExternalRegistry => {
    getRegistry(account, instanceId);
    const one = all.get(`${instanceId}/${id}`);
    if (!one) throw noSuchObject(id);
    return one;
  };
  const view = ({ instanceId: _, ...one }: ExternalRegistry): object => one;
  const free = (instanceId: string, name: string, id?: number): void => {
    if (all.all().some((one) => one.instanceId === instanceId && one.name === name && one.id !== id))
      throw new Fault(409, "Conflict", `The registry ${name} exists already.`);
  };
  const answers = (url: string): boolean => !new URL(url).hostname.endsWith(".invalid");
  const shown = ({ credential, ...body }: { readonly url: string; readonly credential: Given | undefined }) => ({
    ...body,
    credential: { type: credential?.type ?? "basic", accessKey: credential?.accessKey ?? "" },
    status: answers(body.url) ? "healthy" : "unhealthy",
  });
  type Given = { readonly type: string; readonly accessKey: string };

  return {
    ListRegistries({ params: { instanceId }, query }) {
      getRegistry(account, instanceId);
      const { registryName = "", registryType } = query;
      const found = all
        .all()
        .filter((one) => one.instanceId === instanceId && one.name.includes(registryName))
        .filter(({ type }) => !registryType || type === registryType);
      return numberedPage(query, "items", found.map(view));
    },
    CreateRegistry({ params: { instanceId }, body }) {
      getRegistry(account, instanceId);
      free(instanceId, body.name);
      const id = account.shared.next("ccrExternalIds");
      const time = account.time();
      const one = { ...body, ...shown(body), id, instanceId, creationTime: time, updateTime: time };
      all.set(`${instanceId}/${id}`, one);
      return view(one);
    },
    GetRegistryDetail: ({ params: { instanceId, registryId } }) => view(get(instanceId, registryId)),
    UpdateRegistry({ params: { instanceId, registryId }, body }) {
      const before = get(instanceId, registryId);
      free(instanceId, body.name, before.id);
      const one = { ...before, ...body, ...shown(body), updateTime: account.time() };
      all.set(`${instanceId}/${registryId}`, one);
      return view(one);
    },
    DeleteRegistry({ params: { instanceId, registryId } }) {
      get(instanceId, registryId);
      all.delete(`${instanceId}/${registryId}`);
      return {};
    },
    CheckHealthRegistry({ params: { instanceId }, body }) {
      getRegistry(account, instanceId);
      if (!answers(body.url)) throw badRequest(`url: ${body.url} does not answer.`);
      return {};
    },
  };
});
