import type { Clock, HttpHandler, HttpResponse, ServerRequest } from "@ccm/base";
import type { Exchange, Interceptor, LoggedCall } from "../api/serve.ts";
import { redact, redactTarget } from "./redact.ts";

/** The first line of a recording. */
export interface RecordingHead {
  readonly recording: "baiducloud";
  readonly version: 1;
  readonly startedAt: number;
  readonly region: string;
}

/** Each other line: one call, without its secrets. */
export interface RecordedCall {
  /** Milliseconds since the recording began. */
  readonly at: number;
  readonly ms: number;
  readonly method: string;
  readonly target: string;
  readonly host: string;
  readonly account?: string;
  readonly product?: string;
  readonly operation?: string;
  readonly request?: unknown;
  /** 0: the answer was lost. */
  readonly status: number;
  /** The rule that struck, and whether the call was done all the same. */
  readonly fault?: string;
  readonly done?: boolean;
  readonly answer?: unknown;
}

export interface Recorder {
  /** Tells it which operation a call is. */
  readonly interceptor: Interceptor;
  readonly onCall: (call: LoggedCall) => void;
  /** Sees what the client sees. */
  wrap(handler: HttpHandler): HttpHandler;
}

/** `write` gets one line of JSON for each call, when its answer is complete. */
export function createRecorder(clock: Clock, region: string, write: (line: string) => void): Recorder {
  const startedAt = clock.now();
  const exchanges = new WeakMap<ServerRequest, Exchange>();
  /** Of the calls that are on their way, by request id. */
  const logged = new Map<string, LoggedCall>();
  const line = (value: RecordingHead | RecordedCall) => write(`${JSON.stringify(value)}\n`);
  line({ recording: "baiducloud", version: 1, startedAt, region });

  const tell = (request: ServerRequest, began: number, status: number, bytes: Uint8Array): void => {
    const exchange = exchanges.get(request);
    const call = exchange && logged.get(exchange.requestId);
    if (exchange) logged.delete(exchange.requestId);
    const [sent, got] = [jsonOf(request.body), jsonOf(bytes)];
    line({
      at: began - startedAt,
      ms: clock.now() - began,
      method: request.method,
      target: redactTarget(request.target),
      host: request.headers.host ?? "",
      ...(exchange
        ? { account: exchange.principal.accountId, product: exchange.product.name, operation: exchange.name }
        : {}),
      ...(sent === undefined ? {} : { request: redact(sent) }),
      status,
      ...(got === undefined ? {} : { answer: redact(got) }),
      ...(call?.fault === undefined ? {} : { fault: call.fault, done: call.done ?? false }),
    });
  };

  return {
    interceptor(exchange, run) {
      exchanges.set(exchange.request, exchange);
      return run();
    },
    onCall(call) {
      // Calls of registries are of nobody's account: no exchange takes them out again.
      if (call.account !== undefined) logged.set(call.requestId, call);
    },
    wrap: (handler) => async (request) => {
      const began = clock.now();
      let answer: HttpResponse;
      try {
        answer = await handler(request);
      } catch (error) {
        tell(request, began, 0, new Uint8Array());
        throw error;
      }
      const body = (async function* () {
        const chunks: Uint8Array[] = [];
        let complete = false;
        try {
          for await (const chunk of answer.body) {
            chunks.push(chunk);
            yield chunk;
          }
          complete = true;
        } finally {
          tell(request, began, complete ? answer.status : 0, complete ? Buffer.concat(chunks) : new Uint8Array());
        }
      })();
      return { ...answer, body };
    },
  };
}

/** Undefined for no body. One that is no JSON might hold anything. */
function jsonOf(bytes: Uint8Array): unknown {
  if (bytes.length === 0) return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return "<no JSON>";
  }
}
