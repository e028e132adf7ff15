/** Who is asking, and the two review resources that answer questions about it. */
import type { ServerRequest } from "@ccm/base";
import { type Fields, fieldsOf, listOf, textOf } from "./json.ts";

export interface User {
  readonly user: string;
  readonly groups: readonly string[];
}

export type Authenticate = (request: ServerRequest) => User | undefined;

export interface AccessQuestion extends User {
  readonly resourceAttributes?: Fields;
  readonly nonResourceAttributes?: Fields;
}

const ADMIN: User = { user: "system:admin", groups: ["system:masters", "system:authenticated"] };

/**
 * A verified client certificate, or a bearer token of the map. Without a map of tokens everybody is an administrator,
 * which is what a server that nobody but this process can reach wants.
 */
export function defaultAuthenticate(tokens: ReadonlyMap<string, User> | undefined): Authenticate {
  return ({ headers, peer }) => {
    if (peer) return { user: peer.commonName, groups: [...peer.organizations, "system:authenticated"] };
    if (!tokens) return ADMIN;
    const token = /^Bearer\s+(\S+)$/i.exec(headers.authorization ?? "")?.[1];
    return token === undefined ? undefined : tokens.get(token);
  };
}

export function reviewToken(body: Fields, tokens: ReadonlyMap<string, User> | undefined): Fields {
  const token = textOf(fieldsOf(body.spec).token);
  const found = tokens?.get(token);
  const status = found
    ? { authenticated: true, user: { username: found.user, groups: found.groups } }
    : { authenticated: false, error: "the token is not known" };
  // The token itself is not sent back.
  return { kind: "TokenReview", apiVersion: "authentication.k8s.io/v1", metadata: {}, spec: {}, status };
}

/** `self`: the caller asks about itself. */
export function reviewAccess(
  body: Fields,
  self: User | undefined,
  authorize: ((question: AccessQuestion) => boolean) | undefined,
): Fields {
  const spec = fieldsOf(body.spec);
  const user = self?.user ?? textOf(spec.user);
  const groups = self?.groups ?? listOf(spec.groups).map(textOf);
  const attributes = Object.fromEntries(
    ["resourceAttributes", "nonResourceAttributes"].flatMap((name) =>
      spec[name] ? [[name, fieldsOf(spec[name])]] : [],
    ),
  );
  const allowed = groups.includes("system:masters") || (authorize?.({ user, groups, ...attributes }) ?? false);
  const kind = self ? "SelfSubjectAccessReview" : "SubjectAccessReview";
  return { kind, apiVersion: "authorization.k8s.io/v1", metadata: {}, spec, status: { allowed } };
}
