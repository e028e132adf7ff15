import type { Secret } from "@ccm/base";

/** Bearer tokens that may change: a file that is rewritten, a plugin's answer that expires. */
export interface TokenSource {
  get(refresh: boolean): Promise<Secret | undefined>;
}

/** Service account tokens are rotated in place; the file is read again this often, and after a refusal. */
const FILE_MAX_AGE_MS = 60_000;

export function fileToken(path: string, read: (path: string) => Promise<Secret>, now: () => number): TokenSource {
  let token: Secret | undefined;
  let readAt = 0;
  return {
    async get(refresh) {
      if (token && !refresh && now() - readAt < FILE_MAX_AGE_MS) return token;
      try {
        token = await read(path);
        readAt = now();
      } catch (error) {
        // A file that cannot be read for a moment is no reason to stop using a token that worked.
        if (!token || refresh) throw error;
      }
      return token;
    },
  };
}

export function bearer(source: TokenSource): (refresh: boolean) => Promise<Readonly<Record<string, string>>> {
  return async (refresh): Promise<Readonly<Record<string, string>>> => {
    const token = await source.get(refresh);
    return token ? { authorization: `Bearer ${token.reveal()}` } : {};
  };
}
