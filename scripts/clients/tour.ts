import { errorText } from "@ccm/base";
import { Failed, runQuietly } from "./run.ts";
import { startCloudForTour } from "./simulator.ts";

/** Fewer calls prove too little: a tour that lost its products must not pass. */
const LEAST_CALLS = 200;

export interface Preparation {
  /** Of the tour's sources. */
  readonly folder: string;
  /** Where what is fetched and built is kept between runs. */
  readonly cache: string;
  readonly env: NodeJS.ProcessEnv;
  say(text: string): void;
}

/** The Go SDK prints where in memory the arguments of some calls are, in pieces and without an end of line. */
const ADDRESSES = /0x[0-9a-f]{8,}/g;

/** The language or its registry is not to be had here; whatever else goes wrong is a failure. */
export class Unavailable extends Error {}

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

export interface Outcome {
  readonly passed: boolean;
  /** One line. */
  readonly summary: string;
}

/** Walks one tour against a simulator of its own. `only`: products; none: all. */
export async function walk(name: string, tour: Command, only: readonly string[]): Promise<Outcome> {
  const cloud = await startCloudForTour(name);
  const began = performance.now();
  try {
    let problem: string | undefined;
    let unfinished = "";
    const out = await runQuietly(tour.command, [...tour.args, ...only], {
      env: { ...tour.env, CLIENT_TOUR: JSON.stringify(cloud.environment) },
      onError(text) {
        const lines = (unfinished + text).split("\n");
        unfinished = lines.pop() ?? "";
        for (const line of lines) process.stderr.write(`${name}: ${line.replace(ADDRESSES, "")}\n`);
      },
    }).catch((error: unknown) => {
      problem = errorText(error);
      return error instanceof Failed ? error.out : "";
    });
    const { calls, assertions } = summaryOf(out);
    if (only.length === 0 && calls < LEAST_CALLS) problem ??= `expected ${LEAST_CALLS} calls or more`;
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const products = [...cloud.calls()].map(([product, count]) => `${product} ${count}`).join(", ");
    const figures = `${calls} SDK calls, ${assertions} assertions, ${seconds} s (requests: ${products})`;
    return { passed: problem === undefined, summary: `${name}: ${figures}${problem ? `; FAILED: ${problem}` : ""}` };
  } finally {
    await cloud.close();
  }
}

/** The last line of a tour's output. */
function summaryOf(out: string): { readonly calls: number; readonly assertions: number } {
  try {
    return JSON.parse(out.trimEnd().split("\n").at(-1) ?? "");
  } catch {
    return { calls: 0, assertions: 0 };
  }
}
