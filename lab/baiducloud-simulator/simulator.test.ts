import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { seededRandom, VirtualClock } from "@ccm/base";
import { openApiOf } from "./api/openapi.ts";
import { PRODUCTS } from "./products/index.ts";
import type { Backend, Change } from "./store/backend.ts";
import { createScene } from "./testing/client.ts";

const NEW_EIP = { billing: { paymentTiming: "Postpaid", billingMethod: "ByTraffic" }, bandwidthInMbps: 5 };

interface Made {
  readonly vpcId: string;
  readonly subnetId: string;
  readonly blbId: string;
  readonly eip: string;
}

describe("which operation a request means", () => {
  const rows = [
    ["POST /v1/nothing", "404 InvalidURI"],
    ["DELETE /v1/vpc", "405 MethodNotAllowed"],
    ["PUT /v1/eip/127.100.0.1", "400 BadRequest"],
    ["PUT /v1/eip/127.100.0.1?unbind", "404 NoSuchObject"],
    ["POST /?action=Nothing", "400 InvalidAction"],
    ["GET /v1/vpc?maxKeys=x", "400 BadRequest"],
    ["GET /v1/vpc?maxKeys=1001", "400 BadRequest"],
  ] as const;
  for (const [line, outcome] of rows) {
    it(`${line} is ${outcome}`, async () => {
      const { call } = createScene();
      const { status, body } = await call(line);
      assert.equal(`${status} ${body.code}`, outcome);
      assert.match(body.requestId, /-/);
    });
  }

  it("the host name narrows to its product", async () => {
    const { call } = createScene();
    assert.equal((await call("GET /v1/blb", undefined, { host: "blb.bj.baidubce.com" })).status, 200);
    assert.equal((await call("GET /v1/blb", undefined, { host: "eip.bj.baidubce.com" })).body.code, "InvalidURI");
    assert.equal((await call("GET /v1/vpc", undefined, { host: "bcc.bj.baidubce.com:443" })).status, 200);
  });

  it("a port of its own has its product alone", async () => {
    const { call, simulator } = createScene();
    const { blb, bcc } = simulator.products;
    assert.ok(blb && bcc);
    assert.equal((await call("GET /v1/blb", undefined, { handler: blb })).status, 200);
    assert.equal((await call("GET /v1/vpc", undefined, { handler: blb })).body.code, "InvalidURI");
    assert.equal((await call("GET /v1/vpc", undefined, { handler: bcc })).status, 200);
  });
});

describe("accounts and regions", () => {
  it("do not see each other's objects", async () => {
    const { call, simulator } = createScene();
    const key = simulator.addAccount({ id: "other" });
    const made = await call<Made>("POST /v1/vpc", { name: "mine", cidr: "10.0.0.0/16" });
    assert.equal(made.status, 200);
    const path = `GET /v1/vpc/${made.body.vpcId}`;
    assert.equal((await call(path)).status, 200);
    assert.equal((await call(path, undefined, { key })).body.code, "NoSuchObject");
    assert.equal((await call(path, undefined, { host: "bcc.gz.baidubce.com" })).body.code, "NoSuchObject");
    const zones = await call<{ zones: { zoneName: string }[] }>("GET /v2/zone", undefined, {
      host: "bcc.gz.baidubce.com",
    });
    assert.equal(zones.body.zones[0]?.zoneName, "cn-gz-a");
  });

  it("never share a public address", async () => {
    const { call, simulator } = createScene();
    const key = simulator.addAccount({ id: "other" });
    const [mine, theirs] = [
      await call<Made>("POST /v1/eip", NEW_EIP),
      await call<Made>("POST /v1/eip", NEW_EIP, { key }),
    ];
    assert.notEqual(mine.body.eip, theirs.body.eip);
  });

  it("have their own quotas", async () => {
    const { call, simulator } = createScene();
    const key = simulator.addAccount({ id: "poor", quotas: { eips: 0 } });
    assert.equal((await call("POST /v1/eip", NEW_EIP, { key })).body.code, "QuotaLimitExceeded");
    assert.equal((await call("POST /v1/eip", NEW_EIP)).status, 200);
  });
});

describe("networks", () => {
  it("are made, filled and deleted, and a subnet in use is not", async () => {
    const { call, settle } = createScene();
    const { vpcId } = (await call<Made>("POST /v1/vpc", { name: "net", cidr: "10.1.0.0/16" })).body;
    const subnet = { name: "s", zoneName: "cn-bj-a", cidr: "10.1.1.0/24", vpcId };
    const { subnetId } = (await call<Made>("POST /v1/subnet", subnet)).body;
    assert.match((await call("POST /v1/subnet", subnet)).body.message, /overlaps 10.1.1.0/);
    const away = { ...subnet, cidr: "10.2.0.0/24" };
    assert.match((await call("POST /v1/subnet", away)).body.message, /not inside the VPC/);
    const rules = await call<{ routeRules: { destinationAddress: string }[] }>(`GET /v1/route?vpcId=${vpcId}`);
    assert.deepEqual(
      rules.body.routeRules.map((rule) => rule.destinationAddress),
      ["10.1.0.0/16"],
    );
    const { blbId } = (await call<Made>("POST /v1/blb", { vpcId, subnetId })).body;
    await settle();
    assert.equal(
      (await call<{ subnet: { availableIp: number } }>(`GET /v1/subnet/${subnetId}`)).body.subnet.availableIp,
      251,
    );
    assert.equal((await call(`DELETE /v1/subnet/${subnetId}`)).body.code, "SUBNET_INUSE");
    assert.equal((await call(`DELETE /v1/blb/${blbId}`)).status, 200);
    assert.equal((await call(`DELETE /v1/vpc/${vpcId}`)).body.code, "NotAllowDeleteVpc");
    assert.equal((await call(`DELETE /v1/subnet/${subnetId}`)).status, 200);
    assert.equal((await call(`DELETE /v1/vpc/${vpcId}`)).status, 200);
    assert.equal((await call(`GET /v1/route?vpcId=${vpcId}`)).body.code, "NoSuchObject");
  });
});

it("a load balancer whose address cannot be bound is not made at all", async () => {
  const { call, simulator } = createScene();
  const spec = { vpcId: simulator.vpcId, subnetId: simulator.subnetIds[0], eip: "127.100.9.9" };
  assert.equal((await call("POST /v1/blb", spec)).body.code, "NoSuchObject");
  assert.deepEqual(simulator.inventory().blbs, []);
});

describe("an interceptor", () => {
  it("sees the operation, and may lose an answer after its effect", async () => {
    const seen: string[] = [];
    const { call, simulator } = createScene({
      interceptors: [
        async ({ product, name, params }, run) => {
          seen.push(`${product.name} ${name} ${JSON.stringify(params)}`);
          const answer = await run();
          return name === "CreateEip" ? { status: 500, body: { code: "InternalError", message: "lost" } } : answer;
        },
      ],
    });
    assert.equal((await call("POST /v1/eip?clientToken=t", NEW_EIP)).status, 500);
    assert.equal(simulator.inventory().eips.length, 1);
    await call("GET /v1/vpc/vpc-1");
    assert.deepEqual(seen, ["eip CreateEip {}", 'vpc GetVpc {"vpcId":"vpc-1"}']);
  });
});

it("another process over the same backend goes on where the first was killed", async () => {
  const rows = new Map<string, Change>();
  const backend: Backend = {
    load: () => [...rows.values()],
    commit(changes) {
      for (const change of changes) rows.set(`${change.table} ${change.id}`, structuredClone(change));
      for (const [key, { record }] of rows) if (record === undefined) rows.delete(key);
    },
    close: () => {},
  };
  const clock = new VirtualClock();
  const first = createScene({ backend });
  const path = "/v1/eip?clientToken=once";
  const { eip } = (await first.call<Made>(`POST ${path}`, NEW_EIP)).body;
  assert.ok(
    rows.values().some(({ id }) => id === eip),
    "the answer left before the address was stored",
  );
  const key = first.simulator.credentials;

  const second = createScene({ backend, clock, random: seededRandom("later") });
  assert.deepEqual(second.simulator.credentials, key);
  assert.equal(second.simulator.vpcId, first.simulator.vpcId);
  assert.equal((await second.call<Made>(`POST ${path}`, NEW_EIP)).body.eip, eip);
  const status = async () =>
    (await second.call<{ eipList: { status: string }[] }>(`GET /v1/eip?eip=${eip}`)).body.eipList[0]?.status;
  assert.equal(await status(), "creating");
  await clock.advance(1000);
  assert.equal(await status(), "available");
  assert.notEqual((await second.call<Made>("POST /v1/eip", NEW_EIP)).body.eip, eip);
});

it("the admin serves each product's OpenAPI document", async () => {
  const { simulator } = createScene();
  for (const product of PRODUCTS) {
    const signal = new AbortController().signal;
    const request = { method: "GET", headers: {}, body: new Uint8Array(), signal };
    const answer = await simulator.admin({ ...request, target: `/admin/openapi/${product.name}` });
    assert.equal(answer.status, 200);
    assert.equal((openApiOf(product) as { openapi: string }).openapi, "3.1.0");
  }
});
