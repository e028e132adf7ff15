import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createBalancerScene } from "../../testing/balancers.ts";

type Row = Readonly<Record<string, unknown>>;
const TEAM = { tagKey: "team", tagValue: "a" };

async function start() {
  const scene = createBalancerScene();
  const blbId = await scene.balancer("blb", { tags: [{ tagKey: "app", tagValue: "web" }] });
  const appBlbId = await scene.balancer("appblb");
  const eip = await scene.address();
  const { eipList } = await scene.must<{ eipList: Row[] }>(`GET /v1/eip?eip=${eip}`);
  const eipId = String(eipList[0]?.eipId);
  const vpcId = scene.simulator.vpcId;
  const tagsOf = async () => (await scene.must<{ tags: Row[] }>(`GET /v1/blb/${blbId}`)).tags;
  const known = async (query = "") =>
    (await scene.must<{ tags: Row[] }>(`GET /v1/tag?${query}`)).tags.map(
      ({ tagKey, tagValue }) => `${tagKey}=${tagValue}`,
    );
  const on = (serviceType: string, resourceId: string, region = "bj") => ({ serviceType, resourceId, region });
  return { ...scene, blbId, appBlbId, eip, eipId, vpcId, tagsOf, known, on };
}

describe("tags", () => {
  it("are known when they are made or used, and forgotten when nothing has them", async () => {
    const { must, end, known, on, blbId } = await start();
    await must("PUT /v1/tag?create", { tags: [TEAM] });
    assert.deepEqual((await known()).sort(), ["app=web", "team=a"]);
    assert.deepEqual(await known("tagKey=team"), ["team=a"]);
    assert.deepEqual(await known("tagValue=none"), []);
    assert.equal(await end("PUT /v1/tag?create", { tags: [{ tagKey: "a:b", tagValue: "" }] }), "400 BadRequest");
    assert.equal(await end("PUT /v1/tag?create", { tags: [] }), "400 InappropriateJSON");
    assert.equal(await end("PUT /v1/tag", { tags: [TEAM] }), "400 BadRequest");
    assert.equal(
      await end("PUT /v1/tag?delete", { tags: [{ tagKey: "app", tagValue: "web" }] }),
      "409 OperationDenied",
    );
    await must("PUT /v1/tag?deleteTagAssociation", { resource: on("BLB", blbId) });
    await must("PUT /v1/tag?delete", { tags: [{ tagKey: "app", tagValue: "web" }, TEAM] });
    assert.deepEqual(await known(), []);
    assert.equal(await end("PUT /v1/tag?delete", { tags: [TEAM] }), "404 NoSuchObject");
  });

  it("go onto resources of every kind, and their products show them", async () => {
    const { must, end, tagsOf, on, blbId, appBlbId, eip, eipId, vpcId, machine, simulator } = await start();
    const resources = [
      on("BLB", blbId),
      on("BLB", appBlbId),
      on("EIP", eipId),
      on("VPC", vpcId),
      on("SUBNET", simulator.subnetIds[0] ?? ""),
      on("BCC", machine("a")),
    ];
    await must("POST /v1/resource", { ...TEAM, serviceType: "", resources });
    assert.deepEqual(await tagsOf(), [{ tagKey: "app", tagValue: "web" }, TEAM]);
    const { eipList } = await must<{ eipList: Row[] }>(`GET /v1/eip?eip=${eip}`);
    assert.deepEqual(eipList[0]?.tags, [TEAM]);
    assert.deepEqual((await must<{ vpc: Row }>(`GET /v1/vpc/${vpcId}`)).vpc.tags, [TEAM]);
    await must("POST /v1/resource", { tagKey: "team", tagValue: "b", resources: [on("BLB", blbId)] });
    assert.deepEqual(await tagsOf(), [
      { tagKey: "app", tagValue: "web" },
      { tagKey: "team", tagValue: "b" },
    ]);
    await must("PUT /v1/resource", { tagKey: "team", tagValue: "b", resources: [on("BLB", blbId)] });
    assert.deepEqual(await tagsOf(), [{ tagKey: "app", tagValue: "web" }]);
    const refused = [
      [[], "400 InappropriateJSON"],
      [[on("BLB", "lb-none")], "404 NoSuchObject"],
      [[on("BBC", machine("b"))], "404 NoSuchObject"],
      [[on("TOASTER", blbId)], "400 BadRequest"],
      [[on("BLB", blbId, "mars")], "400 BadRequest"],
      [[on("BLB", blbId, "gz")], "404 NoSuchObject"],
      [[on("BLB", appBlbId), on("BLB", "lb-none")], "404 NoSuchObject"],
    ] as const;
    for (const [bad, expected] of refused) {
      for (const method of ["POST", "PUT"])
        assert.equal(await end(`${method} /v1/resource`, { ...TEAM, resources: bad }), expected);
    }
  });

  it("replace those of a resource, and leave it all at once", async () => {
    const { must, end, tagsOf, on, blbId } = await start();
    const assign = (tags: readonly object[]) => ({ resources: [{ ...on("BLB", blbId), tags, associationType: "" }] });
    await must("POST /v1/tag?createAndAssign", assign([TEAM]));
    assert.deepEqual(await tagsOf(), [TEAM]);
    const many = Array.from({ length: 21 }, (_, index) => ({ tagKey: `k${index}`, tagValue: "" }));
    assert.equal(await end("POST /v1/tag?createAndAssign", assign(many)), "403 QuotaLimitExceeded");
    assert.equal(await end("POST /v1/tag?createAndAssign", { resources: [] }), "400 InappropriateJSON");
    await must("PUT /v1/tag?deleteTagAssociation", { resource: on("BLB", blbId) });
    assert.deepEqual(await tagsOf(), []);
    assert.equal(await end("PUT /v1/tag?deleteTagAssociation", { resource: on("BLB", "lb-none") }), "404 NoSuchObject");
  });

  it("tell which resources have them, in all regions", async () => {
    const { must, call, on, blbId, eipId } = await start();
    const gz = { host: "eip.gz.baidubce.com" };
    const billing = { paymentTiming: "Postpaid", billingMethod: "ByTraffic" };
    await call("POST /v1/eip", { bandwidthInMbps: 1, billing, tags: [TEAM] }, gz);
    await must("POST /v1/resource", { ...TEAM, resources: [on("EIP", eipId)] });
    const found = async (query: string) =>
      (await must<{ tagResources: Row[] }>(`GET /v1/tag/tagResources?${query}`)).tagResources;
    const [team] = await found("tagKey=team");
    assert.deepEqual([team?.tagKey, team?.tagValue, ((team?.resources ?? []) as Row[]).length], ["team", "a", 2]);
    assert.deepEqual((await found("tagKey=team&region=bj"))[0]?.resources, [
      { resourceType: "EIP", resourceId: eipId, region: "bj" },
    ]);
    assert.deepEqual(await found("tagKey=team&resourceType=BLB"), []);
    const full = async (body: object) =>
      (await must<{ tagAssociationFulls: Row[] }>("POST /v1/tag/queryFullList?strongAssociation=true", body))
        .tagAssociationFulls;
    const [one] = await full({ serviceTypes: ["BLB"], resourceIds: [blbId], regions: ["bj"] });
    const { tagId, ...rest } = one ?? {};
    assert.equal(typeof tagId, "number");
    assert.deepEqual(rest, {
      accountId: "lab",
      resourceId: blbId,
      resourceUuid: blbId,
      region: "bj",
      serviceType: "BLB",
      tagKey: "app",
      tagValue: "web",
      associationType: 1,
    });
    assert.equal((await full({ tagKey: "team" })).length, 2);
    assert.equal(new Set((await full({ tagKey: "team" })).map((entry) => entry.tagId)).size, 1);
    assert.deepEqual(await full({ tagValue: "none" }), []);
  });
});
