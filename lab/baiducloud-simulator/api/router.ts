import { Fault } from "./fault.ts";
import type { Input } from "./wire.ts";

/** What a handler returns is the answer's JSON; `{}` for the calls that return nothing. It throws Faults. */
export type Handler = (input: Input, ...params: readonly string[]) => unknown;

interface Entry {
  readonly method: string;
  readonly pattern: RegExp;
  readonly handler: Handler;
}

/** Paths with `{}` for a segment. The first match wins. */
export class Router {
  readonly #entries: Entry[] = [];

  on(method: string, path: string, handler: Handler): void {
    const source = path.replace(/[.]/g, "\\.").replaceAll("{}", "([^/]+)");
    this.#entries.push({ method, pattern: new RegExp(`^${source}$`), handler });
  }

  dispatch(input: Input): unknown {
    for (const { method, pattern, handler } of this.#entries) {
      if (method !== input.method) continue;
      const match = pattern.exec(input.path);
      if (match) return handler(input, ...match.slice(1));
    }
    throw new Fault(
      404,
      "InvalidURI",
      `Could not parse the specified URI: ${input.method} ${input.path} is not simulated.`,
    );
  }
}
