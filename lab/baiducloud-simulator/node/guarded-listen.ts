import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { type HttpHandler, type HttpHeaders, type HttpResponse, jsonResponse, TransportError } from "@ccm/base";

const { createServer } = process.getBuiltinModule("node:http");

/** What a client may send, and how slowly. */
export interface Limits {
  readonly bodyBytes: number;
  /** All of them together, with the request line. */
  readonly headerBytes: number;
  readonly headers: number;
  readonly headersMs: number;
  /** The whole request, with its body. */
  readonly requestMs: number;
  /** How often slow clients are looked for. */
  readonly checkMs: number;
}

export const DEFAULT_LIMITS: Limits = {
  bodyBytes: 4 * 1024 * 1024,
  headerBytes: 16 * 1024,
  headers: 100,
  headersMs: 15_000,
  requestMs: 60_000,
  checkMs: 1000,
};

export interface GuardedListenOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly handler: HttpHandler;
  readonly limits?: Partial<Limits>;
}

/** Headers that mean one thing only: twice, a proxy and a server may each believe another. */
const SINGLE = ["host", "authorization", "content-length", "transfer-encoding", "content-type", "x-bce-date"];

/**
 * A handler on a socket that faces clients which are wrong on purpose: what is no proper request gets the cloud's 400, a
 * large body is refused before it is read, slow clients are cut off. Where the handler throws a TransportError "reset", the
 * connection is reset.
 */
export async function guardedListen(
  options: GuardedListenOptions,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const server = createServer(
    {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      connectionsCheckingInterval: limits.checkMs,
      insecureHTTPParser: false,
      requireHostHeader: false,
      joinDuplicateHeaders: false,
    },
    (request, response) => {
      // Its time is the cloud's, which the handler knows.
      response.sendDate = false;
      answer(options.handler, limits, request, response).catch((error: unknown) => drop(request.socket, error));
    },
  );
  // More are counted, and refused, below; without a limit of its own Node would drop them silently.
  server.maxHeadersCount = 0;
  server.keepAliveTimeout = 90_000;
  server.on("checkContinue", (request, response) => server.emit("request", request, response));
  server.on("checkExpectation", (_request, response: ServerResponse) => {
    response.sendDate = false;
    const message = "expect: 100-continue is all that can be expected.";
    refuse(response, { status: 417, code: "InvalidHTTPRequest", message }).catch(() => {});
  });
  // It is no proxy; Node would close the connection without a word.
  server.on("connect", (_request, socket: Socket) =>
    endWith(socket, 400, "Bad Request", "Could not parse the HTTP request."),
  );
  server.on("clientError", refuseUnreadable);
  await listening(server, options);
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listening(server: Server, { host, port }: GuardedListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      // A connection that could not be accepted is its client's to try again.
      server.on("error", () => {});
      resolve();
    });
  });
}

async function answer(
  handler: HttpHandler,
  limits: Limits,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort(new Error("the client closed the connection")));
  const wrong = whatIsWrong(request, limits);
  if (wrong) return refuse(response, wrong);
  if (request.headers.expect !== undefined) response.writeContinue();
  const body = await readBody(request, limits.bodyBytes);
  if (!body) return refuse(response, tooLarge(limits));
  const headers = joined(request.rawHeaders);
  const { method = "GET", url: target = "/" } = request;
  await send(response, await handler({ method, target, headers, body, signal: gone.signal }), gone.signal);
}

interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

function whatIsWrong(request: IncomingMessage, limits: Limits): Refusal | undefined {
  const { rawHeaders, url = "" } = request;
  const names = rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
  const bad = (message: string): Refusal => ({ status: 400, code: "InvalidHTTPRequest", message });
  if (names.length > limits.headers) return bad(`expected at most ${limits.headers} headers.`);
  const twice = SINGLE.find((name) => names.indexOf(name) !== names.lastIndexOf(name));
  if (twice) return bad(`the header ${twice} was sent twice.`);
  if (request.httpVersion !== "1.0" && !names.includes("host")) return bad("the header host is missing.");
  // Bytes that no URI has: they would be read differently by whoever stands in between.
  if (!/^[\x21-\x7e]*$/.test(url))
    return { status: 400, code: "InvalidURI", message: "Could not parse the specified URI." };
  const encoding = request.headers["transfer-encoding"];
  if (encoding !== undefined && encoding.toLowerCase() !== "chunked")
    return bad("transfer-encoding: expected chunked.");
  if (encoding !== undefined && names.includes("content-length"))
    return bad("expected either transfer-encoding or content-length.");
  if (Number(request.headers["content-length"] ?? 0) > limits.bodyBytes) return tooLarge(limits);
  return undefined;
}

function tooLarge({ bodyBytes }: Limits): Refusal {
  return { status: 413, code: "EntityTooLarge", message: `The body is over ${bodyBytes} bytes.` };
}

/** Undefined as soon as it is too large: the rest is not read. */
async function readBody(request: IncomingMessage, most: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > most) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The connection ends with it: what else comes on it is not to be read as a request. */
async function refuse(response: ServerResponse, { status, code, message }: Refusal): Promise<void> {
  const { headers, body } = jsonResponse(status, { code, message }, { connection: "close" });
  response.writeHead(status, headers);
  for await (const chunk of body) response.write(chunk);
  response.end(() => response.req.socket.destroySoon());
}

async function send(response: ServerResponse, given: HttpResponse, signal: AbortSignal): Promise<void> {
  response.writeHead(given.status, given.headers);
  response.flushHeaders();
  for await (const chunk of given.body) {
    if (signal.aborted) return;
    if (!response.write(chunk)) await drained(response, signal);
  }
  // Not after a throw: a body that broke off must not look complete.
  response.end();
}

function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off("drain", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    response.once("drain", done);
    signal.addEventListener("abort", done, { once: true });
    if (signal.aborted) done();
  });
}

function drop(socket: Socket, error: unknown): void {
  if (error instanceof TransportError && error.code === "reset") socket.resetAndDestroy();
  else socket.destroy();
}

/** What the HTTP parser refuses never becomes a request. */
function refuseUnreadable(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, reason, message]: [number, string, string] =
    error.code === "HPE_HEADER_OVERFLOW"
      ? [431, "Request Header Fields Too Large", "The headers are too large."]
      : error.code === "ERR_HTTP_REQUEST_TIMEOUT"
        ? [408, "Request Timeout", "The request took too long."]
        : [400, "Bad Request", "Could not parse the HTTP request."];
  endWith(socket, status, reason, message);
}

function endWith(socket: Socket, status: number, reason: string, message: string): void {
  const body = JSON.stringify({ code: status === 408 ? "RequestTimeout" : "InvalidHTTPRequest", message });
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}

function joined(raw: readonly string[]): HttpHeaders {
  const headers: Record<string, string> = Object.create(null);
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] ?? "").toLowerCase();
    const value = raw[index + 1] ?? "";
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
  }
  return headers;
}
