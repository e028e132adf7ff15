import { type Clock, type HttpResponse, jsonResponse, type ServerRequest } from "@ccm/base";
import { badRequest } from "../api/fault.ts";
import type { LoggedCall } from "../api/serve.ts";
import { type Input, inputOf, parseTarget } from "../api/wire.ts";
import type { World } from "../world.ts";
import { createCallLog } from "./calls.ts";
import { createChanges } from "./changes.ts";
import { createRateMeter } from "./rates.ts";
import { createTopologyTracker } from "./topology-tracker.ts";

/** How many calls are kept, and at most listed at once. */
const KEPT_CALLS = 10_000;
const MAX_PAGE = 1000;

/** What the page reads: topology, changes, calls, rates. */
export interface ConsoleApi {
  onCall(call: LoggedCall): void;
  /** Undefined for what is not the console's. Throws Faults. */
  handle(request: ServerRequest): HttpResponse | undefined;
}

export const CONSOLE_INDEX = {
  "GET /admin/topology": "VPCs, subnets, instances, load balancers with the health of their backends, EIPs, routes",
  "GET /admin/changes": "the same as a stream of events: a snapshot, then what changes; rates each second",
  "GET /admin/calls": "the newest calls: ?product=&operation=&status=&text=&before=&after=&limit=",
  "GET /admin/rates": "calls per second, errors and latencies of each product",
};

export function createConsoleApi(clock: Clock, world: World, firstAccount: string): ConsoleApi {
  const log = createCallLog(KEPT_CALLS);
  const meter = createRateMeter(clock);
  const account = world.account(firstAccount);
  const changes = createChanges({
    clock,
    tracker: createTopologyTracker(account),
    rates: meter.rates,
    newestCall: () => log.newest,
  });
  return {
    onCall(call) {
      const { product = "", operation = "", code = "", fault = "", ...rest } = call;
      const { time, method, target, status, requestId, durationMs } = rest;
      log.add({ time, product, operation, method, target, status, code, requestId, durationMs, fault });
      meter.count({ product, durationMs, isError: status === 0 || status >= 400 });
    },
    handle(request) {
      if (request.method !== "GET") return undefined;
      const input = inputOf(request.method, parseTarget(request.target), request.body);
      switch (input.path) {
        case "/admin/topology":
          return jsonResponse(200, createTopologyTracker(account).snapshot());
        case "/admin/changes":
          return {
            status: 200,
            headers: { "content-type": "text/event-stream", "cache-control": "no-store" },
            body: changes(request.signal),
          };
        case "/admin/calls":
          return jsonResponse(200, log.page(callQueryOf(input)));
        case "/admin/rates":
          return jsonResponse(200, meter.rates());
        default:
          return undefined;
      }
    },
  };
}

function callQueryOf(input: Input) {
  return {
    product: input.param("product"),
    operation: input.param("operation"),
    status: input.param("status"),
    text: input.param("text"),
    before: wholeNumber(input, "before", Number.MAX_SAFE_INTEGER),
    after: wholeNumber(input, "after", Number.MAX_SAFE_INTEGER),
    limit: wholeNumber(input, "limit", MAX_PAGE) ?? 100,
  };
}

function wholeNumber(input: Input, name: string, most: number): number | undefined {
  const text = input.param(name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw badRequest(`${name}: expected a whole number from 1 to ${most}, got "${text}".`);
}
