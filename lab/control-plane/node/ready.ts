import { type Clock, errorText, sleep, withTimeout } from "@ccm/base";
import type { Component } from "./component.ts";

const PROBE_EVERY_MS = 50;
const PROBE_TIMEOUT_MS = 5000;
const TAIL_LINES = 15;

/** Resolves when `probe` says yes. Rejects, with the end of the component's log, when it ends first or takes too long. */
export async function waitUntilReady(options: {
  readonly component: Component;
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** A throw is a no. */
  readonly probe: (signal: AbortSignal) => Promise<boolean>;
}): Promise<void> {
  const { component, clock, timeoutMs, probe } = options;
  const deadline = clock.monotonic() + timeoutMs;
  let last = "was never ready";
  while (clock.monotonic() < deadline) {
    if (component.hasEnded()) throw failure(component, await component.ended);
    try {
      if (await withTimeout(clock, PROBE_TIMEOUT_MS, "probe", undefined, probe)) return;
    } catch (error) {
      last = errorText(error);
    }
    await sleep(clock, PROBE_EVERY_MS);
  }
  throw failure(component, `was not ready within ${timeoutMs / 1000} s (${last})`);
}

function failure(component: Component, how: string): Error {
  const tail = component.log().trimEnd().split("\n").slice(-TAIL_LINES).join("\n");
  return new Error(`${component.name} ${how}; the end of its log:\n${tail}`);
}
