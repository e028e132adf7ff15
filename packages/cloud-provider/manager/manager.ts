import { type Clock, errorText, type Listen, type Logger, type Metrics, type Random, sleep } from "@ccm/base";
import {
  createEventRecorder,
  createInformer,
  createLeaderElector,
  type EventRecorder,
  type KubeClient,
  type LeaderElector,
  NODES,
  type Node,
  SERVICES,
  type Service,
} from "@ccm/kube";
import type { Controller, ControllerContext } from "../context.ts";
import type { CloudProvider } from "../contract.ts";
import { CloudError } from "../error.ts";
import { createInstanceSource } from "../instance-source.ts";
import { createLifecycleController } from "../lifecycle/lifecycle-controller.ts";
import { createNodeController } from "../nodes/node-controller.ts";
import { parseClusterCidrs } from "../routes/cluster-cidrs.ts";
import { createRouteController } from "../routes/route-controller.ts";
import { createServiceController } from "../services/service-controller.ts";
import { createAccessControl } from "./access.ts";
import type { ManagerConfig } from "./config.ts";
import { type CanonicalName, isControllerEnabled } from "./controller-names.ts";
import { createHealthChecks, type HealthChecks } from "./health.ts";
import { createManagerHandler } from "./server.ts";
import { UsageError } from "./usage-error.ts";

export interface ManagerEnvironment {
  readonly client: KubeClient;
  /** With a limit of its own, so that a busy controller cannot keep the lease from being renewed. Default: client. */
  readonly electionClient?: KubeClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly hostname: string;
  /** Absent: nothing is served. */
  readonly listen?: Listen;
  readonly servingCertificate?: () => Promise<{ readonly cert: string; readonly key: string }>;
}

/** Tolerance of the leader election's health check, as upstream. */
const ELECTION_TOLERANCE_MS = 20_000;
const API_WAIT_MS = 10_000;
/** Events still on their way when the manager ends are given this long. */
const LAST_EVENTS_MS = 2000;

/**
 * Runs the controllers until the signal aborts, only while leader. Rejects when the API server cannot be reached, the
 * provider cannot start, or leadership is lost: the process should then end, and be started anew.
 */
export async function runManager(
  config: ManagerConfig,
  provider: CloudProvider,
  env: ManagerEnvironment,
  signal: AbortSignal,
): Promise<void> {
  if (!provider.hasClusterId && !config.allowUntaggedCloud) {
    throw new CloudError("permanent", "no cluster ID in the cloud config: expected one, or --allow-untagged-cloud");
  }
  // Told at once by every replica, not only by the one that becomes leader some day.
  if (runsRoutes(config, provider)) checkClusterCidr(config);
  const health = createHealthChecks(env.logger);
  const recorders = createRecorders(env);
  const server = await serve(config, env, health);
  try {
    await waitForApi(env, signal);
    const run = (term: AbortSignal) =>
      runControllers(config, provider, { ...env, recorder: recorders.make, health }, term);
    if (!config.leaderElect) await run(signal);
    else {
      const elector = createElector(config, env, recorders.make("cloud-controller-manager"));
      health.add("leaderElection", () => elector.healthProblem(ELECTION_TOLERANCE_MS));
      await elector.run(run, signal);
    }
  } finally {
    await recorders.flush();
    await server?.close();
  }
}

function createRecorders(env: ManagerEnvironment) {
  const made: (EventRecorder & { flush(): Promise<void> })[] = [];
  return {
    make(component: string): EventRecorder {
      const recorder = createEventRecorder({ ...env, component });
      made.push(recorder);
      return recorder;
    },
    /** Resolves in any case, and leaves no timer behind that would keep the process. */
    flush: () =>
      new Promise<void>((resolve) => {
        const cancel = env.clock.schedule(LAST_EVENTS_MS, resolve);
        Promise.all(made.map((recorder) => recorder.flush())).then(() => {
          cancel();
          resolve();
        });
      }),
  };
}

function runsRoutes(config: ManagerConfig, provider: CloudProvider): boolean {
  const enabled = isControllerEnabled("node-route-controller", config.controllers);
  return provider.routes !== undefined && config.configureCloudRoutes && enabled;
}

function checkClusterCidr({ clusterCidr }: ManagerConfig): void {
  try {
    parseClusterCidrs(clusterCidr);
  } catch (error) {
    throw new UsageError(errorText(error), { cause: error });
  }
}

async function serve(config: ManagerConfig, env: ManagerEnvironment, health: HealthChecks) {
  if (!env.listen || config.securePort === 0) return undefined;
  const certificate = await env.servingCertificate?.();
  const { client, clock, metrics, logger } = env;
  const access = createAccessControl({ client, clock, alwaysAllow: config.authorizationAlwaysAllowPaths });
  const { bindAddress: host, securePort: port } = config;
  try {
    return await env.listen({
      host,
      port,
      handler: createManagerHandler({ health, metrics, config, access, logger }),
      ...(certificate ? { tls: certificate } : {}),
    });
  } catch (cause) {
    throw new CloudError("permanent", `cannot listen on ${host}:${port} (--bind-address, --secure-port)`, { cause });
  }
}

/** A clean message at the start is worth more than retries in the background: upstream, too, gives the server ten seconds. */
async function waitForApi({ client, clock, logger }: ManagerEnvironment, signal: AbortSignal): Promise<void> {
  const deadline = clock.monotonic() + API_WAIT_MS;
  for (;;) {
    try {
      await client.read("/healthz", { signal });
      return;
    } catch (error) {
      if (signal.aborted) return;
      if (clock.monotonic() >= deadline) throw error;
      logger.info("waiting for the API server", { error: errorText(error) });
      await sleep(clock, 1000, signal).catch(() => {});
    }
  }
}

function createElector(config: ManagerConfig, env: ManagerEnvironment, events: EventRecorder): LeaderElector {
  const { clock, random, logger, metrics, hostname } = env;
  const client = env.electionClient ?? env.client;
  return createLeaderElector({
    client,
    clock,
    random,
    logger,
    metrics,
    events,
    namespace: config.leaderElectResourceNamespace,
    name: config.leaderElectResourceName,
    identity: `${hostname}_${random.uuid()}`,
    leaseDurationMs: config.leaderElectLeaseDuration,
    renewDeadlineMs: config.leaderElectRenewDeadline,
    retryPeriodMs: config.leaderElectRetryPeriod,
  });
}

interface RunParts extends ManagerEnvironment {
  readonly recorder: (component: string) => EventRecorder;
  readonly health: HealthChecks;
}

async function runControllers(
  config: ManagerConfig,
  provider: CloudProvider,
  env: RunParts,
  signal: AbortSignal,
): Promise<void> {
  const { client, clock, random, logger, metrics, recorder, health } = env;
  const informerParts = { client, clock, random, logger };
  const nodes = createInformer<Node>({ ...informerParts, type: NODES, transform: slimNode });
  const services = createInformer<Service>({ ...informerParts, type: SERVICES, transform: slimService });
  const stop = new AbortController();
  const end = () => stop.abort(signal.reason);
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  const contextFor = (component: string): ControllerContext => ({
    ...informerParts,
    nodes,
    services,
    logger: logger.with({ controller: component }),
    metrics,
    events: recorder(component),
  });
  const running = metrics.gauge({
    name: "running_managed_controllers",
    help: "Whether a controller runs: 1 yes, 0 no",
    labels: ["name", "manager"],
  });
  const informers = [nodes.run(stop.signal), services.run(stop.signal)];
  const start = async ({ name, alias, controller }: Built): Promise<void> => {
    health.add(name, () => undefined);
    running.set(1, { name: alias, manager: "cloud-controller-manager" });
    try {
      await controller.run(stop.signal);
    } finally {
      running.set(0, { name: alias, manager: "cloud-controller-manager" });
    }
  };
  let runs: readonly Promise<void>[] = [];
  try {
    await provider.initialize?.({
      client,
      nodes,
      services,
      events: recorder("cloud-controller-manager"),
      logger,
      clusterName: config.clusterName,
      signal: stop.signal,
    });
    const controllers = buildControllers(config, provider, clock, contextFor, stop.signal, logger);
    await Promise.all([nodes.waitForSync(stop.signal), services.waitForSync(stop.signal)]);
    logger.info("controllers started", { controllers: controllers.map(({ name }) => name).join(",") });
    runs = controllers.map(start);
    await Promise.all([...runs, ...informers]);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    stop.abort(signal.reason);
    signal.removeEventListener("abort", end);
    // Nothing of this term works on when the lease is given back.
    await Promise.allSettled([...runs, ...informers]);
  }
}

interface Built {
  readonly name: CanonicalName;
  /** The name in the metric. */
  readonly alias: string;
  readonly controller: Controller;
}

function buildControllers(
  config: ManagerConfig,
  provider: CloudProvider,
  clock: Clock,
  contextFor: (component: string) => ControllerContext,
  signal: AbortSignal,
  logger: Logger,
): readonly Built[] {
  const built: Built[] = [];
  const wanted = (name: CanonicalName, supported: boolean): boolean => {
    if (!isControllerEnabled(name, config.controllers)) logger.warn("controller is disabled", { name });
    else if (!supported) logger.warn("controller skipped: the cloud does not support it", { name });
    else return true;
    return false;
  };
  const { instances, routes, loadBalancers } = provider;
  const source = instances ? createInstanceSource(instances, clock, signal) : undefined;
  if (wanted("cloud-node-controller", source !== undefined) && source) {
    const controller = createNodeController(contextFor("cloud-node-controller"), {
      instances: source,
      providerName: provider.name,
      workers: config.concurrentNodeSyncs,
      statusWorkers: config.concurrentNodeStatusUpdates || config.concurrentNodeSyncs,
      addressPeriodMs: config.nodeStatusUpdateFrequency,
    });
    built.push({ name: "cloud-node-controller", alias: "cloud-node", controller });
  }
  if (wanted("cloud-node-lifecycle-controller", source !== undefined) && source) {
    const controller = createLifecycleController(contextFor("cloud-node-lifecycle-controller"), {
      instances: source,
      providerName: provider.name,
      periodMs: config.nodeMonitorPeriod,
      stopShare: config.nodeDeletionStopShare,
    });
    built.push({ name: "cloud-node-lifecycle-controller", alias: "cloud-node-lifecycle", controller });
  }
  if (wanted("node-route-controller", routes !== undefined && config.configureCloudRoutes) && routes) {
    const controller = createRouteController(contextFor("route_controller"), {
      routes,
      clusterName: config.clusterName,
      clusterCidrs: parseClusterCidrs(config.clusterCidr),
      periodMs: config.routeReconciliationPeriod,
    });
    built.push({ name: "node-route-controller", alias: "route", controller });
  }
  if (wanted("service-lb-controller", loadBalancers !== undefined) && loadBalancers) {
    const controller = createServiceController(contextFor("service-controller"), {
      loadBalancers,
      clusterName: config.clusterName,
      workers: config.concurrentServiceSyncs,
      driftPeriodMs: config.serviceDriftPeriod,
    });
    built.push({ name: "service-lb-controller", alias: "service", controller });
  }
  return built;
}

const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/** Most of a Node's size is what nobody here reads. */
function slimNode(node: Node): Node {
  const { managedFields: _, ...metadata } = node.metadata;
  const { addresses, conditions } = node.status ?? {};
  return {
    metadata,
    ...(node.spec ? { spec: node.spec } : {}),
    status: { ...(addresses ? { addresses } : {}), ...(conditions ? { conditions } : {}) },
  };
}

/** Without kubectl's own notes, whose every change would look like an edit of the Service. */
function slimService(service: Service): Service {
  const { managedFields: _, annotations, ...metadata } = service.metadata;
  if (!annotations) return { ...service, metadata };
  const { [LAST_APPLIED]: __, ...kept } = annotations;
  return { ...service, metadata: { ...metadata, annotations: kept } };
}
