import assert from "node:assert/strict";
import { createServer, type Server, type Socket } from "node:net";
import { describe, it } from "node:test";
import {
  type HttpHandler,
  type HttpResponse,
  inProcessTransport,
  jsonResponse,
  readText,
  type Transport,
  TransportError,
  textResponse,
} from "../http.ts";
import { createAuthority } from "./certificates.ts";
import { listen } from "./listen.ts";
import { systemClock } from "./system.ts";
import { openTransport } from "./transport.ts";

const HOST = "127.0.0.1";
const bytes = (text: string) => new TextEncoder().encode(text);

interface Path {
  readonly send: Transport;
  readonly base: string;
  close(): Promise<void>;
}

async function overSockets(handler: HttpHandler): Promise<Path> {
  const server = await listen({ host: HOST, port: 0, handler });
  const transport = openTransport({});
  return {
    send: transport.send,
    base: `http://${HOST}:${server.port}`,
    close: async () => {
      await transport.close();
      await server.close();
    },
  };
}

async function overTls(handler: HttpHandler): Promise<Path> {
  const authority = await createAuthority({ commonName: "test", clock: systemClock });
  const { certPem: cert, keyPem: key } = await authority.issue({
    commonName: "server",
    ipAddresses: [HOST],
    server: true,
  });
  const server = await listen({ host: HOST, port: 0, handler, tls: { cert, key } });
  const transport = openTransport({ ca: authority.certPem });
  return {
    send: transport.send,
    base: `https://${HOST}:${server.port}`,
    close: async () => {
      await transport.close();
      await server.close();
    },
  };
}

const PATHS: Readonly<Record<string, (handler: HttpHandler) => Promise<Path>>> = {
  "in one process": async (handler) => ({
    send: inProcessTransport(handler),
    base: "http://server.test",
    close: async () => {},
  }),
  "over sockets": overSockets,
  "over TLS": overTls,
};

/** What every way from a client to a handler has to do. */
for (const [name, open] of Object.entries(PATHS)) {
  describe(`HTTP ${name}`, () => {
    const using = async (handler: HttpHandler, use: (path: Path) => Promise<void>) => {
      const path = await open(handler);
      try {
        await use(path);
      } finally {
        await path.close();
      }
    };

    it("carries method, target, headers and body there, and status, headers and body back", async () => {
      const echo: HttpHandler = async ({ method, target, headers, body }) =>
        jsonResponse(
          299,
          {
            method,
            target,
            header: headers["x-some"],
            length: headers["content-length"],
            body: `${Buffer.from(body)}`,
          },
          { "x-back": "again" },
        );
      await using(echo, async ({ send, base }) => {
        const url = `${base}/a%2Fb/./c?q=%20&r=ä`.replace("ä", "%C3%A4");
        const response = await send({ method: "PATCH", url, headers: { "x-some": "thing" }, body: "百度" });
        assert.equal(response.status, 299);
        assert.equal(response.headers["x-back"], "again");
        assert.equal(response.headers["content-type"], "application/json");
        assert.deepEqual(JSON.parse(await readText(response.body)), {
          method: "PATCH",
          target: "/a%2Fb/./c?q=%20&r=%C3%A4",
          header: "thing",
          length: "6",
          body: "百度",
        });
      });
    });

    it("hands on what is streamed as it comes, long before the end", async () => {
      const gate = Promise.withResolvers<void>();
      const handler: HttpHandler = async () => ({
        status: 200,
        headers: {},
        body: (async function* () {
          yield bytes("first ");
          await gate.promise;
          yield bytes("second");
        })(),
      });
      await using(handler, async ({ send, base }) => {
        const { body } = await send({ method: "GET", url: base, headers: {} });
        const iterator = body[Symbol.asyncIterator]();
        const first = await iterator.next();
        assert.equal(String(Buffer.from(first.value ?? [])), "first ");
        gate.resolve();
        const second = await iterator.next();
        assert.equal(String(Buffer.from(second.value ?? [])), "second");
        assert.equal((await iterator.next()).done, true);
      });
    });

    it("has the headers there although the body is silent", async () => {
      const handler: HttpHandler = async ({ signal }) => ({
        status: 200,
        headers: { "x-a": "1" },
        body: silence(signal),
      });
      await using(handler, async ({ send, base }) => {
        const controller = new AbortController();
        const response = await send({ method: "GET", url: base, headers: {} }, { signal: controller.signal });
        assert.equal(response.headers["x-a"], "1");
        controller.abort(new Error("seen enough"));
        await assert.rejects(readText(response.body), /seen enough/);
      });
    });

    it("carries many megabytes both ways", async () => {
      const length = 8 * 1024 * 1024;
      const handler: HttpHandler = async ({ body }) => ({
        status: 200,
        headers: {},
        body: (async function* () {
          for (let i = 0; i < body.length; i += 65_536) yield body.subarray(i, i + 65_536);
        })(),
      });
      await using(handler, async ({ send, base }) => {
        const sent = new Uint8Array(length).map((_, i) => i % 251);
        const { body } = await send({ method: "POST", url: base, headers: {}, body: sent });
        let at = 0;
        let same = true;
        for await (const chunk of body) {
          same &&= Buffer.compare(chunk, sent.subarray(at, at + chunk.length)) === 0;
          at += chunk.length;
        }
        assert.deepEqual([at, same], [length, true]);
      });
    });

    it("rejects with the reason of an abort before, during and after the headers, and the server hears of it", async () => {
      const { promise: told, resolve: tell } = Promise.withResolvers<void>();
      const handler: HttpHandler = async ({ target, signal }) => {
        if (target === "/answered") return { status: 200, headers: {}, body: silence(signal) };
        return new Promise((_, reject) =>
          signal.addEventListener("abort", () => {
            tell();
            reject(signal.reason);
          }),
        );
      };
      await using(handler, async ({ send, base }) => {
        const request = { method: "GET", url: `${base}/waits`, headers: {} };
        const reason = new Error("the reason");
        await assert.rejects(send(request, { signal: AbortSignal.abort(reason) }), reason);
        const waiting = new AbortController();
        const answer = send(request, { signal: waiting.signal });
        setTimeout(() => waiting.abort(reason), 30);
        await assert.rejects(answer, reason);
        await told;
        const reading = new AbortController();
        const { body } = await send({ ...request, url: `${base}/answered` }, { signal: reading.signal });
        setTimeout(() => reading.abort(reason), 30);
        await assert.rejects(readText(body), reason);
      });
    });

    it("lets a client stop reading in the middle, and the server hears of it", async () => {
      const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
      const handler: HttpHandler = async ({ signal }) => {
        signal.addEventListener("abort", () => stop());
        return {
          status: 200,
          headers: {},
          body: (async function* () {
            while (!signal.aborted) {
              yield bytes("more ");
              await new Promise((resolve) => setTimeout(resolve, 2));
            }
          })(),
        };
      };
      await using(handler, async ({ send, base }) => {
        const { body } = await send({ method: "GET", url: base, headers: {} });
        for await (const _ of body) break;
        await stopped;
      });
    });

    it("does not let a body that broke off look complete", async () => {
      const handler: HttpHandler = async () => ({
        status: 200,
        headers: {},
        body: (async function* () {
          yield bytes('{"items":[');
          throw new Error("the store is gone");
        })(),
      });
      await using(handler, async ({ send, base }) => {
        await assert.rejects(async () => readText((await send({ method: "GET", url: base, headers: {} })).body));
      });
    });
  });
}

describe("sockets", () => {
  // The pool lets a turn of the event loop pass before a socket is used again, so the second request may find it taken.
  it("are used again: a hundred requests one after the other need two connections at most", async () => {
    const { proxy, connections } = await countingProxy(async () => {
      const server = await listen({ host: HOST, port: 0, handler: async () => jsonResponse(200, { ok: true }) });
      return server;
    });
    const transport = openTransport({});
    for (let i = 0; i < 100; i++) {
      const { body } = await transport.send({ method: "GET", url: `http://${HOST}:${proxy.port}/${i}`, headers: {} });
      await readText(body);
    }
    assert.ok(connections() <= 2, `${connections()} connections`);
    await transport.close();
    await proxy.close();
  });

  it("say what went wrong in one line, with a code", async () => {
    const closedPort = await listen({ host: HOST, port: 0, handler: async () => textResponse(200, "") });
    await closedPort.close();
    const cutting = await raw((socket) => socket.destroy());
    const cuttingLater = await raw((socket) => {
      socket.on("data", () => {
        socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n");
        setTimeout(() => socket.destroy(), 20);
      });
    });
    const babbling = await raw((socket) => socket.end("this is not HTTP\r\n\r\n"));
    const transport = openTransport({});
    const failure = async (url: string) => {
      try {
        return await readText((await transport.send({ method: "GET", url, headers: {} })).body);
      } catch (error) {
        assert.ok(error instanceof TransportError, `${url}: ${error}`);
        assert.doesNotMatch(error.message, /\n/);
        return [error.code, error.maybeSent, error.message];
      }
    };
    try {
      assert.deepEqual(await failure(`http://${HOST}:${closedPort.port}/`), [
        "refused",
        false,
        `${HOST}:${closedPort.port}: connection refused`,
      ]);
      assert.deepEqual(await failure("http://nowhere.invalid/"), [
        "unresolved",
        false,
        "nowhere.invalid: host name not found",
      ]);
      for (const port of [cutting.port, cuttingLater.port, babbling.port]) {
        const [code, maybeSent] = (await failure(`http://${HOST}:${port}/`)) as [string, boolean];
        assert.deepEqual([code, maybeSent], ["reset", true]);
      }
      assert.deepEqual(await failure(`https://${HOST}:${babbling.port}/`), [
        "tls",
        false,
        `${HOST}:${babbling.port}: the server does not speak TLS on this port`,
      ]);
      await assert.rejects(
        transport.send({ method: "GET", url: `http://${HOST}:${babbling.port}/`, headers: { "x-a": "a\nb" } }),
        (error) => !(error instanceof TransportError),
        "a mistake of the caller is no failure of the network",
      );
    } finally {
      await transport.close();
      for (const server of [cutting, cuttingLater, babbling]) await server.close();
    }
  });

  it("refuse a request body over the limit with 413", async () => {
    const path = await overSockets(async () => textResponse(200, "taken"));
    const body = new Uint8Array(16 * 1024 * 1024 + 1);
    const response = await path.send({ method: "POST", url: path.base, headers: {}, body });
    assert.equal(response.status, 413);
    assert.match(await readText(response.body), /over 16777216 bytes/);
    await path.close();
  });

  it("are cut when the server closes, quiet watches included, and the port is free", async () => {
    const server = await listen({
      host: HOST,
      port: 0,
      handler: async ({ signal }): Promise<HttpResponse> => ({ status: 200, headers: {}, body: silence(signal) }),
    });
    const transport = openTransport({});
    const { body } = await transport.send({ method: "GET", url: `http://${HOST}:${server.port}/`, headers: {} });
    const reading = assert.rejects(
      readText(body),
      (error) => error instanceof TransportError && error.code === "reset",
    );
    await server.close();
    await reading;
    await transport.close();
    const again = await listen({ host: HOST, port: server.port, handler: async () => textResponse(200, "") });
    await assert.rejects(
      listen({ host: HOST, port: server.port, handler: async () => textResponse(200, "") }),
      /EADDRINUSE/,
    );
    await again.close();
  });
});

/** A body that says nothing until the client has gone. */
async function* silence(signal: AbortSignal): AsyncGenerator<Uint8Array> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

async function raw(onConnection: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : 0,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** A TCP proxy in front of a server that counts connections. */
async function countingProxy(open: () => Promise<{ readonly port: number; close(): Promise<void> }>) {
  const { connect } = await import("node:net");
  const server = await open();
  let count = 0;
  const front = await raw((socket) => {
    count++;
    const onward = connect(server.port, HOST);
    onward.on("error", () => socket.destroy());
    socket.pipe(onward).pipe(socket);
  });
  return {
    connections: () => count,
    proxy: {
      port: front.port,
      close: async () => {
        await front.close();
        await server.close();
      },
    },
  };
}
