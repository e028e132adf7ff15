import type { Call, CallPage } from "../console/data.ts";

export interface CallQuery {
  readonly product?: string | undefined;
  /** Any part of it, in any case. */
  readonly operation?: string | undefined;
  /** "ok", "4xx", "5xx", "lost", or a status: "404". */
  readonly status?: string | undefined;
  /** Any part of the target, the code, the request id or the fault. */
  readonly text?: string | undefined;
  /** Only calls with a lower id. */
  readonly before?: number | undefined;
  /** Only calls with a higher id. */
  readonly after?: number | undefined;
  readonly limit: number;
}

/** The newest calls, up to a number. */
export interface CallLog {
  /** Gives it the next id, from 1. */
  add(call: Omit<Call, "id">): void;
  /** Id of the newest; 0 when there was none. */
  readonly newest: number;
  page(query: CallQuery): CallPage;
}

export function createCallLog(capacity: number): CallLog {
  /** A ring: the call with an id is at id % capacity. */
  const ring: Call[] = [];
  let newest = 0;
  return {
    add(call) {
      newest++;
      ring[newest % capacity] = { id: newest, ...call };
    },
    get newest() {
      return newest;
    },
    page({ before = newest + 1, after = 0, limit, ...query }) {
      const fits = filterOf(query);
      const oldest = Math.max(after, newest - capacity, 0) + 1;
      const calls: Call[] = [];
      for (let id = Math.min(before - 1, newest); id >= oldest; id--) {
        const call = ring[id % capacity];
        if (!call || !fits(call)) continue;
        if (calls.length === limit) return { calls, next: calls.at(-1)?.id ?? 1 };
        calls.push(call);
      }
      return { calls };
    },
  };
}

function filterOf({ product, operation, status, text }: Omit<CallQuery, "limit">): (call: Call) => boolean {
  const name = operation?.toLowerCase();
  const wanted = text?.toLowerCase();
  return (call) =>
    (!product || call.product === product) &&
    (!name || call.operation.toLowerCase().includes(name)) &&
    (!status || hasStatus(call.status, status)) &&
    (!wanted ||
      [call.target, call.code, call.requestId, call.fault].some((field) => field.toLowerCase().includes(wanted)));
}

function hasStatus(status: number, wanted: string): boolean {
  if (wanted === "ok") return status >= 200 && status < 400;
  if (wanted === "lost") return status === 0;
  return /^[1-5]xx$/.test(wanted) ? String(status).startsWith(wanted.charAt(0)) : String(status) === wanted;
}
