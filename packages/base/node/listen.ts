import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createSecureContext, type DetailedPeerCertificate, type SecureContext, TLSSocket } from "node:tls";
import {
  type HttpHandler,
  type HttpHeaders,
  type Listen,
  type ServerRequest,
  type ServerTls,
  textResponse,
} from "../http.ts";

// Not imported: an import of node:http reads all its names, and one of them loads Node's own HTTP client, a sixth of the
// time in which a program of ours starts (18 of 106 ms).
const { createServer: createHttpServer } = process.getBuiltinModule("node:http");
const { createServer: createHttpsServer } = process.getBuiltinModule("node:https");

const MAX_BODY_BYTES = 16 * 1024 * 1024;
/** Longer than a client keeps idle connections, so that it is never the server that closes one just as it is used again. */
const KEEP_ALIVE_MS = 90_000;

/** Serves a handler on a real socket. `close` cuts open connections (watches never end by themselves). */
export const listen: Listen = async ({ host, port, handler, tls, sharePort }) => {
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    serve(handler, request, response).catch(() => response.destroy());
  };
  let byName = tls ? namedContexts(tls) : [];
  const secure = tls
    ? createHttpsServer(
        {
          ...contextOptions(tls),
          requestCert: true,
          rejectUnauthorized: false,
          SNICallback: (name, done) => done(null, byName.find(({ fits }) => fits(name))?.context),
        },
        onRequest,
      )
    : undefined;
  const server = secure ?? createHttpServer(onRequest);
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, ...(sharePort ? { reusePort: true } : {}) }, () => {
      server.off("error", reject);
      // A connection that could not be accepted is its client's to try again.
      server.on("error", () => {});
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
    ...(secure
      ? {
          renew(next) {
            // Both or none: a bad pair throws here, and the old one stays.
            const contexts = namedContexts(next);
            secure.setSecureContext(contextOptions(next));
            byName = contexts;
          },
        }
      : {}),
  };
};

/** An empty list of authorities trusts nobody; without it, Node would trust the world's. */
function contextOptions({ cert, key, clientCa, minVersion, ciphers, curves }: ServerTls) {
  return {
    cert,
    key,
    ca: clientCa ? [clientCa] : [],
    ...(minVersion ? { minVersion } : {}),
    ...(ciphers ? { ciphers } : {}),
    ...(curves ? { ecdhCurve: curves } : {}),
  };
}

function namedContexts(tls: ServerTls) {
  return (tls.byName ?? []).map(({ names, ...pair }) => ({
    context: createSecureContext(contextOptions({ ...tls, ...pair })) satisfies SecureContext,
    fits: (host: string) =>
      names.some((name) => (name.startsWith("*.") ? host.slice(host.indexOf(".")) === name.slice(1) : host === name)),
  }));
}

async function serve(handler: HttpHandler, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort(new Error("the client closed the connection")));
  const body = await readAll(request);
  const answer = body
    ? await handler({
        method: request.method ?? "GET",
        target: request.url ?? "/",
        headers: joined(request.rawHeaders),
        body,
        signal: gone.signal,
        ...peerOf(request),
      })
    : textResponse(413, `request body over ${MAX_BODY_BYTES} bytes\n`);
  response.writeHead(answer.status, answer.headers);
  // A watch may be quiet for minutes after its headers.
  response.flushHeaders();
  for await (const chunk of answer.body) {
    if (gone.signal.aborted) return;
    if (!response.write(chunk)) await drained(response, gone.signal);
  }
  // Not after a throw: a body that broke off must not look complete.
  response.end();
}

async function readAll(request: IncomingMessage): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return length > MAX_BODY_BYTES ? undefined : Buffer.concat(chunks);
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

function joined(raw: readonly string[]): HttpHeaders {
  const headers: Record<string, string> = {};
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] as string).toLowerCase();
    const value = raw[i + 1] as string;
    headers[name] = Object.hasOwn(headers, name) ? `${headers[name]}, ${value}` : value;
  }
  return headers;
}

function peerOf(request: IncomingMessage): Pick<ServerRequest, "peer"> {
  const socket = request.socket;
  if (!(socket instanceof TLSSocket) || !socket.authorized) return {};
  const certificate = socket.getPeerCertificate(true);
  const subject = certificate.subject as { CN?: string; O?: string | string[] } | undefined;
  if (!subject?.CN) return {};
  const organizations = subject.O === undefined ? [] : [subject.O].flat();
  return { peer: { commonName: subject.CN, organizations, chain: fingerprints(certificate) } };
}

function fingerprints(certificate: DetailedPeerCertificate): readonly string[] {
  const chain: string[] = [];
  for (let one: DetailedPeerCertificate | undefined = certificate; one?.fingerprint256; one = one.issuerCertificate) {
    // The authority at the end is its own issuer.
    if (chain.includes(one.fingerprint256)) break;
    chain.push(one.fingerprint256);
  }
  return chain;
}
