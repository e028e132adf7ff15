import { type Clock, type HttpResponse, jsonResponse, type ServerRequest, textResponse } from "@ccm/base";
import type { Account } from "../account.ts";
import { badRequest } from "../api/fault.ts";
import type { LoggedCall } from "../api/serve.ts";
import { type Input, inputOf, parseTarget } from "../api/wire.ts";
import type { World } from "../world.ts";
import { worldYamlOf } from "../worlds/export.ts";
import { createCallLog } from "./calls.ts";
import { createChanges } from "./changes.ts";
import { createRateMeter } from "./rates.ts";
import { createTopologyTracker } from "./topology-tracker.ts";

/** How many calls are kept, and at most listed at once. */
const KEPT_CALLS = 10_000;
const MAX_PAGE = 1000;

/** What the page reads: topology, changes, calls, rates, the world's file. */
export interface ConsoleApi {
  onCall(call: LoggedCall): void;
  /** Undefined for what is not the console's. Throws Faults. */
  handle(request: ServerRequest): HttpResponse | undefined;
}

export const CONSOLE_INDEX = {
  "GET /admin/topology": "all that an account has in a region: ?account=&region=",
  "GET /admin/changes": "the same as a stream of events: a snapshot, then what changes; and rates, each second",
  "GET /admin/calls": "the newest calls: ?product=&operation=&status=&text=&before=&after=&limit=",
  "GET /admin/rates": "calls per second, errors and latencies of each product",
  "GET /admin/world": "accounts, networks, instances and quotas, as YAML",
};

export function createConsoleApi(clock: Clock, world: World, firstAccount: string): ConsoleApi {
  const log = createCallLog(KEPT_CALLS);
  const meter = createRateMeter(clock);
  const changes = new WeakMap<Account, ReturnType<typeof createChanges>>();
  const changesOf = (account: Account): ReturnType<typeof createChanges> => {
    const known = changes.get(account);
    if (known) return known;
    const made = createChanges({
      clock,
      tracker: createTopologyTracker(account),
      rates: meter.rates,
      newestCall: () => log.newest,
      places: () => world.opened().map(({ id, region }) => ({ account: id, region })),
    });
    changes.set(account, made);
    return made;
  };
  const accountOf = (input: Input): Account => {
    const first = world.account(firstAccount);
    const [id, region] = [input.param("account") ?? first.id, input.param("region") ?? first.region];
    const opened = world.opened();
    const found = opened.find((account) => account.id === id && account.region === region);
    if (found) return found;
    const known = opened.map((account) => `${account.id} in ${account.region}`).join(", ");
    throw badRequest(`account and region: expected one of ${known}, got "${id}" in "${region}".`);
  };
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
          return jsonResponse(200, createTopologyTracker(accountOf(input)).snapshot());
        case "/admin/changes":
          return {
            status: 200,
            headers: { "content-type": "text/event-stream", "cache-control": "no-store" },
            body: changesOf(accountOf(input))(request.signal),
          };
        case "/admin/calls":
          return jsonResponse(200, log.page(callQueryOf(input)));
        case "/admin/world":
          return textResponse(200, worldYamlOf(world), { "content-type": "application/yaml; charset=utf-8" });
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
