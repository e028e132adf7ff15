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
    let known = false;
    for (const { method, pattern, handler } of this.#entries) {
      const match = pattern.exec(input.path);
      if (!match) continue;
      known = true;
      if (method === input.method) return handler(input, ...match.slice(1));
    }
    if (known) throw new Fault(405, "MethodNotAllowed", `${input.method} is not allowed on ${input.path}.`);
    throw new Fault(404, "InvalidURI", `Could not parse the specified URI: ${input.path} is not simulated.`);
  }
}
