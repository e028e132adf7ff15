import { type Cidr, errorText, jitter, mapLimited, TokenBucket } from "@ccm/base";
import { createWorkQueue, itemExponentialLimiter, type Node } from "@ccm/kube";
import type { Controller, ControllerContext } from "../context.ts";
import type { Route, Routes } from "../contract.ts";
import { cloudErrorOf } from "../error.ts";
import { writeCondition } from "./condition.ts";
import { type Outcome, routeMetrics } from "./metrics.ts";
import { isKnown, planRoutes, podCidrsOf, type RoutePlan } from "./plan.ts";
import { createRouteWriter } from "./route-writer.ts";

export interface RouteControllerOptions {
  readonly routes: Routes;
  readonly clusterName: string;
  readonly clusterCidrs: readonly Cidr[];
  /** --route-reconciliation-period: between the starts of two passes. */
  readonly periodMs: number;
  /**
   * True, the default: passes are made because Nodes change, and one every ten minutes (or `periodMs` when that is
   * longer) that finds what was changed in the cloud. False, upstream's default: one every `periodMs`, whatever happens.
   */
  readonly watch?: boolean;
}

/** The queue's only key: a pass looks at all routes. */
const ALL = "routes";
/** Provider calls at a time, as upstream. */
const CONCURRENCY = 200;
/** A burst of node events makes one pass. */
const SETTLE_MS = 200;
/** Passes because of events: a few at once, then one each five seconds, however many nodes come and go. */
const EVENT_PASSES_PER_SECOND = 0.2;
const EVENT_PASSES_AT_ONCE = 3;
const RESYNC_MS = 600_000;
/** So that many clusters that were started together do not ask the cloud together. */
const RESYNC_JITTER = 0.1;
/** After a pass that could not list the routes, or not write all conditions. */
const PASS_RETRY_MIN_MS = 2000;
const PASS_RETRY_MAX_MS = 300_000;

/** node-route-controller: each Pod CIDR of each Node has a route in the cloud, and no route outlives its Node. */
export function createRouteController(context: ControllerContext, options: RouteControllerOptions): Controller {
  const { nodes, clock, random, logger } = context;
  const { routes, clusterName, clusterCidrs, periodMs, watch = true } = options;
  const metrics = routeMetrics(context.metrics);
  const writer = createRouteWriter(context, { routes, clusterName, metrics });
  const wants = (node: Node): boolean => routes.wants?.(node) ?? true;
  const bucket = new TokenBucket(clock, EVENT_PASSES_PER_SECOND, EVENT_PASSES_AT_ONCE);
  const backoff = itemExponentialLimiter(PASS_RETRY_MIN_MS, PASS_RETRY_MAX_MS);
  const report = (error: unknown) => logger.warn("could not reconcile routes", { error: errorText(error) });
  /** What the cloud itself said about when to come back. */
  let retryAfterMs = 0;
  const queue = createWorkQueue({
    name: "Routes",
    clock,
    metrics: context.metrics,
    limiter: { ...backoff, when: (key) => Math.max(backoff.when(key), retryAfterMs) },
    onError: (_key, error) => report(error),
  });

  const list = async (all: readonly Node[], signal: AbortSignal): Promise<readonly Route[]> => {
    retryAfterMs = 0;
    try {
      const listed = await routes.list(clusterName, all, signal);
      metrics.listed(listed.length);
      return listed;
    } catch (cause) {
      if (signal.aborted) throw cause;
      metrics.failed("list");
      retryAfterMs = cloudErrorOf(cause)?.retryAfterMs ?? 0;
      throw new Error("error listing routes", { cause });
    }
  };
  /** Throws when it is to be made again soon. Routes that fail wait each for its own time: see `writer.waitMs`. */
  const pass = async (signal: AbortSignal): Promise<Outcome> => {
    const all = nodes.list();
    const listed = await list(all, signal);
    const plan = planRoutes(listed, all, clusterCidrs, wants);
    writer.keepOnly(plan.add, plan.remove);
    // Deletions first: a route of another node may hold the CIDR that a new one needs.
    const removed = await mapLimited(plan.remove, CONCURRENCY, (route) => writer.remove(route, signal));
    // What did not fit into the route table may fit now.
    const room = removed.includes("done");
    const created = await mapLimited(plan.add, CONCURRENCY, (missing) => writer.create(missing, room, signal));
    metrics.failing("delete", removed.filter((attempt) => attempt !== "done").length);
    metrics.failing("create", created.filter((attempt) => attempt !== "done").length);
    const unrouted = new Set(plan.add.filter((_, i) => created[i] !== "done").map(({ node }) => node));
    const written = await mapLimited(concerned(all, listed, plan), CONCURRENCY, (node) => {
      const isRouted = podCidrsOf(node).length > 0 && !unrouted.has(node);
      return writeCondition(context, node, isRouted, signal);
    });
    const unwritten = written.filter((done) => !done).length;
    if (unwritten > 0) {
      metrics.failed("condition");
      throw new Error(`the condition NetworkUnavailable of ${unwritten} nodes could not be written`);
    }
    const attempts = [...removed, ...created];
    return attempts.includes("failed") ? "error" : attempts.includes("done") ? "changed" : "noop";
  };

  return {
    async run(signal) {
      /** Nodes changed since the last pass began. */
      let changed = watch && nodes.list().length > 0;
      let stopTimer = () => {};
      const arm = () => {
        stopTimer();
        const delayMs = watch ? jitter(random, Math.max(periodMs, RESYNC_MS), RESYNC_JITTER) : periodMs;
        stopTimer = clock.schedule(delayMs, () => queue.add(ALL));
      };
      const unsubscribe = watch ? nodes.subscribe(onFacts(wants, nodeChanged)) : () => {};
      function nodeChanged(): void {
        if (changed) return;
        changed = true;
        queue.addAfter(ALL, Math.max(SETTLE_MS, bucket.reserve()));
      }
      const unpublish = context.nextAttempts?.publish("Node", writer.waiting);
      queue.add(ALL);
      const sync = async (): Promise<void> => {
        const trigger = changed ? "node_change" : "periodic";
        changed = false;
        arm();
        let outcome: Outcome = "error";
        try {
          outcome = await pass(signal);
        } catch (error) {
          if (watch || signal.aborted) throw error;
          report(error);
        } finally {
          if (!signal.aborted) metrics.passed(trigger, outcome);
        }
        queue.forget(ALL);
        // Without the watch, the next pass is soon enough.
        if (watch && Number.isFinite(writer.waitMs)) queue.addAfter(ALL, writer.waitMs);
      };
      await queue.run(1, sync, signal);
      stopTimer();
      unsubscribe();
      unpublish?.();
    },
  };
}

/** Nodes whose condition is ours to set: those with Pod CIDRs or routes, but for those that have to meet the cloud first. */
function concerned(all: readonly Node[], listed: readonly Route[], { later }: RoutePlan): readonly Node[] {
  const routed = new Set(listed.map(({ targetNode }) => targetNode));
  const unmet = new Set(later.map(({ node }) => node));
  return all.filter((node) => {
    return !unmet.has(node) && (podCidrsOf(node).length > 0 || routed.has(node.metadata.name ?? ""));
  });
}

/** Tells of what can change a Node's routes, and of nothing else: heartbeats and images make no calls to the cloud. */
function onFacts(wants: (node: Node) => boolean, changed: () => void) {
  const facts = (node: Node): string =>
    JSON.stringify([podCidrsOf(node), node.spec?.providerID, node.status?.addresses, isKnown(node), wants(node)]);
  return {
    add: (node: Node) => {
      // A Node that is just being registered has no Pod CIDR yet.
      if (podCidrsOf(node).length > 0) changed();
    },
    update: (before: Node, after: Node) => {
      if (facts(before) !== facts(after)) changed();
    },
    delete: changed,
  };
}
