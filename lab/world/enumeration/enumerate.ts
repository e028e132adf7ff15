import type { Random } from "@ccm/base";
import type { Mutation } from "../mutations/mutation.ts";
import { type Effect, isElection } from "./effects.ts";
import type { Fault } from "./injector.ts";
import { MODES, type Mode } from "./modes.ts";
import { type Run, run } from "./run.ts";
import type { Scenario } from "./scenario.ts";

/** A run of which something was wrong. */
export interface Failure {
  readonly scenario: string;
  readonly seed: string;
  readonly faults: readonly Fault[];
  readonly problems: readonly string[];
}

/** What was run of one scenario, and what came out. */
export interface Coverage {
  readonly scenario: string;
  readonly effects: number;
  /** Runs by mode: as many as there are effects, where nothing is left out. */
  readonly runs: Readonly<Partial<Record<Mode, number>>>;
  readonly doubles: number;
}

export interface Report {
  readonly coverage: readonly Coverage[];
  readonly failures: readonly Failure[];
  readonly visited: readonly string[];
  readonly runs: number;
}

/** Renewals of the lease that are disturbed when nothing but they happens: one is as the other. */
const RENEWALS = 3;

/** Which effects are disturbed: every one, or every so-many-th; of many renewals in a row the first ones. */
export function disturbedEffects(effects: readonly Pick<Effect, "to" | "path">[], every = 1): readonly number[] {
  let renewals = 0;
  const chosen = effects.flatMap((effect, index) => {
    renewals = isElection(effect) ? renewals + 1 : 0;
    return renewals > RENEWALS ? [] : [index + 1];
  });
  return chosen.filter((_, index) => index % every === 0);
}

/** These effects in every mode. */
export function allFaults(effects: readonly number[]): readonly Fault[] {
  return effects.flatMap((at) => MODES.map((mode) => ({ at, mode })));
}

/** Two faults of one world by chance, the second after the first. */
export function doubleFault(effects: number, random: Random): readonly [Fault, Fault] {
  const pick = (count: number) => Math.floor(random.next() * count);
  const mode = (): Mode => MODES[pick(MODES.length)] ?? "dies-after";
  const first = 1 + pick(effects);
  return [
    { at: first, mode: mode() },
    { at: first + 1 + pick(Math.max(1, effects - first)), mode: mode() },
  ];
}

/** The undisturbed run of a scenario; throws what is wrong with it already. */
export async function undisturbed(scenario: Scenario, seed: string): Promise<Run> {
  const calm = await run(scenario, { seed });
  if (calm.problems.length > 0) {
    throw new Error(`scenario ${scenario.name}, undisturbed, seed ${seed}: ${calm.problems.join("\n")}`);
  }
  return calm;
}

/** One disturbed run. A second fault that the first one left nothing to do to is none. */
export async function disturbed(
  scenario: Scenario,
  seed: string,
  faults: readonly Fault[],
  calm: Run,
  mutation?: Mutation,
): Promise<Run> {
  return run(scenario, { seed, faults, expected: calm, ...(mutation ? { mutation } : {}) });
}

/** The command that repeats a run on any machine. */
export function repeatCommand({ scenario, seed, faults }: Failure): string {
  const where = faults.map(({ at, mode }) => `--from ${at} --mode ${mode}`).join(" ");
  return `npx cloudlab world run --scenario ${scenario} --seed ${seed} ${where}`.trimEnd();
}
