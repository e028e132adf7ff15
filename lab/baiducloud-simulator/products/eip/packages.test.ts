import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createBalancerScene } from "../../testing/balancers.ts";

interface Package {
  readonly id: string;
  readonly name: string;
  readonly bindType: string;
  readonly eips: readonly string[];
  readonly instanceId: string;
  readonly bandwidthInMbps: number;
  readonly instanceBandwidthInMbps: number;
  readonly autoReleaseTime: string;
}

describe("a bandwidth package", () => {
  it("widens an address, is changed, and ends", async () => {
    const scene = createBalancerScene();
    const { must, end } = scene;
    const eip = await scene.address();
    const body = { eip, bandwidthInMbps: 10, name: "more" };
    const { id } = await must<Package>("POST /v1/eipbp", body);
    assert.match(id, /^bw-/);
    assert.equal(await end("POST /v1/eipbp", body), "409 OperationDenied");
    assert.equal(await end("POST /v1/eipbp", { bandwidthInMbps: 10 }), "400 BadRequest");
    assert.equal(await end("POST /v1/eipbp", { ...body, eip: "127.1.1.1" }), "404 NoSuchObject");
    const shown = await must<Package>(`GET /v1/eipbp/${id}`);
    assert.deepEqual([shown.bindType, shown.eips, shown.instanceBandwidthInMbps], ["eip", [eip], 5]);
    const address = async () =>
      (await must<{ eipList: Readonly<Record<string, unknown>>[] }>(`GET /v1/eip?eip=${eip}`)).eipList[0];
    assert.deepEqual([(await address())?.bwShortId, (await address())?.bwBandwidthInMbps], [id, 10]);
    await must(`PUT /v1/eipbp/${id}?resize`, { bandwidthInMbps: 20 });
    await must(`PUT /v1/eipbp/${id}?rename`, { name: "less" });
    const list = async (query: string) => (await must<{ bpList: Package[] }>(`GET /v1/eipbp?${query}`)).bpList;
    assert.deepEqual(
      (await list("name=less&bindType=eip")).map((one) => one.bandwidthInMbps),
      [20],
    );
    assert.deepEqual(await list("bindType=eipgroup"), []);
    await must(`DELETE /v1/eipbp/${id}`);
    assert.equal((await address())?.bwShortId, null);
    for (const call of [`GET /v1/eipbp/${id}`, `DELETE /v1/eipbp/${id}`])
      assert.equal(await end(call), "404 NoSuchObject");
    for (const [action, change] of [
      ["resize", { bandwidthInMbps: 1 }],
      ["retime", {}],
      ["rename", { name: "a" }],
    ] as const)
      assert.equal(await end(`PUT /v1/eipbp/${id}?${action}`, change), "404 NoSuchObject");
    const price = await must<{ prices: object }>("POST /v1/eipbp/price", { bandwidthInMbps: 10, count: 1 });
    assert.deepEqual(price.prices, { configPrice: "0.00600" });
  });

  it("ends by itself at the last time that was said, or with what it is for", async () => {
    const scene = createBalancerScene();
    const { must, clock, end } = scene;
    const count = async () => (await must<{ bpList: unknown[] }>("GET /v1/eipbp")).bpList.length;
    const at = (hours: number) => new Date(clock.now() + hours * 3_600_000).toISOString().replace(/\.\d+Z$/, "Z");
    const eip = await scene.address();
    const { id } = await must<Package>("POST /v1/eipbp", { eip, bandwidthInMbps: 10, autoReleaseTime: at(1) });
    await must(`PUT /v1/eipbp/${id}?retime`, { autoReleaseTime: at(3) });
    assert.equal(await end(`PUT /v1/eipbp/${id}?retime`, { autoReleaseTime: at(-1) }), "400 BadRequest");
    await clock.advance(2 * 3_600_000);
    assert.equal(await count(), 1);
    await clock.advance(2 * 3_600_000);
    assert.equal(await count(), 0);
    await must("POST /v1/eipbp", { eip, bandwidthInMbps: 10 });
    await must(`DELETE /v1/eip/${eip}`);
    assert.equal(await count(), 0);

    scene.simulator.createEipGroup("eg-1");
    const shared = await must<Package>("POST /v1/eipbp", { eipGroupId: "eg-1", bandwidthInMbps: 10 });
    const { bindType, instanceId } = await must<Package>(`GET /v1/eipbp/${shared.id}`);
    assert.deepEqual([bindType, instanceId], ["eipgroup", "eg-1"]);
    await must("DELETE /v1/eipgroup/eg-1");
    assert.equal(await count(), 0);
  });
});

describe("a traffic package", () => {
  it("is bought, listed, and expires", async () => {
    const { must, end, clock } = createBalancerScene();
    const { id } = await must<{ id: string }>("POST /v1/eiptp", { reservationLength: 1, capacity: "10G" });
    assert.match(id, /^tp-/);
    const { status, capacity } = await must<{ status: string; capacity: string }>(`GET /v1/eiptp/${id}`);
    assert.deepEqual([status, capacity], ["RUNNING", "10G"]);
    const count = async (query: string) =>
      (await must<{ packageList: unknown[] }>(`GET /v1/eiptp?${query}`)).packageList.length;
    assert.deepEqual([await count(`id=${id}`), await count("status=EXPIRED")], [1, 0]);
    await clock.advance(32 * 24 * 3_600_000);
    assert.deepEqual([await count("status=RUNNING"), await count("status=EXPIRED")], [0, 1]);
    assert.equal(await end("GET /v1/eiptp/tp-none"), "404 NoSuchObject");
    assert.equal(await end("POST /v1/eiptp", { reservationLength: 2, capacity: "10G" }), "400 BadRequest");
    assert.equal(await end("POST /v1/eiptp", { reservationLength: 1, capacity: "much" }), "400 BadRequest");
    assert.deepEqual(await must("POST /v1/eiptp/price", { reservationLength: 6, capacity: "1T" }), {
      price: "4300.80000",
    });
  });
});
