import { disturbed, undisturbed } from "./enumerate.ts";
import type { Fault } from "./injector.ts";
import type { Scenario } from "./scenario.ts";

/**
 * The smallest set of faults, and of those with the same modes the earliest, that still makes the scenario fail; undefined
 * when the faults given do not. `onTry` hears of each attempt.
 */
export async function shrink(
  scenario: Scenario,
  seed: string,
  faults: readonly Fault[],
  onTry: (faults: readonly Fault[], failed: boolean) => void = () => {},
): Promise<readonly Fault[] | undefined> {
  const calm = await undisturbed(scenario, seed);
  const fails = async (those: readonly Fault[]): Promise<boolean> => {
    const { problems } = await disturbed(scenario, seed, those, calm);
    onTry(those, problems.length > 0);
    return problems.length > 0;
  };
  if (!(await fails(faults))) return undefined;
  let smallest = faults;
  for (const fault of faults) {
    const without = smallest.filter((other) => other !== fault);
    if (without.length > 0 && (await fails(without))) smallest = without;
  }
  const [only, ...others] = smallest;
  if (!only || others.length > 0) return smallest;
  for (let at = 1; at < only.at; at++) {
    const earlier = [{ ...only, at }];
    if (await fails(earlier)) return earlier;
  }
  return smallest;
}
