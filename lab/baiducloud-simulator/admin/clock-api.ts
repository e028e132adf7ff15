import { type Clock, type HttpResponse, jsonResponse, type ServerRequest } from "@ccm/base";
import { denied } from "../api/fault.ts";
import { parseFields } from "../api/parse.ts";
import { type InferFields, integer } from "../api/schema.ts";
import { inputOf, parseTarget } from "../api/wire.ts";
import { isLabClock } from "../clock/lab-clock.ts";

export const CLOCK_INDEX = {
  "GET /admin/clock": "the cloud's time, and how fast it runs",
  "POST /admin/clock": 'move it forward: {"advanceMs"}; answers when all that fell due has run',
};

const YEAR_MS = 366 * 24 * 3_600_000;
const ADVANCE = { advanceMs: integer(0, YEAR_MS) };

/** Undefined for what is not about the clock. Throws Faults. */
export function handleClock(clock: Clock, request: ServerRequest): HttpResponse | Promise<HttpResponse> | undefined {
  const { method, path, body } = inputOf(request.method, parseTarget(request.target), request.body);
  if (path !== "/admin/clock") return undefined;
  if (method === "GET") return jsonResponse(200, viewOf(clock));
  if (method !== "POST") return undefined;
  const { advanceMs } = parseFields(ADVANCE, body, "", "body") as InferFields<typeof ADVANCE>;
  if (!isLabClock(clock)) throw denied("The clock of this simulator is not its own to move.");
  return clock.advance(advanceMs).then(() => jsonResponse(200, viewOf(clock)));
}

function viewOf(clock: Clock) {
  const pace = isLabClock(clock) ? clock.pace : 1;
  const kind = pace === 1 ? "real" : pace === 0 ? "stepped" : "scaled";
  return { now: new Date(clock.now()).toISOString(), nowMs: Math.floor(clock.now()), kind, pace };
}
