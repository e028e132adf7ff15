import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inspect } from "node:util";
import { jsonResponse, Secret, TransportError, textResponse } from "@ccm/base";
import fc from "fast-check";
import { BceError, type BceErrorKind, isBceError } from "./error.ts";
import { AK, fakeCloud, read, refuse, SK, write } from "./fake-cloud.ts";

const error = (code: string, message = "m") => JSON.stringify({ code, message, requestId: "r" });

const CASES: readonly (readonly [status: number, body: string, reading: BceErrorKind, writing?: BceErrorKind])[] = [
  [404, error("NoSuchObject"), "absent"],
  [400, error("NoSuchObject"), "absent"],
  [404, error("NotFound"), "absent"],
  [404, error("BlbNotFound"), "absent"],
  [404, error("EipNotFound"), "absent"],
  [404, error("ResourceNotExist"), "absent"],
  [404, error("InstanceNotFound"), "absent"],
  [404, error("cce.warning.ClusterNotFound"), "absent"],
  [404, error("Cce.warning.ClusterNotExist"), "absent"],
  [404, error("InvalidURI"), "permanent"],
  [404, error("InvalidVersion"), "permanent"],
  [404, "", "permanent"],
  [404, "<html>not found</html>", "permanent"],
  [404, '"NoSuchObject"', "permanent"],
  [404, '{"message":"NoSuchObject"}', "permanent"],
  [404, '{"code":404}', "permanent"],
  [404, error("SomethingNotFoundHere"), "permanent"],
  [502, error("NoSuchObject"), "unavailable", "ambiguous"],
  [403, error("QuotaLimitExceeded"), "quota"],
  [409, error("LimitExceeded"), "quota"],
  [400, error("ExceedLimitException"), "quota"],
  [400, error("RouteRuleExceedQuota"), "quota"],
  [413, error("ListenerExceeded"), "quota"],
  [429, error("RateLimitExceeded"), "throttled"],
  [503, error("RateLimitExceeded"), "throttled"],
  [400, error("RequestLimitExceeded"), "throttled"],
  [400, error("Throttling.User"), "throttled"],
  [400, error("TooManyRequests"), "throttled"],
  [400, error("FlowLimit"), "throttled"],
  [400, error("BadRequest", "RateLimit reached"), "throttled"],
  [429, "", "throttled"],
  [409, error("Whatever"), "conflict"],
  [409, "", "conflict"],
  [400, error("RouteRuleRepeated"), "conflict"],
  [409, error("LastOperationNotFinished"), "conflict"],
  [403, error("OperationDenied"), "conflict"],
  [400, error("UnsupportedOperation"), "conflict"],
  [400, error("SUBNET_INUSE"), "conflict"],
  [412, error("PreconditionFailed"), "conflict"],
  [403, error("IdempotentParameterMismatch"), "mismatch"],
  [400, error("IdempotentParameterMismatch"), "mismatch"],
  [403, error("AccessDenied"), "auth"],
  [400, error("SignatureDoesNotMatch"), "auth"],
  [403, error("InvalidAccessKeyId"), "auth"],
  [400, error("InvalidHTTPAuthHeader"), "auth"],
  [403, error("OptInRequired"), "auth"],
  [403, "", "auth"],
  [401, "", "auth"],
  [400, error("InappropriateJSON"), "permanent"],
  [400, error("BadRequest"), "permanent"],
  [302, "", "permanent"],
  [500, error("InternalError"), "unavailable", "ambiguous"],
  [502, "<html>", "unavailable", "ambiguous"],
  [504, "", "unavailable", "ambiguous"],
  [503, "", "unavailable"],
  [500, error("cce.error.ClusterAPIServerUnavailable"), "unavailable"],
  [200, "not json", "unavailable", "ambiguous"],
  [200, "[]", "unavailable", "ambiguous"],
  [200, "null", "unavailable", "ambiguous"],
];

describe("what an answer means", () => {
  for (const [status, body, reading, writing = reading] of CASES) {
    it(`http ${status} ${body || "(empty)"} is ${reading}${writing === reading ? "" : `, for a write ${writing}`}`, async () => {
      const cloud = fakeCloud(() => textResponse(status, body), { retries: 0 });
      for (const [call, kind] of [[read("/x"), reading] as const, [write("/x"), writing] as const]) {
        const failed = (await cloud.settled(cloud.call(call))).error;
        assert.ok(failed instanceof BceError);
        assert.equal(failed.kind, kind);
      }
    });
  }

  it("puts the operation, the cloud's words, the request id and the status into one line", async () => {
    const cloud = fakeCloud(() =>
      jsonResponse(403, { code: "QuotaLimitExceeded", message: "no more\n  of  these", requestId: "ab-12" }),
    );
    const spec = { name: "a", desc: "", vpcId: "v", subnetId: "s" };
    const failed = (await cloud.settled(cloud.client.blb.create(spec, { clientToken: "t" }))).error;
    assert.ok(isBceError(failed, "quota"));
    assert.equal(failed.message, "blb.create: QuotaLimitExceeded: no more of these (request id ab-12, http 403)");
    assert.deepEqual([failed.code, failed.status, failed.requestId], ["QuotaLimitExceeded", 403, "ab-12"]);
  });

  it("names the endpoint when something else than the cloud has answered, and cuts long texts", async () => {
    const proxy = fakeCloud(() => textResponse(404, "<html>", { "x-bce-request-id": "from-header" }));
    const failed = (await proxy.settled(proxy.call(read("/x")))).error;
    assert.match(String(failed), /https:\/\/bcc\.bj\.baidubce\.com.*request id from-header, http 404/);
    const wordy = fakeCloud(() => textResponse(400, error("BadRequest", "x".repeat(100_000))));
    const cut = (await wordy.settled(wordy.call(read("/x")))).error;
    assert.ok(isBceError(cut) && cut.message.length < 700);
  });

  it("ignores a Retry-After that is not one", async () => {
    for (const header of ["", " ", "soon", "-1", "Infinity", "1e9", "NaN"]) {
      const cloud = fakeCloud(() => refuse(429, "RateLimitExceeded", { "retry-after": header }), { retries: 0 });
      const failed = (await cloud.settled(cloud.call(read("/x")))).error;
      assert.ok(isBceError(failed, "throttled"));
      assert.equal(failed.retryAfterMs, undefined, header);
    }
  });
});

describe("whatever comes back", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json().map((text) => new TextEncoder().encode(text)),
    fc
      .record(
        {
          code: fc.anything(),
          message: fc.anything(),
          requestId: fc.anything(),
          instances: fc.anything(),
          isTruncated: fc.anything(),
          nextMarker: fc.anything(),
        },
        { requiredKeys: [] },
      )
      .map((value) =>
        new TextEncoder().encode(JSON.stringify(value, (_, inner) => (typeof inner === "bigint" ? 0 : inner)) ?? ""),
      ),
  );
  const headers = fc.dictionary(fc.constantFrom("date", "retry-after", "x-bce-request-id"), fc.string());

  it("only BceErrors come out", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 999 }), bytes, headers, async (status, body, header) => {
        const cloud = fakeCloud(() => ({ status, headers: header, body: chunks(body) }), { retries: 0 });
        const { bcc, blb, cce, vpc } = cloud.client;
        const all = [
          () => bcc.list(),
          () => bcc.get("i-1"),
          () => bcc.listByIds(["i-1"]),
          () => blb.get("lb-1"),
          () => cce.listInstances("cce-1"),
          () => vpc.routeTable("vpc-1"),
          () => blb.delete("lb-1", { clientToken: "t" }),
        ];
        for (const call of all) {
          const { error: failed } = await cloud.settled<unknown>(call());
          assert.ok(failed === undefined || failed instanceof BceError, inspect(failed));
        }
      }),
      { numRuns: 150 },
    );
  });

  it("no key, token or signature is in an error, a log line or a metric", async () => {
    const token = "canary/Session+Token==";
    const credentials = async () => ({
      accessKeyId: AK,
      secretAccessKey: new Secret(SK),
      sessionToken: new Secret(token),
    });
    const canaries = [SK, AK, token, encodeURIComponent(token)];
    const signature = /[0-9a-f]{64}/;
    const quote = fc.constantFrom<(leak: string) => unknown>(
      (leak) => new TransportError("reset", `lost ${leak}`),
      (leak) => new Error("outer", { cause: new Error(leak) }),
      (leak) => Object.assign(new TypeError("odd"), { request: { headers: { authorization: leak } } }),
      (leak) => leak,
      (leak) => ({ leak }),
    );
    const leaks = fc.constantFrom(...canaries, "AUTHORIZATION");
    const status = fc.constantFrom(200, 302, 400, 403, 404, 429, 500, 503);
    const field = fc.constantFrom("code", "message", "requestId", "other");
    await fc.assert(
      fc.asyncProperty(
        fc.option(quote),
        leaks,
        status,
        field,
        fc.boolean(),
        async (thrown, leak, code, name, asJson) => {
          const cloud = fakeCloud(() => jsonResponse(200, {}), {
            credentials,
            retries: 1,
            send: async (request) => {
              const text = leak === "AUTHORIZATION" ? (request.headers.authorization ?? "") : leak;
              if (thrown) throw thrown(text);
              const said = { code: "SignatureDoesNotMatch", message: "m", [name]: text };
              const json = JSON.stringify(said).replaceAll("/", "\\/");
              return textResponse(code, asJson ? json : text, { "x-bce-request-id": text });
            },
          });
          for (const call of [read("/x"), write("/x")]) {
            const { error: failed } = await cloud.settled(cloud.call(call));
            const seen = [
              inspect(failed, { depth: 20, showHidden: true }),
              failed instanceof Error ? `${failed.message}\n${failed.stack}` : "",
              JSON.stringify(failed) ?? "",
              ...cloud.logs,
              ...cloud.counts.keys(),
            ].join("\n");
            for (const canary of canaries) assert.ok(!seen.includes(canary), `${canary} in ${seen}`);
            assert.doesNotMatch(seen, signature);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

async function* chunks(body: Uint8Array): AsyncGenerator<Uint8Array> {
  const half = body.length >> 1;
  yield body.subarray(0, half);
  yield body.subarray(half);
}
