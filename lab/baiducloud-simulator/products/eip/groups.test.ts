import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type BalancerScene, createBalancerScene, POSTPAID, PREPAID } from "../../testing/balancers.ts";

interface Group {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly bandwidthInMbps: number;
  readonly expireTime: string | null;
  readonly eips: readonly Readonly<Record<string, unknown>>[];
  readonly eipv6s: readonly Readonly<Record<string, unknown>>[];
}

const BILLING = { paymentTiming: "Postpaid", billingMethod: "ByBandwidth" };
const NEW = { bandwidthInMbps: 100, billing: BILLING, eipCount: 2, eipv6Count: 1, name: "shared" };
const made = async (scene: BalancerScene, more: object = {}) =>
  (await scene.done<{ id: string }>("POST /v1/eipgroup", { ...NEW, ...more })).id;
const group = (scene: BalancerScene, id: string) => scene.must<Group>(`GET /v1/eipgroup/${id}`);
const addressesIn = async (scene: BalancerScene, id: string) =>
  (await group(scene, id)).eips.map(({ eip }) => String(eip));
const listed = async (scene: BalancerScene, eip: string) =>
  (await scene.must<{ eipList: Readonly<Record<string, unknown>>[] }>(`GET /v1/eip?eip=${eip}`)).eipList[0];

describe("shared bandwidth", () => {
  it("is made with addresses of both families, creating first", async () => {
    const scene = createBalancerScene();
    const { id } = await scene.must<{ id: string }>("POST /v1/eipgroup", NEW);
    assert.match(id, /^eg-/);
    assert.equal((await group(scene, id)).status, "creating");
    assert.equal(await scene.end(`PUT /v1/eipgroup/${id}?resize`, { bandwidthInMbps: 50 }), "409 OperationDenied");
    await scene.settle();
    const { status, eips, eipv6s } = await group(scene, id);
    assert.deepEqual([status, eips.length, eipv6s.length], ["available", 2, 1]);
    const { eipInstanceType, shareGroupId, nativeGroup } = eips[0] ?? {};
    assert.deepEqual([eipInstanceType, shareGroupId, nativeGroup], ["shared", id, true]);
    const address = String(eips[0]?.eip);
    assert.equal(await scene.end(`PUT /v1/eip/${address}?resize`, { newBandwidthInMbps: 9 }), "409 OperationDenied");
    assert.equal(await scene.end(`DELETE /v1/eip/${address}`), "409 OperationDenied");
  });

  const refused = [
    ["more addresses than its bandwidth bears", { bandwidthInMbps: 3 }, "400 BadRequest"],
    [
      "too little bandwidth for a prepaid one",
      { bandwidthInMbps: 19, billing: PREPAID, eipCount: 1 },
      "400 BadRequest",
    ],
    ["too little for BGP_S", { bandwidthInMbps: 60, routeType: "BGP_S" }, "400 BadRequest"],
    ["terms of single addresses", { billing: POSTPAID }, "400 BadRequest"],
    ["more addresses than the quota", { eipCount: 60 }, "403 QuotaLimitExceeded"],
  ] as const;
  for (const [what, more, expected] of refused) {
    it(`is refused with ${what}, and leaves nothing`, async () => {
      const scene = createBalancerScene();
      assert.equal(await scene.end("POST /v1/eipgroup", { ...NEW, ...more }), expected);
      assert.deepEqual(scene.simulator.inventory().eips, []);
    });
  }

  it("is listed by id, name and status, and by pages", async () => {
    const scene = createBalancerScene();
    const ids = [await made(scene, { name: "a" }), await made(scene, { name: "b" })].sort();
    const list = async (query: string) =>
      scene.must<{ eipgroups: Group[]; nextMarker?: string; isTruncated: boolean }>(`GET /v1/eipgroup?${query}`);
    const names = async (query: string) => (await list(query)).eipgroups.map(({ name }) => name);
    assert.deepEqual(await names("name=a"), ["a"]);
    assert.deepEqual((await names("status=available")).sort(), ["a", "b"]);
    assert.deepEqual(await names("status=paused"), []);
    const first = await list("maxKeys=1");
    const second = await list(`maxKeys=1&marker=${first.nextMarker}`);
    assert.deepEqual(
      [first, second].map(({ eipgroups }) => eipgroups[0]?.id),
      ids,
    );
    assert.equal(second.isTruncated, false);
    assert.deepEqual(await names(`id=${ids[0]}`), [(await group(scene, ids[0] ?? "")).name]);
    assert.equal(await scene.end("GET /v1/eipgroup/eg-none"), "404 NoSuchObject");
  });

  it("is resized three ways, told apart by the body", async () => {
    const scene = createBalancerScene();
    const { must, end, settle } = scene;
    const id = await made(scene);
    await must(`PUT /v1/eipgroup/${id}?resize`, { bandwidthInMbps: 50 });
    assert.equal((await group(scene, id)).status, "updating");
    await settle();
    assert.equal((await group(scene, id)).bandwidthInMbps, 50);
    await must(`PUT /v1/eipgroup/${id}?resize`, { eipAddCount: 1, eipv6AddCount: 1 });
    await settle();
    const { eips, eipv6s } = await group(scene, id);
    assert.deepEqual([eips.length, eipv6s.length], [3, 2]);
    await must(`PUT /v1/eipgroup/${id}?resize`, { releaseIps: [eips[0]?.eip] });
    assert.equal((await addressesIn(scene, id)).length, 2);
    assert.equal(await end(`PUT /v1/eipgroup/${id}?resize`, {}), "400 BadRequest");
    assert.equal(await end(`PUT /v1/eipgroup/${id}?resize`, { bandwidthInMbps: 4 }), "400 BadRequest");
    assert.equal(await end(`PUT /v1/eipgroup/${id}?resize`, { releaseIps: ["127.1.1.1"] }), "404 NoSuchObject");
    const [bound = ""] = await addressesIn(scene, id);
    await scene.done(`PUT /v1/eip/${bound}?bind`, { instanceType: "BCC", instanceId: scene.machine("a") });
    assert.equal(await end(`PUT /v1/eipgroup/${id}?resize`, { releaseIps: [bound] }), "409 OperationDenied");
  });

  it("takes addresses in and gives them back as they were; its own need terms to leave", async () => {
    const scene = createBalancerScene();
    const { must, end } = scene;
    const id = await made(scene);
    const other = await made(scene, { name: "other" });
    const [mine, prepaid] = [await scene.address(), await scene.address({ billing: PREPAID })];
    await must(`PUT /v1/eipgroup/${id}?move_in`, { eips: [mine] });
    assert.equal((await listed(scene, mine))?.shareGroupId, id);
    assert.equal(await end(`PUT /v1/eipgroup/${other}?move_in`, { eips: [mine] }), "409 OperationDenied");
    assert.equal(await end(`PUT /v1/eipgroup/${id}?move_in`, { eips: [prepaid] }), "409 OperationDenied");
    assert.equal(await end(`PUT /v1/eipgroup/${id}?move_in`, { eips: [] }), "400 BadRequest");
    assert.equal(await end("PUT /v1/eipgroup/eg-none?move_in", { eips: [mine] }), "404 NoSuchObject");
    assert.equal(
      await end(`PUT /v1/eipgroup/${other}?move_out`, { moveOutEips: [{ eip: mine }] }),
      "409 OperationDenied",
    );
    // As the official Go client sends it.
    await must(`PUT /v1/eipgroup/${id}?move_out`, { moveOutEips: [{ eip: mine, bandwidthInMbps: 0, billing: null }] });
    const { shareGroupId, bandwidthInMbps, eipInstanceType } = (await listed(scene, mine)) ?? {};
    assert.deepEqual([shareGroupId, bandwidthInMbps, eipInstanceType], [null, 5, "normal"]);

    const [native = ""] = await addressesIn(scene, id);
    assert.equal(await end(`PUT /v1/eipgroup/${id}?move_out`, { moveOutEips: [{ eip: native }] }), "400 BadRequest");
    const leaving = { eip: native, bandwidthInMbps: 3, billing: POSTPAID };
    await must(`PUT /v1/eipgroup/${id}?move_out`, { moveOutEips: [leaving] });
    assert.equal((await listed(scene, native))?.bandwidthInMbps, 3);
    assert.equal(await end(`DELETE /v1/eip/${native}`), "200");
  });

  it("is renamed, and released when none of its addresses is bound", async () => {
    const scene = createBalancerScene();
    const { must, end, done } = scene;
    const id = await made(scene);
    await must(`PUT /v1/eipgroup/${id}?update`, { name: "other" });
    assert.equal((await group(scene, id)).name, "other");
    const mine = await scene.address();
    await must(`PUT /v1/eipgroup/${id}?move_in`, { eips: [mine] });
    await done(`PUT /v1/eip/${mine}?bind`, { instanceType: "BCC", instanceId: scene.machine("a") });
    assert.equal(await end(`DELETE /v1/eipgroup/${id}`), "409 OperationDenied");
    await done(`PUT /v1/eip/${mine}?unbind`);
    await must(`DELETE /v1/eipgroup/${id}`);
    assert.equal(await end(`DELETE /v1/eipgroup/${id}`), "404 NoSuchObject");
    assert.deepEqual(
      scene.simulator.inventory().eips.map(({ eip }) => eip),
      [mine],
      "those made by it went with it",
    );
    assert.equal((await listed(scene, mine))?.shareGroupId, null);
  });

  it("is prepaid for a term that can be prolonged and refunded", async () => {
    const scene = createBalancerScene();
    const { must, end } = scene;
    const id = await made(scene, { billing: PREPAID, eipCount: 1 });
    const before = (await group(scene, id)).expireTime ?? "";
    await must(`PUT /v1/eipgroup/${id}?purchaseReserved`, { billing: PREPAID });
    assert.ok(((await group(scene, id)).expireTime ?? "") > before);
    assert.equal(await end(`DELETE /v1/eipgroup/${id}`), "409 OperationDenied");
    await must(`PUT /v1/eipgroup/refund/${id}`);
    assert.equal(await end(`GET /v1/eipgroup/${id}`), "404 NoSuchObject");
    const postpaid = await made(scene);
    assert.equal(await end(`PUT /v1/eipgroup/refund/${postpaid}`), "409 OperationDenied");
    assert.equal(
      await end(`PUT /v1/eipgroup/${postpaid}?purchaseReserved`, { billing: PREPAID }),
      "409 OperationDenied",
    );
    const price = { bandwidthInMbps: 20, count: 1, ipNum: 2, billing: PREPAID };
    assert.deepEqual(await must("POST /v1/eipgroup/price", price), { prices: { purchasePrice: "400.00000" } });
  });
});
