import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type BalancerScene, createBalancerScene, POSTPAID, PREPAID } from "../../testing/balancers.ts";

interface Listed {
  readonly eipList: readonly Readonly<Record<string, unknown>>[];
  readonly isTruncated: boolean;
  readonly nextMarker?: string;
}

const NEW = { billing: POSTPAID, bandwidthInMbps: 5 };
const shown = async (scene: BalancerScene, eip: string) =>
  (await scene.must<Listed>(`GET /v1/eip?eip=${eip}`)).eipList[0];
const statusOf = async (scene: BalancerScene, eip: string) => (await shown(scene, eip))?.status;

describe("a public address", () => {
  it("is made with what was asked for, creating first, and listed as the cloud does", async () => {
    const scene = createBalancerScene();
    const body = { ...NEW, name: "web", tags: [{ tagKey: "team", tagValue: "a" }], deleteProtect: true };
    const { eip } = await scene.must<{ eip: string }>("POST /v1/eip", body);
    assert.equal(await statusOf(scene, eip), "creating");
    await scene.settle();
    const { eipId, createTime, ...rest } = (await shown(scene, eip)) ?? {};
    assert.match(String(eipId), /^ip-/);
    assert.match(String(createTime), /^\d{4}-.*Z$/);
    assert.deepEqual(rest, {
      name: "web",
      eip,
      status: "available",
      eipInstanceType: "normal",
      instanceType: null,
      instanceId: null,
      instanceIp: null,
      shareGroupId: null,
      clusterId: null,
      bandwidthInMbps: 5,
      bwShortId: null,
      bwBandwidthInMbps: null,
      domesticBwShortId: null,
      domesticBwBandwidthInMbps: null,
      defaultDomesticBandwidth: null,
      paymentTiming: "Postpaid",
      billingMethod: "ByTraffic",
      routeType: "BGP",
      expireTime: null,
      region: "bj",
      tags: [{ tagKey: "team", tagValue: "a" }],
      deleteProtect: true,
    });
  });

  const refused = [
    ["a bandwidth that ByTraffic does not sell", { bandwidthInMbps: 201 }, "400 BadRequest"],
    ["too little bandwidth for BGP_S", { routeType: "BGP_S", bandwidthInMbps: 99 }, "400 BadRequest"],
    ["no terms", { billing: undefined }, "400 InappropriateJSON"],
    ["terms of groups only", { billing: { paymentTiming: "Postpaid", billingMethod: "ByPeak95" } }, "400 BadRequest"],
    ["prepaid without a length", { billing: { paymentTiming: "Prepaid" } }, "400 BadRequest"],
    ["a name that begins with a digit", { name: "9a" }, "400 BadRequest"],
  ] as const;
  for (const [what, more, expected] of refused) {
    it(`is refused with ${what}`, async () => {
      assert.equal(await createBalancerScene().end("POST /v1/eip", { ...NEW, ...more }), expected);
    });
  }

  it("comes in batches, all or none, within the quota", async () => {
    const { must, end, simulator } = createBalancerScene({ quotas: { eips: 3 } });
    const { eips } = await must<{ eips: string[] }>("POST /v1/eip?action=batch", { ...NEW, count: 2, name: "n" });
    assert.equal(new Set(eips).size, 2);
    assert.equal(await end("POST /v1/eip?action=batch", { ...NEW, count: 2 }), "403 QuotaLimitExceeded");
    assert.equal(simulator.inventory().eips.length, 2);
    assert.equal(await end("POST /v1/eip", NEW), "200");
    assert.equal(await end("POST /v1/eip", NEW), "403 QuotaLimitExceeded");
  });

  it("is made once for a clientToken, within 24 hours", async () => {
    const { must, end, clock, simulator } = createBalancerScene();
    const first = await must("POST /v1/eip?clientToken=t", NEW);
    assert.deepEqual(await must("POST /v1/eip?clientToken=t", NEW), first);
    assert.equal(await end("POST /v1/eip?clientToken=t", { ...NEW, name: "x" }), "403 IdempotentParameterMismatch");
    await clock.advance(24 * 3_600_000);
    assert.notDeepEqual(await must("POST /v1/eip?clientToken=t", NEW), first);
    assert.equal(simulator.inventory().eips.length, 2);
  });

  it("is found by each filter, and by pages", async () => {
    const scene = createBalancerScene();
    const { must, end } = scene;
    const [a, b] = [await scene.address({ name: "a" }), await scene.address({ name: "b" })];
    const six = await scene.address({ name: "six", ipVersion: "ipv6" });
    const blbId = await scene.balancer("blb");
    await scene.done(`PUT /v1/eip/${b}?bind`, { instanceType: "BLB", instanceId: blbId });
    const names = async (query: string) =>
      (await must<Listed>(`GET /v1/eip?${query}`)).eipList.map(({ name }) => name).sort();
    assert.deepEqual(await names(""), ["a", "b"]);
    assert.deepEqual(await names("ipVersion=ipv6"), ["six"]);
    assert.deepEqual(await names(`ipVersion=ipv6&eip=${encodeURIComponent(six)}`), ["six"]);
    assert.deepEqual(await names("name=a"), ["a"]);
    assert.deepEqual(await names("status=binded"), ["b"]);
    assert.deepEqual(await names(`instanceType=BLB&instanceId=${blbId}`), ["b"]);
    assert.deepEqual(await names("instanceType=BCC"), []);
    assert.deepEqual(await names(`eipIds=${(await shown(scene, a))?.eipId}%2Cip-none`), ["a"]);
    assert.equal(await end(`GET /v1/eip?instanceId=${blbId}`), "400 BadRequest");
    const first = await must<Listed>("GET /v1/eip?maxKeys=1");
    assert.equal(first.isTruncated, true);
    const second = await must<Listed>(`GET /v1/eip?maxKeys=1&marker=${first.nextMarker}`);
    assert.equal(second.isTruncated, false);
    assert.deepEqual([first, second].flatMap(({ eipList }) => eipList.map(({ eip }) => eip)).sort(), [a, b].sort());
  });
});

describe("binding", () => {
  it("goes through binding and unbinding, and the load balancer shows the address meanwhile", async () => {
    const scene = createBalancerScene();
    const { must, end, settle } = scene;
    const [eip, blbId] = [await scene.address(), await scene.balancer("blb")];
    const bind = { instanceType: "BLB", instanceId: blbId };
    await must(`PUT /v1/eip/${eip}?bind`, bind);
    assert.equal(await statusOf(scene, eip), "binding");
    assert.equal(await end(`PUT /v1/eip/${eip}?bind`, bind), "409 OperationDenied");
    assert.equal(await end(`PUT /v1/eip/${eip}?unbind`), "409 UnsupportedOperation");
    await settle();
    assert.equal(await statusOf(scene, eip), "binded");
    assert.equal((await must<{ publicIp: string }>(`GET /v1/blb/${blbId}`)).publicIp, eip);
    assert.equal(await end(`DELETE /v1/eip/${eip}`), "409 OperationDenied");
    await must(`PUT /v1/eip/${eip}?unbind`);
    assert.equal(await statusOf(scene, eip), "unbinding");
    await settle();
    assert.equal(await statusOf(scene, eip), "available");
    assert.equal((await must<{ publicIp: string }>(`GET /v1/blb/${blbId}`)).publicIp, "");
    assert.equal(await end(`PUT /v1/eip/${eip}?unbind`), "409 UnsupportedOperation");
    assert.equal(await end("PUT /v1/eip/127.1.1.1?unbind"), "404 NoSuchObject");
  });

  it("takes machines, network cards, load balancers of both families and gateways", async () => {
    const scene = createBalancerScene();
    const { simulator, must, done, end } = scene;
    const { vpcId, subnetIds } = simulator;
    const bbc = simulator.createInstance({ name: "metal", product: "bbc" }).id;
    const { eniId } = await must<{ eniId: string }>("POST /v1/eni", {
      name: "card",
      subnetId: subnetIds[0],
      securityGroupIds: [
        (await must<{ securityGroups: { id: string }[] }>("GET /v2/securityGroup")).securityGroups[0]?.id,
      ],
      privateIpSet: [{ primary: true, privateIpAddress: "" }],
    });
    const { natId } = await done<{ natId: string }>("POST /v1/nat", {
      name: "out",
      vpcId,
      cuNum: 1,
      billing: { paymentTiming: "Postpaid" },
    });
    const targets = [
      ["BCC", scene.machine("a")],
      ["BBC", bbc],
      ["DCC", scene.machine("b")],
      ["ENI", eniId],
      ["BLB", await scene.balancer("blb")],
      ["BLB", await scene.balancer("appblb")],
      ["NAT", natId],
    ] as const;
    for (const [instanceType, instanceId] of targets) {
      const eip = await scene.address();
      await done(`PUT /v1/eip/${eip}?bind`, { instanceType, instanceId });
      const { status, instanceType: type, instanceId: id } = (await shown(scene, eip)) ?? {};
      assert.deepEqual([status, type, id], ["binded", instanceType, instanceId]);
      if (instanceType === "NAT") continue;
      const other = await scene.address();
      assert.equal(
        await end(`PUT /v1/eip/${other}?bind`, { instanceType, instanceId }),
        "409 OperationDenied",
        `${instanceType} took a second address`,
      );
    }
    const free = await scene.address();
    const bind = (body: object) => end(`PUT /v1/eip/${free}?bind`, body);
    assert.equal(await bind({ instanceType: "BLB", instanceId: "lb-none" }), "404 NoSuchObject");
    assert.equal(await bind({ instanceType: "BBC", instanceId: scene.machine("c") }), "404 NoSuchObject");
    assert.equal(await bind({ instanceType: "TOASTER", instanceId: bbc }), "400 BadRequest");
    const elsewhere = { instanceType: "BCC", instanceId: scene.machine("d"), instanceIp: "9.9.9.9" };
    assert.equal(await bind(elsewhere), "400 BadRequest");
    assert.equal(
      await end("PUT /v1/eip/127.1.1.1?bind", { instanceType: "BLB", instanceId: "lb-1" }),
      "404 NoSuchObject",
    );
  });

  it("ends with what it was bound to", async () => {
    const scene = createBalancerScene();
    const [eip, blbId] = [await scene.address(), await scene.balancer("appblb")];
    await scene.done(`PUT /v1/eip/${eip}?bind`, { instanceType: "BLB", instanceId: blbId });
    await scene.must(`DELETE /v1/appblb/${blbId}`);
    const { status, instanceId } = (await shown(scene, eip)) ?? {};
    assert.deepEqual([status, instanceId], ["available", null]);
    assert.equal(await scene.end(`PUT /v1/eip/${eip}?unbind`), "409 UnsupportedOperation");
  });

  it("can put the address itself on the network card of a machine", async () => {
    const scene = createBalancerScene();
    const eip = await scene.address();
    assert.equal(await scene.end(`PUT /v1/eip/${eip}?direct`), "409 UnsupportedOperation");
    await scene.done(`PUT /v1/eip/${eip}?bind`, { instanceType: "BCC", instanceId: scene.machine("a") });
    assert.equal(await scene.end(`PUT /v1/eip/${eip}?unDirect`), "409 UnsupportedOperation");
    await scene.must(`PUT /v1/eip/${eip}?direct`);
    assert.equal(await statusOf(scene, eip), "updating");
    await scene.settle();
    assert.equal(await statusOf(scene, eip), "binded");
    assert.equal(await scene.end(`PUT /v1/eip/${eip}?direct`), "409 UnsupportedOperation");
    await scene.done(`PUT /v1/eip/${eip}?unDirect`);
    assert.equal(await scene.end(`PUT /v1/eip/${eip}?unDirect`), "409 UnsupportedOperation");
  });
});

describe("the life of an address", () => {
  it("is resized through updating, back to what it was", async () => {
    const scene = createBalancerScene();
    const eip = await scene.address();
    await scene.must(`PUT /v1/eip/${eip}?resize`, { newBandwidthInMbps: 7 });
    assert.equal(await statusOf(scene, eip), "updating");
    assert.equal(await scene.end(`PUT /v1/eip/${eip}?resize`, { newBandwidthInMbps: 8 }), "409 OperationDenied");
    await scene.settle();
    const { status, bandwidthInMbps } = (await shown(scene, eip)) ?? {};
    assert.deepEqual([status, bandwidthInMbps], ["available", 7]);
    assert.equal(await scene.end(`PUT /v1/eip/${eip}?resize`, { newBandwidthInMbps: 0 }), "400 BadRequest");
  });

  it("is protected against release as long as somebody says so", async () => {
    const scene = createBalancerScene();
    const eip = await scene.address();
    await scene.must(`PUT /v1/eip/${eip}/deleteProtect`, { deleteProtect: true });
    assert.equal(await scene.end(`DELETE /v1/eip/${eip}`), "409 OperationDenied");
    await scene.must(`PUT /v1/eip/${eip}/deleteProtect`, { deleteProtect: false });
    assert.equal(await scene.end(`DELETE /v1/eip/${eip}`), "200");
    assert.equal(await scene.end(`DELETE /v1/eip/${eip}`), "404 NoSuchObject");
    assert.equal(await scene.end(`PUT /v1/eip/${eip}/deleteProtect`, { deleteProtect: true }), "404 NoSuchObject");
  });

  it("can be had back from the recycle bin, for seven days", async () => {
    const scene = createBalancerScene();
    const { must, end, clock } = scene;
    const eip = await scene.address({ name: "web" });
    const id = (await shown(scene, eip))?.eipId;
    await must(`DELETE /v1/eip/${eip}?releaseToRecycle=true`);
    assert.equal(await shown(scene, eip), undefined);
    const [entry] = (await must<Listed>(`GET /v1/eip/recycle?eip=${eip}&name=web`)).eipList;
    assert.deepEqual([entry?.eip, entry?.eipId, entry?.name], [eip, id, "web"]);
    assert.ok(String(entry?.scheduledDeleteTime) > String(entry?.recycleTime));
    assert.notEqual(await scene.address(), eip);
    await must(`PUT /v1/eip/recycle/${eip}?restore`);
    assert.equal(await statusOf(scene, eip), "creating");
    await scene.settle();
    assert.equal((await shown(scene, eip))?.eipId, id);
    assert.equal(await end(`PUT /v1/eip/recycle/${eip}?restore`), "404 NoSuchObject");

    await must(`DELETE /v1/eip/${eip}?releaseToRecycle=true`);
    await must(`DELETE /v1/eip/recycle/${eip}`);
    assert.equal(await end(`DELETE /v1/eip/recycle/${eip}`), "404 NoSuchObject");

    const last = await scene.address();
    await must(`DELETE /v1/eip/${last}?releaseToRecycle=true`);
    await clock.advance(24 * 3_600_000);
    await scene.done(`PUT /v1/eip/recycle/${last}?restore`);
    await must(`DELETE /v1/eip/${last}?releaseToRecycle=true`);
    await clock.advance(7 * 24 * 3_600_000 - 1);
    assert.equal((await must<Listed>("GET /v1/eip/recycle")).eipList.length, 1);
    await clock.advance(1);
    assert.equal((await must<Listed>("GET /v1/eip/recycle")).eipList.length, 0);
  });

  it("is prepaid for a term that can be prolonged, and refunded", async () => {
    const scene = createBalancerScene();
    const { must, end } = scene;
    const prepaid = await scene.address({ billing: PREPAID });
    const term = async (eip: string) => String((await shown(scene, eip))?.expireTime);
    const before = await term(prepaid);
    assert.equal((await shown(scene, prepaid))?.billingMethod, null);
    await must(`PUT /v1/eip/${prepaid}?purchaseReserved`, { billing: PREPAID });
    assert.ok((await term(prepaid)) > before);
    const zero = { billing: { reservation: { reservationLength: 10 } } };
    assert.equal(await end(`PUT /v1/eip/${prepaid}?purchaseReserved`, zero), "400 BadRequest");
    await must(`PUT /v1/eip/${prepaid}?startAutoRenew`, { autoRenewTimeUnit: "year", autoRenewTime: 3 });
    assert.equal(
      await end(`PUT /v1/eip/${prepaid}?startAutoRenew`, { autoRenewTimeUnit: "year", autoRenewTime: 4 }),
      "400 BadRequest",
    );
    await must(`PUT /v1/eip/${prepaid}?stopAutoRenew`);
    assert.equal(await end(`PUT /v1/eip/${prepaid}?stopAutoRenew`), "409 OperationDenied");
    assert.equal(await end(`DELETE /v1/eip/${prepaid}`), "409 OperationDenied");
    await scene.done(`PUT /v1/eip/${prepaid}?bind`, { instanceType: "BCC", instanceId: scene.machine("a") });
    assert.equal(await end(`PUT /v1/eip/refund/${prepaid}`), "409 OperationDenied");
    await scene.done(`PUT /v1/eip/${prepaid}?unbind`);
    await must(`PUT /v1/eip/refund/${prepaid}`);
    assert.equal(await shown(scene, prepaid), undefined);

    const postpaid = await scene.address();
    for (const call of [`${postpaid}?purchaseReserved`, `${postpaid}?startAutoRenew`, `refund/${postpaid}`])
      assert.equal(await end(`PUT /v1/eip/${call}`, { billing: PREPAID }), "409 OperationDenied", call);
    assert.equal(
      await end(`PUT /v1/eip/${postpaid}?action=TO_PREPAY`, { purchaseLength: 10, bandWidth: 5 }),
      "400 BadRequest",
    );
    await scene.done(`PUT /v1/eip/${postpaid}?action=TO_PREPAY`, { purchaseLength: 12, bandWidth: 9 });
    const { paymentTiming, bandwidthInMbps, billingMethod } = (await shown(scene, postpaid)) ?? {};
    assert.deepEqual([paymentTiming, bandwidthInMbps, billingMethod], ["Prepaid", 9, null]);
    assert.equal(
      await end(`PUT /v1/eip/${postpaid}?action=TO_PREPAY`, { purchaseLength: 1, bandWidth: 9 }),
      "409 OperationDenied",
    );
  });

  it("has a price, in texts", async () => {
    const { must, end } = createBalancerScene();
    const price = (billing: object) => must<{ prices: object }>("POST /v1/eip/price", { bandwidthInMbps: 2, billing });
    assert.deepEqual((await price(PREPAID)).prices, { purchasePrice: "40.00000" });
    assert.deepEqual(Object.keys((await price(POSTPAID)).prices), ["configPrice", "netrafficPrice"]);
    assert.equal(await end("POST /v1/eip/price", { bandwidthInMbps: 2, billing: {} }), "400 BadRequest");
  });

  it("may be in a cluster that the operator made", async () => {
    const { must, end } = createBalancerScene();
    const { clusterList } = await must<{ clusterList: { clusterId: string }[] }>("GET /v1/eipcluster");
    const [cluster] = clusterList;
    assert.deepEqual(await must(`GET /v1/eipcluster/${cluster?.clusterId}`), {
      ...cluster,
      networkInBps: 0,
      networkOutBps: 0,
      networkInPps: 0,
      networkOutPps: 0,
    });
    assert.equal(await end("GET /v1/eipcluster/c-none"), "404 NoSuchObject");
  });
});
