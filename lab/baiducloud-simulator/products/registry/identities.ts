import { PERSONAL } from "../ccr/personal.ts";
import { hashOf, loginsOf, projectsOf, robotsOf } from "../ccr/records.ts";
import { usersOf } from "../iam/records.ts";
import { type Registry, sameRegistry } from "./places.ts";

export type Action = "pull" | "push" | "delete";

/** Who has signed in, and where. */
export interface Identity {
  readonly registry: Registry;
  readonly name: string;
  /** Whether it may see the names of everything. */
  readonly seesAll: boolean;
  may(project: string, action: Action): boolean;
}

/** `Basic` of an Authorization header; undefined where there is none, or no such one. */
export function basicOf(authorization = ""): { readonly name: string; readonly password: string } | undefined {
  const [, base64] = /^Basic +(\S+)$/i.exec(authorization) ?? [];
  const text = Buffer.from(base64 ?? "", "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0 ? undefined : { name: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** The first registry that knows the name with this password says who it is. */
export function signIn(
  registries: readonly Registry[],
  { name, password }: { readonly name: string; readonly password: string },
): Identity | undefined {
  const hash = hashOf(password);
  for (const registry of registries) {
    const found = robot(registry, name, hash) ?? person(registry, name, hash);
    if (found) return found;
  }
  return undefined;
}

function person(registry: Registry, name: string, hash: string): Identity | undefined {
  const { account, instanceId } = registry;
  const login = loginsOf(account).get(`${instanceId} ${name}`);
  const isThere =
    name === account.id ||
    usersOf(account)
      .all()
      .some((user) => user.name === name);
  const fits =
    login?.passwordHash === hash ||
    login?.temporary.some((one) => one.hash === hash && one.expiresAt > account.clock.now());
  if (!isThere || !fits) return undefined;
  // In the personal edition the first push makes the project.
  const may = (project: string): boolean =>
    instanceId === PERSONAL || projectsOf(account).has(`${instanceId}/${project}`);
  return { registry, name, seesAll: true, may };
}

function robot(registry: Registry, name: string, hash: string): Identity | undefined {
  const { account, instanceId } = registry;
  const found = robotsOf(account)
    .all()
    .find((one) => one.instanceId === instanceId && one.name === name);
  if (found?.secretHash !== hash || found.disable) return undefined;
  if (found.expiresAt !== -1 && found.expiresAt * 1000 <= account.clock.now()) return undefined;
  const may = (project: string, action: Action): boolean =>
    projectsOf(account).has(`${instanceId}/${project}`) &&
    found.permissions.some(
      ({ namespace, access }) =>
        (namespace === "*" || namespace === project) &&
        access.some((one) => one.resource === "repository" && (one.action === action || one.action === "*")),
    );
  return { registry, name, seesAll: false, may };
}

/** Where somebody, or nobody (undefined), may do this. */
export function whereAllowed(
  registries: readonly Registry[],
  identity: Identity | undefined,
  project: string,
  action: Action,
): Registry | undefined {
  if (identity?.may(project, action)) return identity.registry;
  if (action !== "pull") return undefined;
  return registries.find(
    (registry) =>
      projectsOf(registry.account).get(`${registry.instanceId}/${project}`)?.public === "true" &&
      (identity === undefined || sameRegistry(registry, identity.registry)),
  );
}
