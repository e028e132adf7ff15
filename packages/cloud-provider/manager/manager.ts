import { errorText, sleep } from "@ccm/base";
import { createLeaderElector, type EventRecorder, type LeaderElector } from "@ccm/kube";
import type { CloudProvider } from "../contract.ts";
import { CloudError } from "../error.ts";
import { ANNOTATION_NEXT_ATTEMPTS, createNextAttempts, type NextAttempts } from "../next-attempts.ts";
import { parseClusterCidrs } from "../routes/cluster-cidrs.ts";
import { exposeBuild } from "./build-metrics.ts";
import type { ManagerConfig } from "./config.ts";
import { canonicalNames, isEnabled } from "./controller-names.ts";
import { BUILT_IN_CONTROLLERS, type ControllerEntry } from "./controllers.ts";
import type { ManagerEnvironment, ManagerExtensions } from "./environment.ts";
import { createHealthChecks } from "./health.ts";
import {
  DEFAULT_LEADER_MIGRATION,
  type LeaderMigration,
  parseLeaderMigration,
  placementOf,
} from "./leader-migration.ts";
import { createRecorders } from "./recorders.ts";
import { serveManager, serveWebhooks } from "./servers.ts";
import { readFile } from "./serving.ts";
import { type Session, type SessionParts, withSession } from "./session.ts";
import { UsageError } from "./usage-error.ts";

const MANAGER = "cloud-controller-manager";
/** Tolerance of the leader election's health check, as upstream. */
const ELECTION_TOLERANCE_MS = 20_000;
const API_WAIT_MS = 10_000;

/**
 * Runs the controllers until the signal aborts, only while leader. Rejects when the API server cannot be reached, the
 * provider cannot start, or leadership is lost: the process should then end, and be started anew.
 */
export async function runManager(
  config: ManagerConfig,
  provider: CloudProvider,
  env: ManagerEnvironment,
  signal: AbortSignal,
  extensions: ManagerExtensions = {},
): Promise<void> {
  const { controllers: entries = BUILT_IN_CONTROLLERS, webhooks = [] } = extensions;
  const named = { ...config, controllers: canonicalNames(config.controllers, entries) };
  if (!provider.hasClusterId && !config.allowUntaggedCloud) {
    throw new CloudError("permanent", "no cluster ID in the cloud config: expected one, or --allow-untagged-cloud");
  }
  // Told at once by every replica, not only by the one that becomes leader some day.
  if (runsRoutes(named, provider, entries)) checkClusterCidr(named);
  const migration = await readMigration(named, env);
  exposeBuild(env.metrics, env.build, named);
  const health = createHealthChecks(env.logger);
  const recorders = createRecorders(env);
  await waitForApi(env, signal);
  if (signal.aborted) return;
  const servers = await Promise.all([
    serveManager(named, env, health, migration, signal),
    serveWebhooks(named, env, webhooks, signal),
  ]);
  try {
    const nextAttempts = createNextAttempts(env.clock);
    const parts: SessionParts = { config: named, provider, env, recorder: recorders.make, health, nextAttempts };
    const lead = leadership(parts, entries, migration, recorders.make(MANAGER, env.electionClient ?? env.client));
    await lead(signal);
  } finally {
    await recorders.flush();
    await Promise.all(servers.map((server) => server?.close()));
  }
}

/** Without leader election at once; else under the main lease, and what migrates under a second one. */
function leadership(
  parts: SessionParts,
  entries: readonly ControllerEntry[],
  migration: LeaderMigration | undefined,
  events: EventRecorder,
): (signal: AbortSignal) => Promise<void> {
  const { config, env, health, nextAttempts } = parts;
  if (!config.leaderElect) return (signal) => withSession(parts, signal, (session) => session.run(entries, signal));
  const elector = (name: string, check: string, shown?: NextAttempts) => {
    const made = createElector(config, env, events, name, shown);
    health.add(check, () => made.healthProblem(ELECTION_TOLERANCE_MS));
    return made;
  };
  const main = elector(config.leaderElectResourceName, "leaderElection", nextAttempts);
  const second = migration ? elector(migration.leaderName, "leaderMigration") : undefined;
  const run = async (session: Session, term: AbortSignal): Promise<void> => {
    if (!migration || !second) return session.run(entries, term);
    const placed = (wanted: string) =>
      entries.filter(({ canonical }) => placementOf(canonical, migration, MANAGER, entries) === wanted);
    await Promise.all([
      session.run(placed("non-migrated"), term),
      second.run((inner) => session.run(placed("migrated"), inner), term),
    ]);
  };
  return (signal) =>
    main.run((term) => withSession(parts, term, (session) => run(session, term), main.isFirst), signal);
}

function runsRoutes(config: ManagerConfig, provider: CloudProvider, entries: readonly ControllerEntry[]): boolean {
  const route = entries.find(({ canonical }) => canonical === "node-route-controller");
  if (!route || !provider.routes || !config.configureCloudRoutes) return false;
  return isEnabled(route.canonical, config.controllers);
}

function checkClusterCidr({ clusterCidr }: ManagerConfig): void {
  try {
    parseClusterCidrs(clusterCidr);
  } catch (error) {
    throw new UsageError(errorText(error), { cause: error });
  }
}

async function readMigration(config: ManagerConfig, env: ManagerEnvironment): Promise<LeaderMigration | undefined> {
  if (!config.leaderElect || !config.enableLeaderMigration) return undefined;
  const path = config.leaderMigrationConfig;
  if (path === "") return DEFAULT_LEADER_MIGRATION;
  return parseLeaderMigration(await readFile(env.files, path, "--leader-migration-config"), path);
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

function createElector(
  config: ManagerConfig,
  env: ManagerEnvironment,
  events: EventRecorder,
  name: string,
  shown: NextAttempts | undefined,
): LeaderElector {
  const { clock, random, logger, metrics, hostname } = env;
  return createLeaderElector({
    client: env.electionClient ?? env.client,
    clock,
    random,
    logger,
    metrics,
    events,
    namespace: config.leaderElectResourceNamespace,
    name,
    identity: `${hostname}_${random.uuid()}`,
    leaseDurationMs: config.leaderElectLeaseDuration,
    renewDeadlineMs: config.leaderElectRenewDeadline,
    retryPeriodMs: config.leaderElectRetryPeriod,
    ...(shown ? { annotations: () => ({ [ANNOTATION_NEXT_ATTEMPTS]: shown.text() }) } : {}),
  });
}
