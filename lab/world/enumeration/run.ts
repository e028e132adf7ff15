import { EVENTS, listAll } from "@ccm/kube";
import type { Mutation } from "../mutations/mutation.ts";
import { type Effect, isWrite, signature } from "./effects.ts";
import type { Fault } from "./injector.ts";
import { deleteAll, leftovers, lost, rowsNow, servicesLeft } from "./leftovers.ts";
import type { Mode } from "./modes.ts";
import type { Scenario } from "./scenario.ts";
import { createStage, STEP_MS, type Stage } from "./stage.ts";
import { createStateReader, difference, type State } from "./state.ts";
import { secretsIn } from "./testimony.ts";

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

const RECOVERY_MS = 180_000;
const RECOVERY_FROM: Readonly<Partial<Record<Mode, number>>> = {
  /** What is refused for good is tried again after five minutes, in case somebody has changed what forbade it. */
  "refused-403": 400_000,
};
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
  const stage = await createStage(scenario, options);
  const { world, scene, replicas, injector, testimony, quiet } = stage;
  const { during } = world;
  const stateNow = createStateReader(world);
  const problems: string[] = [];
  try {
    const before = rowsNow(world);
    replicas.start(mutation?.replicas ?? scenario.replicas ?? 1);
    await quiet();
    if (scenario.setup) await during(scenario.setup(scene));
    await quiet();
    injector.arm();
    await during(scenario.act(scene));
    if (expected) problems.push(...(await recovery(stage, scenario, faults, expected, stateNow)));
    else await world.clock.advance(scenario.settleMs ?? 0);
    await quiet();
    injector.disarm();
    const state = await during(stateNow());
    problems.push(...testimony.workLeft(replicas.running.map(({ name }) => name)));
    const calls = injector.effects.filter(({ to }) => to === "cloud").length;
    if (expected && calls > expected.calls * CALLS_FACTOR + CALLS_MORE)
      problems.push(`${calls} calls of the cloud, the undisturbed run needed ${expected.calls}`);

    problems.push(...(await restart(stage, scenario)));
    problems.push(...(await deletion(stage, scenario, before)));
    const events = (await during(listAll(world.client, EVENTS))).items.map((event) => JSON.stringify(event));
    problems.push(...secretsIn(world, [...testimony.logs, ...events, ...replicas.failures.map(String)]));
    await replicas.stop();
    problems.unshift(...stage.oracles.violations, ...injector.ghosts.map((ghost) => `a dead CCM sent ${ghost}`));
    return {
      effects: injector.effects,
      state,
      calls,
      problems,
      fired: injector.fired,
      visited: stage.visited,
      timeline: timelineOf(world.trace.lines, testimony.logs, injector.fired),
    };
  } finally {
    await stage.close();
  }
}

/** Lets time pass until everything is as in the undisturbed run, and the faults have happened. */
async function recovery(
  { world, injector }: Stage,
  scenario: Scenario,
  faults: readonly Fault[],
  expected: Expectation,
  stateNow: () => Promise<State>,
): Promise<readonly string[]> {
  const { clock, during } = world;
  const recoveryMs = Math.max(
    scenario.recoveryMs ?? RECOVERY_MS,
    ...faults.map(({ mode }) => RECOVERY_FROM[mode] ?? 0),
  );
  const actedAt = clock.monotonic();
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
  while ((left.length > 0 || unfinished()) && clock.monotonic() < limit()) {
    await clock.advance(STEP_MS);
    await compare();
  }
  const problems: string[] = [];
  const [first] = injector.fired;
  if (!first && must > 0) problems.push("the fault never happened");
  const planned = first && expected.effects[first.at - 1];
  if (first && (!planned || signature(planned) !== signature(first.effect)))
    problems.push(`the fault hit ${signature(first.effect)}, not ${planned ? signature(planned) : "nothing"}`);
  if (left.length > 0) problems.push(`the end is not that of the undisturbed run:\n${left.join("\n")}`);
  return problems;
}

/** Restarts all with nothing changed: nothing may be written. */
async function restart({ world, replicas, watch }: Stage, { triesAgain }: Scenario): Promise<readonly string[]> {
  const writes: string[] = [];
  let isOver = false;
  watch({
    sent(effect) {
      if (!isOver && !triesAgain && isWrite(effect))
        writes.push(`${effect.to} ${effect.method} ${effect.path} ${effect.body}`);
    },
    // What is refused is no change.
    carriedOut({ to }, { method, target }, status) {
      if (!isOver && triesAgain && status < 300 && isWrite({ to, method, path: target }))
        writes.push(`${to} ${method} ${target}`);
    },
  });
  await replicas.restart();
  await world.clock.advance(WATCH_RESTART_MS);
  isOver = true;
  return writes.length > 0 ? [`a restart with nothing changed writes:\n${writes.join("\n")}`] : [];
}

/** Deletes everything: nothing may stay, but for what is the user's. */
async function deletion(
  { world, kept, quiet }: Stage,
  scenario: Scenario,
  before: ReadonlyMap<string, string>,
): Promise<readonly string[]> {
  const { clock, during } = world;
  await during(deleteAll(world));
  await clock.advance(STEP_MS);
  await quiet();
  const look = async () => ({
    rows: leftovers(before, rowsNow(world), kept),
    services: await during(servicesLeft(world)),
  });
  let left = await look();
  const limit = clock.monotonic() + (scenario.recoveryMs ?? RECOVERY_MS);
  while (left.rows.length + left.services.length > 0 && clock.monotonic() < limit) {
    await clock.advance(STEP_MS);
    left = await look();
  }
  const problems = [...lost(kept, world)];
  if (left.rows.length > 0) problems.unshift(`left behind when all was deleted:\n${left.rows.join("\n")}`);
  if (left.services.length > 0) problems.push(`Services that never went: ${left.services.join(", ")}`);
  return problems;
}

/** Requests are placed at the time at which they were sent. */
function timelineOf(trace: readonly string[], logs: readonly string[], fired: Run["fired"]): readonly string[] {
  const faults = fired.map(
    ({ at, mode, effect }) => `${effect.sentAt.toFixed(3)} fault ${mode} at effect ${at}: ${signature(effect)}`,
  );
  const timeOf = (line: string) => Number(line.slice(0, line.indexOf(" ")));
  return [...faults, ...trace, ...logs].sort((a, b) => timeOf(a) - timeOf(b));
}
