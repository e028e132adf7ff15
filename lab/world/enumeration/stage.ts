import type { ServerRequest } from "@ccm/base";
import type { Mutation } from "../mutations/mutation.ts";
import { createWorld, type Link, type World } from "../world.ts";
import { watchCopies } from "./copies.ts";
import { type Effect, isCloudRead, isElection } from "./effects.ts";
import { createInjector, type Fault, type Injector } from "./injector.ts";
import { createOracles, type ForeignRow, type Oracles } from "./oracles.ts";
import { createReplicas, type Replicas } from "./replicas.ts";
import { createScene, type Scenario, type Scene } from "./scenario.ts";
import { createTestimony, type Testimony } from "./testimony.ts";
import { createWeather } from "./weather.ts";

/** The world of one run, with all that goes wrong in it and all that watches it. */
export interface Stage {
  readonly world: World;
  readonly scene: Scene;
  readonly replicas: Replicas;
  readonly injector: Injector;
  readonly oracles: Oracles;
  readonly testimony: Testimony;
  /** Rows that are to be there in the end. */
  readonly kept: readonly ForeignRow[];
  /** Interesting states that were seen. */
  readonly visited: ReadonlySet<string>;
  /** Lets time pass until the CCMs have given no sign of life for a while, or for ten minutes. */
  quiet(): Promise<void>;
  /** From now on hears of each effect: as it is sent, and as a server has carried it out. */
  watch(watcher: Watcher): void;
  close(): Promise<void>;
}

export interface Watcher {
  sent?(effect: Effect): void;
  carriedOut?(link: Link, request: ServerRequest, status: number): void;
}

/** Nothing of a CCM but its election, for so long: it is quiet. */
const QUIET_MS = 8000;
const LONGEST_MS = 600_000;
/** How often it is looked whether something has come about. */
export const STEP_MS = 2000;

export async function createStage(
  scenario: Scenario,
  {
    seed,
    faults = [],
    mutation,
  }: { readonly seed: string; readonly faults?: readonly Fault[]; readonly mutation?: Mutation },
): Promise<Stage> {
  const visited = new Set<string>();
  const kept: ForeignRow[] = [];
  const watchers: Watcher[] = [];
  let world: World;
  const replicas = createReplicas(() => world);
  const clock = () => world.clock;
  const weather = createWeather(clock);
  const testimony = createTestimony(() => world.clock.monotonic());
  const injector = createInjector(faults, clock, replicas, (effect) => {
    for (const { sent } of watchers) sent?.(effect);
  });
  world = await createWorld({
    seed,
    ...scenario.world,
    config: { ...scenario.world?.config, ...mutation?.config },
    ...(mutation?.client ? { aroundClient: mutation.client } : {}),
    ...(mutation?.provider ? { aroundProvider: mutation.provider } : {}),
    wire: (link, transport) => {
      const faulty = injector.wire(link, replicas.wire(link, weather.wire(link, transport)));
      return mutation?.transport?.(link, faulty, world) ?? faulty;
    },
    onEffect: (...effect) => {
      for (const { carriedOut } of watchers) carriedOut?.(...effect);
    },
    logger: testimony.loggerOf,
    metrics: testimony.metricsOf,
  });
  const stop = new AbortController();
  const oracles = createOracles(world, await watchCopies(world, stop.signal), kept, (state) => visited.add(state));
  const { clock: time } = world;
  let lastAt = 0;
  watchers.push({ sent: oracles.onSend, carriedOut: oracles.onEffect });
  watchers.push({
    sent(effect) {
      if (!isElection(effect) && !(scenario.polls && isCloudRead(effect))) lastAt = time.monotonic();
    },
  });
  const scene = createScene(world, replicas, weather, {
    foreign(row) {
      kept.push(row);
      oracles.watchForeign([row]);
    },
    keeps: (row) => void kept.push(row),
  });
  return {
    world,
    scene,
    replicas,
    injector,
    oracles,
    testimony,
    kept,
    visited,
    async quiet() {
      const end = time.monotonic() + LONGEST_MS;
      lastAt = Math.max(lastAt, time.monotonic() - QUIET_MS + STEP_MS);
      while (time.monotonic() - lastAt < QUIET_MS && time.monotonic() < end) await time.advance(STEP_MS);
    },
    watch: (watcher) => void watchers.push(watcher),
    async close() {
      stop.abort();
      await world.close();
    },
  };
}
