import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, describe, it } from "node:test";
import { type HttpHandler, readText, seededRandom, TransportError, textResponse } from "@ccm/base";
import { openTransport, systemClock } from "@ccm/base/node";
import fc from "fast-check";
import { signatureOf } from "../api/signature.ts";
import { parseTarget } from "../api/wire.ts";
import { resetConnection } from "../faults/wire-effects.ts";
import { createSimulator, type Simulator } from "../simulator.ts";
import { guardedListen } from "./guarded-listen.ts";

const HOST = "127.0.0.1";

/** Sends bytes as they are; what came back until the connection ended. `hold` keeps our side open. */
async function raw(port: number, bytes: string | Uint8Array, hold = false): Promise<string> {
  const socket = connect({ host: HOST, port });
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  // A server that has seen enough may reset.
  socket.on("error", () => {});
  if (hold) socket.write(bytes);
  else socket.end(bytes);
  await once(socket, "close");
  return Buffer.concat(chunks).toString("latin1");
}

function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);
}

function request(line: string, headers: readonly string[] = [], body = ""): string {
  return [`${line} HTTP/1.1`, "Host: blb.bj.baidubce.com", "Connection: close", ...headers, "", body].join("\r\n");
}

describe("the simulator on a socket, and clients that are wrong on purpose", () => {
  let simulator: Simulator;
  let socket: Awaited<ReturnType<typeof guardedListen>>;
  before(async () => {
    simulator = createSimulator({ clock: systemClock, random: seededRandom("guard") });
    socket = await guardedListen({ host: HOST, port: 0, handler: simulator.handler });
  });
  after(async () => {
    await socket.close();
    await simulator.close();
  });
  const isAlive = async () => assert.equal(statusOf(await raw(socket.port, request("GET /v1/blb"))), 403);

  const tricks: readonly (readonly [title: string, bytes: string, code: string])[] = [
    ["an encoded slash", request("GET /v1/blb%2Flb-1"), "InvalidURI"],
    ["dot segments", request("GET /v1/blb/../vpc"), "InvalidURI"],
    ["encoded dot segments", request("GET /v1/%2e%2e/vpc"), "InvalidURI"],
    ["an encoded backslash", request("GET /v1/blb%5c..%5cvpc"), "InvalidURI"],
    ["NUL in the path", request("GET /v1/blb%00"), "InvalidURI"],
    ["overlong UTF-8", request("GET /v1/blb/%c0%af"), "InvalidURI"],
    ["a lone percent sign", request("GET /v1/blb/%"), "InvalidURI"],
    ["overlong UTF-8 in the query", request("GET /v1/blb?name=%c0%80"), "InvalidURI"],
    ["1001 parameters", request(`GET /v1/blb?${"a=1&".repeat(1001)}`), "BadRequest"],
    ["two hosts", request("GET /v1/blb", ["Host: vpc.bj.baidubce.com"]), "InvalidHTTPRequest"],
    ["two authorizations", request("GET /v1/blb", ["Authorization: a", "Authorization: b"]), "InvalidHTTPRequest"],
    ["two lengths", request("POST /v1/blb", ["Content-Length: 2", "Content-Length: 3"], "{}"), "InvalidHTTPRequest"],
    [
      "a length and chunks",
      request("POST /v1/blb", ["Content-Length: 4", "Transfer-Encoding: chunked"], "0\r\n\r\n"),
      "InvalidHTTPRequest",
    ],
    ["chunks that are something else", request("POST /v1/blb", ["Transfer-Encoding: xchunked"]), "InvalidHTTPRequest"],
    ["chunks by two names", request("POST /v1/blb", ["Transfer-Encoding: gzip, chunked"]), "InvalidHTTPRequest"],
    ["a length that is none", request("POST /v1/blb", ["Content-Length: +2"], "{}"), "InvalidHTTPRequest"],
    ["NUL in a header", request("GET /v1/blb", ["X-A: a\0b"]), "InvalidHTTPRequest"],
    ["a folded header", request("GET /v1/blb", ["X-A: a", " b"]), "InvalidHTTPRequest"],
    ["no host", "GET /v1/blb HTTP/1.1\r\nConnection: close\r\n\r\n", "InvalidHTTPRequest"],
    [
      "101 headers",
      request(
        "GET /v1/blb",
        Array.from({ length: 101 }, (_, n) => `x-${n}: 1`),
      ),
      "InvalidHTTPRequest",
    ],
    ["what is for a proxy", request("CONNECT evil.test:443"), "InvalidHTTPRequest"],
    ["another protocol", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "InvalidHTTPRequest"],
  ];
  for (const [title, bytes, code] of tricks) {
    it(`answers ${title} with the cloud's own 400`, async () => {
      const answer = await raw(socket.port, Buffer.from(bytes, "latin1"), true);
      assert.equal(statusOf(answer), 400, answer);
      assert.match(answer, new RegExp(`"code":"${code}"`));
    });
  }

  it("does not take what follows a refused request for another one", async () => {
    const smuggled = request("POST /v1/blb", ["Content-Length: 4", "Transfer-Encoding: chunked"], "0\r\n\r\n");
    const answer = await raw(socket.port, `${smuggled}${request("GET /v1/vpc")}`, true);
    assert.equal(answer.match(/HTTP\/1\.1 /g)?.length, 1);
  });

  it("refuses a body over 4 MiB by its length alone, and one without a length as soon as it is over", async () => {
    const told = await raw(socket.port, request("POST /v1/blb", ["Content-Length: 4194305"]), true);
    assert.equal(statusOf(told), 413);
    assert.match(told, /"code":"EntityTooLarge"/);
    const chunk = `100000\r\n${"x".repeat(0x100000)}\r\n`;
    const chunks = request("POST /v1/blb", ["Transfer-Encoding: chunked"], chunk.repeat(5));
    // It never ends: the refusal cannot wait for that.
    assert.equal(statusOf(await raw(socket.port, chunks, true)), 413);
  });

  it("says in the cloud's words that it expects nothing but 100-continue", async () => {
    const answer = await raw(socket.port, request("POST /v1/blb", ["Expect: miracles"]), true);
    assert.equal(statusOf(answer), 417);
    assert.match(answer, /"code":"InvalidHTTPRequest"/);
  });

  it("refuses headers that are too large", async () => {
    assert.equal(statusOf(await raw(socket.port, request("GET /", [`X-A: ${"a".repeat(20_000)}`]), true)), 431);
  });

  it("lives through 10,000 junk requests", async () => {
    const path = fc.oneof(fc.webPath(), fc.string(), fc.stringMatching(/^\/v[12]\/[a-z%./;&?=]{0,30}$/));
    const header = fc.tuple(fc.string(), fc.string()).map(([name, value]) => `${name}: ${value}`);
    const method = fc.constantFrom("GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS", "CONNECT", "X");
    const almost = fc
      .tuple(method, path, fc.array(header, { maxLength: 4 }), fc.oneof(fc.json(), fc.string()))
      .map(([verb, target, headers, body]) =>
        Buffer.from(request(`${verb} ${target}`, [...headers, `Content-Length: ${Buffer.byteLength(body)}`], body)),
      );
    const junk = fc.oneof(
      { weight: 3, arbitrary: almost },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }) },
    );
    const all = fc.sample(junk, { numRuns: 10_000, seed: 7 });
    for (let index = 0; index < all.length; index += 100) {
      const answers = await Promise.all(all.slice(index, index + 100).map((bytes) => raw(socket.port, bytes)));
      for (const answer of answers) assert.notEqual(statusOf(answer), 500, answer);
    }
    await isAlive();
  });
});

describe("a guarded listener", () => {
  async function withHandler(handler: HttpHandler, limits: object, run: (port: number) => Promise<void>) {
    const socket = await guardedListen({ host: HOST, port: 0, handler, limits });
    try {
      await run(socket.port);
    } finally {
      await socket.close();
    }
  }
  const fine: HttpHandler = async () => textResponse(200, "fine");

  it("cuts off clients that are slow with their headers, or with their body", async () => {
    await withHandler(fine, { headersMs: 50, requestMs: 100, checkMs: 20 }, async (port) => {
      assert.equal(statusOf(await raw(port, "GET / HTTP/1.1\r\nHost: a\r\n", true)), 408);
      const slow = await raw(port, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12", true);
      assert.notEqual(statusOf(slow), 200);
    });
  });

  it("resets the connection of an answer that a fault has lost", async () => {
    const lost: HttpHandler = async (request) => resetConnection(await fine(request), request);
    await withHandler(lost, {}, async (port) => {
      const socket = connect({ host: HOST, port });
      socket.write(request("GET /v1/blb"));
      const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
      assert.equal(error.code, "ECONNRESET");
    });
  });
});

describe("a signed call over a socket, when a fault strikes", () => {
  /** What the client gets: the status and the whole body, or the code of its error. */
  async function askSigned(effect: object) {
    const simulator = createSimulator({ clock: systemClock, random: seededRandom("signed") });
    simulator.faults.add({ match: { max: 1 }, effect });
    const { port, close } = await guardedListen({ host: HOST, port: 0, handler: simulator.handler });
    const { send, close: closeClient } = openTransport({});
    const target = "/v1/vpc";
    const ask = async () => {
      const headers = { host: `${HOST}:${port}` };
      const key = simulator.credentials;
      const authorization = signatureOf({ method: "GET", headers }, parseTarget(target), key, systemClock.now());
      try {
        const url = `http://${HOST}:${port}${target}`;
        const answer = await send({ method: "GET", url, headers: { ...headers, authorization } });
        return `${answer.status} ${await readText(answer.body)}`;
      } catch (error) {
        return error instanceof TransportError ? error.code : String(error);
      }
    };
    try {
      return [await ask(), await ask()] as const;
    } finally {
      await closeClient();
      await close();
      await simulator.close();
    }
  }

  const cases: readonly (readonly [title: string, effect: object, expected: RegExp])[] = [
    ["the connection is reset", { kind: "reset" }, /^reset$/],
    ["the answer is lost after the effect", { kind: "error-after" }, /^reset$/],
    ["the answer breaks off", { kind: "error-after", how: "truncate" }, /^reset$/],
    ["the answer is cut and looks complete", { kind: "body", how: "cut", bytes: 5 }, /^200 .{5}$/],
    ["the answer is a page", { kind: "body", how: "html", status: 502 }, /^502 <html>/],
  ];
  for (const [title, effect, expected] of cases) {
    it(`${title}, and the next call is answered`, async () => {
      const [struck, next] = await askSigned(effect);
      assert.match(struck, expected);
      assert.match(next, /^200 .*"vpcs":\[/);
    });
  }
});
