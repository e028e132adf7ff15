import {
  type Clock,
  errorText,
  type HttpRequest,
  readText,
  splitUrl,
  TimeoutError,
  type Transport,
  TransportError,
  withTimeout,
} from "@ccm/base";
import { unlessAborted } from "./abort.ts";
import type { Answer, BceCall, Query } from "./api-call.ts";
import { parseBody, refusal } from "./classify.ts";
import { type Authority, type CredentialSource, isGatewayToken, sameAuthority } from "./credentials.ts";
import { BceError } from "./error.ts";
import { redactor, safeCause } from "./redact.ts";
import { authorization, bceTime, contentMd5, encode, encodePath } from "./signing.ts";

export interface ExchangeOptions {
  readonly credentials: CredentialSource;
  readonly send: Transport;
  readonly clock: Clock;
  readonly userAgent: string;
  readonly timeoutMs: number;
}

/** One attempt. `aheadMs`: how far the cloud's clock is ahead of ours. */
export type Exchange = (call: BceCall, aheadMs: number) => Promise<Answer>;

/** Codes that a rotation of keys explains. What a gateway says of an old token is not published: any refusal may be it. */
const STALE_KEYS: ReadonlySet<string | undefined> = new Set(["InvalidAccessKeyId", "SignatureDoesNotMatch"]);

function mayBeStale(error: unknown, authority: Authority): boolean {
  if (!(error instanceof BceError)) return false;
  return STALE_KEYS.has(error.code) || (isGatewayToken(authority) && error.kind === "auth");
}

/**
 * Signs, sends and reads, all within `timeoutMs`; the signature is new each time. When the cloud refuses the keys and
 * the source has others by then, it is sent once more with those. Throws a BceError without a secret in it, or the
 * reason of the call's signal.
 */
export function createExchange({ credentials, send, clock, userAgent, timeoutMs }: ExchangeOptions): Exchange {
  return async (call, aheadMs) => {
    const { host } = splitUrl(call.endpoint);
    const fate: Fate = { sent: false, answered: false, redact: redactor(undefined) };

    const once = async (keys: Authority, signal: AbortSignal): Promise<Answer> => {
      fate.redact = redactor(keys);
      const request = outgoing(call, host, keys, clock.now() + aheadMs, userAgent);
      fate.sent = true;
      fate.answered = false;
      const response = await unlessAborted(send(request, { signal }), signal);
      fate.answered = true;
      const text = await unlessAborted(readText(response.body), signal);
      const answer = { status: response.status, headers: response.headers, text };
      if (response.status >= 400) throw refusal(call, answer, clock.now() + aheadMs, fate.redact);
      return success(call, host, response.status, text);
    };

    const keysFrom = async (refresh: boolean, signal: AbortSignal): Promise<Authority> => {
      try {
        return await unlessAborted(credentials(refresh), signal);
      } catch (error) {
        if (signal.aborted) throw error;
        const text = `${call.operation}: no credentials: ${fate.redact(errorText(error))}`;
        throw new BceError("auth", call.operation, text, safeCause(error, fate.redact));
      }
    };

    try {
      return await withTimeout(clock, timeoutMs, `${call.operation}: ${host}`, call.signal, async (signal) => {
        const keys = await keysFrom(false, signal);
        try {
          return await once(keys, signal);
        } catch (error) {
          if (!mayBeStale(error, keys)) throw error;
          const fresh = await keysFrom(true, signal);
          if (sameAuthority(keys, fresh)) throw error;
          return await once(fresh, signal);
        }
      });
    } catch (error) {
      if (call.signal?.aborted && error === call.signal.reason) throw error;
      throw failure(call, host, error, fate);
    }
  };
}

/** How far an attempt has come, for the question whether the work may have been done. */
interface Fate {
  sent: boolean;
  answered: boolean;
  redact: (text: string) => string;
}

/** The request, signed with the keys, or with the token for the gateway, which signs it in its turn. */
function outgoing(call: BceCall, host: string, keys: Authority, time: number, userAgent: string): HttpRequest {
  const body = call.body === undefined ? undefined : JSON.stringify(call.body);
  const query = call.query ?? [];
  const headers: Record<string, string> = {
    host,
    "content-type": "application/json;charset=utf-8",
    "x-bce-date": bceTime(time),
    ...(body === undefined
      ? {}
      : { "content-length": String(Buffer.byteLength(body)), "content-md5": contentMd5(body) }),
  };
  const { method } = call;
  const target = encodePath(call.path) + queryText(query);
  const rest = { "user-agent": userAgent };
  const sent = body === undefined ? {} : { body };
  if (isGatewayToken(keys)) {
    const token = {
      host: splitUrl(keys.gateway).host,
      "cce-token": keys.token.reveal(),
      "cce-cluster": keys.clusterId,
      "cce-remote-host": host,
    };
    return { method, url: keys.gateway + target, headers: { ...headers, ...rest, ...token }, ...sent };
  }
  if (keys.sessionToken) headers["x-bce-security-token"] = keys.sessionToken.reveal();
  const { accessKeyId, secretAccessKey } = keys;
  const signature = authorization({ method, path: call.path, query, headers }, { accessKeyId, secretAccessKey, time });
  return { method, url: call.endpoint + target, headers: { ...headers, ...rest, authorization: signature }, ...sent };
}

/** A flag such as "unbind" is sent bare, as the official SDKs do. */
export function queryText(query: Query): string {
  if (query.length === 0) return "";
  return `?${query.map(([name, value]) => (value === "" ? encode(name) : `${encode(name)}=${encode(value)}`)).join("&")}`;
}

function success(call: BceCall, host: string, status: number, text: string): Answer {
  const { operation, read } = call;
  if (status >= 300) {
    const message = `${operation}: ${host} redirects elsewhere (http ${status}): is the endpoint right?`;
    throw new BceError("permanent", operation, message, { status });
  }
  // Void calls answer with nothing. A read that does is broken: taken for {} it would say that nothing exists.
  if (text.trim() === "" && !read) return {};
  const answer = parseBody(text);
  if (status >= 200 && answer) return answer;
  const kind = read ? "unavailable" : "ambiguous";
  const what = text.trim() === "" ? "nothing" : "something that is not a JSON object";
  throw new BceError(kind, operation, `${operation}: ${host} answered with ${what} (http ${status})`, { status });
}

function failure(call: BceCall, host: string, error: unknown, { sent, answered, redact }: Fate): BceError {
  if (error instanceof BceError) return error;
  const { operation, read } = call;
  const surelyNotDone = !sent || (error instanceof TransportError && !error.maybeSent && !answered);
  const connection = error instanceof TransportError || error instanceof TimeoutError;
  // Before sending, anything but a lost connection is our own mistake, and would be one again.
  const kind = !sent && !connection ? "permanent" : read || surelyNotDone ? "unavailable" : "ambiguous";
  const text = redact(error instanceof TimeoutError ? error.message.replace(`${operation}: `, "") : errorText(error));
  const message = `${operation}: ${text.includes(host) ? text : `${host}: ${text}`}`.replace(/\s+/g, " ");
  return new BceError(kind, operation, message, safeCause(error, redact));
}
