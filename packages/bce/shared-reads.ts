import { unlessAborted } from "./abort.ts";
import type { Answer, BceCall, Scheduler } from "./api-call.ts";
import { queryText } from "./exchange.ts";

interface Flight {
  readonly answer: Promise<Answer>;
  readonly controller: AbortController;
  callers: number;
  /** How many writes had ended when it was last sent; undefined while it waits for its turn. */
  readonly sentAfter: number | undefined;
}

/**
 * Equal reads at the same time become one. A read that is on its way is joined only while no write has ended since it
 * was sent: it could have missed that write, and whoever wrote must see its own work. Lanes are kept apart, so that an
 * urgent read never waits as a resync does. The call is given up when the last of its callers has aborted.
 */
export function shareReads(run: (call: BceCall, onSend: () => void) => Promise<Answer>): Scheduler {
  const flights = new Map<string, Flight>();
  let writesEnded = 0;

  const depart = (call: BceCall, key: string): Flight => {
    const controller = new AbortController();
    let sentAfter: number | undefined;
    const flight: Flight = {
      // Not with its first caller's signal: that one's abort must not fail the others.
      answer: run({ ...call, signal: controller.signal }, () => {
        sentAfter = writesEnded;
      }),
      controller,
      callers: 0,
      get sentAfter() {
        return sentAfter;
      },
    };
    flights.set(key, flight);
    return flight;
  };

  return async (call) => {
    if (call.signal?.aborted) throw call.signal.reason;
    if (!call.read) {
      try {
        return await run(call, () => {});
      } finally {
        writesEnded++;
      }
    }
    const { lane, method, endpoint, path, query = [], body } = call;
    const key = JSON.stringify([lane, method, endpoint, path, queryText(query), body ?? null]);
    let flight = flights.get(key);
    if (!flight || (flight.sentAfter !== undefined && flight.sentAfter !== writesEnded)) flight = depart(call, key);
    flight.callers++;
    try {
      return await unlessAborted(flight.answer, call.signal);
    } finally {
      if (--flight.callers === 0) {
        if (flights.get(key) === flight) flights.delete(key);
        flight.controller.abort(new Error("nobody waits for this read any more"));
      }
    }
  };
}
