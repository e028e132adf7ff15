import { ANY_TEXT } from "../../api/common.ts";
import { Fault } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { anything, list, object, optional, text } from "../../api/schema.ts";
import { signatureOf } from "../../api/signature.ts";
import { type Json, textOf } from "./records.ts";

const LIFE_MS = 3_600_000;
const TOKEN_HEADER = "x-bce-security-token";

const OPERATIONS = operations({
  SignForCluster: {
    summary: "Signs a request for a component of a cluster, which comes with the cluster's token instead of a key.",
    method: "POST",
    path: "/internal-api/v1/signature",
    clientToken: false,
    body: object({
      method: text(),
      uri: text(),
      headers: optional(anything()),
      queries: optional(anything()),
      keyOnlyQueries: optional(list(text()), []),
    }),
    answer: object({ authorization: text(), securityToken: ANY_TEXT }),
    errors: ["AccessDenied"],
  },
});

/** The workload identity of clusters. Not documented publicly: what drivers of the cloud send. */
export const gateway = part(OPERATIONS, (account) => ({
  SignForCluster({ body, principal }) {
    if (principal.kind !== "gateway")
      throw new Fault(403, "AccessDenied", "Only the token of a cluster is signed for.");
    const key = account.access.issueTemporary(account.id, LIFE_MS);
    const given = Object.entries((body.headers ?? {}) as Json).map(([name, value]) => [
      name.toLowerCase(),
      String(value),
    ]);
    // The token is a header of the request that is signed: whoever sends it must add it.
    const headers = { ...Object.fromEntries(given), [TOKEN_HEADER]: key.sessionToken };
    const queries = (body.queries ?? {}) as Json;
    const query = [
      ...Object.keys(queries).map((name) => [name, textOf(queries, name)] as const),
      ...body.keyOnlyQueries.map((name) => [name, ""] as const),
    ];
    const request = { method: body.method, headers };
    const authorization = signatureOf(request, { path: body.uri, query }, key, account.clock.now());
    return { authorization, securityToken: key.sessionToken };
  },
}));
