import { createWorkQueue, itemExponentialLimiter, keyOf, type Service } from "@ccm/kube";
import type { Controller, ControllerContext } from "../context.ts";
import type { LoadBalancers } from "../contract.ts";
import { cloudErrorOf } from "../error.ts";
import { linkedSignal } from "../manager/linked-signal.ts";
import { createBackendSets } from "./backend-sets.ts";
import { shownCondition } from "./conditions.ts";
import { watchForDrift } from "./drift.ts";
import { serviceMetrics } from "./metrics.ts";
import {
  type AnnotationFilter,
  annotationFilter,
  changeOf,
  cleanupChanged,
  hasFinalizer,
  IGNORED_ANNOTATIONS,
  needsCleanup,
  wantsLoadBalancer,
} from "./needs-update.ts";
import { createNodePasses } from "./node-pass.ts";
import { isOverwritten } from "./overwritten.ts";
import { createServiceSync, isSettled, type Lane as LaneName, type Outcome } from "./service-sync.ts";

export interface ServiceControllerOptions {
  readonly loadBalancers: LoadBalancers;
  readonly clusterName: string;
  readonly workers: number;
  /** A Service that nobody touches is looked at again after this long, and up to a fifth more. 0: never. */
  readonly driftPeriodMs: number;
  /** Annotations that are no reason to look at a load balancer; one that ends in "/" is a prefix. Default: kubectl's notes. */
  readonly ignoredAnnotations?: readonly string[];
}

const RETRY_MIN_MS = 5000;
const RETRY_MAX_MS = 300_000;
/** Node events within this time make one pass over the load balancers. */
const NODE_WINDOW_MS = 1000;
/** A status that somebody else has changed is looked at after so long. */
const OVERWRITTEN_MS = 1000;

/** The queue's lanes: a user's edit before a change of nodes, before what failed, before what nobody waits for. */
const USER = 0;
const BACKENDS = 1;
const RETRY = 2;
const RESYNC = 3;
const LANE_NAMES: readonly LaneName[] = ["user", "backend", "backend", "resync"];
/** One in so many workers does nothing but what users wait for. */
const RESERVE_SHARE = 5;

/** service-lb-controller: each Service of type LoadBalancer has its load balancer, and none outlives its Service. */
export function createServiceController(context: ControllerContext, options: ServiceControllerOptions): Controller {
  const { services, clock, logger, metrics } = context;
  const { loadBalancers, clusterName, workers, driftPeriodMs } = options;
  const limiter = () => itemExponentialLimiter(RETRY_MIN_MS, RETRY_MAX_MS);
  const reserve = Math.ceil(workers / RESERVE_SHARE);
  const queue = createWorkQueue({ name: "service", clock, metrics, limiter: limiter(), reserve });
  const nodeQueue = createWorkQueue({ name: "node", clock, metrics, limiter: limiter() });
  const measure = serviceMetrics(metrics);
  const backends = createBackendSets(context.nodes);
  const unimportant = annotationFilter(options.ignoredAnnotations ?? IGNORED_ANNOTATIONS);
  const ignored: AnnotationFilter = (key, annotations) =>
    unimportant(key, annotations) || loadBalancers.isOwnNote?.(key, annotations) === true;
  const service = createServiceSync(context, { loadBalancers, clusterName, backends, measure, ignored });
  const { entries } = service;
  const passes = createNodePasses(clock, measure.nodeSyncTook);

  /** Ends the look at a Service that nobody waits for, by key, so that a user's edit of it need not wait either. */
  const resyncs = new Map<string, () => void>();

  /** Of a Service that is there at the start: a user waits for it, it failed before, or nobody waits. */
  const laneOf = (found: Service): number => {
    if (needsCleanup(found)) return USER;
    if (isSettled(found)) return RESYNC;
    return shownCondition(found)?.status === "False" ? RETRY : USER;
  };

  const settle = (key: string, outcome: Outcome, lane: number): void => {
    if (outcome === "retry") {
      queue.addRateLimited(key, RETRY);
      return;
    }
    queue.forget(key);
    // Never in the lane of BACKENDS, where only the backends are looked at.
    if (outcome !== "done") queue.addAfter(key, outcome.againAfterMs, lane === BACKENDS ? RETRY : lane);
  };
  const retry = (key: string, error: unknown): void => {
    const cloud = cloudErrorOf(error);
    if (cloud?.retryAfterMs !== undefined) queue.addAfter(key, cloud.retryAfterMs, RETRY);
    // The same again is of no use before somebody changes something, here (an event) or in the cloud (this).
    else if (cloud?.code === "permanent") queue.addAfter(key, RETRY_MAX_MS, RETRY);
    else queue.addRateLimited(key, RETRY);
  };
  const sync = async (key: string, signal: AbortSignal, lanes: ReadonlySet<number>): Promise<void> => {
    const lane = Math.min(...lanes);
    const own = linkedSignal(signal);
    if (lane === RESYNC) resyncs.set(key, own.end);
    try {
      const entirely = [...lanes].some((one) => one !== BACKENDS);
      if (entirely) settle(key, await service.reconcile(key, LANE_NAMES[lane] ?? "user", own.signal), lane);
      else {
        const { lookAfterMs } = await service.updateBackends(key, signal);
        if (lookAfterMs !== undefined) queue.addAfter(key, lookAfterMs, RETRY);
      }
    } catch (error) {
      if (own.signal.aborted) return;
      if (cloudErrorOf(error)?.code === "elsewhere") {
        queue.forget(key);
        return;
      }
      await service.reportFailure(key, error, signal);
      retry(key, error);
    } finally {
      resyncs.delete(key);
      own.end();
      // One that began before the pass may have had the nodes from before it.
      if (lanes.has(BACKENDS)) passes.finish(key);
    }
  };

  const addForUser = (key: string): void => {
    queue.add(key, USER);
    resyncs.get(key)?.();
  };
  /** Queues only the load balancers whose backends are others now. */
  const nodePass = async (): Promise<void> => {
    const concerned: string[] = [];
    for (const [key, entry] of entries) {
      const { id } = backends.of(loadBalancers.nodeSelector?.(entry.service));
      if (entry.backends !== id) concerned.push(key);
    }
    passes.begin(concerned);
    for (const key of concerned) queue.add(key, BACKENDS);
  };

  const subscribe = (): (() => void)[] => [
    services.subscribe({
      add: (added) => {
        if (wantsLoadBalancer(added) || needsCleanup(added)) queue.add(keyOf(added), laneOf(added));
      },
      update: (before, after) => {
        const change = changeOf(before, after, ignored);
        const lostFinalizer = hasFinalizer(before) && !hasFinalizer(after) && wantsLoadBalancer(after);
        const key = keyOf(after);
        if (!change && !lostFinalizer && !cleanupChanged(before, after, ignored)) {
          if (isOverwritten(entries.get(key), before, after)) queue.addAfter(key, OVERWRITTEN_MS, RETRY);
          return;
        }
        logger.debug("service changed", { service: key, what: change ?? (lostFinalizer ? "finalizers" : "cleanup") });
        addForUser(key);
      },
      delete: (deleted) => {
        if (entries.has(keyOf(deleted))) addForUser(keyOf(deleted));
      },
    }),
    backends.subscribe(() => nodeQueue.addAfter("nodes", NODE_WINDOW_MS)),
    // No user's edit, and no drift either, of which users would be told.
    loadBalancers.onSettings?.((chosen = () => true) => {
      for (const one of services.list()) {
        if ((wantsLoadBalancer(one) || needsCleanup(one)) && chosen(one)) queue.add(keyOf(one), RETRY);
      }
    }) ?? (() => {}),
    context.nextAttempts?.publish("Service", queue.waiting) ?? (() => {}),
  ];
  return {
    async run(signal) {
      const unsubscribes = subscribe();
      await Promise.all([
        queue.run(workers, sync, signal),
        nodeQueue.run(1, nodePass, signal),
        watchForDrift({ ...context, entries }, driftPeriodMs, (key) => queue.add(key, RESYNC), signal),
      ]);
      for (const unsubscribe of unsubscribes) unsubscribe();
    },
  };
}
