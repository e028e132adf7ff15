import { errorText } from "@ccm/base";
import { isBceError, type Robot } from "@ccm/bce";
import { type AccountOptions, openAccountOf } from "../credentials/account.ts";
import { EXIT, type Io } from "../io.ts";
import { type Format, plural, writeReport } from "../output.ts";
import type { Row } from "../table.ts";
import { findRegistry } from "./place.ts";

export interface ListOptions extends AccountOptions {
  readonly output: Format;
}

const WEEK_MS = 7 * 86_400_000;

/** Who may log in to registries as what: the caller, the other users of IAM, and the personal edition's one user. */
export async function users(io: Io, options: ListOptions): Promise<number> {
  const account = await openAccountOf(io, options);
  try {
    const { ccr, iam } = account.client();
    const read = { lane: "user", signal: io.signal } as const;
    const unread: { readonly what: string; readonly why: string }[] = [];
    const attempt = async <T>(what: string, reading: Promise<T>): Promise<T | undefined> => {
      try {
        return await reading;
      } catch (error) {
        if (io.signal.aborted) throw error;
        unread.push({ what, why: errorText(error) });
        return undefined;
      }
    };
    const own = await attempt("your own name", ccr.loginName(undefined, read));
    const known = (await attempt("users of IAM", iam.listUsers(read))) ?? [];
    const rows: { readonly user: string; readonly edition: string; readonly login: string }[] = [];
    if (own !== undefined) rows.push({ user: "you", edition: "enterprise", login: own });
    for (const { id, name } of known) {
      const login = await attempt(`user ${name}`, ccr.loginName(id, read));
      if (login !== undefined) rows.push({ user: name, edition: "enterprise", login });
    }
    const personal = await ccr.personal.userName(read).catch((error: unknown) => {
      // Never used: that is no fault.
      if (isBceError(error, "absent")) return undefined;
      return attempt("the personal edition's user", Promise.reject(error));
    });
    if (typeof personal === "string") rows.push({ user: "you", edition: "personal", login: personal });
    writeReport(io, options.output, {
      data: { users: rows, unread },
      sections: [
        {
          columns: ["USER", "EDITION", "LOGIN NAME"],
          rows: rows.map(({ user, edition, login }) => ({ cells: [user, edition, login] })),
        },
        {
          columns: ["COULD NOT BE READ", "WHY"],
          rows: unread.map(({ what, why }) => ({ cells: [what, why], tone: "warn" })),
        },
      ],
      summary: ["A login name comes from the user's name in IAM; no call of the cloud changes it."],
    });
    return unread.length > 0 ? EXIT.failure : EXIT.nothing;
  } finally {
    await account.close();
  }
}

/** The robots of a registry: what they may pull, and when they end. */
export async function robots(io: Io, wanted: string, options: ListOptions): Promise<number> {
  const account = await openAccountOf(io, options);
  try {
    const { instance, ccr } = await findRegistry(io, account, wanted);
    const list = await ccr.listRobots(instance.id, { lane: "user", signal: io.signal });
    writeReport(io, options.output, {
      data: { instanceId: instance.id, robots: list },
      sections: [
        {
          columns: ["NAME", "STATE", "ENDS", "MAY", "DESCRIPTION"],
          rows: list.map((one) => rowOf(one, io.clock.now())),
        },
      ],
      summary: [
        `${plural(list.length, "robot")} in ${instance.id} (${instance.name}). Names cannot be changed; rotate makes another.`,
      ],
    });
    return EXIT.nothing;
  } finally {
    await account.close();
  }
}

function rowOf({ name, disable, expiresAt, permissions, description }: Robot, now: number): Row {
  const endsAt = expiresAt === -1 ? Number.POSITIVE_INFINITY : expiresAt * 1000;
  const state = disable ? "disabled" : endsAt <= now ? "ended" : "enabled";
  const ends = Number.isFinite(endsAt) ? new Date(endsAt).toISOString().slice(0, 10) : "never";
  const may = permissions.map(({ namespace, access }) => {
    const actions = access.filter(({ resource }) => resource === "repository").map(({ action }) => action);
    return `${namespace}: ${actions.join("+") || "-"}`;
  });
  const tone = state === "ended" ? "alarm" : state === "disabled" || endsAt - now < WEEK_MS ? "warn" : "plain";
  return { cells: [name, state, ends, may.join(", "), description], tone };
}
