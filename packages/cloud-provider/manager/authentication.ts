import { createHash } from "node:crypto";
import { type Clock, type Metrics, type ServerRequest, TtlCache } from "@ccm/base";
import type { KubeClient } from "@ccm/kube";
import type { ClientAuthorities } from "./client-authorities.ts";
import { reviewMetrics } from "./review-metrics.ts";
import { ANONYMOUS, authenticated, type User } from "./user.ts";

/** The user behind a request; "invalid": it brought credentials that are none. Throws when nobody can be asked. */
export type Authenticate = (request: ServerRequest) => Promise<User | "invalid">;

/** Front proxy, client certificate, bearer token (by TokenReview), nobody: the first that the request has. */
export function createAuthenticate(options: {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly authorities: Pick<ClientAuthorities, "current">;
  readonly tokenTtlMs: number;
}): Authenticate {
  const { client, clock, metrics, authorities, tokenTtlMs } = options;
  const reviews = new TtlCache<User | "invalid">(clock, Math.max(1, tokenTtlMs), 4096);
  const measure = reviewMetrics(metrics, clock, "authn");
  const attempts = attemptMetrics(metrics, clock);

  const byToken = async (token: string, signal: AbortSignal): Promise<User | "invalid"> => {
    // The token itself is not kept: who reads our memory should not find it.
    const key = createHash("sha256").update(token).digest("base64");
    const known = tokenTtlMs > 0 ? reviews.get(key) : undefined;
    if (known) return known;
    const review = await measure(() =>
      client.post<{ status?: { authenticated?: boolean; user?: User } }>(
        "/apis/authentication.k8s.io/v1/tokenreviews",
        { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token } },
        { signal },
      ),
    );
    const user = review.status?.authenticated && review.status.user ? review.status.user : "invalid";
    reviews.set(key, user);
    return user;
  };
  const find = async (request: ServerRequest): Promise<User | "invalid"> => {
    const found = behindProxy(request, authorities.current()) ?? byCertificate(request, authorities.current());
    if (found) return found;
    const token = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
    return token ? byToken(token, request.signal) : ANONYMOUS;
  };
  return async (request) => {
    const user = await attempts(() => find(request));
    return user === "invalid" || user === ANONYMOUS ? user : authenticated(user);
  };
}

type Authorities = ReturnType<ClientAuthorities["current"]>;

/** A proxy that proves itself with a certificate may say whom it speaks for. */
function behindProxy({ peer, headers }: ServerRequest, { proxies }: Authorities): User | undefined {
  if (!peer || !proxies.vouchesFor(peer.chain ?? [])) return undefined;
  if (proxies.allowedNames.length > 0 && !proxies.allowedNames.includes(peer.commonName)) return undefined;
  const all = (names: readonly string[]): readonly string[] =>
    names.flatMap((name) => headers[name.toLowerCase()]?.split(", ") ?? []).filter((value) => value !== "");
  const [username] = all(proxies.usernameHeaders);
  if (!username) return undefined;
  const [uid] = all(proxies.uidHeaders);
  const extra: Record<string, readonly string[]> = {};
  for (const prefix of proxies.extraHeadersPrefix) {
    for (const name of Object.keys(headers)) {
      if (!name.startsWith(prefix.toLowerCase())) continue;
      extra[decoded(name.slice(prefix.length))] = all([name]);
    }
  }
  return { username, groups: all(proxies.groupHeaders), ...(uid ? { uid } : {}), extra };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function byCertificate({ peer }: ServerRequest, { clients }: Authorities): User | undefined {
  if (!peer || !clients.vouchesFor(peer.chain ?? [])) return undefined;
  return { username: peer.commonName, groups: peer.organizations };
}

/** 1 ms … 16 s. */
const BUCKETS = Array.from({ length: 15 }, (_, n) => 0.001 * 2 ** n);

function attemptMetrics(metrics: Metrics, clock: Clock) {
  const attempts = metrics.counter({
    name: "authentication_attempts",
    help: "Requests to the manager's server, by whether the user became known",
    labels: ["result"],
  });
  const users = metrics.counter({
    name: "authenticated_user_requests",
    help: "Requests to the manager's server by a known user",
    labels: ["username"],
  });
  const duration = metrics.histogram({
    name: "authentication_duration_seconds",
    help: "How long finding out who asks took",
    labels: ["result"],
    buckets: BUCKETS,
  });
  return async (find: () => Promise<User | "invalid">): Promise<User | "invalid"> => {
    const start = clock.monotonic();
    let result = "error";
    try {
      const user = await find();
      result = user === "invalid" ? "failure" : "success";
      // Upstream names a few users that every cluster has; others would be a label without end.
      if (user !== "invalid") users.inc({ username: user === ANONYMOUS ? user.username : "other" });
      return user;
    } finally {
      attempts.inc({ result });
      duration.observe((clock.monotonic() - start) / 1000, { result });
    }
  };
}
