import {
  Agent,
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request as requestHttp,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Socket } from "node:net";
import type { Forwarding, Target } from "../../data-plane/data-plane.ts";
import { readSession, writeSession } from "../../data-plane/http-session.ts";
import type { LocalAddress } from "../../data-plane/local-addresses.ts";
import { plainAddress } from "../../data-plane/source-rules.ts";
import { type Front, listenOn, type Traffic } from "./front.ts";
import { splice } from "./tcp.ts";
import { tlsServerOptions } from "./tls.ts";

/** HTTP and HTTPS listeners: a backend is chosen for each request, and asked in HTTP. */
export async function openHttp(traffic: Traffic, place: LocalAddress): Promise<Front> {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 1024 });
  const open = new Set<Socket>();
  const { tls } = traffic.forwarding();
  const server = tls ? createTlsServer(await tlsServerOptions(traffic, tls)) : createServer();
  server.on("connection", (socket: Socket) => {
    if (!traffic.admits(socket.remoteAddress ?? "")) socket.resetAndDestroy();
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
  server.on("request", (incoming, outgoing) => answer(traffic, agent, incoming, outgoing));
  server.on("upgrade", (incoming, socket, head) => upgrade(traffic, incoming, socket as Socket, head));
  const localPort = await listenOn(server, place);
  return {
    localPort,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
        agent.destroy();
      }),
  };
}

function answer(traffic: Traffic, agent: Agent, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const forwarding = traffic.forwarding();
  const { http, timeoutMs, protocol } = forwarding;
  if (http?.redirectPort !== undefined && protocol === "HTTP") {
    outgoing.writeHead(301, { location: redirectTarget(incoming, http.redirectPort) }).end();
    return;
  }
  const asked = askedSession(forwarding, incoming);
  const target = traffic.choose(incoming.socket.remoteAddress ?? "", asked?.token);
  if (!target) {
    refuse(outgoing, 503, "no healthy backend");
    return;
  }
  traffic.count(target.instanceId, 1);
  outgoing.once("close", () => traffic.count(target.instanceId, -1));
  const request = ask(forwarding, incoming, target, agent);
  let late = false;
  request.setTimeout(timeoutMs, () => {
    late = true;
    request.destroy();
  });
  request.once("response", (response) => {
    const headers = { ...response.headers };
    if (http?.session) {
      const set = writeSession(http.session, response.headers["set-cookie"] ?? [], target.instanceId, asked?.token);
      if (set.length > 0) headers["set-cookie"] = [...set];
    }
    delete headers.connection;
    delete headers["keep-alive"];
    outgoing.writeHead(response.statusCode ?? 502, response.statusMessage, headers);
    response.pipe(outgoing);
    response.once("error", () => outgoing.destroy());
  });
  request.once("error", () => {
    if (outgoing.headersSent) outgoing.destroy();
    else refuse(outgoing, late ? 504 : 502, late ? "the backend took too long" : "the backend cannot be reached");
  });
  outgoing.once("close", () => request.destroy());
  incoming.pipe(request);
}

/** WebSocket and its kind: after the backend has agreed, bytes pass both ways. */
function upgrade(traffic: Traffic, incoming: IncomingMessage, client: Socket, head: Buffer): void {
  const forwarding = traffic.forwarding();
  client.on("error", () => {});
  const target = traffic.choose(client.remoteAddress ?? "", askedSession(forwarding, incoming)?.token);
  if (!target) {
    client.end("HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    return;
  }
  traffic.count(target.instanceId, 1);
  client.once("close", () => traffic.count(target.instanceId, -1));
  const request = ask(forwarding, incoming, target, false);
  const writeHead = ({ statusCode, statusMessage, rawHeaders }: IncomingMessage) => {
    let text = `HTTP/1.1 ${statusCode} ${statusMessage}\r\n`;
    for (let i = 0; i < rawHeaders.length; i += 2) text += `${rawHeaders[i]}: ${rawHeaders[i + 1]}\r\n`;
    client.write(`${text}\r\n`);
  };
  request.once("upgrade", (response, backend, early) => {
    writeHead(response);
    if (early.length > 0) client.write(early);
    if (head.length > 0) backend.write(head);
    splice(client, backend as Socket);
    splice(backend as Socket, client);
  });
  request.once("response", (response) => {
    writeHead(response);
    response.pipe(client);
  });
  request.once("error", () => client.destroy());
  client.once("close", () => request.destroy());
  request.end();
}

/** The request as the backend gets it. */
function ask(forwarding: Forwarding, incoming: IncomingMessage, { host, port }: Target, agent: Agent | false) {
  const { http, protocol } = forwarding;
  const headers: OutgoingHttpHeaders = { ...incoming.headers };
  if (agent) for (const name of ["connection", "keep-alive", "proxy-connection", "upgrade"]) delete headers[name];
  const source = plainAddress(incoming.socket.remoteAddress ?? "");
  if (http?.xForwardedFor) {
    const before = incoming.headers["x-forwarded-for"];
    headers["x-forwarded-for"] = before === undefined ? source : `${before}, ${source}`;
  }
  if (http?.xForwardedProto) headers["x-forwarded-proto"] = protocol.toLowerCase();
  if (http?.session && headers.cookie !== undefined) {
    const { cookie } = readSession(http.session, incoming.headers.cookie);
    if (cookie === undefined) delete headers.cookie;
    else headers.cookie = cookie;
  }
  return requestHttp({ host, port, method: incoming.method, path: incoming.url, headers, agent, setHost: false });
}

function askedSession({ http }: Forwarding, incoming: IncomingMessage) {
  return http?.session ? readSession(http.session, incoming.headers.cookie) : undefined;
}

function redirectTarget({ headers, url = "/" }: IncomingMessage, port: number): string {
  const host = (headers.host ?? "").replace(/:\d+$/, "");
  return `https://${host}${port === 443 ? "" : `:${port}`}${url}`;
}

function refuse(outgoing: ServerResponse, status: number, text: string): void {
  outgoing.writeHead(status, { "content-type": "text/plain; charset=utf-8", connection: "close" }).end(`${text}\n`);
}
