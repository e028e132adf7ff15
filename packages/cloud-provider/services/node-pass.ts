import type { Clock } from "@ccm/base";

/** Measures how long it takes until all load balancers that a change of nodes concerns were brought up to date. */
export interface NodePasses {
  /** A pass over these Services begins; one that is still in an earlier pass moves to this one. */
  begin(keys: readonly string[]): void;
  /** The Service was looked at. */
  finish(key: string): void;
}

interface Pass {
  readonly since: number;
  left: number;
}

export function createNodePasses(clock: Clock, took: (seconds: number) => void): NodePasses {
  const passes = new Map<string, Pass>();
  const finish = (key: string): void => {
    const pass = passes.get(key);
    if (!pass) return;
    passes.delete(key);
    pass.left--;
    if (pass.left === 0) took((clock.monotonic() - pass.since) / 1000);
  };
  return {
    finish,
    begin(keys) {
      if (keys.length === 0) {
        took(0);
        return;
      }
      const pass: Pass = { since: clock.monotonic(), left: keys.length };
      for (const key of keys) {
        finish(key);
        passes.set(key, pass);
      }
    },
  };
}
