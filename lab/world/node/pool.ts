import { Worker } from "node:worker_threads";
import type { Failure, Report } from "../enumeration/enumerate.ts";
import type { Fault } from "../enumeration/injector.ts";

/** In a bundle, the worker is a file of its own beside it. */
const WORKER = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./world-worker.mjs";

/** A piece of work for one thread. */
export interface Task {
  readonly scenario: string;
  readonly seed: string;
  /** Each entry is one run; undefined: every effect in every mode, of which this thread takes its share. */
  readonly faults?: readonly (readonly Fault[])[];
  readonly share?: { readonly part: number; readonly of: number };
  /** Runs with two faults by chance, beside. */
  readonly doubles?: number;
  readonly mutation?: string;
}

export interface TaskResult {
  readonly scenario: string;
  readonly effects: number;
  readonly runs: Readonly<Record<string, number>>;
  readonly doubles: number;
  readonly failures: readonly Failure[];
  readonly visited: readonly string[];
}

/** Does the tasks on so many threads; results come as they are ready. */
export async function runTasks(
  tasks: readonly Task[],
  threads: number,
  onResult: (result: TaskResult, task: Task) => void,
  signal?: AbortSignal,
): Promise<void> {
  const left = [...tasks];
  const work = async (): Promise<void> => {
    const worker = new Worker(new URL(WORKER, import.meta.url));
    try {
      for (let task = left.shift(); task && !signal?.aborted; task = left.shift()) {
        onResult(await ask(worker, task), task);
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(threads, tasks.length) }, work));
}

function ask(worker: Worker, task: Task): Promise<TaskResult> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => reject(error);
    worker.once("error", fail);
    worker.once("message", (message: { readonly result?: TaskResult; readonly error?: string }) => {
      worker.off("error", fail);
      if (message.result) resolve(message.result);
      else reject(new Error(message.error));
    });
    worker.postMessage(task);
  });
}

/** Results of the same scenario are added up. */
export function summed(results: readonly TaskResult[]): Report {
  const byName = new Map<string, { effects: number; runs: Record<string, number>; doubles: number }>();
  for (const { scenario, effects, runs, doubles } of results) {
    const entry = byName.get(scenario) ?? { effects, runs: {}, doubles: 0 };
    for (const [mode, count] of Object.entries(runs)) entry.runs[mode] = (entry.runs[mode] ?? 0) + count;
    entry.doubles += doubles;
    byName.set(scenario, entry);
  }
  const coverage = [...byName].map(([scenario, entry]) => ({ scenario, ...entry }));
  return {
    coverage,
    failures: results.flatMap(({ failures }) => failures),
    visited: [...new Set(results.flatMap(({ visited }) => visited))].sort(),
    runs: coverage.reduce(
      (sum, { runs, doubles }) => sum + doubles + Object.values(runs).reduce((a, b) => a + b, 0),
      0,
    ),
  };
}
