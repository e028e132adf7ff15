import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Secret } from "@ccm/base";
import { duration, formatAnswer, parseRequest } from "./protocol.ts";

const V1 = "credentialprovider.kubelet.k8s.io/v1";
const text = (more: object) =>
  JSON.stringify({ kind: "CredentialProviderRequest", apiVersion: V1, image: "a/b", ...more });

describe("a request of the kubelet", () => {
  it("has an image, and since KEP-4412 a token and annotations; what it has besides is left alone", () => {
    assert.deepEqual(parseRequest(text({})), { image: "a/b", serviceAccountAnnotations: {} });
    const full = parseRequest(text({ serviceAccountToken: "t", serviceAccountAnnotations: { a: "1" }, later: {} }));
    assert.equal(full.serviceAccountToken?.reveal(), "t");
    assert.deepEqual(full.serviceAccountAnnotations, { a: "1" });
  });

  for (const [what, input, words] of [
    ["nothing", "", /in JSON, got 0 characters/],
    [
      "no JSON",
      "token abc",
      /^stdin: expected a CredentialProviderRequest in JSON, got 9 characters of something else$/,
    ],
    ["a list", "[]", /expected kind CredentialProviderRequest$/],
    ["another kind", text({ kind: "Pod" }), /expected kind CredentialProviderRequest$/],
    ["another version", text({ apiVersion: V1.replace("v1", "v1beta1") }), /expected apiVersion .*\/v1: set it in/],
    ["no image", text({ image: "" }), /expected the name of an image/],
    ["a token that is no text", text({ serviceAccountToken: 1 }), /a text in serviceAccountToken/],
    [
      "annotations that are no texts",
      text({ serviceAccountAnnotations: { a: 1 } }),
      /texts in serviceAccountAnnotations/,
    ],
  ] as const) {
    it(`is refused in one line, without what was sent: ${what}`, () => {
      assert.throws(() => parseRequest(input), { name: "RequestFault", message: words });
    });
  }
});

describe("an answer to the kubelet", () => {
  it("has the fields that the kubelet reads, and passwords nowhere but there", () => {
    const auth = { "r.example": { username: "ccr$puller", password: new Secret("p$") } };
    const answer = { cacheKeyType: "Registry", cacheSeconds: 43_199, auth } as const;
    assert.deepEqual(JSON.parse(formatAnswer(answer)), {
      kind: "CredentialProviderResponse",
      apiVersion: V1,
      cacheKeyType: "Registry",
      cacheDuration: "11h59m59s",
      auth: { "r.example": { username: "ccr$puller", password: "p$" } },
    });
    assert.ok(!JSON.stringify(answer).includes("p$"));
  });

  it("leaves auth out where there is no login", () => {
    assert.ok(!("auth" in JSON.parse(formatAnswer({ cacheKeyType: "Registry", cacheSeconds: 0, auth: {} }))));
  });

  it("writes durations as Go does", () => {
    assert.deepEqual([0, 59, 60, 3600, 86_399].map(duration), ["0s", "59s", "1m0s", "1h0m0s", "23h59m59s"]);
  });
});
