import { errorText } from "@ccm/base";
import { keyOf, SERVICES, type Service } from "@ccm/kube";
import type { ControllerContext } from "../context.ts";
import type { LoadBalancerRequest, LoadBalancerResult, LoadBalancers } from "../contract.ts";
import { cloudErrorOf } from "../error.ts";
import { createRepeatFilter } from "../repeat-filter.ts";
import type { BackendSets } from "./backend-sets.ts";
import { updateFailure } from "./backends.ts";
import { conditionOf, conditionOfFailure, isAboutNodes, NO_NODES, shownCondition } from "./conditions.ts";
import { Entries, type Entry } from "./entries.ts";
import type { ServiceMetrics } from "./metrics.ts";
import { type AnnotationFilter, hasFinalizer, needsUpdate, wantsLoadBalancer } from "./needs-update.ts";
import { createProblemReporter } from "./problems.ts";
import { createServiceWriter, type Written } from "./service-writer.ts";

/** done: until something happens. again: after so long, and it is no failure. retry: later and later. */
export type Outcome = "done" | "retry" | { readonly againAfterMs: number };
export type Lane = NonNullable<LoadBalancerRequest["lane"]>;

/** What is done for one Service. Nothing here runs twice at a time for one key: the queue sees to that. */
export interface ServiceSync {
  /** Brings the cloud to what the Service asks for now. Throws what the cloud or the API server refused. */
  reconcile(key: string, lane: Lane, signal: AbortSignal): Promise<Outcome>;
  /** Brings a changed set of nodes to the cloud. `lookAfterMs`: the entire Service is to be looked at, after so long. */
  updateBackends(key: string, signal: AbortSignal): Promise<{ readonly lookAfterMs?: number }>;
  /** Tells users of what reconcile threw. Never throws. */
  reportFailure(key: string, error: unknown, signal: AbortSignal): Promise<void>;
  readonly entries: Entries;
}

export interface ServiceSyncOptions {
  readonly loadBalancers: LoadBalancers;
  readonly clusterName: string;
  readonly backends: BackendSets;
  readonly measure: ServiceMetrics;
  readonly ignored: AnnotationFilter;
}

/** Whether a manager before this one left the Service as it should be: looking at it again is nothing to tell of. */
export function isSettled(service: Service): boolean {
  const addresses = service.status?.loadBalancer?.ingress ?? [];
  return hasFinalizer(service) && addresses.length > 0 && shownCondition(service)?.status !== "False";
}

export function createServiceSync(context: ControllerContext, options: ServiceSyncOptions): ServiceSync {
  const { services, clock, logger, events } = context;
  const { loadBalancers, clusterName, backends, measure, ignored } = options;
  const entries = new Entries();
  const told = createRepeatFilter(clock);
  const problems = createProblemReporter(events, told);
  const writer = createServiceWriter(context);
  /** Services whose load balancer is not as they ask for, by key. */
  const troubled = new Set<string>();

  const tell = (service: Service, reason: string, message: string): void =>
    events.event(SERVICES, service, "Normal", reason, message);
  const warn = (service: Service, reason: string, message: string): void =>
    events.event(SERVICES, service, "Warning", reason, message);
  const backendsFor = (service: Service) => backends.of(loadBalancers.nodeSelector?.(service));

  /** Keeps what is written, and that it is being written. */
  const writes = async (entry: Entry, write: () => Promise<Written>): Promise<void> => {
    entry.writing = true;
    try {
      entry.written = await write();
    } finally {
      entry.writing = false;
    }
  };
  const noteProblem = (key: string, has: boolean): void => {
    if (has) troubled.add(key);
    else troubled.delete(key);
    measure.servicesWithProblems(troubled.size);
  };
  /** There is nothing of the Service left to know of. */
  const forget = (key: string): void => {
    entries.delete(key);
    problems.forget(key);
    noteProblem(key, false);
    for (const what of ["deleting", "failure"]) told.forget(`${what} ${key}`);
  };

  const ensure = async (key: string, service: Service, lane: Lane, signal: AbortSignal): Promise<Outcome> => {
    const before = entries.get(key);
    // A look at a Service that nobody touched is nothing to tell of.
    const edited = before ? needsUpdate(before.service, service, ignored) : !isSettled(service);
    if (edited) tell(service, "EnsuringLoadBalancer", "Ensuring load balancer");
    await writer.addFinalizer(service, signal);
    const { nodes, id } = backendsFor(service);
    if (nodes.length === 0 && edited) warn(service, "UnAvailableLoadBalancer", NO_NODES);
    const entry: Entry = {
      service,
      backends: id,
      ensured: false,
      announced: edited || (before?.announced ?? false),
      written: before?.written ?? {},
      writing: false,
      at: clock.monotonic(),
    };
    // Before the provider is called: what it leaves behind when it fails must be found again.
    entries.put(key, entry);
    const result = await loadBalancers.ensure({ clusterName, service, nodes, lane, signal }).catch(failed("ensure"));
    const condition = conditionOf(result, nodes.length);
    const wanted = { condition, ...(result.status ? { status: result.status } : {}) };
    await writes(entry, () => writer.setStatus(service, wanted, entry.written, signal));
    problems.report(key, service, result.problems);
    noteProblem(key, result.problems.length > 0);
    told.forget(`failure ${key}`);
    if (result.againAfterMs !== undefined) return { againAfterMs: result.againAfterMs };
    entry.ensured = true;
    if (result.problems.some(({ retryable }) => retryable)) return "retry";
    if (entry.announced && result.problems.length === 0) {
      entry.announced = false;
      tell(service, "EnsuredLoadBalancer", "Ensured load balancer");
    }
    return result.recheckAfterMs === undefined ? "done" : { againAfterMs: result.recheckAfterMs };
  };

  /** `gone`: the object is there no more, only what was made for it. */
  const cleanUp = async (
    key: string,
    service: Service,
    gone: boolean,
    lane: Lane,
    signal: AbortSignal,
  ): Promise<Outcome> => {
    if (told.isNews(`deleting ${key}`, service.metadata.uid ?? "")) {
      tell(service, "DeletingLoadBalancer", "Deleting load balancer");
    }
    const request = { clusterName, service, lane, signal };
    const existed = await loadBalancers.ensureDeleted(request).catch((error: unknown) => {
      if (cloudErrorOf(error)?.code === "elsewhere") return false;
      throw gone ? error : failed("delete")(error);
    });
    if (typeof existed === "object") return existed;
    if (!gone) await writer.release(service, signal);
    forget(key);
    if (existed) tell(service, "DeletedLoadBalancer", "Deleted load balancer");
    return "done";
  };

  /** Beside the Event; when the API server refuses that too, the Event and the log are all there is. */
  const writeFailure = async (service: Service, entry: Entry | undefined, error: unknown, signal: AbortSignal) => {
    try {
      const write = () => writer.setFailure(service, conditionOfFailure(error), entry?.written ?? {}, signal);
      await (entry ? writes(entry, write) : write());
    } catch (cause) {
      logger.debug("condition could not be written", { service: keyOf(service), error: errorText(cause) });
    }
  };

  return {
    entries,
    async reconcile(key, lane, signal) {
      const service = services.get(key);
      const before = entries.get(key);
      if (before && before.service.metadata.uid !== service?.metadata.uid) {
        const outcome = await cleanUp(key, before.service, true, lane, signal);
        if (outcome !== "done") return outcome;
      }
      if (!service) {
        forget(key);
        return "done";
      }
      // Not even its finalizer is ours, although the other controller's may have the same name.
      if (!entries.has(key) && loadBalancers.handles?.(service) === false) return "done";
      if (wantsLoadBalancer(service) && !service.metadata.deletionTimestamp) return ensure(key, service, lane, signal);
      // Our finalizer is there before the first call to the cloud: without it, and without having called, nothing is ours.
      return hasFinalizer(service) || entries.has(key) ? cleanUp(key, service, false, lane, signal) : "done";
    },
    async updateBackends(key, signal) {
      const entry = entries.get(key);
      const service = services.get(key);
      if (!service || service.metadata.deletionTimestamp || !wantsLoadBalancer(service)) return {};
      // As of now, not of the pass's start: a Service that was synced meanwhile has newer ones.
      const { nodes, id } = backendsFor(service);
      // One that is not ensured comes again by itself, and then with the nodes of that time.
      if (!entry?.ensured || entry.backends === id) return {};
      entry.backends = id;
      const since = clock.monotonic();
      measure.updateStarted();
      const request = { clusterName, service, nodes, lane: "backend", signal } as const;
      let result: LoadBalancerResult;
      try {
        result = await loadBalancers.updateBackends(request);
      } catch (error) {
        if (signal.aborted || cloudErrorOf(error)?.code === "elsewhere") return {};
        measure.updateFailed();
        warn(service, "UpdateLoadBalancerFailed", updateFailure(nodes, error));
        entry.ensured = false;
        return { lookAfterMs: cloudErrorOf(error)?.retryAfterMs ?? 0 };
      } finally {
        measure.updateTook((clock.monotonic() - since) / 1000);
      }
      // Only a look at the entire Service tells which problems it has, when it has others than before.
      if (!problems.known(key, result.problems) || result.againAfterMs !== undefined) {
        return { lookAfterMs: result.againAfterMs ?? 0 };
      }
      if (nodes.length === 0) warn(service, "UnAvailableLoadBalancer", NO_NODES);
      else tell(service, "UpdatedLoadBalancer", "Updated load balancer with new hosts");
      if (isAboutNodes(entry.written.condition)) {
        const condition = conditionOf(result, nodes.length);
        await writes(entry, () => writer.setStatus(service, { condition }, entry.written, signal));
      }
      return {};
    },
    async reportFailure(key, error, signal) {
      const text = errorText(error);
      const present = services.get(key);
      const entry = entries.get(key);
      logger.warn("service could not be synced, trying again", { service: key, error: text });
      const news = told.isNews(`failure ${key}`, text);
      noteProblem(key, true);
      if (entry && entry.service.metadata.uid !== present?.metadata.uid) {
        if (news) warn(entry.service, "DeleteLoadBalancerFailed", `Error deleting load balancer: ${text}`);
      } else if (present) {
        if (news) warn(present, "SyncLoadBalancerFailed", `Error syncing load balancer: ${text}`);
        // Only beside our finalizer, with which it goes. It may have gone although taking it off failed.
        const stays = wantsLoadBalancer(present) && !present.metadata.deletionTimestamp;
        if (hasFinalizer(present) || (entry && stays)) await writeFailure(present, entry, error, signal);
      }
    },
  };
}

/** Upstream's words in front of what the provider threw, which stays the cause. */
function failed(verb: "ensure" | "delete"): (error: unknown) => never {
  return (cause) => {
    throw new Error(`failed to ${verb} load balancer: ${errorText(cause)}`, { cause });
  };
}
