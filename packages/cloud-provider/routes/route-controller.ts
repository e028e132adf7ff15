import { type Cidr, errorText, formatMs, mapLimited, sleep, TokenBucket } from "@ccm/base";
import { itemExponentialLimiter, kubeTime, NODES, type Node } from "@ccm/kube";
import type { Controller, ControllerContext } from "../context.ts";
import type { Route, Routes } from "../contract.ts";
import { createRepeatFilter } from "../repeat-filter.ts";
import { planRoutes, podCidrsOf } from "./plan.ts";

export interface RouteControllerOptions {
  readonly routes: Routes;
  readonly clusterName: string;
  readonly clusterCidrs: readonly Cidr[];
  /** Between the starts of two passes when nothing happens. */
  readonly periodMs: number;
}

/** Provider calls at a time, as upstream. */
const CONCURRENCY = 200;
/** A burst of node events makes one pass. */
const SETTLE_MS = 200;
/** Passes because of events: a few at once, then one each five seconds, however many nodes come and go. */
const EVENT_PASSES_PER_SECOND = 0.2;
const EVENT_PASSES_AT_ONCE = 3;
/** A route that fails is tried again on its own, so that one bad route does not make every pass a write. */
const RETRY_MIN_MS = 10_000;
const RETRY_MAX_MS = 300_000;

/** node-route-controller: each Pod CIDR of each Node has a route in the cloud, and no route outlives its Node. */
export function createRouteController(context: ControllerContext, options: RouteControllerOptions): Controller {
  const { client, nodes, clock, logger, metrics, events } = context;
  const { routes, clusterName, clusterCidrs, periodMs } = options;
  const passes = metrics.counter({ name: "route_controller_route_sync_total", help: "Passes of the route controller" });
  const retry = itemExponentialLimiter(RETRY_MIN_MS, RETRY_MAX_MS);
  /** What failed, and when it may be tried again. */
  const notBefore = new Map<string, number>();
  const told = createRepeatFilter(clock);
  const bucket = new TokenBucket(clock, EVENT_PASSES_PER_SECOND, EVENT_PASSES_AT_ONCE);

  /** Undefined: done. Otherwise what went wrong, or "" when it is not time to try again yet. */
  const attempt = async (key: string, action: () => Promise<void>): Promise<string | undefined> => {
    if (clock.monotonic() < (notBefore.get(key) ?? 0)) return "";
    try {
      await action();
      forget(key);
      return undefined;
    } catch (error) {
      notBefore.set(key, clock.monotonic() + retry.when(key));
      return errorText(error);
    }
  };
  const forget = (key: string): void => {
    retry.forget(key);
    notBefore.delete(key);
    told.forget(key);
  };
  const create = async (node: Node, cidr: string, signal: AbortSignal): Promise<boolean> => {
    const { name = "", uid = "" } = node.metadata;
    const since = clock.monotonic();
    const key = creationKey(node, cidr);
    const failure = await attempt(key, () => routes.create(clusterName, node, cidr, signal));
    if (failure === undefined) logger.info("route created", { node: name, cidr });
    else if (failure !== "" && !signal.aborted) {
      const took = formatMs(clock.monotonic() - since);
      const text = `Could not create route ${uid} ${cidr} for node ${name} after ${took}: ${failure}`;
      if (told.isNews(key, failure)) events.event(NODES, node, "Warning", "FailedToCreateRoute", text);
      logger.warn("route not created", { node: name, cidr, error: failure });
    }
    return failure === undefined;
  };
  const remove = async (route: Route, signal: AbortSignal): Promise<void> => {
    const failure = await attempt(removalKey(route), () => routes.delete(clusterName, route, signal));
    const fields = { route: route.name, node: route.targetNode, cidr: route.destinationCidr };
    if (failure === undefined) logger.info("route deleted", fields);
    else if (failure !== "" && !signal.aborted) logger.warn("route not deleted", { ...fields, error: failure });
  };
  const setCondition = async (node: Node, done: boolean, signal: AbortSignal): Promise<void> => {
    const wanted = done
      ? { status: "False", reason: "RouteCreated", message: "RouteController created a route" }
      : { status: "True", reason: "NoRouteCreated", message: "RouteController failed to create a route" };
    const current = node.status?.conditions?.find(({ type }) => type === "NetworkUnavailable");
    if (current?.status === wanted.status && current.reason === wanted.reason) return;
    const now = kubeTime(clock.now());
    const condition = { type: "NetworkUnavailable", ...wanted, lastHeartbeatTime: now, lastTransitionTime: now };
    const body = { status: { conditions: [condition] } };
    const ref = { name: node.metadata.name ?? "" };
    await client
      .patch(NODES, ref, { type: "strategic", body }, { subresource: "status", signal })
      .catch((error: unknown) => {
        if (!signal.aborted)
          logger.warn("condition NetworkUnavailable not written", { node: ref.name, error: errorText(error) });
      });
  };

  /** Returns when what failed is to be tried again. Infinity: nothing did. */
  const pass = async (signal: AbortSignal): Promise<number> => {
    passes.inc();
    const all = nodes.list();
    let listed: readonly Route[];
    try {
      listed = await routes.list(clusterName, all, signal);
      forget(LISTING);
    } catch (error) {
      if (!signal.aborted) logger.warn("routes could not be listed", { error: errorText(error) });
      return clock.monotonic() + retry.when(LISTING);
    }
    const plan = planRoutes(listed, all, clusterCidrs);
    const known = new Set([
      ...plan.add.map(({ node, cidr }) => creationKey(node, cidr)),
      ...plan.remove.map(removalKey),
    ]);
    for (const key of notBefore.keys()) if (!known.has(key)) forget(key);
    // Deletions first: a route of another node may hold the CIDR that a new one needs.
    await mapLimited(plan.remove, CONCURRENCY, (route) => remove(route, signal));
    const created = await mapLimited(plan.add, CONCURRENCY, ({ node, cidr }) => create(node, cidr, signal));
    if (signal.aborted) return Number.POSITIVE_INFINITY;
    const missing = new Set(plan.add.filter((_, index) => !created[index]).map(({ node }) => node.metadata.name));
    const routed = new Set(listed.map(({ targetNode }) => targetNode));
    const concerned = all.filter((node) => podCidrsOf(node).length > 0 || routed.has(node.metadata.name ?? ""));
    await mapLimited(concerned, CONCURRENCY, (node) => {
      return setCondition(node, podCidrsOf(node).length > 0 && !missing.has(node.metadata.name), signal);
    });
    return Math.min(...notBefore.values());
  };

  return {
    async run(signal) {
      let dirty = false;
      let wake: () => void = () => {};
      const trigger = () => {
        dirty = true;
        wake();
      };
      const unsubscribe = nodes.subscribe({
        add: trigger,
        delete: trigger,
        update: (before, after) => {
          if (facts(before) !== facts(after)) trigger();
        },
      });
      signal.addEventListener("abort", () => wake(), { once: true });
      while (!signal.aborted) {
        // What happens from here on is not in the pass.
        dirty = false;
        const nextAt = clock.monotonic() + periodMs;
        const until = Math.min(nextAt, await pass(signal));
        if (!dirty && !signal.aborted) {
          await new Promise<void>((resolve) => {
            const cancel = clock.schedule(until - clock.monotonic(), resolve);
            wake = () => {
              cancel();
              resolve();
            };
          });
        }
        if (dirty) await sleep(clock, Math.max(SETTLE_MS, bucket.reserve()), signal).catch(() => {});
      }
      unsubscribe();
    },
  };
}

const LISTING = "list";

/** What of a Node can change its routes. Annotations are how a provider lets users leave a Node out. */
function facts(node: Node): string {
  return JSON.stringify([podCidrsOf(node), node.spec?.providerID, node.status?.addresses, node.metadata.annotations]);
}

function creationKey(node: Node, cidr: string): string {
  return `add ${node.metadata.uid} ${cidr}`;
}

function removalKey(route: Route): string {
  return `remove ${route.name} ${route.targetNode} ${route.destinationCidr}`;
}
