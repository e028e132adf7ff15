import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { jsonResponse, Secret, sleep, TransportError, textResponse } from "@ccm/base";
import { BceError, isBceError } from "./error.ts";
import { AK, fakeCloud, read, refuse, SK, write } from "./fake-cloud.ts";
import { authorization } from "./signing.ts";

const OK = () => jsonResponse(200, {});
const HOUR = 3_600_000;

describe("repeating a call", () => {
  it("sends a write again with the same clientToken and body but a fresh signature", async () => {
    const cloud = fakeCloud((_, nth) =>
      nth < 3 ? refuse(503, "ServiceUnavailable") : jsonResponse(200, { blbId: "lb-1" }),
    );
    const create = cloud.client.blb.create(
      { name: "a", desc: "", vpcId: "v", subnetId: "s" },
      { clientToken: "token-1" },
    );
    assert.equal((await cloud.settled(create)).value?.blbId, "lb-1");
    assert.equal(cloud.asked.length, 4);
    assert.deepEqual([...new Set(cloud.asked.map(({ query }) => query.get("clientToken")))], ["token-1"]);
    assert.equal(new Set(cloud.asked.map(({ body }) => JSON.stringify(body))).size, 1);
    assert.ok(new Set(cloud.asked.map(({ headers }) => headers.authorization)).size > 1);
    for (const { headers, target, query } of cloud.asked) {
      const { host = "", authorization: sent = "" } = headers;
      const names = ["host", "content-type", "content-md5", "content-length", "x-bce-date"];
      const time = Date.parse(headers["x-bce-date"] ?? "");
      assert.equal(host, "blb.bj.baidubce.com");
      assert.equal(sent.split("/")[4], [...names].sort().join(";"));
      assert.equal(
        sent,
        authorization(
          { method: "POST", path: target.split("?")[0] ?? "", query: [...query], headers: { ...headers } },
          { accessKeyId: AK, secretAccessKey: new Secret(SK), time },
        ),
      );
    }
    assert.equal(cloud.counts.get("bce_api_retries_total blb.create"), 3);
    assert.equal(cloud.counts.get("bce_api_requests_total blb.create ServiceUnavailable"), 3);
    assert.equal(cloud.counts.get("bce_api_requests_total blb.create OK"), 1);
  });

  it("refuses to send a write without a usable clientToken", async () => {
    for (const clientToken of ["", "x".repeat(65), "标", "a b"]) {
      const cloud = fakeCloud(OK);
      const { error } = await cloud.settled(cloud.client.blb.delete("lb-1", { clientToken }));
      assert.ok(isBceError(error, "permanent") && error.message.includes("clientToken"));
      assert.equal(cloud.asked.length, 0);
    }
  });

  it("refuses a path with an empty id, which would mean the whole collection", async () => {
    const cloud = fakeCloud(OK);
    for (const id of ["", "..", "."]) {
      assert.ok(
        isBceError((await cloud.settled(cloud.client.blb.delete(id, { clientToken: "t" }))).error, "permanent"),
      );
      assert.ok(isBceError((await cloud.settled(cloud.client.bcc.get(id))).error, "permanent"));
    }
    assert.equal(cloud.asked.length, 0);
  });

  it("waits at least as long as Retry-After says, in seconds or as a date", async () => {
    const date = { date: "Thu, 01 Jan 2026 00:00:00 GMT", "retry-after": "Thu, 01 Jan 2026 00:00:07 GMT" };
    for (const headers of [{ "retry-after": "7" }, date]) {
      const cloud = fakeCloud((_, nth) => (nth === 0 ? refuse(429, "RateLimitExceeded", headers) : OK()));
      await cloud.settled(cloud.call(read("/x")));
      assert.deepEqual(
        cloud.asked.map(({ at }) => at),
        [0, 7000],
      );
      assert.equal(cloud.counts.get("bce_api_throttled_total bcc.list"), 1);
    }
  });

  it("pauses the operation for everybody while the cloud asks for it, and no other operation", async () => {
    const cloud = fakeCloud((_, nth) => (nth === 0 ? refuse(429, "RateLimitExceeded", { "retry-after": "5" }) : OK()));
    const first = cloud.call(read("/first"));
    await cloud.clock.advance(100);
    const rest = [cloud.call(read("/same", { lane: "delete" })), cloud.call(read("/other", { operation: "eip.list" }))];
    await cloud.settled(Promise.all([first, ...rest]));
    const at = (path: string) => cloud.asked.filter(({ target }) => target === path).at(-1)?.at ?? -1;
    assert.equal(at("/other"), 100);
    assert.ok(at("/same") >= 5000);
  });

  it("goes on at half the rate after a throttling, and gets the whole rate back", async () => {
    const limits = { default: { perSecond: 10, burst: 10 } };
    const cloud = fakeCloud((_, nth) => (nth === 0 ? refuse(429, "RateLimitExceeded") : OK()), { limits });
    const secondsFor = async (calls: number) => {
      const before = cloud.clock.monotonic();
      const all = Array.from({ length: calls }, (_, i) => cloud.call(read(`/${before}/${i}`)));
      await cloud.settled(Promise.all(all));
      return (cloud.clock.monotonic() - before) / 1000;
    };
    await cloud.settled(cloud.call(read("/first")));
    const share = () => cloud.counts.get("bce_api_rate_share bcc.list");
    assert.ok((share() ?? 1) >= 0.5 && (share() ?? 1) < 0.6, `half the rate, and growing: ${share()}`);
    const slow = await secondsFor(30);
    assert.ok(slow > 4 && slow < 7, `30 calls at about 5 a second took ${slow} s`);
    await cloud.clock.advance(120_000);
    const full = await secondsFor(30);
    assert.ok(full < 2.2, `10 at once, then 10 a second: took ${full} s`);
    assert.equal(share(), 1);
  });

  it("hands a Retry-After beyond a minute back to its caller", async () => {
    const cloud = fakeCloud(() => refuse(429, "RateLimitExceeded", { "retry-after": "3600" }));
    const { error } = await cloud.settled(cloud.call(read("/x")));
    assert.ok(isBceError(error, "throttled"));
    assert.equal(error.retryAfterMs, HOUR);
    assert.equal(cloud.asked.length, 1);
  });

  it("backs off longer each time and gives up after the retries", async () => {
    const cloud = fakeCloud(() => refuse(503, "ServiceUnavailable"), { retries: 3 });
    assert.ok(isBceError((await cloud.settled(cloud.call(write("/x")))).error, "unavailable"));
    const gaps = cloud.asked.slice(1).map(({ at }, index) => at - (cloud.asked[index]?.at ?? 0));
    assert.equal(gaps.length, 3);
    for (const [index, gap] of gaps.entries()) assert.ok(gap >= 300 * 2 ** index && gap < 300 * 2 ** index * 1.31);
  });

  it("does not repeat conflicts, quotas, absences, mismatches, or what is permanent", async () => {
    for (const [status, code] of [
      [409, "OperationDenied"],
      [403, "QuotaLimitExceeded"],
      [404, "NoSuchObject"],
      [403, "IdempotentParameterMismatch"],
      [400, "BadRequest"],
      [403, "AccessDenied"],
    ] as const) {
      const cloud = fakeCloud(() => refuse(status, code));
      await cloud.settled(cloud.call(write("/x")));
      assert.equal(cloud.asked.length, 1, code);
    }
  });
});

describe("connections", () => {
  const failing = (error: unknown, after?: boolean) => {
    let sent = 0;
    const send = async () => {
      sent++;
      if (!after) throw error;
      return { status: 200, headers: {}, body: broken(error) };
    };
    return { ...fakeCloud(OK, { send, retries: 1 }), sent: () => sent };
  };

  it("tells a write that may have been done from one that was not, and names the endpoint", async () => {
    for (const [error, after, writeKind] of [
      [new TransportError("refused", "connection refused"), false, "unavailable"],
      [new TransportError("tls", "bad certificate"), false, "unavailable"],
      [new TransportError("reset", "connection lost"), false, "ambiguous"],
      [new TransportError("timeout", "silence"), false, "ambiguous"],
      [new TransportError("refused", "late"), true, "ambiguous"],
      [new TypeError("a surprise"), false, "ambiguous"],
    ] as const) {
      const writing = failing(error, after);
      const failed = (await writing.settled(writing.call(write("/x")))).error;
      assert.ok(isBceError(failed, writeKind), `${error.message}: ${failed}`);
      assert.match(failed.message, /bcc\.bj\.baidubce\.com/);
      assert.equal(failed.cause, error);
      assert.equal(writing.sent(), writeKind === "ambiguous" ? 1 : 2);
      const reading = failing(error, after);
      assert.ok(isBceError((await reading.settled(reading.call(read("/x")))).error, "unavailable"));
    }
  });

  it("gives up an attempt after the timeout, even when the transport ignores its signal", async () => {
    const silent = () => new Promise<never>(() => {});
    const cloud = fakeCloud(OK, { send: silent, retries: 0 });
    const { error } = await cloud.settled(cloud.call(write("/x")));
    assert.ok(isBceError(error, "ambiguous"));
    assert.equal(error.message, "bcc.list: bcc.bj.baidubce.com: no answer within 30 s");
    assert.equal(cloud.clock.monotonic(), 30_000);
  });

  it("counts the wait for credentials into the timeout; nothing was sent then", async () => {
    const cloud = fakeCloud(OK, { credentials: () => new Promise(() => {}), retries: 0 });
    assert.ok(isBceError((await cloud.settled(cloud.call(write("/x")))).error, "unavailable"));
  });

  it("does not believe an empty answer to a list, which would say that nothing exists", async () => {
    const cloud = fakeCloud(() => textResponse(200, ""), { retries: 0 });
    assert.ok(isBceError((await cloud.settled(cloud.client.blb.list())).error, "unavailable"));
    assert.deepEqual(await cloud.settled(cloud.client.blb.delete("lb-1", { clientToken: "t" })), { value: undefined });
  });
});

describe("clocks", () => {
  const cloudTime = (cloud: { clock: { now(): number } }, ahead: number) =>
    new Date(cloud.clock.now() + ahead).toUTCString();

  it("follows the cloud's clock after a refusal, at once and from then on", async () => {
    for (const code of ["RequestTimeTooSkewed", "RequestExpired"]) {
      const cloud = fakeCloud(({ headers }): ReturnType<typeof OK> => {
        const off = Math.abs(Date.parse(headers["x-bce-date"] ?? "") - (cloud.clock.now() + 2 * HOUR));
        return off < 900_000 ? OK() : refuse(403, code, { date: cloudTime(cloud, 2 * HOUR) });
      });
      assert.deepEqual((await cloud.settled(cloud.call(write("/x")))).value, {});
      assert.equal(cloud.asked.length, 2);
      await cloud.settled(cloud.call(write("/y")));
      assert.equal(cloud.asked.length, 3);
    }
  });

  it("says how far the clocks are apart when following does not help", async () => {
    const cloud = fakeCloud(
      (): ReturnType<typeof OK> => refuse(403, "RequestTimeTooSkewed", { date: cloudTime(cloud, -HOUR) }),
    );
    const { error } = await cloud.settled(cloud.call(read("/x")));
    assert.ok(isBceError(error, "auth"));
    assert.match(error.message, /this machine's clock is 3600 s ahead of the cloud's/);
    assert.equal(cloud.asked.length, 2);
  });

  it("fails with kind auth when the cloud does not tell its time", async () => {
    const cloud = fakeCloud(() => refuse(403, "RequestTimeTooSkewed"));
    const { error } = await cloud.settled(cloud.call(read("/x")));
    assert.ok(isBceError(error, "auth") && error.message.includes("check this machine's clock"));
    assert.equal(cloud.asked.length, 1);
  });
});

describe("credentials", () => {
  it("asks the source again when the cloud refuses the keys, and goes on with rotated ones", async () => {
    const source = async (refresh = false) => ({
      accessKeyId: refresh ? "rotatedAccessKeyId" : AK,
      secretAccessKey: new Secret(SK),
      sessionToken: new Secret("session-token"),
    });
    const cloud = fakeCloud(
      ({ headers }) => (headers.authorization?.includes("rotated") ? OK() : refuse(403, "InvalidAccessKeyId")),
      { credentials: source },
    );
    assert.deepEqual((await cloud.settled(cloud.call(read("/x")))).value, {});
    assert.equal(cloud.asked.length, 2);
    assert.ok(cloud.asked.every(({ headers }) => headers["x-bce-security-token"] === "session-token"));
    assert.ok(cloud.asked.every(({ headers }) => headers.authorization?.includes("x-bce-security-token")));
  });

  it("does not send the same refused keys again", async () => {
    const cloud = fakeCloud(() => refuse(403, "SignatureDoesNotMatch"));
    assert.ok(isBceError((await cloud.settled(cloud.call(read("/x")))).error, "auth"));
    assert.equal(cloud.asked.length, 1);
  });

  it("fails with kind auth when the source has none", async () => {
    const cloud = fakeCloud(OK, {
      credentials: async () => {
        throw new Error("no key file");
      },
    });
    const { error } = await cloud.settled(cloud.call(read("/x")));
    assert.ok(isBceError(error, "auth"));
    assert.equal(error.message, "bcc.list: no credentials: no key file");
  });
});

describe("aborts", () => {
  it("rejects with the signal's reason wherever the call is: before, in the queue, on its way, between attempts", async () => {
    const reason = new Error("stop");
    const one = { limits: { default: { perSecond: 0.01, burst: 1 } } };
    const hang = () => new Promise<never>(() => {});
    for (const [name, cloud, aheadOfIt] of [
      ["in the queue", fakeCloud(OK, one), true],
      ["waiting for a slot", fakeCloud(hang, { concurrency: 1 }), true],
      ["on its way", fakeCloud(hang), false],
      ["between attempts", fakeCloud(() => refuse(503, "X")), false],
      ["waiting for credentials", fakeCloud(OK, { credentials: hang }), false],
    ] as const) {
      for (const make of [read, write]) {
        const other = new AbortController();
        const controller = new AbortController();
        if (aheadOfIt) cloud.call(read("/other", { signal: other.signal })).catch(() => {});
        await cloud.clock.advance(0);
        const pending = cloud.call(make("/x", { signal: controller.signal }));
        pending.catch(() => {});
        await cloud.clock.advance(10);
        controller.abort(reason);
        const before = cloud.clock.monotonic();
        assert.equal((await cloud.settled(pending)).error, reason, name);
        assert.equal(cloud.clock.monotonic(), before, name);
        other.abort();
        const asked = cloud.asked.length;
        await cloud.clock.advance(60_000);
        assert.equal(cloud.asked.length, asked, `${name}: nothing is sent after the abort`);
      }
    }
  });

  it("sends nothing for a signal that has aborted already", async () => {
    const cloud = fakeCloud(() => refuse(500, "InternalError"));
    const signal = AbortSignal.abort(new Error("stop"));
    for (const make of [read, write]) {
      assert.equal((await cloud.settled(cloud.call(make("/x", { signal })))).error, signal.reason);
    }
    await cloud.clock.advance(60_000);
    assert.equal(cloud.asked.length, 0);
  });
});

describe("equal reads", () => {
  const slow = () => {
    const cloud = fakeCloud(async () => {
      await sleep(cloud.clock, 1000);
      return jsonResponse(200, { n: cloud.asked.length });
    });
    return cloud;
  };

  it("become one call, also while it is on its way", async () => {
    const cloud = slow();
    const first = cloud.call(read("/x"));
    await cloud.clock.advance(500);
    const answers = await cloud.settled(Promise.all([first, cloud.call(read("/x")), cloud.call(read("/x"))]));
    assert.equal(cloud.asked.length, 1);
    assert.deepEqual(answers.value, [{ n: 1 }, { n: 1 }, { n: 1 }]);
    await cloud.settled(cloud.call(read("/x")));
    assert.equal(cloud.asked.length, 2);
  });

  it("are told apart by query, body, endpoint and lane", async () => {
    const cloud = slow();
    const variants = [
      {},
      { query: [["a", "1"]] as const },
      { method: "POST", body: { ids: [1] } } as const,
      { endpoint: "https://other" },
      { lane: "user" } as const,
    ];
    await cloud.settled(Promise.all(variants.map((more) => cloud.call(read("/x", more)))));
    assert.equal(cloud.asked.length, variants.length);
  });

  it("see a write that ended after the other read was sent", async () => {
    const cloud = fakeCloud(async ({ method }) => {
      await sleep(cloud.clock, method === "GET" ? 1000 : 100);
      return jsonResponse(200, { n: cloud.asked.length });
    });
    const before = cloud.call(read("/x"));
    await cloud.clock.advance(1);
    const after = cloud.call(write("/x")).then(() => cloud.call(read("/x")));
    assert.deepEqual((await cloud.settled(Promise.all([before, after]))).value?.length, 2);
    assert.equal(cloud.asked.filter(({ method }) => method === "GET").length, 2);
  });

  it("survive the abort of one caller, and end with the last", async () => {
    const cloud = slow();
    const leaves = new AbortController();
    const gone = cloud.call(read("/x", { signal: leaves.signal }));
    const stays = cloud.call(read("/x"));
    gone.catch(() => {});
    await cloud.clock.advance(10);
    leaves.abort(new Error("stop"));
    assert.deepEqual((await cloud.settled(stays)).value, { n: 1 });
    assert.ok((await cloud.settled(gone)).error);
  });

  it("are never made of writes", async () => {
    const cloud = slow();
    await cloud.settled(Promise.all([cloud.call(write("/x")), cloud.call(write("/x"))]));
    assert.equal(cloud.asked.length, 2);
  });
});

describe("options", () => {
  it("refuses limits and endpoints that cannot work, with a line that names them", () => {
    assert.throws(() => fakeCloud(OK, { limits: { "blb.list": { perSecond: 0, burst: 1 } } }), /blb\.list.*perSecond/);
    assert.throws(() => fakeCloud(OK, { limits: { default: { perSecond: 1, burst: 0.5 } } }), /default.*burst/);
    assert.throws(() => fakeCloud(OK, { concurrency: 0 }), /concurrency/);
  });

  it("sends the User-Agent it was given", async () => {
    const cloud = fakeCloud(OK, { userAgent: "cce-k8s:cce-1" });
    await cloud.settled(cloud.call(read("/x")));
    assert.equal(cloud.asked[0]?.headers["user-agent"], "cce-k8s:cce-1");
  });

  it("says of an error whether trying again can help", () => {
    const retryable = (kind: ConstructorParameters<typeof BceError>[0]) => new BceError(kind, "a.b", "x").retryable;
    assert.equal(retryable("ambiguous"), true);
    assert.equal(retryable("quota"), false);
  });
});

async function* broken(error: unknown): AsyncGenerator<Uint8Array> {
  yield new Uint8Array([123]);
  throw error;
}
