import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { CloudConfigError, parseCloudConfig } from "./cloud-config.ts";
import { SCHEMA, SPELLING } from "./cloud-config-schema.ts";

const GOOD = { ClusterId: "cce-1", Region: "bj", AccessKeyID: "ak", SecretAccessKey: "sk" };
const HUGE = "x".repeat(100_000);
const UNICODE = "标识‮\u0000";

/** What a key does with each kind of bad value. "ok": it is a value like others. "default": as if it were absent. */
type Verdict = "refused" | "ok" | "default";
interface Row {
  /** Beside the usual ones, for the key to make sense. */
  readonly beside?: Readonly<Record<string, unknown>>;
  readonly good: unknown;
  readonly empty: Verdict;
  readonly wrongType: unknown;
  readonly outOfRange?: readonly unknown[];
  readonly unknownValue?: unknown;
  readonly unicode?: Verdict;
}

const SECTION = { empty: "ok", wrongType: "text" } as const;
const TEXT = { empty: "default", wrongType: 7 } as const;
const FLAG = { good: true, empty: "refused", wrongType: "yes" } as const;
const inside =
  (key: string, beside: object = {}) =>
  (value: unknown) => ({ ...beside, [key]: value });

const ROWS: Readonly<Record<string, Row>> = {
  ClusterId: { good: "c-1", empty: "refused", wrongType: 7, outOfRange: ["x".repeat(65)] },
  ClusterName: { ...TEXT, good: "my cluster", outOfRange: ["x".repeat(254), "a\nb"] },
  Region: { good: "gz", empty: "refused", wrongType: ["gz"], unknownValue: "bj/../x" },
  VpcId: { ...TEXT, good: "vpc-1", unknownValue: "vpc 1" },
  SubnetId: { ...TEXT, good: "sbn-1", unknownValue: "sbn/1" },
  AccessKeyID: { good: "id", empty: "refused", wrongType: 7, outOfRange: ["x".repeat(257), "a b"] },
  SecretAccessKey: { good: "secret", empty: "refused", wrongType: {}, outOfRange: ["x".repeat(257), "a\u0001b"] },
  SessionToken: { ...TEXT, good: "a+/=|b", outOfRange: ["x".repeat(8193)] },
  CredentialsFile: { ...TEXT, good: "/etc/keys", outOfRange: [`/${"x".repeat(4096)}`] },
  CredentialsSecret: { ...TEXT, good: "kube-system/keys", unknownValue: "keys", outOfRange: ["A/b", "a/b/c"] },
  Gateway: { ...SECTION, good: {} },
  AssumeRole: { empty: "refused", wrongType: "role", good: { AccountId: "a1", RoleName: "ccm" } },
  Endpoint: {
    ...TEXT,
    good: "cce.bj.example:8443",
    unknownValue: "ftp://cce.example",
    outOfRange: ["http://a/b", "a:123456"],
  },
  Endpoints: {
    ...SECTION,
    good: { Blb: "http://127.0.0.1:1" },
    unknownValue: { foo: "http://x" },
    outOfRange: [{ blb: "x" }],
  },
  EndpointTemplate: {
    ...TEXT,
    good: "https://{service}.{region}.example",
    unknownValue: "https://example",
    outOfRange: ["https://{service}/x"],
  },
  CcePathPrefix: { ...TEXT, good: "/api/cce/service/v2", unknownValue: "v2", outOfRange: ["/a b", "/v2/"] },
  Tls: { ...SECTION, good: { InsecureSkipVerify: true } },
  NodeSource: { ...TEXT, good: "CCE", unknownValue: "ecs" },
  MachineTypes: {
    good: ["bcc"],
    empty: "refused",
    wrongType: "bcc",
    unknownValue: ["ecs"],
    outOfRange: [["bcc", "bcc", "bcc", "bcc"]],
  },
  InstanceTypeLabel: { ...TEXT, good: "legacy", unknownValue: "family" },
  GpuLabel: FLAG,
  RouteTableIds: {
    good: ["rt-1"],
    empty: "ok",
    wrongType: "rt-1",
    unknownValue: ["vpc-1"],
    outOfRange: [Array(21).fill("rt-1")],
  },
  RateLimits: {
    ...SECTION,
    good: { "blb.create": { PerSecond: 1, Burst: 2 } },
    unknownValue: { "blb create": { PerSecond: 1, Burst: 1 } },
    outOfRange: [
      { default: { PerSecond: 0, Burst: 1 } },
      { default: { PerSecond: 1, Burst: 0.5 } },
      { default: { PerSecond: 1 } },
    ],
  },
  Concurrency: { good: 5, empty: "refused", wrongType: "5", outOfRange: [0, 1001, 1.5, -1] },
  TimeoutSeconds: { good: 60, empty: "refused", wrongType: "60", outOfRange: [0, 601] },
  Retries: { good: 0, empty: "refused", wrongType: "1", outOfRange: [-1, 21] },
  InternalByDefault: FLAG,
  DisableEip: FLAG,
  ServiceSelection: { ...TEXT, good: "opt-in", unknownValue: "some" },
  EipBandwidthInMbps: { good: 100, empty: "refused", wrongType: "100", outOfRange: [0, 1001] },
};

const SECTION_ROWS: readonly (readonly [name: string, put: (value: unknown) => object, row: Row])[] = [
  ["Gateway.Endpoint", inside("Endpoint"), { ...TEXT, good: "gw.example:80", unknownValue: "a/b" }],
  ["Gateway.TokenPath", inside("TokenPath"), { ...TEXT, good: "/tokens" }],
  ["Gateway.TokenSecret", inside("TokenSecret"), { ...TEXT, good: "a/b", unknownValue: "b" }],
  [
    "AssumeRole.AccountId",
    inside("AccountId", { RoleName: "r" }),
    { good: "a1", empty: "refused", wrongType: 1, unknownValue: "a b" },
  ],
  [
    "AssumeRole.RoleName",
    inside("RoleName", { AccountId: "a" }),
    { good: "角色", empty: "refused", wrongType: 1, unknownValue: "a b" },
  ],
  [
    "AssumeRole.UserId",
    inside("UserId", { AccountId: "a", RoleName: "r" }),
    { ...TEXT, good: "u1", unknownValue: "u 1" },
  ],
  [
    "AssumeRole.DurationSeconds",
    inside("DurationSeconds", { AccountId: "a", RoleName: "r" }),
    { good: 900, empty: "refused", wrongType: "900", outOfRange: [899, 7201] },
  ],
  ["Tls.CaFile", inside("CaFile"), { ...TEXT, good: "/ca.pem" }],
  [
    "Tls.CaData",
    inside("CaData"),
    { ...TEXT, good: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", unknownValue: "AAAA" },
  ],
  ["Tls.ServerName", inside("ServerName"), { ...TEXT, good: "cloud.example", unknownValue: "https://cloud.example" }],
  ["Tls.InsecureSkipVerify", inside("InsecureSkipVerify"), FLAG],
];

const parse = (value: object) => parseCloudConfig(JSON.stringify({ ...GOOD, ...value }), "cloud.config");

function check(name: string, put: (value: unknown) => object, value: unknown, verdict: Verdict): void {
  if (verdict !== "refused") {
    const config = parse(put(value));
    if (verdict === "default") {
      assert.equal(JSON.stringify(config), JSON.stringify(parse(put(undefined))), `${name} as if it were absent`);
    }
    return;
  }
  assert.throws(
    () => parse(put(value)),
    (error: unknown) => {
      assert.ok(error instanceof CloudConfigError, String(error));
      assert.match(error.message, new RegExp(`^cloud\\.config: .*${name.replace(".", "\\.")}`));
      assert.match(error.message, /expected/);
      assert.ok(error.message.length < 500 && !/\p{Cc}/u.test(error.message), error.message.slice(0, 600));
      if (typeof value === "string" && value.length > 3)
        assert.ok(!error.message.includes(value), "the value is not quoted");
      return true;
    },
  );
}

describe("row 1: bad values of the cloud config", () => {
  it("are tested for every key that there is", () => {
    assert.deepEqual(
      Object.keys(ROWS)
        .map((key) => key.toLowerCase())
        .sort(),
      Object.keys(SCHEMA.shape).sort(),
    );
    for (const key of Object.keys(SCHEMA.shape)) assert.ok(SPELLING[key], `${key} has a spelling`);
  });

  const top = Object.entries(ROWS).map(([key, row]) => [key, inside(key), row] as const);
  const nested = SECTION_ROWS.map(([name, put, row]) => {
    const section = name.split(".")[0] ?? "";
    return [name, (value: unknown) => ({ [section]: put(value) }), row] as const;
  });
  for (const [name, put, row] of [...top, ...nested]) {
    const empty = Array.isArray(row.good) ? [] : typeof row.good === "object" ? {} : "";
    it(`${name}: one line names it and what was expected, or it is as if it were absent`, () => {
      check(name, put, row.good, "ok");
      check(name, put, empty, row.empty);
      check(name, put, row.wrongType, "refused");
      for (const value of row.outOfRange ?? []) check(name, put, value, "refused");
      if (row.unknownValue !== undefined) check(name, put, row.unknownValue, "refused");
      check(name, put, HUGE, "refused");
      check(name, put, UNICODE, row.unicode ?? "refused");
    });
  }

  it("are told to users in both languages: every key is in the documents", () => {
    for (const file of ["cloud-config.md", "cloud-config.zh.md"]) {
      const text = readFileSync(new URL(`../../docs/${file}`, import.meta.url), "utf8");
      for (const name of Object.values(SPELLING)) assert.ok(new RegExp(`\\b${name}\\b`).test(text), `${file}: ${name}`);
    }
  });

  it("of two that contradict each other are refused together", () => {
    for (const [value, text] of [
      [
        { CredentialsFile: "/a", CredentialsSecret: "a/b" },
        "CredentialsFile, CredentialsSecret: expected only one of them",
      ],
      [{ CredentialsFile: "/a", Gateway: {} }, "CredentialsFile, Gateway: expected only one of them"],
      [{ Gateway: { TokenPath: "/a", TokenSecret: "a/b" } }, "Gateway: expected TokenPath or TokenSecret, not both"],
      [
        { Tls: { CaFile: "/a", CaData: "-----BEGIN CERTIFICATE-----A-----END CERTIFICATE-----" } },
        "Tls: expected CaFile or CaData, not both",
      ],
    ] as const) {
      assert.throws(() => parse(value), { message: `cloud.config: ${text}` });
    }
  });

  it("below a section are told with the section's name when the key means nothing", () => {
    assert.deepEqual(parse({ Tls: { CaFiel: "x" }, Foo: 1 }).unknownKeys, ["Tls.CaFiel", "Foo"]);
  });

  it("of a name that is hostile do no harm", () => {
    const content = `{"ClusterId":"c","Region":"bj","__proto__":{"x":1},"constructor":1,"${HUGE}":1}`;
    const { unknownKeys } = parseCloudConfig(content, "f");
    assert.ok(unknownKeys.every((name) => name.length < 70));
    assert.equal(({} as { x?: number }).x, undefined);
  });
});
