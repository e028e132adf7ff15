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

  it("row 1: takes what the environment says first, for places too, in Terraform's names and Baidu's plugins'", () => {
    const config = parse(
      { ...GOOD, Endpoints: { blb: "http://file.example", eip: "http://file.example" } },
      {
        BAIDUCLOUD_REGION: "gz",
        BAIDUCLOUD_CLUSTER_ID: "cce-2",
        BAIDUCLOUD_VPC_ID: "vpc-2",
        BAIDUCLOUD_ACCESS_KEY: "terraform",
        BLB_ENDPOINT: "blb.env.example:8080",
        CCEv2_ENDPOINT: "http://cce.env.example",
      },
    );
    assert.deepEqual(
      [config.region, config.clusterId, config.vpcId, config.accessKeyId],
      ["gz", "cce-2", "vpc-2", "terraform"],
    );
    assert.deepEqual(config.endpoints, {
      blb: "https://blb.env.example:8080",
      eip: "http://file.example",
      cce: "http://cce.env.example",
    });
  });

  it("row 1: is the former CCM's file as it is, without MasterId and Endpoint too", () => {
    const former = {
      ...{ MasterId: "m", ClusterId: "c-1", Endpoint: "cce.bj.baidubce.com", Region: "bj", AccessKeyID: "ak" },
      ...{ SecretAccessKey: "sk", VpcId: "vpc-1", SubnetId: "sbn-1", ClusterName: "n", NodeName: "x", Debug: true },
    };
    const config = parse(former);
    assert.deepEqual([config.unknownKeys, config.endpoints.cce], [[], "https://cce.bj.baidubce.com"]);
    assert.deepEqual([config.vpcId, config.subnetId, config.credentials], ["vpc-1", "sbn-1", { from: "config" }]);
  });

  it("row 3: uses the token of CCE's gateway where it says nothing of keys, and where it asks for it", () => {
    const { AccessKeyID: _, SecretAccessKey: __, ...bare } = GOOD;
    const folder = { from: "folder", path: "/var/run/secrets/cce/cce-plugin-token" };
    const usual = { from: "gateway", endpoint: "http://cce-gateway.bj.baidubce.com:80", token: folder };
    assert.deepEqual(parse(bare).credentials, usual);
    assert.deepEqual(parse({ ...GOOD, Gateway: {} }).credentials, usual);
    const env = { CCE_GATEWAY_HOST: "gw.example:81" };
    assert.deepEqual(parse(bare, env).credentials, { ...usual, endpoint: "http://gw.example:81" });
    const given = { Endpoint: "https://gw.example", TokenSecret: "kube-system/cce-plugin-token" };
    assert.deepEqual(parse({ ...bare, Gateway: given }).credentials, {
      from: "gateway",
      endpoint: "https://gw.example",
      token: { from: "secret", namespace: "kube-system", name: "cce-plugin-token" },
    });
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
