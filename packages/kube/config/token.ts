import { type Secret, SingleFlight } from "@ccm/base";
import { configError } from "./fields.ts";

/** Bearer tokens that may change: a file that is rewritten, a plugin's answer that expires. */
export interface TokenSource {
  /** `refresh`: the token given before was refused. */
  get(refresh: boolean): Promise<Secret | undefined>;
}

/** Service account tokens are rotated in place; the file is read again this often, and after a refusal. */
const FILE_MAX_AGE_MS = 60_000;

/** The token in a file. `now` in milliseconds; `where` starts an error's text. */
export function fileToken(where: string, read: () => Promise<Secret>, now: () => number): TokenSource {
  const reading = new SingleFlight<Secret>();
  let token: Secret | undefined;
  let readAt = 0;
  const readAgain = async (): Promise<Secret> => {
    const fresh = await read();
    if (!isHeaderText(fresh)) throw configError(where, "expected a token in printable ASCII");
    token = fresh;
    readAt = now();
    return fresh;
  };
  return {
    async get(refresh) {
      if (token && !refresh && now() - readAt < FILE_MAX_AGE_MS) return token;
      const last = token;
      return reading.run("", readAgain).catch((error: unknown) => {
        // A file that cannot be read for a moment is no reason to stop using a token that worked.
        if (!last || refresh) throw error;
        return last;
      });
    },
  };
}

/** Whether it can go into a header: anything else would only be refused by the transport, in an error that shows it. */
export function isHeaderText(secret: Secret): boolean {
  return /^[\x20-\x7e]+$/.test(secret.reveal());
}

export function bearer(source: TokenSource): (refresh: boolean) => Promise<Readonly<Record<string, string>>> {
  return async (refresh): Promise<Readonly<Record<string, string>>> => {
    const token = await source.get(refresh);
    return token ? { authorization: `Bearer ${token.reveal()}` } : {};
  };
}
