import { type Clock, createLogger, type Metrics, noMetrics, seededRandom, silentLogger } from "@ccm/base";
import { createInformer, EVENTS, hasCode, type Informer, LEASES, listAll, NODES, SERVICES } from "@ccm/kube";
import type { Mutation } from "../mutations/mutation.ts";
import { createWorld, type World } from "../world.ts";
import { type Effect, isCloudRead, isElection, isWrite, signature } from "./effects.ts";
import { createInjector, type Fault } from "./injector.ts";
import type { Mode } from "./modes.ts";
import { createOracles, type ForeignRow } from "./oracles.ts";
import { createReplicas, type Replicas } from "./replicas.ts";
import { createScene, type Scenario } from "./scenario.ts";
import { createStateReader, difference, type State } from "./state.ts";
import { createWeather } from "./weather.ts";

/** One run of a scenario: undisturbed, or with faults. */
export interface Run {
  /** Effects from the act on, until everything was quiet. */
  readonly effects: readonly Effect[];
  /** As everything was at the end, before it was deleted. */
  readonly state: State;
  readonly calls: number;
  /** What was found wrong; empty: nothing. */
  readonly problems: readonly string[];
  /** The faults that were done. */
  readonly fired: readonly (Fault & { readonly effect: Effect })[];
  /** Interesting states that were visited. */
  readonly visited: ReadonlySet<string>;
  /** Who sent what, what was answered, and what the CCMs said of it, in order. The same for the same seed and faults. */
  readonly timeline: readonly string[];
}

/** What the undisturbed run was: a disturbed one must end the same. */
export interface Expectation {
  readonly effects: readonly Effect[];
  readonly state: State;
  readonly calls: number;
}

/** Nothing of a CCM but its election, for so long: it is quiet. */
const QUIET_MS = 8000;
const LONGEST_MS = 600_000;
const RECOVERY_MS = 180_000;
const RECOVERY_FROM: Readonly<Partial<Record<Mode, number>>> = {
  /** What is refused for good is tried again after five minutes, in case somebody has changed what forbade it. */
  "refused-403": 400_000,
};
const STEP_MS = 2000;
/** After a restart with nothing changed, for so long no write may be seen. */
const WATCH_RESTART_MS = 10_000;
/** A disturbed run may call the cloud this many times as often as the undisturbed, and as much more. */
const CALLS_FACTOR = 3;
const CALLS_MORE = 120;

export async function run(
  scenario: Scenario,
  options: {
    readonly seed: string;
    readonly faults?: readonly Fault[];
    readonly expected?: Expectation;
    readonly mutation?: Mutation;
  },
): Promise<Run> {
  const { faults = [], expected, mutation } = options;
  const visited = new Set<string>();
  const logs: string[] = [];
  const depths = new Map<string, number>();
  const problems: string[] = [];
  let world: World;
  let replicas: Replicas;
  let sentOf: (effect: Effect) => void = () => {};
  let carriedOut: Parameters<typeof watchEffects>[0] = () => {};
  const watchEffects = (
    listener: (...args: Parameters<NonNullable<Parameters<typeof createWorld>[0]["onEffect"]>>) => void,
  ) => {
    carriedOut = listener;
  };
  const clock = (): Clock => world.clock;
  const weather = createWeather(clock);
  const injector = createInjector(
    faults,
    clock,
    {
      kill: (ccm) => replicas.kill(ccm),
      depose: (ccm) => replicas.depose(ccm),
      isDead: (ccm) => replicas.isDead(ccm),
    },
    (effect) => sentOf(effect),
  );
  world = await createWorld({
    seed: options.seed,
    ...scenario.world,
    config: { ...scenario.world?.config, ...mutation?.config },
    ...(mutation?.client ? { aroundClient: mutation.client } : {}),
    ...(mutation?.provider ? { aroundProvider: mutation.provider } : {}),
    wire: (link, transport) => {
      const faulty = injector.wire(link, replicas.wire(link, weather.wire(link, transport)));
      return mutation?.transport?.(link, faulty, world) ?? faulty;
    },
    onEffect: (...args) => carriedOut(...args),
    logger: (ccm) =>
      createLogger((level, message, fields) => {
        const at = world.clock.monotonic().toFixed(3);
        logs.push(`${at} ${ccm} · ${level}: ${message} ${JSON.stringify(fields)}`);
      }),
    metrics: (ccm) => depthMetrics(ccm, depths),
  });
  replicas = createReplicas(() => world);
  const stop = new AbortController();
  const copies = await watchCopies(world, stop.signal);
  const foreign: ForeignRow[] = [];
  const kept: ForeignRow[] = [];
  const oracles = createOracles(world, copies, kept, (state) => visited.add(state));
  sentOf = oracles.onSend;
  watchEffects(oracles.onEffect);
  const scene = createScene(world, replicas, weather, {
    foreign(row) {
      foreign.push(row);
      kept.push(row);
      oracles.watchForeign([row]);
    },
    keeps: (row) => void kept.push(row),
  });
  const { during, clock: time } = world;
  const stateNow = createStateReader(world);
  let lastAt = 0;
  const base = sentOf;
  sentOf = (effect) => {
    base(effect);
    if (isSignOfLife(effect)) lastAt = time.monotonic();
  };
  const isSignOfLife = (effect: Effect) => !isElection(effect) && !(scenario.polls && isCloudRead(effect));
  const quiet = async (): Promise<void> => {
    const end = time.monotonic() + LONGEST_MS;
    lastAt = Math.max(lastAt, time.monotonic() - QUIET_MS + STEP_MS);
    while (time.monotonic() - lastAt < QUIET_MS && time.monotonic() < end) await time.advance(STEP_MS);
  };

  try {
    const before = await during(rowsNow(world));
    replicas.start(mutation?.replicas ?? scenario.replicas ?? 1);
    await quiet();
    if (scenario.setup) await during(scenario.setup(scene));
    await quiet();
    injector.arm();
    await during(scenario.act(scene));
    let state: State;
    if (!expected) {
      await time.advance(scenario.settleMs ?? 0);
      await quiet();
      injector.disarm();
      state = await during(stateNow());
    } else {
      const recoveryMs = Math.max(
        scenario.recoveryMs ?? RECOVERY_MS,
        ...faults.map(({ mode }) => RECOVERY_FROM[mode] ?? 0),
      );
      const actedAt = time.monotonic();
      const limit = () => (injector.fired.at(-1)?.firedAt ?? actedAt) + recoveryMs;
      let compared: State | undefined;
      let left: readonly string[] = [];
      const compare = async (): Promise<void> => {
        const found = await during(stateNow());
        if (found === compared) return;
        compared = found;
        left = difference(expected.state, found).filter((line) => !scenario.mayDiffer?.(line.slice(2)));
      };
      await compare();
      // A second fault has no place where the first one left less to do.
      const must = Math.min(1, faults.length);
      const unfinished = () => injector.fired.length < must || injector.onTheWay > 0;
      while ((left.length > 0 || unfinished()) && time.monotonic() < limit()) {
        await time.advance(STEP_MS);
        await compare();
      }
      const [first] = injector.fired;
      if (!first && must > 0) problems.push("the fault never happened");
      const planned = first && expected.effects[first.at - 1];
      if (first && (!planned || signature(planned) !== signature(first.effect))) {
        problems.push(`the fault hit ${signature(first.effect)}, not ${planned ? signature(planned) : "nothing"}`);
      }
      if (left.length > 0) problems.push(`the end is not that of the undisturbed run:\n${left.join("\n")}`);
      await quiet();
      injector.disarm();
      state = await during(stateNow());
    }
    for (const [queue, depth] of depths) {
      const [ccm = ""] = queue.split(" ");
      if (depth > 0 && replicas.running.some(({ name }) => name === ccm))
        problems.push(`${queue} holds ${depth} at the end`);
    }
    const calls = cloudCalls(injector.effects);
    if (expected && calls > expected.calls * CALLS_FACTOR + CALLS_MORE) {
      problems.push(`${calls} calls of the cloud, the undisturbed run needed ${expected.calls}`);
    }

    // A restart with nothing changed.
    const writes: string[] = [];
    sentOf = (effect) => {
      base(effect);
      if (!scenario.triesAgain && isWrite(effect)) {
        writes.push(`${effect.to} ${effect.method} ${effect.path} ${effect.body}`);
      }
      if (isSignOfLife(effect)) lastAt = time.monotonic();
    };
    watchEffects((link, request, status) => {
      oracles.onEffect(link, request, status);
      const write = isWrite({ to: link.to, method: request.method, path: request.target });
      if (scenario.triesAgain && write && status < 300) writes.push(`${link.to} ${request.method} ${request.target}`);
    });
    await replicas.restart();
    await time.advance(WATCH_RESTART_MS);
    if (writes.length > 0) problems.push(`a restart with nothing changed writes:\n${writes.join("\n")}`);

    // All is deleted.
    await during(deleteAll(world));
    await time.advance(STEP_MS);
    await quiet();
    const look = async () => ({
      rows: leftovers(before, await during(rowsNow(world)), kept),
      services: (await during(listAll(world.client, SERVICES))).items.flatMap(({ metadata: { name = "" } }) =>
        name === "kubernetes" ? [] : [name],
      ),
    });
    let left = await look();
    const limit = time.monotonic() + (scenario.recoveryMs ?? RECOVERY_MS);
    while (left.rows.length + left.services.length > 0 && time.monotonic() < limit) {
      await time.advance(STEP_MS);
      left = await look();
    }
    if (left.rows.length > 0) problems.push(`left behind when all was deleted:\n${left.rows.join("\n")}`);
    problems.push(...lost(kept, world));
    if (left.services.length > 0) problems.push(`Services that never went: ${left.services.join(", ")}`);

    const events = (await during(listAll(world.client, EVENTS))).items.map((event) => JSON.stringify(event));
    problems.push(...secretsIn(world, [...logs, ...events, ...replicas.failures.map(String)]));
    await replicas.stop();
    problems.unshift(...oracles.violations, ...injector.ghosts.map((ghost) => `a dead CCM sent ${ghost}`));
    return {
      effects: injector.effects,
      state,
      calls,
      problems,
      fired: injector.fired,
      visited,
      timeline: timelineOf(world.trace.lines, logs, injector.fired),
    };
  } finally {
    stop.abort();
    await world.close();
  }
}

/** Requests are placed at the time at which they were sent. */
function timelineOf(trace: readonly string[], logs: readonly string[], fired: Run["fired"]): readonly string[] {
  const faults = fired.map(
    ({ at, mode, effect }) => `${effect.sentAt.toFixed(3)} fault ${mode} at effect ${at}: ${signature(effect)}`,
  );
  const timeOf = (line: string) => Number(line.slice(0, line.indexOf(" ")));
  return [...faults, ...trace, ...logs].sort((a, b) => timeOf(a) - timeOf(b));
}

function cloudCalls(effects: readonly Effect[]): number {
  return effects.filter(({ to }) => to === "cloud").length;
}

/** Of tables in which a CCM makes things: the ids that are there. */
async function rowsNow(world: World): Promise<ReadonlyMap<string, string>> {
  const rows = new Map<string, string>();
  for (const table of ["blbs", "eips", "routeRules", "securityGroups"]) {
    // What is paid for until a day cannot be released before.
    for (const [id, record] of world.rows.table<{ readonly name?: string; readonly paymentTiming?: string }>(table))
      if (record.paymentTiming !== "Prepaid") rows.set(`${table} ${id}`, record.name ?? "");
  }
  return rows;
}

function leftovers(
  before: ReadonlyMap<string, string>,
  now: ReadonlyMap<string, string>,
  kept: readonly ForeignRow[],
): readonly string[] {
  const others = new Set(kept.map(({ table, id }) => `${table.split("/").at(-1)} ${id}`));
  return [...now]
    .filter(([key]) => !before.has(key) && !others.has(key))
    .map(([key, name]) => `${key} ${name}`.trimEnd());
}

/** What is the user's, and is not there any more. */
function lost(kept: readonly ForeignRow[], world: World): readonly string[] {
  const gone = kept.filter(({ table, id }) => world.rows.row(table, id) === undefined);
  return gone.map(({ table, id }) => `${table} ${id} is the user's, and is gone`);
}

async function deleteAll(world: World): Promise<void> {
  const { client } = world;
  const ignore = (error: unknown) => {
    if (!hasCode(error, "not_found")) throw error;
  };
  for (const { metadata } of (await listAll(client, SERVICES)).items) {
    if (metadata.name === "kubernetes") continue;
    await client.delete(SERVICES, { namespace: metadata.namespace ?? "", name: metadata.name ?? "" }).catch(ignore);
  }
  for (const { metadata } of (await listAll(client, NODES)).items) {
    await client.delete(NODES, { name: metadata.name ?? "" }).catch(ignore);
  }
}

async function watchCopies(world: World, signal: AbortSignal) {
  const parts = { client: world.client, clock: world.clock, random: seededRandom("copies"), logger: silentLogger };
  const services = createInformer({ ...parts, type: SERVICES });
  const nodes = createInformer({ ...parts, type: NODES });
  const leases = createInformer({ ...parts, type: LEASES, namespace: "kube-system" });
  const all: readonly Informer<never>[] = [services, nodes, leases] as unknown as readonly Informer<never>[];
  for (const informer of all) void informer.run(signal);
  await world.during(Promise.all(all.map((informer) => informer.waitForSync(signal))));
  return {
    services: services.list,
    nodes: nodes.list,
    lease: () => leases.get("kube-system/cloud-controller-manager"),
  };
}

function secretsIn(world: World, texts: readonly string[]): readonly string[] {
  const { secretAccessKey } = world.simulator.credentials;
  const found = texts.find((text) => text.includes(secretAccessKey));
  return found === undefined
    ? []
    : [`the secret access key is in: ${found.replaceAll(secretAccessKey, "…").slice(0, 300)}`];
}

/** Keeps the depth of each work queue. */
function depthMetrics(ccm: string, depths: Map<string, number>): Metrics {
  return {
    ...noMetrics,
    gauge: ({ name }) => ({
      set(value, labels = {}) {
        if (name === "workqueue_depth") depths.set(`${ccm} queue ${Object.values(labels).join(" ")}`, value);
      },
    }),
  };
}
