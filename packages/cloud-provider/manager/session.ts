import { sleep } from "@ccm/base";
import {
  createInformer,
  type EventRecorder,
  type KubeClient,
  NODE_MESSAGE,
  NODES,
  type Node,
  SERVICE_MESSAGE,
  SERVICES,
  type Service,
} from "@ccm/kube";
import type { ControllerContext } from "../context.ts";
import type { CloudProvider } from "../contract.ts";
import { createInstanceSource } from "../instance-source.ts";
import type { NextAttempts } from "../next-attempts.ts";
import type { ManagerConfig } from "./config.ts";
import { isEnabled } from "./controller-names.ts";
import type { ControllerEntry, ManagedController } from "./controllers.ts";
import type { ManagerEnvironment } from "./environment.ts";
import type { HealthChecks } from "./health.ts";
import { linkedSignal } from "./linked-signal.ts";
import { createSlimmer } from "./slim.ts";

export interface SessionParts {
  readonly config: ManagerConfig;
  readonly provider: CloudProvider;
  readonly env: ManagerEnvironment;
  readonly recorder: (component: string, client: KubeClient) => EventRecorder;
  readonly health: HealthChecks;
  readonly nextAttempts: NextAttempts;
}

/** A provider that is ready, and caches that are filled: what controllers run on. */
export interface Session {
  /** Runs those of the controllers that are enabled and supported, until the signal aborts or one of them fails. */
  run(entries: readonly ControllerEntry[], signal: AbortSignal): Promise<void>;
}

const MANAGER = "cloud-controller-manager";

/**
 * Prepares a session, once for all controllers however many leases they need, and ends all that belongs to it when
 * `work` has ended. Work that ends because of the signal ends well.
 */
export async function withSession(
  parts: SessionParts,
  signal: AbortSignal,
  work: (session: Session) => Promise<void>,
  isFirstLeader = false,
): Promise<void> {
  const { config, provider, env, recorder, nextAttempts } = parts;
  const { client, clock, random, logger } = env;
  const stop = linkedSignal(signal);
  const slim = createSlimmer();
  const informerParts = { client, clock, random, logger, resyncMs: config.minResyncPeriod * (1 + random.next()) };
  const protobuf = config.kubeApiContentType.includes("protobuf");
  const nodes = createInformer<Node>({
    ...informerParts,
    type: NODES,
    ...(protobuf ? { message: NODE_MESSAGE } : {}),
    transform: slim.node,
  });
  const services = createInformer<Service>({
    ...informerParts,
    type: SERVICES,
    ...(protobuf ? { message: SERVICE_MESSAGE } : {}),
    transform: slim.service,
  });
  const running: Promise<unknown>[] = [nodes.run(stop.signal), services.run(stop.signal)];
  const concurrency = config.concurrentNodeSyncs;
  const instances = provider.instances && createInstanceSource(provider.instances, clock, stop.signal, { concurrency });
  const contextFor = ({ component, identity }: ControllerEntry): ControllerContext => {
    const own = env.clientFor?.(identity) ?? client;
    return {
      client: own,
      nodes,
      services,
      clock,
      random,
      logger: logger.with({ controller: component }),
      metrics: env.metrics,
      events: recorder(component, own),
      nextAttempts,
    };
  };
  const session: Session = {
    async run(entries, term) {
      const scope = linkedSignal(term, stop.signal);
      try {
        const controllers = await build(entries, parts, { contextFor, instances, signal: scope.signal });
        await Promise.all([nodes.waitForSync(scope.signal), services.waitForSync(scope.signal)]);
        logger.info("controllers started", { controllers: controllers.map(({ entry }) => entry.canonical).join(",") });
        const runs = controllers.map((built) => start(built, parts, scope.signal));
        running.push(...runs);
        await Promise.all([...runs, aborted(scope.signal)]);
      } catch (error) {
        if (!term.aborted) throw error;
      } finally {
        scope.end();
      }
    },
  };
  try {
    await provider.initialize?.({
      client,
      ...(env.clientFor ? { clientFor: env.clientFor } : {}),
      nodes,
      services,
      events: recorder(MANAGER, client),
      logger,
      clusterName: config.clusterName,
      isFirstLeader,
      signal: stop.signal,
    });
    await work(session);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    stop.end();
    // Nothing of this session works on when the lease is given back.
    await Promise.allSettled(running);
  }
}

interface Built {
  readonly entry: ControllerEntry;
  readonly controller: ManagedController;
}

async function build(
  entries: readonly ControllerEntry[],
  { config, provider, env }: SessionParts,
  make: {
    readonly contextFor: (entry: ControllerEntry) => ControllerContext;
    readonly instances: ReturnType<typeof createInstanceSource> | undefined;
    readonly signal: AbortSignal;
  },
): Promise<readonly Built[]> {
  const { clock, random, logger } = env;
  const built: Built[] = [];
  for (const entry of entries) {
    const name = entry.canonical;
    if (!isEnabled(name, config.controllers, entry.offByDefault)) {
      logger.warn("controller is disabled", { name });
      continue;
    }
    const controller = entry.create(make.contextFor(entry), { config, provider, instances: make.instances });
    if (controller) built.push({ entry, controller });
    else logger.warn("controller skipped", { name, reason: entry.skipped ?? "it cannot run here" });
    if (config.controllerStartInterval > 0) {
      await sleep(clock, config.controllerStartInterval * (1 + random.next()), make.signal);
    }
  }
  return built;
}

async function start({ entry, controller }: Built, { env, health }: SessionParts, signal: AbortSignal): Promise<void> {
  const running = env.metrics.gauge({
    name: "running_managed_controllers",
    help: "Whether a controller runs: 1 yes, 0 no",
    labels: ["name", "manager"],
  });
  const labels = { name: entry.metricName, manager: MANAGER };
  health.add(entry.canonical, () => controller.healthProblem?.());
  running.set(1, labels);
  try {
    await controller.run(signal);
  } finally {
    running.set(0, labels);
  }
}

/** Resolves when the signal aborts: a set without controllers keeps its lease all the same. */
function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
