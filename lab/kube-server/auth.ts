/** Who is asking, and the reviews that answer questions about it. */
import type { Clock, ServerRequest } from "@ccm/base";
import { type Fields, fieldsOf, listOf, textOf } from "./json.ts";
import { timestamp } from "./resource.ts";
import { badRequest, invalid } from "./status-errors.ts";
import { FieldErrors } from "./validation.ts";

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

export interface ReviewParts {
  readonly clock: Clock;
  readonly tokens: ReadonlyMap<string, User> | undefined;
  readonly authorize: ((question: AccessQuestion) => boolean) | undefined;
}

/** Answers one of the questions that are not kept. Throws a 400 or 422 for one that cannot be answered. */
export function review(plural: string, body: Fields, user: User, parts: ReviewParts): Fields {
  switch (plural) {
    case "tokenreviews":
      return reviewToken(body, parts.tokens);
    case "subjectaccessreviews":
      return reviewAccess(body, undefined, parts.authorize);
    case "selfsubjectaccessreviews":
      return reviewAccess(body, user, parts.authorize);
    case "selfsubjectrulesreviews":
      return reviewRules(user, parts.authorize);
    default:
      return reviewSelf(user, parts.clock);
  }
}

function reviewToken(body: Fields, tokens: ReadonlyMap<string, User> | undefined): Fields {
  const token = textOf(fieldsOf(body.spec).token);
  if (token === "") throw badRequest("token is required for TokenReview in authentication");
  const found = tokens?.get(token);
  const status = found
    ? { authenticated: true, user: { username: found.user, groups: found.groups } }
    : { user: {}, error: "invalid bearer token" };
  // Who asks has the token already.
  return { kind: "TokenReview", apiVersion: "authentication.k8s.io/v1", metadata: {}, spec: { token }, status };
}

/** `self`: the caller asks about itself. */
function reviewAccess(body: Fields, self: User | undefined, authorize: ReviewParts["authorize"]): Fields {
  const spec = fieldsOf(body.spec);
  const user = self?.user ?? textOf(spec.user);
  const groups = self?.groups ?? listOf(spec.groups).map(textOf);
  checkQuestion(spec, user, groups);
  const attributes = Object.fromEntries(
    ["resourceAttributes", "nonResourceAttributes"].flatMap((name) =>
      spec[name] ? [[name, fieldsOf(spec[name])]] : [],
    ),
  );
  const allowed = groups.includes("system:masters") || (authorize?.({ user, groups, ...attributes }) ?? false);
  const kind = self ? "SelfSubjectAccessReview" : "SubjectAccessReview";
  return { kind, apiVersion: "authorization.k8s.io/v1", metadata: {}, spec, status: { allowed } };
}

function checkQuestion(spec: Fields, user: string, groups: readonly string[]): void {
  const errors = new FieldErrors();
  const { resourceAttributes, nonResourceAttributes } = spec;
  if ((resourceAttributes === undefined) === (nonResourceAttributes === undefined)) {
    const path = nonResourceAttributes && {
      Path: fieldsOf(nonResourceAttributes).path,
      Verb: fieldsOf(nonResourceAttributes).verb,
    };
    errors.invalid("spec", path, "exactly one of nonResourceAttributes or resourceAttributes must be specified");
  }
  if (user === "" && groups.length === 0) {
    errors.invalid("spec.user", "", "at least one of user or group must be specified");
  }
  const subject = { group: "authorization.k8s.io", plural: "", kind: "", name: "" };
  if (errors.causes.length > 0) throw invalid(subject, errors.causes);
}

/** Everything, or what everybody may: which requests `authorize` would allow cannot be told without asking. */
function reviewRules(user: User, authorize: ReviewParts["authorize"]): Fields {
  const everything = user.groups.includes("system:masters");
  const status = {
    resourceRules: everything ? [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }] : [],
    nonResourceRules: everything ? [{ verbs: ["*"], nonResourceURLs: ["*"] }] : [],
    incomplete: !everything && authorize !== undefined,
  };
  return { kind: "SelfSubjectRulesReview", apiVersion: "authorization.k8s.io/v1", metadata: {}, spec: {}, status };
}

function reviewSelf({ user, groups }: User, clock: Clock): Fields {
  const metadata = { creationTimestamp: timestamp(clock) };
  const status = { userInfo: { username: user, groups } };
  return { kind: "SelfSubjectReview", apiVersion: "authentication.k8s.io/v1", metadata, status };
}
