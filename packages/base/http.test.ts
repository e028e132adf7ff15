import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { describe, it } from "node:test";
import { sleep } from "./clock.ts";
import {
  type HttpHandler,
  type HttpResponse,
  inProcessTransport,
  readBody,
  readText,
  type ServerRequest,
  splitUrl,
  textResponse,
} from "./http.ts";
import { VirtualClock } from "./virtual-clock.ts";

const GET = { method: "GET", url: "http://server.test/x", headers: {} };
const listeners = (signal: AbortSignal) => getEventListeners(signal, "abort").length;
const bytes = (text: string) => new TextEncoder().encode(text);

function streaming(body: () => AsyncGenerator<Uint8Array>): HttpHandler {
  return async () => ({ status: 200, headers: {}, body: body() });
}

describe("inProcessTransport", () => {
  it("brings the request to the handler as a socket would", async () => {
    const seen: ServerRequest[] = [];
    const send = inProcessTransport(
      async (request) => {
        seen.push(request);
        return textResponse(201, "made");
      },
      { peer: { commonName: "me", organizations: ["g"] } },
    );
    const url = "https://server.test:6443/a%2Fb?q=1&q=%20";
    const response = await send({ method: "POST", url, headers: { "x-a": "1" }, body: "héllo" });
    assert.deepEqual([response.status, await readText(response.body)], [201, "made"]);
    const [request] = seen;
    assert.ok(request);
    assert.equal(request.target, "/a%2Fb?q=1&q=%20");
    assert.deepEqual(request.headers, { host: "server.test:6443", "x-a": "1", "content-length": "6" });
    assert.deepEqual(Buffer.from(request.body).toString(), "héllo");
    assert.deepEqual(request.peer, { commonName: "me", organizations: ["g"] });
  });

  it("tells the handler when the client aborts, and the client does not wait for the handler", async () => {
    const controller = new AbortController();
    const { promise: told, resolve } = Promise.withResolvers<unknown>();
    const send = inProcessTransport(({ signal }) => {
      signal.addEventListener("abort", () => resolve(signal.reason));
      return new Promise(() => {});
    });
    const answer = send(GET, { signal: controller.signal });
    await new VirtualClock().advance(0);
    controller.abort(new Error("enough"));
    await assert.rejects(answer, /enough/);
    assert.match(String(await told), /enough/);
    await assert.rejects(send(GET, { signal: controller.signal }), /enough/);
  });

  it("does not call the handler for a client that has gone on the way", async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    let called = false;
    const handler: HttpHandler = async () => {
      called = true;
      return textResponse(200, "x");
    };
    const send = inProcessTransport(handler, { before: () => sleep(clock, 10) });
    const refused = assert.rejects(send(GET, { signal: controller.signal }), /enough/);
    clock.schedule(5, () => controller.abort(new Error("enough")));
    await clock.advance(20);
    await refused;
    assert.equal(called, false);
  });

  it("ends a body that is waiting when the client aborts", async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const send = inProcessTransport(
      streaming(async function* () {
        yield bytes("one");
        await new Promise(() => {});
      }),
    );
    const response = await send(GET, { signal: controller.signal });
    const read: string[] = [];
    const reading = (async () => {
      for await (const chunk of response.body) read.push(Buffer.from(chunk).toString());
    })();
    const ended = assert.rejects(reading, /enough/);
    await clock.advance(0);
    controller.abort(new Error("enough"));
    await ended;
    assert.deepEqual(read, ["one"]);
  });

  it("ends a body also when the abort came while nobody was reading", async () => {
    const controller = new AbortController();
    const send = inProcessTransport(
      streaming(async function* () {
        yield bytes("one");
        // Does not look at the signal: the client must not hang for it.
        await new Promise(() => {});
      }),
    );
    const { body } = await send(GET, { signal: controller.signal });
    const iterator = body[Symbol.asyncIterator]();
    await iterator.next();
    controller.abort(new Error("enough"));
    await assert.rejects(iterator.next(), /enough/);
  });

  it("tells the handler when the client stops reading, and lets its body clean up", async () => {
    let cleaned = false;
    let signal: AbortSignal | undefined;
    const send = inProcessTransport(async (request): Promise<HttpResponse> => {
      signal = request.signal;
      const body = async function* () {
        try {
          for (;;) yield bytes("more");
        } finally {
          cleaned = true;
        }
      };
      return { status: 200, headers: {}, body: body() };
    });
    const { body } = await send(GET);
    for await (const _ of body) break;
    assert.equal(signal?.aborted, true);
    await new VirtualClock().advance(0);
    assert.equal(cleaned, true);
  });

  it("tells a handler nothing of a client that has read to the end", async () => {
    let signal: AbortSignal | undefined;
    const send = inProcessTransport(async (request) => {
      signal = request.signal;
      return textResponse(200, "all");
    });
    assert.equal(await readText((await send(GET)).body), "all");
    assert.equal(signal?.aborted, false);
  });

  it("leaves no listener on the caller's signal, however the request ends", async () => {
    const { signal } = new AbortController();
    const whole = inProcessTransport(async () => textResponse(200, "x"));
    await readText((await whole(GET, { signal })).body);
    for await (const _ of (await whole(GET, { signal })).body) break;
    const failing = inProcessTransport(async () => {
      throw new Error("the handler broke");
    });
    await assert.rejects(failing(GET, { signal }), /the handler broke/);
    const refusing = inProcessTransport(async () => textResponse(200, "x"), {
      before: async () => {
        throw new Error("no way there");
      },
    });
    await assert.rejects(refusing(GET, { signal }), /no way there/);
    await assert.rejects(whole({ ...GET, url: "not a url" }, { signal }), /not an absolute URL/);
    const breaking = inProcessTransport(
      // biome-ignore lint/correctness/useYield: it breaks before the first.
      streaming(async function* () {
        throw new Error("broke off");
      }),
    );
    await assert.rejects(readText((await breaking(GET, { signal })).body), /broke off/);
    assert.equal(listeners(signal), 0);
  });

  it("takes the time its hooks take, on the virtual clock", async () => {
    const clock = new VirtualClock(0);
    const times: number[] = [];
    const send = inProcessTransport(
      async () => {
        times.push(clock.now());
        return textResponse(200, "x");
      },
      { before: () => sleep(clock, 5), after: () => sleep(clock, 7) },
    );
    void send(GET).then(() => times.push(clock.now()));
    await clock.advance(100);
    assert.deepEqual(times, [5, 12]);
  });
});

describe("URLs", () => {
  it("are split and left as they are written", () => {
    assert.deepEqual(splitUrl("https://h:1/p/%2F/../?q#f"), { scheme: "https", host: "h:1", target: "/p/%2F/../?q" });
    assert.deepEqual(splitUrl("http://h?q=1"), { scheme: "http", host: "h", target: "/?q=1" });
    assert.deepEqual(splitUrl("http://[::1]:80"), { scheme: "http", host: "[::1]:80", target: "/" });
    assert.throws(() => splitUrl("/only/a/path"), /not an absolute URL/);
  });
});

describe("bodies", () => {
  it("are put together from any number of chunks, also where a character is split", async () => {
    const whole = bytes("für 百度");
    const each = async function* () {
      for (const byte of whole) yield Uint8Array.of(byte);
    };
    assert.equal(await readText(each()), "für 百度");
    const none = textResponse(204, "").body;
    assert.equal((await readBody(none)).length, 0);
  });
});
