import { type Clock, type HttpHandler, jsonResponse, type Logger, type Random, type ServerRequest } from "@ccm/base";
import type { World } from "../world.ts";
import type { Principal } from "./access.ts";
import { Fault } from "./fault.ts";
import { type Answer, createIdempotencyRecords } from "./idempotency.ts";
import { mismatch } from "./mismatch.ts";
import type { Operation, Product } from "./operation.ts";
import { parse, parseFields } from "./parse.ts";
import { createRouter, type Route } from "./router.ts";
import { type Input, inputOf, parseTarget, type Target } from "./wire.ts";

/** One call on its way: what is known when its operation is about to run. */
export interface Exchange extends Route {
  readonly request: ServerRequest;
  readonly requestId: string;
  readonly input: Input;
  readonly principal: Principal;
  readonly region: string;
  /** Whether its answer is bytes of another API than the cloud's, which tell nothing of objects. */
  readonly opaque?: boolean;
}

/**
 * Stands around every operation: may refuse (throw a Fault), wait, change the answer, or lose it after `run` has done its
 * work. Calls `run` at most once, with another input where not all of the request is to be done.
 */
export type Interceptor = (
  exchange: Exchange,
  run: (input?: Input) => Answer | Promise<Answer>,
) => Answer | Promise<Answer>;

/** One line of the log of calls. */
export interface LoggedCall {
  readonly time: string;
  readonly method: string;
  /** Without the signature. */
  readonly target: string;
  readonly status: number;
  readonly code?: string;
  readonly requestId: string;
  /** Of calls that found their operation. */
  readonly product?: string;
  readonly operation?: string;
  readonly account?: string;
  readonly region?: string;
  /** From the request's arrival to its answer. */
  readonly durationMs: number;
  /** The rule that made it fail or wait. */
  readonly fault?: string;
  /** Of such a call: whether it was done all the same. */
  readonly done?: boolean;
}

/** What the log is told of a call that was disturbed. */
export interface Mark {
  readonly fault: string;
  /** No answer reaches the client: status 0. */
  readonly lost: boolean;
  readonly done: boolean;
}

export interface ServeOptions {
  readonly world: World;
  readonly products: readonly Product[];
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly region: string;
  readonly regions: readonly string[];
  /** The first is the outermost. */
  readonly interceptors: readonly Interceptor[];
  /** Whether an answer that is not as its schema says is an internal error: for tests. */
  readonly checkAnswers: boolean;
  readonly onCall: (call: LoggedCall) => void;
  readonly markOf?: (request: ServerRequest) => Mark | undefined;
}

/** Makes handlers of the signed API: of the products of one host, or of all where `host` is absent. */
export function createServer(options: ServeOptions): (host?: string) => HttpHandler {
  const { world, clock, random, logger } = options;
  const route = createRouter(options.products);
  const records = createIdempotencyRecords(clock, world.store);

  const execute = (exchange: Exchange, target: Target): Answer | Promise<Answer> => {
    const { product, part, name, operation, input, principal } = exchange;
    const account = world.account(principal.accountId, exchange.region);
    const checked = (answer: unknown): Answer => {
      const wrong = options.checkAnswers && operation.answer ? mismatch(operation.answer, answer, name) : undefined;
      if (wrong) throw new Error(`the answer is not as its schema says: ${wrong}`);
      return { status: 200, body: answer };
    };
    const handle = (): unknown => {
      const { query, body } = parseInput(product, operation, input);
      return world.handler(account, product, part, name)({ params: exchange.params, query, body, principal, input });
    };
    const run = (): Answer => checked(handle());
    const repeatable = operation.clientToken ?? operation.method !== "GET";
    return repeatable
      ? records.handle(
          `${account.id}/${account.region}`,
          input,
          target,
          exchange.request.body,
          run,
          exchange.request.headers["x-request-token"],
        )
      : later(handle(), checked);
  };

  return (fixedHost) => async (request) => {
    const requestId = random.uuid();
    const began = clock.monotonic();
    let found: Exchange | undefined;
    let outcome: Answer;
    try {
      const target = parseTarget(request.target);
      const principal = world.access.authenticate(request, target);
      const input = inputOf(request.method, target, request.body);
      const { label, region } = placeOf(request, options);
      const exchange = { ...route(input, fixedHost ?? label), request, requestId, input, principal, region };
      found = exchange;
      const around = options.interceptors.reduceRight<(exchange: Exchange) => Answer | Promise<Answer>>(
        (run, interceptor) => (outer) =>
          interceptor(outer, (changed) => run(changed ? { ...outer, input: changed } : outer)),
        (inner) => execute(inner, target),
      );
      const answer = around(exchange);
      outcome = answer instanceof Promise ? await answer : answer;
    } catch (error) {
      outcome = refusal(error, logger);
    }
    try {
      // What the call did lasts before its caller hears of it.
      const written = world.store.durable();
      if (written) await written;
    } catch (error) {
      outcome = refusal(error, logger);
    }
    const { status, body, headers = {} } = outcome;
    const mark = options.markOf?.(request);
    const json = status >= 400 ? { requestId, ...(body as object) } : body;
    options.onCall({
      time: new Date(clock.now()).toISOString(),
      method: request.method,
      target: request.target.replace(/authorization=[^&]*/i, "authorization=…"),
      status: mark?.lost ? 0 : status,
      ...(mark ? { fault: mark.fault, done: mark.done } : {}),
      ...(status >= 400 ? { code: (body as { code: string }).code } : {}),
      requestId,
      durationMs: clock.monotonic() - began,
      ...(found
        ? {
            product: found.product.name,
            operation: found.name,
            account: found.principal.accountId,
            region: found.region,
          }
        : {}),
    });
    return jsonResponse(status, json, {
      "content-type": "application/json;charset=UTF-8",
      "x-bce-request-id": requestId,
      date: new Date(clock.now()).toUTCString(),
      server: "BWS",
      "cache-control": "no-cache",
      ...headers,
    });
  };
}

function later(answer: unknown, then: (answer: unknown) => Answer): Answer | Promise<Answer> {
  return answer instanceof Promise ? answer.then(then) : then(answer);
}

/** Throws what is wrong with it in the words of the product. */
function parseInput(product: Product, { query = {}, body }: Operation, input: Input) {
  try {
    if (input.list && body?.shape.kind !== "list") throw new Fault(400, "InappropriateJSON", "expected a JSON object.");
    return {
      query: parseFields(query, queryOf(input, query), "", "query"),
      body: body ? parse(body, input.list ?? input.body, "") : {},
    };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw new Fault(error.status, product.codes?.[error.code] ?? error.code, error.message);
  }
}

function refusal(error: unknown, logger: Logger): Answer {
  if (error instanceof Fault) {
    const { status, code, message, headers } = error;
    return { status, body: { code, message }, headers };
  }
  logger.error("the simulator failed", { error });
  const message = "We encountered an internal error. Please try again.";
  return { status: 500, body: { code: "InternalError", message } };
}

/** The first label of the host name (that of the product) and the region, where the host is the cloud's: "blb.bj.baidubce.com". */
function placeOf(
  { headers }: ServerRequest,
  { region, regions }: ServeOptions,
): { readonly label: string | undefined; readonly region: string } {
  const host = (headers["cce-remote-host"] ?? headers.host ?? "").toLowerCase().replace(/:\d+$/, "");
  const [label, second] = host.endsWith(".baidubce.com") ? host.slice(0, -".baidubce.com".length).split(".") : [];
  return { label, region: second !== undefined && regions.includes(second) ? second : region };
}

function queryOf(
  input: Input,
  fields: Readonly<Record<string, unknown>>,
): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(Object.keys(fields).map((name) => [name, input.param(name)]));
}
