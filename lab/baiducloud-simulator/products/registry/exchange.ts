import type { HttpResponse, ServerRequest } from "@ccm/base";
import type { Operation, Product } from "../../api/operation.ts";
import type { Exchange, Interceptor } from "../../api/serve.ts";
import { parseTarget } from "../../api/wire.ts";

/** One call as `handle` has found it. */
export interface RegistryCall {
  /** "IssueToken", "CheckVersion", "ListCatalog", or the method and the kind: "PUT manifests". */
  readonly operation: string;
  /** repository, and reference: a tag, a digest, the number of an upload. */
  readonly params: Readonly<Record<string, string>>;
  /** Of who asks, where the request says so. */
  readonly accountId: string;
  run(): HttpResponse;
}

/** For rules only: its operations are in no table, as docker's API is not the cloud's. */
const REGISTRY: Product = { name: "registry", title: "Image registries", hosts: [], parts: [] };

/** Runs a call inside what stands around every operation of the cloud. Throws the Faults of it. */
export async function runInside(
  around: Interceptor,
  call: RegistryCall,
  { request, requestId, region }: Pick<Exchange, "request" | "requestId" | "region">,
): Promise<HttpResponse> {
  let response: HttpResponse | undefined;
  await around(exchangeOf(call, request, requestId, region), () => {
    response = call.run();
    // Its bytes are not for rules to read: what is done to answers is done on the wire.
    return { status: response.status, body: {} };
  });
  // A call that was not done: its connection is reset, or hangs.
  return response ?? { status: 200, headers: {}, body: nothing() };
}

function exchangeOf(call: RegistryCall, request: ServerRequest, requestId: string, region: string): Exchange {
  const { operation: name, params, accountId } = call;
  const { path, query } = parseTarget(request.target);
  const method = request.method as Operation["method"];
  return {
    product: REGISTRY,
    part: 0,
    name,
    operation: { summary: "", method, path },
    params,
    request,
    requestId,
    region,
    principal: { accountId, accessKeyId: "", kind: "account" },
    input: {
      method,
      path,
      param: (wanted) => query.find(([known]) => known === wanted)?.[1],
      has: (wanted) => query.some(([known]) => known === wanted),
      body: {},
    },
    opaque: true,
  };
}

export async function* nothing(): AsyncGenerator<Uint8Array> {}
