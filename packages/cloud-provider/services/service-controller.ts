import { errorText, KeyedMutex, mapLimited } from "@ccm/base";
import {
  createWorkQueue,
  itemExponentialLimiter,
  keyOf,
  type LoadBalancerStatus,
  type Node,
  SERVICES,
  type Service,
} from "@ccm/kube";
import type { Controller, ControllerContext } from "../context.ts";
import type { LoadBalancers } from "../contract.ts";
import { cloudErrorOf } from "../error.ts";
import { createRepeatFilter } from "../repeat-filter.ts";
import { backendChanged, backendsOf, backendsText, updateFailure } from "./backends.ts";
import { serviceMetrics } from "./metrics.ts";
import { cleanupChanged, hasFinalizer, needsCleanup, needsUpdate, wantsLoadBalancer } from "./needs-update.ts";
import { createProblemReporter } from "./problems.ts";
import { createServiceWriter } from "./service-writer.ts";

export interface ServiceControllerOptions {
  readonly loadBalancers: LoadBalancers;
  readonly clusterName: string;
  readonly workers: number;
  /** A Service that nobody touches is looked at again after this long, and up to a fifth more. 0: never. */
  readonly driftPeriodMs: number;
}

const RETRY_MIN_MS = 5000;
const RETRY_MAX_MS = 300_000;
/** Node events within this time make one pass over the load balancers. */
const NODE_WINDOW_MS = 1000;
/** Until our copy of a Service shows that it wants a load balancer again. */
const CATCH_UP_MS = 1000;

/** Healthy Services looked at in one drift period; with more of them the period grows. */
const DRIFT_LOOKS_A_PERIOD = 50;

/** A Service that has, or may have, something in the cloud. */
interface Entry {
  /** As it was handed to the provider. */
  readonly service: Service;
  /** backendsText of the last set handed to the provider. */
  backends: string;
  /** The last ensure left nothing to do: a change of nodes is an update of backends and no more. */
  ensured: boolean;
  /** EnsuringLoadBalancer was told, EnsuredLoadBalancer was not yet. */
  announced: boolean;
  /** What we wrote last. */
  status: LoadBalancerStatus | undefined;
}

/** done: until something happens. again: after so long, and it is no failure. retry: later and later. */
type Outcome = "done" | "retry" | { readonly againAfterMs: number };

/** service-lb-controller: each Service of type LoadBalancer has its load balancer, and none outlives its Service. */
export function createServiceController(context: ControllerContext, options: ServiceControllerOptions): Controller {
  const { nodes, services, clock, random, logger, metrics, events } = context;
  const { loadBalancers, clusterName, workers, driftPeriodMs } = options;
  const limiter = () => itemExponentialLimiter(RETRY_MIN_MS, RETRY_MAX_MS);
  const queue = createWorkQueue({ name: "service", clock, metrics, limiter: limiter() });
  const nodeQueue = createWorkQueue({ name: "node", clock, metrics, limiter: limiter() });
  const entries = new Map<string, Entry>();
  /** Ensure, update and delete of one Service never overlap. */
  const mutex = new KeyedMutex();
  const told = createRepeatFilter(clock);
  const problems = createProblemReporter(events, told);
  const writer = createServiceWriter(context);
  const measure = serviceMetrics(metrics);

  /** Recomputed only after a Node changed: it is asked for once for each Service. */
  let current: { readonly nodes: readonly Node[]; readonly text: string } | undefined;
  const backendsNow = () => {
    if (!current) {
      const found = backendsOf(nodes.list());
      current = { nodes: found, text: backendsText(found) };
    }
    return current;
  };
  const tell = (service: Service, reason: string, message: string): void =>
    events.event(SERVICES, service, "Normal", reason, message);
  const warn = (service: Service, reason: string, message: string): void =>
    events.event(SERVICES, service, "Warning", reason, message);
  const warnNoNodes = (service: Service): void =>
    warn(service, "UnAvailableLoadBalancer", "There are no available nodes for LoadBalancer");

  // ---- one Service

  const ensure = async (key: string, service: Service, signal: AbortSignal): Promise<Outcome> => {
    const before = entries.get(key);
    const edited = before === undefined || needsUpdate(before.service, service);
    // A look at a Service that nobody touched is nothing to tell of.
    if (edited) tell(service, "EnsuringLoadBalancer", "Ensuring load balancer");
    await writer.addFinalizer(service, signal);
    const { nodes: backends, text } = backendsNow();
    if (backends.length === 0 && edited) warnNoNodes(service);
    const entry: Entry = {
      service,
      backends: text,
      ensured: false,
      announced: edited || before.announced,
      status: before?.status,
    };
    entries.set(key, entry);
    const result = await loadBalancers
      .ensure({ clusterName, service, nodes: backends, signal })
      .catch(failed("ensure"));
    if (result.status) {
      await writer.setStatus(service, result.status, entry.status, signal);
      entry.status = result.status;
    }
    problems.report(key, service, result.problems);
    measure.servicesWithProblems(problems.size);
    told.forget(`failure ${key}`);
    if (result.againAfterMs !== undefined) return { againAfterMs: result.againAfterMs };
    entry.ensured = true;
    if (result.problems.some(({ retryable }) => retryable)) return "retry";
    if (entry.announced && result.problems.length === 0) {
      entry.announced = false;
      tell(service, "EnsuredLoadBalancer", "Ensured load balancer");
    }
    if (driftPeriodMs <= 0) return "done";
    // So many Services in a period and no more: what idling costs does not grow with their number.
    const stretch = Math.max(1, entries.size / DRIFT_LOOKS_A_PERIOD);
    return { againAfterMs: driftPeriodMs * stretch * (1 + random.next() / 5) };
  };
  /** `gone`: the object is there no more, only what was made for it. */
  const cleanUp = async (key: string, service: Service, gone: boolean, signal: AbortSignal): Promise<Outcome> => {
    if (told.isNews(`deleting ${key}`, service.metadata.uid ?? "")) {
      tell(service, "DeletingLoadBalancer", "Deleting load balancer");
    }
    const existed = await loadBalancers.ensureDeleted({ clusterName, service, signal }).catch((error: unknown) => {
      if (cloudErrorOf(error)?.code === "elsewhere") return false;
      throw gone ? error : failed("delete")(error);
    });
    const released = gone || (await writer.release(service, signal));
    entries.delete(key);
    problems.forget(key);
    measure.servicesWithProblems(problems.size);
    for (const what of ["deleting", "failure"]) told.forget(`${what} ${key}`);
    if (existed) tell(service, "DeletedLoadBalancer", "Deleted load balancer");
    return released ? "done" : { againAfterMs: CATCH_UP_MS };
  };
  /** Brings the cloud to what the Service asks for now. */
  const reconcile = async (key: string, signal: AbortSignal): Promise<Outcome> => {
    const service = services.get(key);
    const before = entries.get(key);
    if (before && before.service.metadata.uid !== service?.metadata.uid) {
      await cleanUp(key, before.service, true, signal);
    }
    if (!service) return "done";
    if (wantsLoadBalancer(service) && !service.metadata.deletionTimestamp) return ensure(key, service, signal);
    // Our finalizer is there before the first call to the cloud: without it, and without having called, there is nothing of ours.
    return hasFinalizer(service) || entries.has(key) ? cleanUp(key, service, false, signal) : "done";
  };
  const sync = (key: string, signal: AbortSignal): Promise<void> =>
    mutex.run(key, async () => {
      try {
        const outcome = await reconcile(key, signal);
        if (outcome === "retry") {
          queue.addRateLimited(key);
          return;
        }
        queue.forget(key);
        if (outcome !== "done") queue.addAfter(key, outcome.againAfterMs);
      } catch (error) {
        if (!signal.aborted) retry(key, error);
      }
    });
  const retry = (key: string, error: unknown): void => {
    const cloud = cloudErrorOf(error);
    if (cloud?.code === "elsewhere") {
      queue.forget(key);
      return;
    }
    const text = errorText(error);
    const present = services.get(key);
    const last = entries.get(key)?.service;
    logger.warn("service could not be synced, trying again", { service: key, error: text });
    const news = told.isNews(`failure ${key}`, text);
    if (last && last.metadata.uid !== present?.metadata.uid) {
      if (news) warn(last, "DeleteLoadBalancerFailed", `Error deleting load balancer: ${text}`);
    } else if (present && news) warn(present, "SyncLoadBalancerFailed", `Error syncing load balancer: ${text}`);
    if (cloud?.retryAfterMs !== undefined) queue.addAfter(key, cloud.retryAfterMs);
    // The same again is of no use before somebody changes something, here (an event) or in the cloud (this).
    else if (cloud?.code === "permanent") queue.addAfter(key, RETRY_MAX_MS);
    else queue.addRateLimited(key);
  };

  // ---- all Services after a change of nodes

  const updateBackends = (key: string, signal: AbortSignal): Promise<void> =>
    mutex.run(key, async () => {
      const entry = entries.get(key);
      const service = services.get(key);
      if (!service || service.metadata.deletionTimestamp || !wantsLoadBalancer(service)) return;
      // As of now, not of the pass's start: a Service that was synced meanwhile has newer ones.
      const { nodes: backends, text } = backendsNow();
      // One that is not ensured comes again by itself, and then with the nodes of that time.
      if (!entry?.ensured || entry.backends === text) return;
      entry.backends = text;
      const since = clock.monotonic();
      measure.updateStarted();
      try {
        const result = await loadBalancers.updateBackends({ clusterName, service, nodes: backends, signal });
        if (result.problems.length > 0 || result.againAfterMs !== undefined) {
          // Only a look at the entire Service tells which problems it has.
          queue.addAfter(key, result.againAfterMs ?? 0);
        } else if (backends.length === 0) warnNoNodes(service);
        else tell(service, "UpdatedLoadBalancer", "Updated load balancer with new hosts");
      } catch (error) {
        if (signal.aborted || cloudErrorOf(error)?.code === "elsewhere") return;
        measure.updateFailed();
        warn(service, "UpdateLoadBalancerFailed", updateFailure(backends, error));
        entry.ensured = false;
        queue.add(key);
      } finally {
        measure.updateTook((clock.monotonic() - since) / 1000);
      }
    });
  const nodePass = async (signal: AbortSignal): Promise<void> => {
    const since = clock.monotonic();
    await mapLimited([...entries.keys()], workers, (key) => updateBackends(key, signal));
    measure.nodeSyncTook((clock.monotonic() - since) / 1000);
  };

  const subscribe = (): (() => void)[] => {
    const onNode = () => {
      current = undefined;
      nodeQueue.addAfter("nodes", NODE_WINDOW_MS);
    };
    return [
      services.subscribe({
        add: (service) => {
          if (wantsLoadBalancer(service) || needsCleanup(service)) queue.add(keyOf(service));
        },
        update: (before, after) => {
          const lostFinalizer = hasFinalizer(before) && !hasFinalizer(after) && wantsLoadBalancer(after);
          if (needsUpdate(before, after) || cleanupChanged(before, after) || lostFinalizer) queue.add(keyOf(after));
        },
        delete: (service) => {
          if (entries.has(keyOf(service))) queue.add(keyOf(service));
        },
      }),
      nodes.subscribe({
        add: onNode,
        delete: onNode,
        update: (before, after) => {
          if (backendChanged(before, after)) onNode();
          else current = undefined;
        },
      }),
    ];
  };
  return {
    async run(signal) {
      const unsubscribes = subscribe();
      await Promise.all([queue.run(workers, sync, signal), nodeQueue.run(1, (_key, inner) => nodePass(inner), signal)]);
      for (const unsubscribe of unsubscribes) unsubscribe();
    },
  };
}

/** Upstream's words in front of what the provider threw, which stays the cause. */
function failed(verb: "ensure" | "delete"): (error: unknown) => never {
  return (cause) => {
    throw new Error(`failed to ${verb} load balancer: ${errorText(cause)}`, { cause });
  };
}
