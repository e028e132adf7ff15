import { errorText, KeyedMutex, mapLimited } from "@ccm/base";
import {
  createWorkQueue,
  hasCode,
  itemExponentialLimiter,
  keyOf,
  type LoadBalancerStatus,
  type Node,
  refOf,
  SERVICES,
  type Service,
} from "@ccm/kube";
import type { Controller, ControllerContext } from "../context.ts";
import type { LoadBalancerResult, LoadBalancers } from "../contract.ts";
import { cloudErrorOf } from "../error.ts";
import { FINALIZER_LOAD_BALANCER } from "../well-known.ts";
import { backendsOf, backendsText } from "./backends.ts";
import { needsUpdate, wantsLoadBalancer } from "./needs-update.ts";
import { createProblemReporter } from "./problems.ts";
import { sameStatus } from "./status.ts";

export interface ServiceControllerOptions {
  readonly loadBalancers: LoadBalancers;
  readonly clusterName: string;
  readonly workers: number;
  /** A Service that nobody touches is looked at again after this long, and up to a fifth more. */
  readonly driftPeriodMs: number;
}

const RETRY_MIN_MS = 5000;
const RETRY_MAX_MS = 300_000;
/** Node events within this time make one pass over the load balancers. */
const NODE_WINDOW_MS = 1000;
const NAMES_IN_MESSAGE = 20;

interface Known {
  service: Service;
  /** backendsText of the last set handed to the provider. */
  backends: string;
}

/** service-lb-controller: each Service of type LoadBalancer has its load balancer, and none outlives its Service. */
export function createServiceController(context: ControllerContext, options: ServiceControllerOptions): Controller {
  const { client, nodes, services, clock, random, logger, metrics, events } = context;
  const { loadBalancers, clusterName, workers } = options;
  const queue = createWorkQueue({
    name: "service",
    clock,
    metrics,
    limiter: itemExponentialLimiter(RETRY_MIN_MS, RETRY_MAX_MS),
  });
  /** Services that have, or may have, something in the cloud. */
  const known = new Map<string, Known>();
  /** Ensure, update and delete of one Service never overlap. */
  const mutex = new KeyedMutex();
  const problems = createProblemReporter(events);
  const measure = instruments(context);

  const patchStatus = (service: Service, body: unknown, signal: AbortSignal): Promise<Service> => {
    const ref = refOf(keyOf(service));
    return client.patch(SERVICES, ref, { type: "strategic", body }, { subresource: "status", signal });
  };
  const setFinalizer = async (service: Service, wanted: boolean, signal: AbortSignal): Promise<void> => {
    if (hasFinalizer(service) === wanted) return;
    const field = wanted ? "finalizers" : "$deleteFromPrimitiveList/finalizers";
    const verb = wanted ? "add" : "remove";
    try {
      await patchStatus(service, { metadata: { [field]: [FINALIZER_LOAD_BALANCER] } }, signal);
    } catch (error) {
      if (!wanted && hasCode(error, "not_found")) return;
      throw new Error(`failed to ${verb} load balancer cleanup finalizer: ${errorText(error)}`, { cause: error });
    }
  };
  const setStatus = async (service: Service, wanted: LoadBalancerStatus, signal: AbortSignal): Promise<void> => {
    if (sameStatus(service.status?.loadBalancer, wanted)) return;
    const ingress = wanted.ingress && wanted.ingress.length > 0 ? wanted.ingress : null;
    try {
      await patchStatus(service, { status: { loadBalancer: { ingress } } }, signal);
    } catch (error) {
      if (hasCode(error, "not_found")) return;
      throw new Error(`failed to update load balancer status: ${errorText(error)}`, { cause: error });
    }
  };

  const ensure = async (key: string, service: Service, signal: AbortSignal): Promise<LoadBalancerResult> => {
    if (!known.has(key)) events.event(SERVICES, service, "Normal", "EnsuringLoadBalancer", "Ensuring load balancer");
    const first = !known.has(key);
    await setFinalizer(service, true, signal);
    const backends = backendsOf(nodes.list());
    if (backends.length === 0) warnNoNodes(service);
    known.set(key, { service, backends: backendsText(backends) });
    const result = await loadBalancers.ensure({ clusterName, service, nodes: backends, signal });
    if (result.status) await setStatus(service, result.status, signal);
    const changed = result.status !== undefined && !sameStatus(service.status?.loadBalancer, result.status);
    if (result.problems.length === 0 && !result.againAfterMs && (first || changed)) {
      events.event(SERVICES, service, "Normal", "EnsuredLoadBalancer", "Ensured load balancer");
    }
    return result;
  };
  const cleanUp = async (key: string, service: Service, gone: boolean, signal: AbortSignal): Promise<void> => {
    events.event(SERVICES, service, "Normal", "DeletingLoadBalancer", "Deleting load balancer");
    const existed = await loadBalancers.ensureDeleted({ clusterName, service, signal }).catch((error: unknown) => {
      if (cloudErrorOf(error)?.code === "elsewhere") return false;
      throw error;
    });
    if (!gone) {
      if (!service.metadata.deletionTimestamp) await setStatus(service, {}, signal);
      await setFinalizer(service, false, signal);
    }
    known.delete(key);
    problems.forget(key);
    if (existed) events.event(SERVICES, service, "Normal", "DeletedLoadBalancer", "Deleted load balancer");
  };
  const warnNoNodes = (service: Service): void => {
    const text = "There are no available nodes for LoadBalancer";
    events.event(SERVICES, service, "Warning", "UnAvailableLoadBalancer", text);
  };

  /** Brings the cloud to what the Service asks for now; says when to look again, or undefined. */
  const reconcile = async (key: string, signal: AbortSignal): Promise<number | undefined> => {
    const service = services.get(key);
    const before = known.get(key)?.service;
    if (before && before.metadata.uid !== service?.metadata.uid) await cleanUp(key, before, true, signal);
    if (!service) return undefined;
    const dying = service.metadata.deletionTimestamp !== undefined;
    if (dying || !wantsLoadBalancer(service)) {
      // Without our finalizer there is nothing of ours: it is there before the first call to the cloud.
      if (hasFinalizer(service)) await cleanUp(key, service, false, signal);
      return undefined;
    }
    const result = await ensure(key, service, signal);
    settle(key, service, result);
    if (result.againAfterMs !== undefined) return result.againAfterMs;
    if (result.problems.some(({ retryable }) => retryable)) return undefined;
    return options.driftPeriodMs * (1 + random.next() / 5);
  };
  const settle = (key: string, service: Service, result: LoadBalancerResult): void => {
    problems.report(key, service, result.problems);
    measure.problems(problems.size);
  };

  const sync = (key: string, signal: AbortSignal): Promise<void> =>
    mutex.run(key, async () => {
      try {
        const againAfter = await reconcile(key, signal);
        const pending = againAfter === undefined && known.has(key) && services.get(key) !== undefined;
        if (pending) {
          queue.addRateLimited(key);
          return;
        }
        queue.forget(key);
        if (againAfter !== undefined) queue.addAfter(key, againAfter);
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
    const service = services.get(key) ?? known.get(key)?.service;
    const deleting = service?.metadata.deletionTimestamp !== undefined || services.get(key) === undefined;
    const [reason, verb] = deleting
      ? (["DeleteLoadBalancerFailed", "deleting"] as const)
      : (["SyncLoadBalancerFailed", "syncing"] as const);
    logger.warn("service could not be synced, trying again", { service: key, error: errorText(error) });
    if (service) {
      events.event(SERVICES, service, "Warning", reason, `Error ${verb} load balancer: ${errorText(error)}`);
    }
    if (cloud?.retryAfterMs !== undefined) queue.addAfter(key, cloud.retryAfterMs);
    else if (cloud?.code === "permanent") queue.addAfter(key, RETRY_MAX_MS);
    else queue.addRateLimited(key);
  };

  // ---- nodes

  const updateBackends = (key: string, backends: readonly Node[], signal: AbortSignal): Promise<void> =>
    mutex.run(key, async () => {
      const entry = known.get(key);
      const service = services.get(key);
      if (!entry || !service || service.metadata.deletionTimestamp || !wantsLoadBalancer(service)) return;
      const text = backendsText(backends);
      if (entry.backends === text) return;
      entry.backends = text;
      const since = clock.monotonic();
      try {
        measure.updates();
        const result = await loadBalancers.updateBackends({ clusterName, service, nodes: backends, signal });
        measure.hostLatency((clock.monotonic() - since) / 1000);
        if (result.problems.length > 0 || result.againAfterMs !== undefined) {
          queue.addAfter(key, result.againAfterMs ?? 0);
          return;
        }
        if (backends.length === 0) warnNoNodes(service);
        else events.event(SERVICES, service, "Normal", "UpdatedLoadBalancer", "Updated load balancer with new hosts");
      } catch (error) {
        if (signal.aborted || cloudErrorOf(error)?.code === "elsewhere") return;
        measure.updateErrors();
        events.event(SERVICES, service, "Warning", "UpdateLoadBalancerFailed", updateFailure(backends, error));
        // The whole Service is looked at again: that repairs the backends as well.
        queue.add(key);
      }
    });
  const nodePass = async (signal: AbortSignal): Promise<void> => {
    const since = clock.monotonic();
    const backends = backendsOf(nodes.list());
    await mapLimited([...known.keys()], workers, (key) => updateBackends(key, backends, signal));
    measure.nodeSync((clock.monotonic() - since) / 1000);
  };

  return {
    async run(signal) {
      const nodeQueue = createWorkQueue({
        name: "node",
        clock,
        metrics,
        limiter: itemExponentialLimiter(RETRY_MIN_MS, RETRY_MAX_MS),
      });
      const onService = (service: Service) => {
        if (wantsLoadBalancer(service) || needsCleanup(service)) queue.add(keyOf(service));
      };
      const onNode = () => nodeQueue.addAfter("nodes", NODE_WINDOW_MS);
      const unsubscribes = [
        services.subscribe({
          add: onService,
          update: (before, after) => {
            if (needsUpdate(before, after) || needsCleanup(after)) queue.add(keyOf(after));
          },
          delete: (service) => {
            if (known.has(keyOf(service))) queue.add(keyOf(service));
          },
        }),
        nodes.subscribe({
          add: onNode,
          delete: onNode,
          update: (before, after) => {
            if (backendsText(backendsOf([before])) !== backendsText(backendsOf([after]))) onNode();
          },
        }),
      ];
      await Promise.all([queue.run(workers, sync, signal), nodeQueue.run(1, () => nodePass(signal), signal)]);
      for (const unsubscribe of unsubscribes) unsubscribe();
    },
  };
}

function hasFinalizer(service: Service): boolean {
  return service.metadata.finalizers?.includes(FINALIZER_LOAD_BALANCER) ?? false;
}

/** Our finalizer on what is going, or no longer wants a load balancer from us (its class never changes, by the API's rules). */
function needsCleanup(service: Service): boolean {
  return (
    hasFinalizer(service) && (service.metadata.deletionTimestamp !== undefined || service.spec?.type !== "LoadBalancer")
  );
}

function updateFailure(backends: readonly Node[], error: unknown): string {
  const names = backends.slice(0, NAMES_IN_MESSAGE).map((node) => node.metadata.name);
  const more = backends.length > NAMES_IN_MESSAGE ? [`${backends.length - NAMES_IN_MESSAGE} more`] : [];
  return (
    `Error updating load balancer with new hosts [${[...names, ...more].join(" ")}] ` +
    `[node names limited, total number of nodes: ${backends.length}], error: ${errorText(error)}`
  );
}

function instruments({ metrics }: ControllerContext) {
  const buckets = Array.from({ length: 15 }, (_, n) => 2 ** n);
  const updates = metrics.counter({
    name: "service_controller_loadbalancer_sync_total",
    help: "Updates of a load balancer's backends after a change of nodes",
  });
  const errors = metrics.counter({
    name: "service_controller_nodesync_error_total",
    help: "Services whose backends could not be updated after a change of nodes",
  });
  const nodeSync = metrics.histogram({
    name: "service_controller_nodesync_latency_seconds",
    help: "How long a pass over all load balancers after a change of nodes takes",
    buckets,
  });
  const host = metrics.histogram({
    name: "service_controller_update_loadbalancer_host_latency_seconds",
    help: "How long updating the backends of one load balancer takes",
    buckets,
  });
  const problems = metrics.gauge({
    name: "service_controller_services_with_problems",
    help: "Services of which a part could not be satisfied, as their Events say",
  });
  return {
    updates: () => updates.inc(),
    updateErrors: () => errors.inc(),
    nodeSync: (seconds: number) => nodeSync.observe(seconds),
    hostLatency: (seconds: number) => host.observe(seconds),
    problems: (count: number) => problems.set(count),
  };
}
