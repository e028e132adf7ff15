import { parentPort } from "node:worker_threads";
import { errorText, seededRandom } from "@ccm/base";
import {
  allFaults,
  disturbed,
  disturbedEffects,
  doubleFault,
  type Failure,
  undisturbed,
} from "../enumeration/enumerate.ts";
import type { Fault } from "../enumeration/injector.ts";
import type { Run } from "../enumeration/run.ts";
import { scenarioNamed } from "../scenarios/index.ts";
import type { Task, TaskResult } from "./pool.ts";

/** The undisturbed run of each scenario, which all its others are compared with. */
const calmRuns = new Map<string, Promise<Run>>();

parentPort?.on("message", (task: Task) => {
  perform(task).then(
    (result) => parentPort?.postMessage({ result }),
    (error: unknown) => parentPort?.postMessage({ error: errorText(error) }),
  );
});

async function perform({ scenario: name, seed, faults, share, doubles = 0 }: Task): Promise<TaskResult> {
  const scenario = scenarioNamed(name);
  const key = `${name} ${seed}`;
  const calm = await (calmRuns.get(key) ?? undisturbed(scenario, seed)).catch(errorText);
  if (typeof calm === "string") {
    const failures = share && share.part > 0 ? [] : [{ scenario: name, seed, faults: [], problems: [calm] }];
    return { scenario: name, effects: 0, runs: {}, doubles: 0, failures, visited: [] };
  }
  calmRuns.set(key, Promise.resolve(calm));
  const visited = new Set(calm.visited);
  const runs: Record<string, number> = {};
  const failures: Failure[] = [];
  const doOne = async (those: readonly Fault[]): Promise<void> => {
    const outcome = await disturbed(scenario, seed, those, calm).catch((error: unknown) => ({
      problems: [errorText(error)],
      visited: [] as readonly string[],
    }));
    for (const state of outcome.visited) visited.add(state);
    if (outcome.problems.length > 0) failures.push({ scenario: name, seed, faults: those, problems: outcome.problems });
  };
  const chosen = disturbedEffects(calm.effects, scenario.every);
  const single = faults ?? allFaults(chosen).map((fault) => [fault]);
  for (const [index, those] of single.entries()) {
    if (share && index % share.of !== share.part) continue;
    await doOne(those);
    const [first] = those;
    if (those.length === 1 && first) runs[first.mode] = (runs[first.mode] ?? 0) + 1;
  }
  const random = seededRandom(`doubles ${key} ${share?.part ?? 0}`);
  for (let i = 0; i < doubles; i++) await doOne(doubleFault(calm.effects.length, random));
  return { scenario: name, effects: chosen.length, runs, doubles, failures, visited: [...visited] };
}
