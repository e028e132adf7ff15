import type { Clock, Random, TransportFactory } from "@ccm/base";

/** What the program takes from the machine. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly random: Random;
  readonly openTransport: TransportFactory;
  /** Rejects with an error that has the system's `code`. */
  readonly readFile: (path: string) => Promise<string>;
  /** All of stdin; undefined where that is a terminal. */
  readonly readInput: () => Promise<string | undefined>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly signal: AbortSignal;
}

export const NAME = "credential-provider";

export const EXIT = { done: 0, failure: 1 } as const;

/** A wrong command line: one line, what and what was expected. */
export class UsageFault extends Error {
  override readonly name = "UsageFault";
}
