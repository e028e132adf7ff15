import type { SessionPersistence } from "./data-plane.ts";

const INSERTED_COOKIE = "BLBSESSION";
/** Between who set a rewritten cookie and what the backend had written into it. */
const SEPARATOR = "~";

export interface SessionRequest {
  /** The token of the backend that the client was with. */
  readonly token: string | undefined;
  /** The Cookie header as the backend should see it: without what is ours. */
  readonly cookie: string | undefined;
}

/** Reads from a Cookie header which backend a client belongs to. */
export function readSession(session: SessionPersistence, header: string | undefined): SessionRequest {
  if (header === undefined) return { token: undefined, cookie: undefined };
  let token: string | undefined;
  const kept = header.split(/;\s*/).flatMap((pair) => {
    const at = pair.indexOf("=");
    const [name, value] = [pair.slice(0, at), pair.slice(at + 1)];
    if (session.type === "insert") {
      if (name !== INSERTED_COOKIE) return [pair];
      token ??= value;
      return [];
    }
    const end = value.indexOf(SEPARATOR);
    if (name !== session.cookieName || end < 0) return [pair];
    token ??= value.slice(0, end);
    return [`${name}=${value.slice(end + 1)}`];
  });
  return { token, cookie: kept.length > 0 ? kept.join("; ") : undefined };
}

/** The Set-Cookie headers of an answer, with what binds the client to the backend that gave it. */
export function writeSession(
  session: SessionPersistence,
  setCookies: readonly string[],
  token: string,
  asked: string | undefined,
): readonly string[] {
  if (session.type === "insert") {
    if (asked === token) return setCookies;
    return [...setCookies, `${INSERTED_COOKIE}=${token}; Path=/; Max-Age=${session.seconds}; HttpOnly`];
  }
  const prefix = `${session.cookieName}=`;
  return setCookies.map((line) =>
    line.startsWith(prefix) ? `${prefix}${token}${SEPARATOR}${line.slice(prefix.length)}` : line,
  );
}
