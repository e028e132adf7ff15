import type { ServerRequest } from "@ccm/base";
import { type Clock, type HttpHandler, type HttpResponse, jsonResponse, type Logger, type Random } from "@ccm/base";
import type { Interceptor, LoggedCall, Mark } from "../../api/serve.ts";
import { parseTarget } from "../../api/wire.ts";
import type { World } from "../../world.ts";
import {
  type Asked,
  deleteManifest,
  getBlob,
  getManifest,
  listRepositories,
  listTags,
  type Scope,
  storeManifest,
} from "./content.ts";
import { RegistryError, refusalOf, refusedBy } from "./errors.ts";
import { nothing, type RegistryCall, runInside } from "./exchange.ts";
import { type Action, basicOf, signIn, whereAllowed } from "./identities.ts";
import { type Registry, registriesAt } from "./places.ts";
import { CATALOG, createTokens, type Grant, TOKEN_LIFE_S } from "./tokens.ts";
import { continueUpload, startUpload } from "./uploads.ts";

export { isRegistryHost } from "./places.ts";

export interface RegistryOptions {
  readonly world: World;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly onCall: (call: LoggedCall) => void;
  readonly region: string;
  /** Stands around every call: faults. */
  readonly around: Interceptor;
  readonly markOf: (request: ServerRequest) => Mark | undefined;
}

const TOKEN_PATH = "/service/token";
const SERVICE = "harbor-registry";
const ACTIONS: readonly Action[] = ["pull", "push", "delete"];
/** A project, then one name or more. */
const NAME = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)+$/;
const ROUTES = [
  ["uploads", /^\/v2\/(.+)\/blobs\/uploads(?:\/([^/]*))?$/],
  ["blobs", /^\/v2\/(.+)\/blobs\/([^/]+)$/],
  ["manifests", /^\/v2\/(.+)\/manifests\/([^/]+)$/],
  ["tags", /^\/v2\/(.+)\/tags\/list()$/],
] as const;

/** The registries as docker, containerd and kubelets speak to them: the token flow, pull and push. */
export function createRegistry(options: RegistryOptions): HttpHandler {
  const { world, clock, random, logger, onCall } = options;
  const tokens = createTokens(clock, random, world.store);

  const tokenFor = (request: ServerRequest, registries: readonly Registry[], scopes: readonly string[]) => {
    const basic = basicOf(request.headers.authorization);
    const identity = basic && signIn(registries, basic);
    if (request.headers.authorization !== undefined && !identity)
      throw new RegistryError(401, "UNAUTHORIZED", "the user name or password is wrong, disabled or has ended");
    const access = scopes.flatMap((scope): Grant["access"] => {
      const [, type, name = "", asked = ""] = /^(\w+)(?:\([^)]*\))?:(.+):([^:]*)$/.exec(scope) ?? [];
      const wanted = asked.split(",");
      if (type === "registry" && name === "catalog" && identity?.seesAll)
        return [{ ...placeOf(identity.registry), repository: CATALOG, actions: ["*"] }];
      if (type !== "repository") return [];
      const [project = ""] = name.split("/");
      const granted = ACTIONS.filter((action) => wanted.includes(action) || wanted.includes("*")).flatMap((action) => {
        const registry = whereAllowed(registries, identity, project, action);
        return registry ? [{ registry, action }] : [];
      });
      const [first] = granted;
      if (!first) return [];
      return [{ ...placeOf(first.registry), repository: name, actions: granted.map(({ action }) => action) }];
    });
    const token = tokens.issue({ name: identity?.name ?? "", access });
    const issued_at = new Date(clock.now()).toISOString();
    return jsonResponse(200, { token, access_token: token, expires_in: TOKEN_LIFE_S, issued_at });
  };

  const handle = (request: ServerRequest): RegistryCall => {
    const { method, headers, body } = request;
    const { host = "" } = headers;
    const { path, query: pairs } = parseTarget(request.target);
    const query = (name: string): string | undefined => pairs.find(([known]) => known === name)?.[1];
    const asked: Asked = { headers, body, query };
    // Behind a proxy the first address is the client's own.
    const client = headers["x-forwarded-for"]?.split(",")[0]?.trim() ?? "127.0.0.1";
    const registries = (): readonly Registry[] => registriesAt(world, host, client);

    if (path === TOKEN_PATH) {
      // Not the OAuth2 form: clients that try it first then use GET.
      if (method !== "GET") throw notAllowed(method);
      const scopes = pairs.filter(([name]) => name === "scope").flatMap(([, value]) => value.split(" "));
      const accountId = () => {
        const basic = basicOf(headers.authorization);
        return (basic && signIn(registries(), basic)?.registry.account.id) ?? "";
      };
      return {
        operation: "IssueToken",
        params: {},
        accountId: accountId(),
        run: () => tokenFor(request, registries(), scopes),
      };
    }
    if (path !== "/v2" && !path.startsWith("/v2/"))
      throw new RegistryError(404, "NOT_FOUND", `${path} is no path of a registry`);

    // By a name of the cloud's, somebody in front of us speaks TLS; with a port in it, it is our own, which does not.
    const secure = host.toLowerCase().endsWith(".baidubce.com");
    const realm = `${secure ? "https" : "http"}://${host}${TOKEN_PATH}`;
    const [, bearer] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? "") ?? [];
    const grant = bearer === undefined ? undefined : tokens.read(bearer);
    const challenge = (scope?: string): RegistryError => {
      const error = grant ? "insufficient_scope" : "invalid_token";
      const fields = [
        `realm="${realm}"`,
        `service="${SERVICE}"`,
        ...(scope === undefined ? [] : [`scope="${scope}"`]),
        ...(bearer === undefined ? [] : [`error="${error}"`]),
      ];
      const message = scope === undefined ? "authentication required" : `authentication required for ${scope}`;
      return new RegistryError(401, "UNAUTHORIZED", message, { "www-authenticate": `Bearer ${fields.join(",")}` });
    };
    const find = (repository: string, action: Action | "*"): Registry | undefined => {
      const found = grant?.access.find((one) => one.repository === repository && one.actions.includes(action));
      const here = ({ account, instanceId }: Registry): boolean =>
        account.id === found?.accountId && instanceId === found.instanceId;
      return registries().find(here);
    };
    const scopeOf = (repository: string, action: Action): Scope | undefined => {
      const registry = find(repository, action);
      const slash = repository.indexOf("/");
      if (!registry) return undefined;
      const [projectName, repositoryName] = [repository.slice(0, slash), repository.slice(slash + 1)];
      return { ...registry, projectName, repositoryName, by: grant?.name ?? "" };
    };

    const accountId = grant?.access[0]?.accountId ?? "";
    if (path === "/v2/" || path === "/v2")
      return {
        operation: "CheckVersion",
        params: {},
        accountId,
        run: () => {
          registries();
          if (!grant) throw challenge();
          return jsonResponse(200, {});
        },
      };
    if (path === "/v2/_catalog")
      return {
        operation: "ListCatalog",
        params: {},
        accountId,
        run: () => {
          const registry = find(CATALOG, "*");
          if (method !== "GET") throw notAllowed(method);
          if (!registry) throw challenge("registry:catalog:*");
          return listRepositories(registry, asked);
        },
      };
    for (const [kind, pattern] of ROUTES) {
      const [, name, reference = ""] = pattern.exec(path) ?? [];
      if (name === undefined) continue;
      if (!NAME.test(name)) throw new RegistryError(400, "NAME_INVALID", `"${name}": expected project/repository`);
      const action = actionOf(kind, method);
      const inside = (): Scope => {
        const scope = scopeOf(name, action);
        if (!scope) throw challenge(`repository:${name}:${action === "push" ? "pull,push" : action}`);
        return scope;
      };
      return {
        operation: `${method} ${kind}`,
        params: { repository: name, reference },
        accountId,
        run: () => {
          const scope = inside();
          if (kind === "tags") return listTags(scope, asked);
          if (kind === "blobs") return getBlob(scope, method, reference);
          if (kind === "uploads") {
            if (reference !== "") return continueUpload(scope, method, reference, asked);
            return startUpload(scope, asked, scopeOf(query("from") ?? "", "pull"));
          }
          if (action === "push") return storeManifest(scope, reference, asked);
          return action === "delete" ? deleteManifest(scope, reference) : getManifest(scope, method, reference);
        },
      };
    }
    throw new RegistryError(404, "NOT_FOUND", `${path} is no path of a registry`);
  };

  return async (request) => {
    const began = clock.monotonic();
    const requestId = random.uuid();
    let operation: string | undefined;
    let code: string | undefined;
    let response: HttpResponse;
    const refuse = (error: unknown): HttpResponse => {
      const refused = refusedBy(error, logger);
      code = refused.code;
      return refusalOf(refused);
    };
    try {
      const call = handle(request);
      operation = call.operation;
      response = await runInside(options.around, call, { request, requestId, region: options.region });
    } catch (error) {
      response = refuse(error);
    }
    try {
      // What the call did lasts before its caller hears of it.
      const written = world.store.durable();
      if (written) await written;
    } catch (error) {
      response = refuse(error);
    }
    const mark = options.markOf(request);
    onCall({
      time: new Date(clock.now()).toISOString(),
      method: request.method,
      target: request.target,
      status: mark?.lost ? 0 : response.status,
      ...(mark ? { fault: mark.fault, done: mark.done } : {}),
      ...(code === undefined ? {} : { code }),
      requestId,
      durationMs: clock.monotonic() - began,
      ...(operation === undefined ? {} : { product: "registry", operation }),
    });
    const headers = {
      ...response.headers,
      "docker-distribution-api-version": "registry/2.0",
      "x-request-id": requestId,
      date: new Date(clock.now()).toUTCString(),
    };
    // A refused HEAD has no body either.
    return request.method === "HEAD" && response.status >= 400
      ? { status: response.status, headers, body: nothing() }
      : { ...response, headers };
  };
}

const placeOf = ({ account, instanceId }: Registry) => ({ accountId: account.id, instanceId });

const ALLOWED: Readonly<Record<(typeof ROUTES)[number][0], Readonly<Record<string, Action>>>> = {
  uploads: { POST: "push", PATCH: "push", PUT: "push", GET: "push", DELETE: "push" },
  blobs: { GET: "pull", HEAD: "pull" },
  manifests: { GET: "pull", HEAD: "pull", PUT: "push", DELETE: "delete" },
  tags: { GET: "pull" },
};

function actionOf(kind: (typeof ROUTES)[number][0], method: string): Action {
  const action = Object.hasOwn(ALLOWED[kind], method) ? ALLOWED[kind][method] : undefined;
  if (!action) throw notAllowed(method);
  return action;
}

function notAllowed(method: string): RegistryError {
  return new RegistryError(405, "UNSUPPORTED", `${method} is not supported here`);
}
