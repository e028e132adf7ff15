import type { Clock, Transport, TransportFactory } from "@ccm/base";
import { type Check, ok, trouble } from "./check.ts";

/** How far the cloud's clock is ahead of ours, as its answers tell. Milliseconds; undefined: none has told. */
export interface ServerTime {
  readonly openTransport: TransportFactory;
  aheadMs(): number | undefined;
}

/** A Date header tells whole seconds only. */
const ROUNDING_MS = 1000;
/** From here on it is worth a word. The cloud refuses signatures that are off by minutes. */
const TOLERATED_MS = 30_000;
const REFUSED_MS = 300_000;

/** Listens in on the answers of the transports that it opens. */
export function observeServerTime(openTransport: TransportFactory, clock: Clock): ServerTime {
  let best: { readonly tripMs: number; readonly aheadMs: number } | undefined;
  return {
    openTransport(tls) {
      const { send, close } = openTransport(tls);
      const observed: Transport = async (request, options) => {
        const before = clock.now();
        const response = await send(request, options);
        const tripMs = clock.now() - before;
        const date = Date.parse(response.headers.date ?? "");
        // Of several, the answer that came the fastest tells best.
        if (Number.isFinite(date) && (!best || tripMs < best.tripMs)) {
          best = { tripMs, aheadMs: date + ROUNDING_MS / 2 - (before + tripMs / 2) };
        }
        return response;
      };
      return { send: observed, close };
    },
    aheadMs: () => best?.aheadMs,
  };
}

export function checkClock(aheadMs: number | undefined): Check {
  const name = "the cloud's clock and ours";
  if (aheadMs === undefined) return trouble("clock", name, "skipped", "no answer of the cloud had a time");
  const off = Math.abs(aheadMs);
  if (off <= TOLERATED_MS) return ok("clock", name, `less than ${Math.max(1, Math.ceil(off / 1000))} s apart`);
  const detail = `this machine is ${Math.round(off / 1000)} s ${aheadMs > 0 ? "behind" : "ahead"}`;
  const todo = "set the clock (NTP) here and on the machines that the CCM runs on: signatures hold the time";
  return trouble("clock", name, off < REFUSED_MS ? "warning" : "failed", detail, todo);
}
