import {
  type Clock,
  type HttpRequest,
  type HttpResponse,
  jsonResponse,
  sleep,
  type Transport,
  TransportError,
} from "@ccm/base";
import type { Link } from "../world.ts";

/** What can go wrong with one request. */
export const MODES = [
  /** The CCM dies before it has sent it. */
  "dies-before",
  /** It is carried out; the CCM dies before the answer comes. */
  "dies-after",
  /** The CCM dies with the answer in its hands. */
  "dies-answered",
  /** It is carried out, and the connection breaks before the answer. */
  "lost-reset",
  /** It is carried out, and no answer ever comes. */
  "lost-timeout",
  /** It is carried out, and the answer is that something went wrong. */
  "lost-500",
  "refused-429",
  "refused-429-retry-after",
  "refused-409",
  "refused-500",
  "refused-403",
  /** The lease is lost while it is on its way; it arrives when another replica has taken over. */
  "deposed",
] as const;
export type Mode = (typeof MODES)[number];

export function isMode(text: string): text is Mode {
  return (MODES as readonly string[]).includes(text);
}

/** Whether the CCM that sends it dies of it. */
export function kills(mode: Mode): boolean {
  return mode.startsWith("dies");
}

export interface Hands {
  readonly clock: Clock;
  /** Ends the CCM that sends the request, at once. */
  kill(): void;
  /** Takes its lease away. Resolves when another replica has had it for a while. */
  depose(): Promise<void>;
  /** Something is on its way until this resolves. */
  late(arrival: Promise<unknown>): void;
}

const TRAVEL_MS = 5;
const RETRY_AFTER_S = 2;

/** Sends the request in the way of the mode. */
export async function send(
  mode: Mode,
  link: Link,
  [request, options]: readonly [HttpRequest, Parameters<Transport>[1]],
  transport: Transport,
  { clock, kill, depose, late }: Hands,
): Promise<HttpResponse> {
  switch (mode) {
    case "dies-before":
      kill();
      return never();
    case "dies-after":
      await transport(request);
      kill();
      return never();
    case "dies-answered": {
      const response = await transport(request, options);
      // What it does with the answer until it has to wait for something, it still does.
      clock.schedule(0, kill);
      return response;
    }
    case "lost-reset":
      await transport(request);
      throw new TransportError("reset", "the connection was reset");
    case "lost-timeout":
      await transport(request);
      return aborted(options?.signal);
    case "lost-500":
      await transport(request);
      return refusal(link, 500);
    case "deposed": {
      // It is on the wire: an abort does not take it back.
      const answer = depose().then(() => transport(request));
      late(answer.catch(() => {}));
      return options?.signal ? Promise.race([answer, aborted(options.signal)]) : answer;
    }
    default: {
      await sleep(clock, TRAVEL_MS, options?.signal);
      const status = Number(mode.slice("refused-".length, "refused-".length + 3));
      return refusal(link, status, mode.endsWith("retry-after") ? { "retry-after": String(RETRY_AFTER_S) } : {});
    }
  }
}

const KUBE_REASONS: Readonly<Record<number, string>> = {
  403: "Forbidden",
  409: "Conflict",
  429: "TooManyRequests",
  500: "InternalError",
};
const CLOUD_CODES: Readonly<Record<number, string>> = {
  403: "AccessDenied",
  409: "OperationConflict",
  429: "RequestLimitExceeded",
  500: "InternalError",
};

function refusal({ to }: Link, status: number, headers: Readonly<Record<string, string>> = {}): HttpResponse {
  const message = "by the world";
  if (to === "cloud") {
    return jsonResponse(status, { code: CLOUD_CODES[status], message, requestId: "world" }, headers);
  }
  const reason = KUBE_REASONS[status];
  const body = { kind: "Status", apiVersion: "v1", status: "Failure", reason, code: status, message };
  return jsonResponse(status, body, headers);
}

function never<T>(): Promise<T> {
  return new Promise(() => {});
}

function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
