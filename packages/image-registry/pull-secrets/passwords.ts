/** The passwords at hand, as the one Secret keeps them that all others are copies of: we have no state of our own. */
import type { Secret } from "@ccm/kube";
import { printDockerConfig, type RegistryCredential, readDockerConfig } from "../docker-config.ts";
import type { TemporaryLogin } from "../registries/login.ts";
import { type NamedRegistry, placeText } from "../registries/place.ts";
import { ANNOTATION_EXPIRES, ANNOTATION_PASSWORDS, DOCKER_CONFIG, isOurs } from "./objects.ts";
import type { Content } from "./plan.ts";

/** By registry, as `placeText` names it: several hosts may lead to one. */
export type Logins = ReadonlyMap<string, TemporaryLogin>;

/** A password is replaced when this share of its life is over: a third is left for a cloud that is out of order. */
const USED_SHARE = 2 / 3;

export function dueAt({ issuedAt, expiresAt }: TemporaryLogin): number {
  return issuedAt + (expiresAt - issuedAt) * USED_SHARE;
}

interface Life {
  readonly registry: string;
  readonly issued: string;
  readonly expires: string;
}

/** What the Secret holds of these registries; what cannot be understood is as good as not there. */
export function loginsIn(source: Secret | undefined, registries: readonly NamedRegistry[]): Logins {
  if (!source || !isOurs(source)) return new Map();
  let lives: Readonly<Record<string, Partial<Life>>>;
  let credentials: ReadonlyMap<string, RegistryCredential | undefined>;
  try {
    lives = JSON.parse(source.metadata.annotations?.[ANNOTATION_PASSWORDS] ?? "{}") ?? {};
    const text = Buffer.from(source.data?.[DOCKER_CONFIG] ?? "", "base64").toString("utf8");
    credentials = new Map(readDockerConfig(text, "source").map(({ key, credential }) => [key, credential]));
  } catch {
    return new Map();
  }
  const found = new Map<string, TemporaryLogin>();
  for (const { host, place } of registries) {
    const { registry, issued = "", expires = "" } = lives[host] ?? {};
    const [credential, issuedAt, expiresAt] = [credentials.get(host), Date.parse(issued), Date.parse(expires)];
    const isUsable = credential && registry === placeText(place) && expiresAt > issuedAt;
    if (isUsable) found.set(registry, { ...credential, issuedAt, expiresAt });
  }
  return found;
}

/** Data and annotations of the Secret that keeps them. Hosts are in order: the same logins give the same bytes. */
export function sourceOf(logins: Logins, registries: readonly NamedRegistry[]) {
  const known = registries
    .flatMap(({ host, place }) => {
      const login = logins.get(placeText(place));
      return login ? [{ host, place, login }] : [];
    })
    .toSorted((a, b) => (a.host < b.host ? -1 : 1));
  const lives = known.map(({ host, place, login }) => {
    const life: Life = { registry: placeText(place), issued: time(login.issuedAt), expires: time(login.expiresAt) };
    return [host, life] as const;
  });
  const credentials = known.map(({ host, login: { username, password } }) => [host, { username, password }] as const);
  const ends = known.map(({ login }) => login.expiresAt);
  return {
    data: { [DOCKER_CONFIG]: Buffer.from(printDockerConfig(Object.fromEntries(credentials))).toString("base64") },
    annotations: {
      [ANNOTATION_PASSWORDS]: JSON.stringify(Object.fromEntries(lives)),
      [ANNOTATION_EXPIRES]: ends.length > 0 ? time(Math.min(...ends)) : "",
    },
  };
}

/** What copies of it hold; undefined while it has no password. */
export function contentOf(source: Secret | undefined): Content | undefined {
  const dockerConfig = source && isOurs(source) ? source.data?.[DOCKER_CONFIG] : undefined;
  const expires = source?.metadata.annotations?.[ANNOTATION_EXPIRES] ?? "";
  return dockerConfig && expires !== "" ? { dockerConfig, expires } : undefined;
}

const time = (ms: number): string => new Date(ms).toISOString();
