import { type Cidr, errorText, formatMs, mapLimited, sleep } from "@ccm/base";
import { itemExponentialLimiter, kubeTime, NODES, type Node } from "@ccm/kube";
import type { Controller, ControllerContext } from "../context.ts";
import type { Route, Routes } from "../contract.ts";
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

/** node-route-controller: each Pod CIDR of each Node has a route in the cloud, and no route outlives its Node. */
export function createRouteController(context: ControllerContext, options: RouteControllerOptions): Controller {
  const { client, nodes, clock, logger, metrics, events } = context;
  const { routes, clusterName, clusterCidrs, periodMs } = options;
  const passes = metrics.counter({ name: "route_controller_route_sync_total", help: "Passes of the route controller" });
  /** Failed creations and deletions wait on their own, so that one bad route does not make every pass a write. */
  const retry = itemExponentialLimiter(periodMs, 300_000);
  const notBefore = new Map<string, number>();
  let wake: () => void = () => {};
  let dirty = true;

  const attempt = async (key: string, action: () => Promise<void>): Promise<string | undefined> => {
    if (clock.monotonic() < (notBefore.get(key) ?? 0)) return "waiting";
    try {
      await action();
      retry.forget(key);
      notBefore.delete(key);
      return undefined;
    } catch (error) {
      notBefore.set(key, clock.monotonic() + retry.when(key));
      return errorText(error);
    }
  };
  const create = async (node: Node, cidr: string, signal: AbortSignal): Promise<boolean> => {
    const { name = "", uid = "" } = node.metadata;
    const since = clock.monotonic();
    const failure = await attempt(`add ${uid} ${cidr}`, () => routes.create(clusterName, node, cidr, signal));
    if (failure === undefined) logger.info("route created", { node: name, cidr });
    else if (failure !== "waiting" && !signal.aborted) {
      const took = formatMs(clock.monotonic() - since);
      const text = `Could not create route ${uid} ${cidr} for node ${name} after ${took}: ${failure}`;
      events.event(NODES, node, "Warning", "FailedToCreateRoute", text);
      logger.warn("route not created", { node: name, cidr, error: failure });
    }
    return failure === undefined;
  };
  const remove = async (route: Route, signal: AbortSignal): Promise<void> => {
    const failure = await attempt(`remove ${route.name}`, () => routes.delete(clusterName, route, signal));
    const fields = { route: route.name, cidr: route.destinationCidr };
    if (failure === undefined) logger.info("route deleted", fields);
    else if (failure !== "waiting" && !signal.aborted) logger.warn("route not deleted", { ...fields, error: failure });
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

  const pass = async (signal: AbortSignal): Promise<void> => {
    passes.inc();
    const all = nodes.list();
    let listed: readonly Route[];
    try {
      listed = await routes.list(clusterName, all, signal);
    } catch (error) {
      if (!signal.aborted) logger.warn("routes could not be listed", { error: errorText(error) });
      return;
    }
    const plan = planRoutes(listed, all, clusterCidrs);
    // Deletions first: a route of another node may hold the CIDR that a new one needs.
    await mapLimited(plan.remove, CONCURRENCY, (route) => remove(route, signal));
    const created = await mapLimited(plan.add, CONCURRENCY, ({ node, cidr }) => create(node, cidr, signal));
    const missing = new Set(plan.add.filter((_, index) => !created[index]).map(({ node }) => node.metadata.name));
    if (signal.aborted) return;
    const concerned = all.filter((node) => podCidrsOf(node).length > 0);
    await mapLimited(concerned, CONCURRENCY, (node) => setCondition(node, !missing.has(node.metadata.name), signal));
  };

  return {
    async run(signal) {
      const trigger = () => {
        dirty = true;
        wake();
      };
      const facts = (node: Node) =>
        JSON.stringify([podCidrsOf(node), node.spec?.providerID, node.metadata.annotations]);
      const unsubscribe = nodes.subscribe({
        add: trigger,
        delete: trigger,
        update: (before, after) => {
          if (facts(before) !== facts(after)) trigger();
        },
      });
      signal.addEventListener("abort", () => wake(), { once: true });
      while (!signal.aborted) {
        const startedAt = clock.monotonic();
        dirty = false;
        await pass(signal);
        while (!signal.aborted && !dirty && clock.monotonic() - startedAt < periodMs) {
          await new Promise<void>((resolve) => {
            const cancel = clock.schedule(periodMs - (clock.monotonic() - startedAt), resolve);
            wake = () => {
              cancel();
              resolve();
            };
            if (signal.aborted || dirty) wake();
          });
        }
        if (dirty) await sleep(clock, SETTLE_MS, signal).catch(() => {});
      }
      unsubscribe();
    },
  };
}
