import { Agent, type Dispatcher, errors } from "undici";
import {
  type HttpHeaders,
  type Transport,
  TransportError,
  type TransportErrorCode,
  type TransportFactory,
} from "../http.ts";

const CONNECT_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_MS = 30_000;

/**
 * HTTP/1.1 over pooled sockets. No timeout of its own on an answer: callers bring a signal, since a watch is quiet for
 * minutes and a plain call is not. HTTP/2 stays off so that a broken watch takes nothing else with it.
 */
export const openTransport: TransportFactory = (tls) => {
  const agent = new Agent({
    allowH2: false,
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: 0,
    bodyTimeout: 0,
    connections: 128,
    connect: {
      timeout: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_MS,
      ...(tls.ca ? { ca: tls.ca } : {}),
      ...(tls.cert ? { cert: tls.cert } : {}),
      ...(tls.key ? { key: tls.key } : {}),
      ...(tls.serverName ? { servername: tls.serverName } : {}),
      rejectUnauthorized: !tls.insecureSkipVerify,
    },
  });
  const send: Transport = async (request, options = {}) => {
    const url = new URL(request.url);
    const rest = request.url.slice(request.url.indexOf("://") + 3);
    const slash = rest.search(/[/?]/);
    const path = slash < 0 ? "/" : rest.slice(slash).startsWith("?") ? `/${rest.slice(slash)}` : rest.slice(slash);
    try {
      const response = await agent.request({
        origin: url.origin,
        path,
        method: request.method as Dispatcher.HttpMethod,
        headers: { ...request.headers },
        body: request.body ?? null,
        signal: options.signal ?? null,
      });
      return {
        status: response.statusCode,
        headers: flatten(response.headers),
        body: translated(response.body, url.host, options.signal),
      };
    } catch (error) {
      throw translate(error, url.host, options.signal);
    }
  };
  return { send, close: () => agent.destroy() };
};

async function* translated(
  body: AsyncIterable<Uint8Array>,
  host: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw translate(error, host, signal);
  }
}

function flatten(headers: Readonly<Record<string, string | string[] | undefined>>): HttpHeaders {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return flat;
}

function translate(error: unknown, host: string, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  // The caller's mistake (a line break in a header): another attempt changes nothing.
  if (error instanceof errors.InvalidArgumentError) return error;
  const { code, text } = classify(error);
  return new TransportError(code, `${host}: ${text}`, error);
}

const TLS_CODES =
  /^(ERR_TLS|ERR_SSL|EPROTO|CERT_|CRL_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|HOSTNAME_|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH)/;

function classify(error: unknown): { readonly code: TransportErrorCode; readonly text: string } {
  const { code = "", syscall = "", message = String(error) } = error instanceof Error ? (error as SystemError) : {};
  if (code === "ECONNREFUSED") return { code: "refused", text: "connection refused" };
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return { code: "unresolved", text: "host name not found" };
  if (code === "EHOSTUNREACH" || code === "ENETUNREACH") return { code: "refused", text: "no route to host" };
  if (error instanceof errors.ConnectTimeoutError) {
    return { code: "refused", text: `no connection within ${CONNECT_TIMEOUT_MS / 1000} s` };
  }
  // Whatever stops the connection itself: not a byte of the request has left.
  if (syscall === "connect") return { code: "refused", text: message };
  if (TLS_CODES.test(code)) return { code: "tls", text: tlsText(code, message) };
  if (/TIMEOUT|ETIMEDOUT/.test(code)) return { code: "timeout", text: message };
  return { code: "reset", text: message || "connection lost" };
}

interface SystemError extends Error {
  readonly code?: string;
  readonly syscall?: string;
}

/** OpenSSL's own messages name its source files; its code says it better. */
function tlsText(code: string, message: string): string {
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG/.test(code + message)) {
    return "the server does not speak TLS on this port";
  }
  return `TLS handshake failed: ${message.replace(/^[0-9A-F]+:error:[0-9A-F]+:/, "").trim()}`;
}
