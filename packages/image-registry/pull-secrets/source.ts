import { errorText } from "@ccm/base";
import { SECRETS, type Secret } from "@ccm/kube";
import { type TemporaryLogin, temporaryLogin } from "../registries/login.ts";
import { type NamedRegistry, placeText, type RegistryPlace } from "../registries/place.ts";
import { DOCKER_CONFIG_TYPE, isOurs, LABEL_MANAGED, MANAGED } from "./objects.ts";
import type { OwnWrites } from "./own-writes.ts";
import { dueAt, type Logins, loginsIn, sourceOf } from "./passwords.ts";
import type { SessionParts } from "./session.ts";

/** How the next look at the passwords is timed. */
export type SourceOutcome = { readonly failed: boolean; readonly nextAt: number } | { readonly blocked: true };

export interface Source {
  /** Asks for the passwords that are due, each registry once, and keeps them. Throws what the API server refuses. */
  sync(signal: AbortSignal): Promise<SourceOutcome>;
  /** Those at hand now. */
  readonly logins: Logins;
}

/**
 * The Secret that all others are copies of. Passwords are in it before anybody uses them, so that the next process goes
 * on with them. What the API server did not take yet is remembered, not asked for again.
 */
export function createSource(parts: SessionParts, cached: () => Secret | undefined, own: OwnWrites): Source {
  const { api, client, clock, logger, events, config, namespace, measure } = parts;
  const { registries, secretName, passwordHours } = config;
  const ref = { namespace, name: secretName };
  const made = new Map<string, TemporaryLogin>();
  let told = "";

  const current = (): Logins => {
    const kept = new Map(loginsIn(cached(), registries));
    for (const [registry, login] of made) {
      // The copy may be behind what was written last.
      if (login.issuedAt >= (kept.get(registry)?.issuedAt ?? Number.NEGATIVE_INFINITY)) kept.set(registry, login);
    }
    return kept;
  };
  const renew = async (place: RegistryPlace, signal: AbortSignal): Promise<string> => {
    const name = placeText(place);
    try {
      made.set(name, await temporaryLogin(api, place, passwordHours, clock, { signal, lane: "user" }));
      measure.refreshed(name);
      logger.info("a new password", { registry: name });
      events.event(
        ...parts.about,
        "Normal",
        "PullPasswordRenewed",
        `${name}: a new password for ${passwordHours} h at most`,
      );
      return "";
    } catch (error) {
      if (signal.aborted) throw error;
      measure.failed("password");
      return `${name}: ${errorText(error)}`;
    }
  };
  /** Once for each way of failing, and again after it has worked in between. */
  const tell = (failures: readonly string[]): void => {
    const text = failures.join("; ");
    if (text !== "" && text !== told) {
      const left = endsSoon(current(), clock.now());
      logger.warn("no new password", { error: text, left });
      events.event(...parts.about, "Warning", "PullPasswordFailed", `${text}. ${left}; tried again in a while.`);
    }
    told = text;
  };
  const write = async (logins: Logins, signal: AbortSignal): Promise<void> => {
    const known = cached();
    const key = `secret ${namespace}`;
    if (own.isWaiting(key)) return;
    const { data, annotations } = sourceOf(logins, registries);
    const isThere = (key: string, value: string) => known?.metadata.annotations?.[key] === value;
    if (logins.size === 0) return;
    if (known && same(known.data, data) && Object.entries(annotations).every(([key, value]) => isThere(key, value)))
      return;
    measure.wrote(known ? "update" : "create");
    const labels = { [LABEL_MANAGED]: MANAGED };
    const written = known
      ? await client.patch(SECRETS, ref, changeTo(known, data, annotations), { signal })
      : await client.create(
          SECRETS,
          { metadata: { ...ref, labels, annotations }, type: DOCKER_CONFIG_TYPE, data },
          { signal },
        );
    own.wrote(key, known, written, cached());
  };

  return {
    get logins() {
      return current();
    },
    async sync(signal) {
      const known = cached();
      if (known && !isOurs(known)) {
        refuse(parts, known);
        return { blocked: true };
      }
      const before = current();
      const due = placesOf(registries).filter((place) => {
        const login = before.get(placeText(place));
        return !login || dueAt(login) <= clock.now();
      });
      const results = await Promise.all(due.map((place) => renew(place, signal)));
      const failures = results.filter((text) => text !== "");
      tell(failures);
      const logins = current();
      await write(logins, signal);
      const dues = [...logins.values()].map(dueAt).filter((at) => at > clock.now());
      return { failed: failures.length > 0, nextAt: Math.min(...dues, clock.now() + LONGEST_LOOK_MS) };
    },
  };
}

/** A clock that was set forward is noticed within this time. It costs a look at memory. */
const LONGEST_LOOK_MS = 3_600_000;

/** Somebody else's Secret is left alone, and they are told. */
export function refuse({ events, logger }: Pick<SessionParts, "events" | "logger">, secret: Secret): void {
  const { namespace = "", name = "" } = secret.metadata;
  const message = `Not ours: it has no label ${LABEL_MANAGED}=${MANAGED}. Left as it is; delete or rename it to have it kept fresh.`;
  events.event(SECRETS, secret, "Warning", "PullSecretRefused", message);
  logger.warn("a Secret of somebody else has the name", { secret: `${namespace}/${name}` });
}

/** Each registry once, however many hosts it has. */
function placesOf(registries: readonly NamedRegistry[]): readonly RegistryPlace[] {
  return [...new Map(registries.map(({ place }) => [placeText(place), place])).values()];
}

function endsSoon(logins: Logins, now: number): string {
  if (logins.size === 0) return "There is no password yet";
  const hours = (Math.min(...[...logins.values()].map(({ expiresAt }) => expiresAt)) - now) / 3_600_000;
  return hours > 0 ? `Those at hand are good for ${hours.toFixed(1)} h more` : "Those at hand have ended";
}

function changeTo(known: Secret, data: object, annotations: object) {
  const { resourceVersion } = known.metadata;
  const gone = Object.fromEntries(Object.keys(known.data ?? {}).map((key) => [key, null]));
  return { type: "merge", body: { metadata: { resourceVersion, annotations }, data: { ...gone, ...data } } } as const;
}

function same(a: Readonly<Record<string, string>> = {}, b: Readonly<Record<string, string>> = {}): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
