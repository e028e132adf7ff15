import { errorText } from "@ccm/base";
import { allFaults, disturbed, disturbedEffects, type Failure, undisturbed } from "../enumeration/enumerate.ts";
import type { Fault } from "../enumeration/injector.ts";
import { run } from "../enumeration/run.ts";
import { SCENARIOS, scenarioNamed } from "../scenarios/index.ts";
import type { Mutation } from "./mutation.ts";

/** How a mutation was found, and after how many runs; `failure` undefined: nothing saw it. */
export interface Verdict {
  readonly mutation: string;
  readonly runs: number;
  readonly failure: Failure | undefined;
}

/**
 * Looks for the first run that fails with the mutation: the undisturbed ones before all others. The expectation is that of
 * the CCM without it.
 */
export async function convict(mutation: Mutation, seed: string): Promise<Verdict> {
  const first = mutation.scenarios.map(scenarioNamed);
  const scenarios = [...first, ...SCENARIOS.filter((scenario) => !first.includes(scenario))];
  let runs = 0;
  const guilty = (scenario: string, faults: readonly Fault[], problems: readonly string[]): Verdict => ({
    mutation: mutation.name,
    runs,
    failure: { scenario, seed, faults, problems },
  });
  for (const scenario of scenarios) {
    const calm = await undisturbed(scenario, seed);
    runs++;
    const mutated = await run(scenario, { seed, expected: calm, mutation }).catch(asProblem);
    if (mutated.problems.length > 0) return guilty(scenario.name, [], mutated.problems);
    for (const fault of allFaults(disturbedEffects(mutated.effects, scenario.every))) {
      runs++;
      const { problems } = await disturbed(
        scenario,
        seed,
        [fault],
        { ...calm, effects: mutated.effects },
        mutation,
      ).catch(asProblem);
      if (problems.length > 0) return guilty(scenario.name, [fault], problems);
    }
  }
  return { mutation: mutation.name, runs, failure: undefined };
}

function asProblem(error: unknown) {
  return { problems: [errorText(error)], effects: [] };
}
