import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { createLogger, type HttpRequest, jsonResponse, seededRandom, type TlsOptions, VirtualClock } from "@ccm/base";
import { parseCloudConfig } from "./cloud-config.ts";
import { FOLLOWING } from "./cloud-config-change.ts";
import { type Cloud, followCloud } from "./live-cloud.ts";

const FIRST = { ClusterId: "cce-1", Region: "bj", AccessKeyID: "firstAccessKeyId", SecretAccessKey: "firstSecret" };
const pem = (text: string) => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`;

async function scene(more: object = {}, files: Record<string, string> = {}) {
  const clock = new VirtualClock();
  const state = { config: { ...FIRST, ...more } as object | string };
  const asked: HttpRequest[] = [];
  const opened: TlsOptions[] = [];
  const closed: TlsOptions[] = [];
  const logs: string[] = [];
  const read = () =>
    parseCloudConfig(typeof state.config === "string" ? state.config : JSON.stringify(state.config), "cloud.config");
  const cloud = await followCloud({
    config: read(),
    reload: async () => read(),
    openTransport(tls) {
      opened.push(tls);
      const send = async (request: HttpRequest) => {
        asked.push(request);
        return jsonResponse(200, { blbList: [] });
      };
      return { send, close: async () => void closed.push(tls) };
    },
    readFile: async (path) => files[path] ?? Promise.reject(Object.assign(new Error("no"), { code: "ENOENT" })),
    clock,
    random: seededRandom(1),
    logger: createLogger((level, message, fields) => logs.push(`${level} ${message} ${JSON.stringify(fields)}`)),
  });
  const changes: Cloud[] = [];
  cloud.onChange((next) => changes.push(next));
  return {
    ...{ cloud, files, asked, opened, closed, logs, changes },
    host: () => new URL(asked.at(-1)?.url ?? "").host,
    /** Writes the file, and lets so much time pass that it is seen. */
    async change(to: object | string) {
      state.config = typeof to === "string" ? to : { ...FIRST, ...more, ...to };
      await clock.advance(11_000);
    },
    wait: () => clock.advance(60_000),
  };
}

describe("row 1: a cloud config that changes while we run", () => {
  it("is followed without a restart, whichever key of the connection or the provider it is", async () => {
    const ca = { "/ca.pem": pem("A") };
    const others: readonly (readonly [key: string, change: object])[] = [
      ["Endpoints", { Endpoints: { blb: "http://other.example" } }],
      ["EndpointTemplate", { EndpointTemplate: "https://{service}.{region}.example" }],
      ["CcePathPrefix", { CcePathPrefix: "/api/v2" }],
      ["Tls", { Tls: { CaFile: "/ca.pem" } }],
      ["CredentialsFile, CredentialsSecret or Gateway", { Gateway: {} }],
      ["RateLimits", { RateLimits: { default: { PerSecond: 1, Burst: 1 } } }],
      ["Concurrency", { Concurrency: 1 }],
      ["TimeoutSeconds", { TimeoutSeconds: 7 }],
      ["Retries", { Retries: 0 }],
      ["SubnetId", { SubnetId: "sbn-2" }],
      ["NodeSource", { NodeSource: "bcc" }],
      ["MachineTypes", { MachineTypes: ["bcc"] }],
      ["InstanceTypeLabel", { InstanceTypeLabel: "legacy" }],
      ["GpuLabel", { GpuLabel: true }],
      ["RouteTableIds", { RouteTableIds: ["rt-2"] }],
      ["InternalByDefault", { InternalByDefault: true }],
      ["DisableEip", { DisableEip: true }],
      ["ServiceSelection", { ServiceSelection: "opt-in" }],
      ["EipBandwidthInMbps", { EipBandwidthInMbps: 7 }],
    ];
    for (const [key, change] of others) {
      const { cloud, changes, logs, ...rest } = await scene({}, ca);
      const { client } = cloud.now;
      await rest.change(change);
      assert.deepEqual(changes, [cloud.now], key);
      assert.deepEqual(logs, [`info the changed cloud config is in use {"changed":"${key}"}`]);
      const following = Object.values(FOLLOWING).find((one) => one.key === key);
      assert.equal(cloud.now.client !== client, following?.takes === "connection", `${key}: another connection`);
      await rest.wait();
      assert.equal(changes.length, 1, `${key}: once`);
      await cloud.close();
    }
    const followed = Object.values(FOLLOWING).filter(({ takes }) => takes === "connection" || takes === "provider");
    const untested = followed.filter(({ key }) => key !== "AssumeRole" && !others.some(([one]) => one === key));
    assert.deepEqual(untested, []);
  });

  it("is followed to another role of the same account", async () => {
    const { cloud, change } = await scene({ AssumeRole: { AccountId: "acc-1", RoleName: "ccm" } });
    const { client } = cloud.now;
    await change({ AssumeRole: { AccountId: "acc-1", RoleName: "other" } });
    assert.notEqual(cloud.now.client, client);
  });

  it("leads new calls elsewhere; what has begun goes on as it began, until it lets its connection go", async () => {
    const { cloud, change, host, closed } = await scene({ Tls: { ServerName: "first" } });
    const before = cloud.now;
    await change({ Endpoints: { blb: "http://second.example" } });
    await before.client.blb.list();
    assert.equal(host(), "blb.bj.baidubce.com");
    await cloud.now.client.blb.list();
    assert.equal(host(), "second.example");
    assert.deepEqual(closed, []);
    cloud.release(before);
    assert.deepEqual(closed, [{ serverName: "first" }]);
    cloud.release(cloud.now);
    assert.equal(closed.length, 1, "the one in use stays open");
    await cloud.close();
    assert.equal(closed.length, 2);
  });

  it("that does not concern the connection keeps it, for as long as one of its users is left", async () => {
    const { cloud, change, opened, closed } = await scene();
    const first = cloud.now;
    await change({ DisableEip: true });
    const second = cloud.now;
    assert.deepEqual([second.client === first.client, opened.length], [true, 1]);
    await change({ Retries: 1 });
    cloud.release(second);
    assert.deepEqual(closed, []);
    cloud.release(first);
    assert.equal(closed.length, 1);
  });

  it("brings new certificates of the authority when only their file has changed, but never half of it", async () => {
    const { cloud, files, wait, opened, logs } = await scene({ Tls: { CaFile: "/ca.pem" } }, { "/ca.pem": pem("A") });
    files["/ca.pem"] = "-----BEGIN CERTIFICATE-----\nB";
    await wait();
    assert.deepEqual(logs, [
      'warn the changed cloud config cannot be used, going on with the one before {"error":"Tls.CaFile /ca.pem: expected certificates in PEM"}',
    ]);
    const before = cloud.now;
    files["/ca.pem"] = pem("B");
    await wait();
    assert.deepEqual(opened, [{ ca: pem("A") }, { ca: pem("B") }]);
    assert.notEqual(cloud.now, before);
    assert.match(logs[1] ?? "", /in use.*the file of Tls\.CaFile/);
  });

  it("is refused whole when it is of another cluster, region, VPC or account, with the key and the reason, once", async () => {
    const role = (AccountId: string) => ({ AssumeRole: { AccountId, RoleName: "ccm" } });
    const cases: readonly (readonly [change: object, expected: RegExp])[] = [
      [
        { ClusterId: "cce-2" },
        /ClusterId was changed: all that was made so far bears the old one as its mark; a restart/,
      ],
      [{ Region: "gz" }, /Region was changed: .*; a restart takes the new file/],
      [{ VpcId: "vpc-2" }, /VpcId was changed: nodes, routes and load balancers are in the old one/],
      [role("acc-2"), /AssumeRole\.AccountId was changed/],
    ];
    for (const [to, expected] of cases) {
      const { cloud, change, wait, logs, asked } = await scene({ VpcId: "vpc-1", ...role("acc-1") });
      const before = cloud.now;
      await change({ ...to, AccessKeyID: "ofAnotherAccount", Endpoints: { sts: "http://other.example" } });
      await wait();
      assert.equal(cloud.now, before);
      assert.equal(logs.length, 1, logs.join());
      assert.match(logs[0] ?? "", /^warn the changed cloud config is refused, going on with the one before/);
      assert.match(logs[0] ?? "", expected);
      await cloud.now.client.blb.list().catch(() => {});
      assert.match(asked[0]?.headers.authorization ?? "", /firstAccessKeyId/);
      await change({});
      await change({ Retries: 1 });
      assert.notEqual(cloud.now, before, "it is followed again when the key is as it was");
    }
  });

  it("that is invalid changes nothing, is told once, and again when the fault is another", async () => {
    const { cloud, change, wait, logs } = await scene();
    const before = cloud.now;
    await change({ Retries: "many" });
    await wait();
    assert.equal(logs.length, 1);
    assert.match(logs[0] ?? "", /cannot be used.*cloud\.config: Retries: expected a whole number from 0 to 20/);
    await change('{"ClusterId": "firstSecret');
    assert.equal(logs.length, 2);
    assert.ok(!logs.join().includes("firstSecret"));
    assert.equal(cloud.now, before);
  });

  it("tells of keys that mean nothing as the start does", async () => {
    const { change, wait, logs } = await scene({ Regoin: "bj" });
    await wait();
    assert.deepEqual(logs, []);
    await change({ EipBandwith: 7 });
    assert.deepEqual(logs, ['warn cloud config has unknown keys {"keys":"Regoin, EipBandwith"}']);
  });

  it("has its keys that need a restart named in the reference, in both languages", () => {
    for (const page of ["cloud-config.md", "cloud-config.zh.md"]) {
      const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), "utf8");
      const line = text.split("\n").find((one) => one.includes("AssumeRole.AccountId")) ?? "";
      const refused = Object.values(FOLLOWING).filter(({ takes }) => takes === "restart");
      for (const { key } of refused) assert.ok(line.includes(`\`${key}\``), `${page}: ${key}`);
    }
  });
});
