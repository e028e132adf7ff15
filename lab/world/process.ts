import { type Clock, type Transport, TransportError } from "@ccm/base";

/** A process of the world: what it was given of time and network ends with it, as a real one's does. */
export interface WorldProcess {
  readonly clock: Clock;
  readonly wrap: (transport: Transport) => Transport;
  /** Asks it to end (SIGTERM). */
  readonly signal: AbortSignal;
  terminate(): void;
  /** Ends it between two instructions (SIGKILL): no timer of it fires again, no answer reaches it. */
  kill(): void;
}

export function createProcess(clock: Clock): WorldProcess {
  const term = new AbortController();
  let alive = true;
  return {
    clock: {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      schedule: (delayMs, fn) => clock.schedule(delayMs, () => alive && fn()),
    },
    wrap: (transport) => async (request, options) => {
      if (!alive) return never();
      const response = await transport(request, options).catch((error: unknown) => {
        if (!alive) return never<never>();
        throw error;
      });
      if (!alive) return never();
      return { ...response, body: whileAlive(response.body, () => alive) };
    },
    signal: term.signal,
    terminate: () => term.abort(new TransportError("reset", "the process was asked to end")),
    kill() {
      alive = false;
    },
  };
}

function never<T>(): Promise<T> {
  return new Promise(() => {});
}

async function* whileAlive(body: AsyncIterable<Uint8Array>, alive: () => boolean): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    if (!alive()) await never();
    yield chunk;
  }
}
