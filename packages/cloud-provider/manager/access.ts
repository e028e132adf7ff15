import { type Clock, type ServerRequest, TtlCache } from "@ccm/base";
import type { KubeClient } from "@ccm/kube";

export type Access = "allowed" | "unauthenticated" | "forbidden";

/** Who may read what on the manager's HTTPS server, decided by the API server (TokenReview, SubjectAccessReview). */
export type AccessControl = (request: ServerRequest, path: string) => Promise<Access>;

const CACHE_MS = 10_000;

interface User {
  readonly username: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
}

export function createAccessControl(options: {
  readonly client: KubeClient;
  readonly clock: Clock;
  /** Exact, or a prefix when it ends in "*". */
  readonly alwaysAllow: readonly string[];
}): AccessControl {
  const { client, clock, alwaysAllow } = options;
  const users = new TtlCache<User | "none">(clock, CACHE_MS);
  const decisions = new TtlCache<boolean>(clock, CACHE_MS);

  const authenticate = async (token: string, signal: AbortSignal): Promise<User | undefined> => {
    const known = users.get(token);
    if (known) return known === "none" ? undefined : known;
    const review = await client.post<{ status?: { authenticated?: boolean; user?: User } }>(
      "/apis/authentication.k8s.io/v1/tokenreviews",
      { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token } },
      { signal },
    );
    const user = review.status?.authenticated ? review.status.user : undefined;
    users.set(token, user ?? "none");
    return user;
  };
  const mayGet = async (user: User, path: string, verb: string, signal: AbortSignal): Promise<boolean> => {
    if (user.groups?.includes("system:masters")) return true;
    const key = JSON.stringify([user, path, verb]);
    const known = decisions.get(key);
    if (known !== undefined) return known;
    const review = await client.post<{ status?: { allowed?: boolean } }>(
      "/apis/authorization.k8s.io/v1/subjectaccessreviews",
      {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SubjectAccessReview",
        spec: {
          user: user.username,
          ...(user.uid ? { uid: user.uid } : {}),
          groups: user.groups ?? [],
          nonResourceAttributes: { path, verb },
        },
      },
      { signal },
    );
    const allowed = review.status?.allowed === true;
    decisions.set(key, allowed);
    return allowed;
  };

  return async (request, path) => {
    const open = alwaysAllow.some((rule) => (rule.endsWith("*") ? path.startsWith(rule.slice(0, -1)) : path === rule));
    if (open) return "allowed";
    const token = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
    const user = token
      ? await authenticate(token, request.signal)
      : { username: "system:anonymous", groups: ["system:unauthenticated"] };
    if (!user) return "unauthenticated";
    const allowed = await mayGet(user, path, request.method.toLowerCase(), request.signal);
    return allowed ? "allowed" : "forbidden";
  };
}
