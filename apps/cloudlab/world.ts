import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import {
  convict,
  disturbed,
  type Failure,
  type Fault,
  isMode,
  MODES,
  type Mode,
  MUTATIONS,
  mutationNamed,
  repeatCommand,
  run,
  SCENARIOS,
  type Scenario,
  scenarioNamed,
  shrink,
  timelinePage,
  undisturbed,
  unvisited,
} from "@ccm/world";
import { runTasks, summed, type Task, type TaskResult } from "@ccm/world/node";
import { type Command, InvalidArgumentError, Option } from "commander";
import { examples } from "./examples.ts";

const DEFAULT_SEED = "1";
/** Failures that are shown in full; more have mostly the same cause. */
const SHOWN = 10;
/** So many pieces of a scenario, so that threads end at about the same time. */
const SHARES = 4;

interface RunOptions {
  readonly scenario?: readonly string[];
  readonly seed: string;
  readonly from?: readonly number[];
  readonly mode?: readonly Mode[];
  readonly trace?: string;
  readonly singles: boolean;
  readonly doubles: number;
  readonly threads: number;
  readonly json: boolean;
}

/** `cloudlab world`: the whole system in a world where everything that can go wrong does, once. */
export function addWorldCommand(program: Command, setExitCode: (code: number) => void): void {
  const world = program
    .command("world")
    .description("the whole system in one process, with a fault at every call: deterministic, by seed")
    .addHelpText("after", examples("world list", "world run", "world mutants"));
  /** What is wrong with the call is one line. */
  const guarded =
    <T>(action: (options: T) => Promise<number>) =>
    async (options: T): Promise<void> => {
      try {
        setExitCode(await action(options));
      } catch (error) {
        process.stderr.write(`cloudlab: ${error instanceof Error ? error.message : String(error)}\n`);
        setExitCode(2);
      }
    };
  const collect =
    <T>(parse: (text: string) => T) =>
    (text: string, before: readonly T[] = []) => [...before, parse(text)];
  const seed = new Option("--seed <seed>", "any text; the same seed is the same world").default(DEFAULT_SEED);
  const faults = (command: Command): Command =>
    command
      .addOption(seed)
      .option("--from <effect>", "the effect at which a fault happens, from 1 (may be repeated)", collect(count))
      .option("--mode <mode>", `what happens there: ${MODES.join(", ")} (as often as --from)`, collect(mode));
  world
    .command("list")
    .description("the scenarios, and how many effects each has")
    .addHelpText("after", examples("world list", "world list --seed today"))
    .addOption(seed)
    .action(guarded(({ seed }: { readonly seed: string }) => list(seed)));
  faults(world.command("run"))
    .description("all scenarios, or some, in every mode at every effect; or one run, by --from and --mode")
    .option("--scenario <name>", "only this one (may be repeated)", collect(name))
    .option("--trace <file>", "write what happened in one run: a page for a name that ends in .html, else text")
    .option("--no-singles", "leave out the runs with one fault")
    .option("--doubles <n>", "runs with two faults by chance, over all scenarios", count, 0)
    .option("--threads <n>", "runs at a time", count, availableParallelism())
    .option("--json", "print one JSON object as the last line", false)
    .addHelpText("after", EXAMPLES)
    .action(guarded(runWorlds));
  world
    .command("mutants")
    .description("puts bugs into the CCM, one after the other, and shows which run finds each")
    .addHelpText("after", examples("world mutants", "world mutants --mutant drop-client-token"))
    .addOption(seed)
    .option("--mutant <name>", "only this one (may be repeated)", collect(mutant))
    .action(guarded(mutants));
  faults(world.command("shrink"))
    .description("the smallest failing case: fewest faults, earliest effect")
    .addHelpText(
      "after",
      examples(
        "world shrink --scenario service-create",
        "world shrink --scenario service-create --from 8 --mode lost-reset --from 11 --mode dies-after",
      ),
    )
    .requiredOption("--scenario <name>", "the scenario", name)
    .action(guarded(shrinkOne));
}

const EXAMPLES = `
Examples:
  cloudlab world run                                   everything: more than thirty thousand runs
  cloudlab world run --scenario service-create         one scenario
  cloudlab world run --scenario service-create --from 8 --mode lost-reset --trace run.html
                                                       one run, and what happened in it
  cloudlab world run --no-singles --doubles 500 --seed today
                                                       two faults by chance in each of 500 worlds
`;

function count(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("expected a whole number.");
  return Number(text);
}

function mode(text: string): Mode {
  if (isMode(text)) return text;
  throw new InvalidArgumentError(`expected one of ${MODES.join(", ")}.`);
}

function name(text: string): string {
  try {
    return scenarioNamed(text).name;
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

function mutant(text: string): string {
  try {
    return mutationNamed(text).name;
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

async function mutants({
  mutant: names,
  seed,
}: {
  readonly mutant?: readonly string[];
  readonly seed: string;
}): Promise<number> {
  const chosen = names?.map(mutationNamed) ?? MUTATIONS;
  let unseen = 0;
  for (const mutation of chosen) {
    const { failure, runs } = await convict(mutation, seed);
    if (!failure) unseen++;
    const [problem = ""] = failure?.problems ?? [];
    const where = failure?.faults.map(({ at, mode: what }) => `${what} at effect ${at}`).join() || "undisturbed";
    const found = failure ? `${failure.scenario}, ${where}: ${problem.split("\n")[0]}` : "NOT SEEN by any run";
    print(`${mutation.name}: ${mutation.bug}\n  ${found} (run ${runs})`);
  }
  print(`${chosen.length - unseen} of ${chosen.length} bugs found`);
  return unseen === 0 ? 0 : 1;
}

async function list(seed: string): Promise<number> {
  const width = Math.max(...SCENARIOS.map((scenario) => scenario.name.length));
  for (const scenario of SCENARIOS) {
    const { effects, problems } = await run(scenario, { seed });
    const wrong = problems.length > 0 ? " (FAILS undisturbed)" : "";
    print(`${scenario.name.padEnd(width)}  ${String(effects.length).padStart(4)}  ${scenario.summary}${wrong}`);
  }
  return 0;
}

/** --from and --mode, pair by pair. */
function faultsOf({ from = [], mode: modes = [] }: Pick<RunOptions, "from" | "mode">): readonly Fault[] {
  if (from.length !== modes.length)
    throw new Error(`${from.length} × --from and ${modes.length} × --mode: expected as many of each`);
  return from.flatMap((at, index) => {
    const chosen = modes[index];
    return chosen ? [{ at, mode: chosen }] : [];
  });
}

async function runWorlds(options: RunOptions): Promise<number> {
  const scenarios = options.scenario?.map(scenarioNamed) ?? SCENARIOS;
  const faults = faultsOf(options);
  const [only] = scenarios;
  if (faults.length > 0 || options.trace !== undefined) {
    if (!only || scenarios.length > 1)
      throw new Error("--from, --mode and --trace are about one run: expected one --scenario");
    return runOne(only, options, faults);
  }
  const startedAt = performance.now();
  const results: TaskResult[] = [];
  const tasks = tasksFor(scenarios, options);
  let shown = 0;
  await runTasks(tasks, options.threads, (result) => {
    results.push(result);
    for (const failure of result.failures) if (++shown <= SHOWN) print(told(failure));
    if (process.stderr.isTTY)
      process.stderr.write(`\r${results.length} of ${tasks.length} pieces, ${summed(results).runs} runs `);
  });
  if (process.stderr.isTTY) process.stderr.write("\n");
  const report = summed(results);
  if (options.singles) for (const line of coverageTable(report.coverage)) print(line);
  if (report.failures.length > SHOWN) print(`… and ${report.failures.length - SHOWN} more`);
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  print(
    `${report.runs} runs in ${seconds} s on ${options.threads} threads, seed ${options.seed}: ${report.failures.length} failed`,
  );
  // Only all scenarios together have to.
  const missed = options.scenario || !options.singles ? [] : unvisited(report.visited);
  for (const state of missed) print(`NEVER SEEN  ${state}`);
  const ok = report.failures.length === 0 && missed.length === 0;
  if (options.json) {
    const { failures, ...rest } = report;
    print(JSON.stringify({ ok, seed: options.seed, seconds, failed: failures.length, ...rest }));
  }
  return ok ? 0 : 1;
}

/** The longest scenarios first, in pieces. */
function tasksFor(scenarios: readonly Scenario[], { seed, singles, doubles }: RunOptions): readonly Task[] {
  const pieces = scenarios.length * SHARES;
  return scenarios.flatMap((scenario, index) =>
    Array.from({ length: SHARES }, (_, part) => {
      const piece = index * SHARES + part;
      const own = Math.floor(((piece + 1) * doubles) / pieces) - Math.floor((piece * doubles) / pieces);
      return {
        scenario: scenario.name,
        seed,
        share: { part, of: SHARES },
        doubles: own,
        ...(singles ? {} : { faults: [] }),
      };
    }),
  );
}

async function runOne(scenario: Scenario, { seed, trace }: RunOptions, faults: readonly Fault[]): Promise<number> {
  const calm = await undisturbed(scenario, seed);
  const outcome = faults.length > 0 ? await disturbed(scenario, seed, faults, calm) : calm;
  const where = faults.map(({ at, mode: what }) => `${what} at effect ${at}`).join(", then ") || "undisturbed";
  const title = `${scenario.name}, ${where}, seed ${seed}`;
  if (trace === undefined) for (const line of outcome.timeline) print(line);
  else {
    const page = trace.endsWith(".html");
    await writeFile(
      trace,
      page ? timelinePage(title, outcome.timeline, outcome.problems) : `${outcome.timeline.join("\n")}\n`,
    );
    print(`written to ${trace}`);
  }
  print(`${title}: ${outcome.problems.length === 0 ? "ok" : "failed"}`);
  for (const problem of outcome.problems) print(problem);
  return outcome.problems.length === 0 ? 0 : 1;
}

async function shrinkOne(options: RunOptions & { readonly scenario: readonly string[] | string }): Promise<number> {
  const scenario = scenarioNamed(String(options.scenario));
  const faults = faultsOf(options);
  if (faults.length === 0) throw new Error("expected the failing case: --from and --mode");
  const smallest = await shrink(scenario, options.seed, faults, (those, failed) => {
    print(`${failed ? "fails" : "ok   "}  ${those.map(({ at, mode: what }) => `${what} at ${at}`).join(", ")}`);
  });
  if (!smallest) {
    print("nothing to shrink: it does not fail");
    return 1;
  }
  print(repeatCommand({ scenario: scenario.name, seed: options.seed, faults: smallest, problems: [] }));
  return 0;
}

/** Scenario × mode, in runs; each number is the number of effects where nothing is left out. */
function coverageTable(
  coverage: readonly { scenario: string; effects: number; runs: Partial<Record<Mode, number>>; doubles: number }[],
): readonly string[] {
  const width = Math.max(8, ...coverage.map(({ scenario }) => scenario.length));
  const rows = coverage.map(({ scenario, effects, runs, doubles }) => {
    const missing = MODES.filter((one) => (runs[one] ?? 0) !== effects);
    const complete = missing.length === 0 ? "all modes" : `missing: ${missing.join(", ")}`;
    const total = MODES.reduce((sum, one) => sum + (runs[one] ?? 0), 0);
    return `${scenario.padEnd(width)}  ${String(effects).padStart(7)}  ${String(total).padStart(6)}  ${String(doubles).padStart(7)}  ${complete}`;
  });
  return [`${"scenario".padEnd(width)}  effects    runs  doubles`, ...rows];
}

function told(failure: Failure): string {
  const first = failure.problems.map((problem) => `  ${problem.split("\n").slice(0, 4).join("\n    ").slice(0, 600)}`);
  return [`FAILED  ${repeatCommand(failure)}`, ...first].join("\n");
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
