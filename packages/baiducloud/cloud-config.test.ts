import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inspect } from "node:util";
import fc from "fast-check";
import { CloudConfigError, parseCloudConfig } from "./cloud-config.ts";

const GOOD = { ClusterId: "cce-1", Region: "bj", AccessKeyID: "ak", SecretAccessKey: "very-secret" };
const parse = (value: unknown, env = {}) => parseCloudConfig(JSON.stringify(value), "cloud.config", env);

describe("the cloud config", () => {
  it("is JSON or YAML, with keys in any case", () => {
    assert.equal(parse(GOOD).clusterId, "cce-1");
    const yaml =
      "clusterid: cce-1\nREGION: gz\nAccessKeyID: ak\nSecretAccessKey: sk\nendpoints:\n  blb: http://127.0.0.1:1\n";
    const config = parseCloudConfig(yaml, "cloud.yaml");
    assert.deepEqual([config.region, config.endpoints.blb], ["gz", "http://127.0.0.1:1"]);
  });

  it("never shows the secret, however it is printed", () => {
    const config = parse(GOOD);
    for (const text of [inspect(config, { depth: 5 }), JSON.stringify(config), String(config.secretAccessKey)]) {
      assert.ok(!text.includes("very-secret"), text);
    }
    assert.equal(config.secretAccessKey.reveal(), "very-secret");
  });

  const faults: readonly (readonly [why: string, content: string, expected: RegExp])[] = [
    [
      "a missing key",
      JSON.stringify({ ...GOOD, ClusterId: undefined }),
      /^cloud\.config: ClusterId: expected the cluster's ID: at most 64 letters/,
    ],
    ["an empty one", JSON.stringify({ ...GOOD, Region: "" }), /^cloud\.config: Region: expected a region such as bj/],
    ["a number for a text", JSON.stringify({ ...GOOD, VpcId: 7 }), /^cloud\.config: VpcId: expected a VPC ID$/],
    [
      "an endpoint that is no URL",
      JSON.stringify({ ...GOOD, Endpoints: { blb: "blb.example" } }),
      /Endpoints\.blb: expected a URL/,
    ],
    ["an unknown product", JSON.stringify({ ...GOOD, Endpoints: { foo: "http://x" } }), /Endpoints/],
    ["a list", "[]", /^cloud\.config: expected an object/],
    ["an empty file", "", /^cloud\.config: expected an object/],
    ["broken text", '{"ClusterId": "very-secret', /^cloud\.config: neither JSON nor YAML/],
  ];
  for (const [why, content, expected] of faults) {
    it(`refuses ${why} in one line with file, key and what was expected`, () => {
      assert.throws(
        () => parseCloudConfig(content, "cloud.config"),
        (error: unknown) => {
          assert.ok(error instanceof CloudConfigError);
          assert.match(error.message, expected);
          assert.ok(!error.message.includes("\n") && !error.message.includes("very-secret"), error.message);
          return true;
        },
      );
    });
  }

  it("takes secrets from the environment first", () => {
    const { SecretAccessKey: _, ...rest } = GOOD;
    const config = parse(rest, { BAIDUCLOUD_SECRET_ACCESS_KEY: "from-env", BAIDUCLOUD_ACCESS_KEY_ID: "ak2" });
    assert.equal(config.secretAccessKey.reveal(), "from-env");
    assert.equal(config.accessKeyId, "ak2");
  });

  it("names keys that mean nothing, but for those of the former CCM", () => {
    assert.deepEqual(parse({ ...GOOD, MasterId: "m", Debug: true, Regoin: "x" }).unknownKeys, ["Regoin"]);
  });

  it("answers any text with a config or one line, never with the secret", () => {
    const mangled = fc.tuple(fc.nat(200), fc.string()).map(([at, insert]) => {
      const text = JSON.stringify(GOOD);
      return text.slice(0, at) + insert + text.slice(at);
    });
    fc.assert(
      fc.property(fc.oneof(fc.string(), mangled), (content) => {
        try {
          parseCloudConfig(content, "f");
        } catch (error) {
          assert.ok(error instanceof CloudConfigError, inspect(error));
          assert.ok(!error.message.includes("very-secret"));
        }
      }),
      { numRuns: 500 },
    );
  });
});
