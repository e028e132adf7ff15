/**
 * HTTP as a function. A client is given a Transport, a server is an HttpHandler; real sockets join the two in production
 * (`@ccm/base/node`), `inProcessTransport` joins them in one process under a virtual clock.
 */
import { unlessAborted } from "./abort.ts";

/** Header names in lower case; a repeated header's values are joined with ", ". */
export type HttpHeaders = Readonly<Record<string, string>>;

export interface HttpRequest {
  readonly method: string;
  /** Absolute, and sent as written: `scheme://host[:port]/path?query`. */
  readonly url: string;
  readonly headers: HttpHeaders;
  readonly body?: string | Uint8Array;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: HttpHeaders;
  /** Read it once, to its end or until aborted. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** Rejects with a TransportError, or with the signal's reason after an abort. An aborted body iteration rejects likewise. */
export type Transport = (request: HttpRequest, options?: { readonly signal?: AbortSignal }) => Promise<HttpResponse>;

/** What a connection needs to know before the first byte. PEM texts. */
export interface TlsOptions {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** Name to expect in the server's certificate, when it is not the host of the URL. */
  readonly serverName?: string;
  readonly insecureSkipVerify?: boolean;
}

/** Opens transports; a transport pools its connections. `close` ends them. */
export type TransportFactory = (tls: TlsOptions) => { readonly send: Transport; close(): Promise<void> };

/**
 * refused, unresolved: nothing was sent. tls: the handshake failed, nothing was sent.
 * reset, timeout: it may have been sent, and done.
 */
export type TransportErrorCode = "refused" | "unresolved" | "tls" | "reset" | "timeout";

export class TransportError extends Error {
  override readonly name = "TransportError";
  readonly code: TransportErrorCode;

  constructor(code: TransportErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }

  /** False only when it is certain that the server never saw the request. */
  get maybeSent(): boolean {
    return this.code === "reset" || this.code === "timeout";
  }
}

export interface ServerRequest {
  readonly method: string;
  /** The raw request target: path and query exactly as sent. */
  readonly target: string;
  readonly headers: HttpHeaders;
  readonly body: Uint8Array;
  /** Aborts when the client has gone away. */
  readonly signal: AbortSignal;
  /** From a verified client certificate. */
  readonly peer?: {
    readonly commonName: string;
    readonly organizations: readonly string[];
    /** SHA-256 fingerprints ("AB:CD:…") of the certificate and its issuers up to the authority: tells which one vouches for it. */
    readonly chain?: readonly string[];
  };
}

export type HttpHandler = (request: ServerRequest) => Promise<HttpResponse>;

export interface ServerCertificate {
  /** PEM: the certificate, then those of its issuers. */
  readonly cert: string;
  readonly key: string;
}

export interface ServerTls extends ServerCertificate {
  /** PEM: client certificates are asked for, and verified by these when given; never required. */
  readonly clientCa?: string;
  /** Certificates for clients that ask for a host by name: exact, or `*.` and a domain. The first that fits is shown. */
  readonly byName?: readonly (ServerCertificate & { readonly names: readonly string[] })[];
  readonly minVersion?: "TLSv1" | "TLSv1.1" | "TLSv1.2" | "TLSv1.3";
  /** In OpenSSL's names, with colons. */
  readonly ciphers?: string;
  readonly curves?: string;
}

/** How handlers are put on a real socket; the implementation is in `@ccm/base/node`. */
export type Listen = (options: {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly handler: HttpHandler;
  readonly tls?: ServerTls;
  /** Other processes may listen on the same port. */
  readonly sharePort?: boolean;
}) => Promise<{
  readonly port: number;
  close(): Promise<void>;
  /** From now on, for new connections. */
  renew?(tls: ServerTls): void;
}>;

const encoder = new TextEncoder();
const NO_BYTES = new Uint8Array(0);

export function jsonResponse(status: number, value: unknown, headers: HttpHeaders = {}): HttpResponse {
  return textResponse(status, JSON.stringify(value), { "content-type": "application/json", ...headers });
}

export function textResponse(status: number, text: string, headers: HttpHeaders = {}): HttpResponse {
  return {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", ...headers },
    body: once(encoder.encode(text)),
  };
}

export async function readBody(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  if (chunks.length === 1) return chunks[0] as Uint8Array;
  return chunks.length === 0 ? NO_BYTES : Buffer.concat(chunks);
}

export async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
  return new TextDecoder().decode(await readBody(body));
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes;
}

/**
 * A transport that calls a handler in the same process. `before` runs ahead of the handler and `after` ahead of the
 * answer (a delay on a virtual clock, a fault); either may throw what the client should see. What the handler throws reaches
 * the client as it is, where a socket would only be reset: a fault of the handler should be seen in a test.
 */
export function inProcessTransport(
  handler: HttpHandler,
  hooks: {
    readonly before?: (request: HttpRequest, signal: AbortSignal) => Promise<void>;
    readonly after?: (request: HttpRequest, response: HttpResponse, signal: AbortSignal) => Promise<void>;
    readonly peer?: ServerRequest["peer"];
  } = {},
): Transport {
  return async (request, options = {}) => {
    const { signal } = options;
    if (signal?.aborted) throw signal.reason;
    const { host, target } = splitUrl(request.url);
    const gone = new AbortController();
    const onAbort = () => gone.abort(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    const leave = (early: boolean) => {
      signal?.removeEventListener("abort", onAbort);
      if (early) gone.abort(new TransportError("reset", "the client closed the connection"));
    };
    const run = async (): Promise<HttpResponse> => {
      await hooks.before?.(request, gone.signal);
      // As over a socket: who has gone by now is not served.
      gone.signal.throwIfAborted();
      const body = typeof request.body === "string" ? encoder.encode(request.body) : (request.body ?? NO_BYTES);
      const response = await handler({
        method: request.method,
        target,
        headers: {
          host,
          ...request.headers,
          ...(request.body === undefined ? {} : { "content-length": String(body.length) }),
        },
        body,
        signal: gone.signal,
        ...(hooks.peer ? { peer: hooks.peer } : {}),
      });
      await hooks.after?.(request, response, gone.signal);
      return response;
    };
    try {
      const response = await unlessAborted(run(), gone.signal);
      return { ...response, body: abortable(response.body, gone.signal, leave) };
    } catch (error) {
      leave(true);
      throw error;
    }
  };
}

/** `https://h:1/p?q` → host `h:1`, target `/p?q`; nothing is normalised. */
export function splitUrl(url: string): { readonly scheme: string; readonly host: string; readonly target: string } {
  const match = /^([a-z]+):\/\/([^/?#]+)([^#]*)/i.exec(url);
  if (!match) throw new TypeError(`not an absolute URL: ${url}`);
  const [, scheme = "", host = "", rest = ""] = match;
  return { scheme, host, target: rest.startsWith("/") ? rest : `/${rest}` };
}

async function* abortable(
  body: AsyncIterable<Uint8Array>,
  gone: AbortSignal,
  leave: (early: boolean) => void,
): AsyncGenerator<Uint8Array> {
  const iterator = body[Symbol.asyncIterator]();
  let ended = false;
  try {
    for (;;) {
      const next = await unlessAborted(iterator.next(), gone);
      if (next.done) {
        ended = true;
        return;
      }
      yield next.value;
    }
  } finally {
    leave(!ended);
    // Not awaited: a handler that waits for something else only ends when it sees the signal.
    if (!ended) iterator.return?.()?.catch(() => {});
  }
}
