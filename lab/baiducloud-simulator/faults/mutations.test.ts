import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createScene, type Scene } from "../testing/client.ts";
import { parseChange } from "./mutations.ts";

interface Blb {
  readonly name: string;
  readonly tags: readonly object[];
  readonly listener: readonly { readonly port: string }[];
}

async function sceneWithBlb(): Promise<Scene & { readonly blbId: string; show(): Promise<Blb> }> {
  const scene = createScene();
  const { vpcId, subnetIds } = scene.simulator;
  const made = await scene.call<{ blbId: string }>("POST /v1/blb", { vpcId, subnetId: subnetIds[0], name: "web" });
  const { blbId } = made.body;
  await scene.settle();
  return { ...scene, blbId, show: async () => (await scene.call<Blb>(`GET /v1/blb/${blbId}`)).body };
}

function mutate(scene: Scene, change: object): void {
  scene.simulator.mutate(parseChange(change));
}

describe("a change behind the client's back", () => {
  it("renames, gives other tags, adds a foreign listener", async () => {
    const scene = await sceneWithBlb();
    const { blbId: resource } = scene;
    mutate(scene, { action: "rename", resource, name: "theirs" });
    mutate(scene, { action: "retag", resource, tags: [{ tagKey: "k", tagValue: "v" }] });
    mutate(scene, { action: "add-listener", resource, port: 8443 });
    await scene.settle();
    const { name, tags, listener } = await scene.show();
    assert.deepEqual([name, tags], ["theirs", [{ tagKey: "k", tagValue: "v" }]]);
    assert.deepEqual(
      listener.map(({ port }) => port),
      ["8443"],
    );
  });

  it("deletes a load balancer, and a machine", async () => {
    const scene = await sceneWithBlb();
    const { id } = scene.simulator.createInstance({ name: "node" });
    mutate(scene, { action: "delete", resource: scene.blbId });
    mutate(scene, { action: "delete", resource: id });
    assert.equal((await scene.call(`GET /v1/blb/${scene.blbId}`)).status, 404);
    assert.deepEqual(scene.simulator.inventory().instances, []);
  });

  it("unbinds an EIP, and releases it then: one that is bound is not", async () => {
    const scene = await sceneWithBlb();
    const billing = { paymentTiming: "Postpaid", billingMethod: "ByTraffic" };
    const eips = async () => scene.simulator.inventory().eips.map(({ instanceId }) => instanceId || "free");
    const { eip } = (await scene.call<{ eip: string }>("POST /v1/eip", { bandwidthInMbps: 1, billing })).body;
    await scene.settle();
    const bind = () =>
      scene
        .call(`PUT /v1/eip/${eip}?bind`, { instanceType: "BLB", instanceId: scene.blbId })
        .then(() => scene.settle());
    await bind();
    assert.deepEqual(await eips(), [scene.blbId]);
    assert.throws(() => mutate(scene, { action: "delete", resource: eip }), /must be available to be released/);
    mutate(scene, { action: "unbind-eip", resource: eip });
    await scene.settle();
    assert.deepEqual(await eips(), ["free"]);
    mutate(scene, { action: "delete", resource: eip });
    assert.deepEqual(await eips(), []);
  });

  it("is any operation, with its own refusals", async () => {
    const scene = await sceneWithBlb();
    const call = (params: object) => ({ action: "call", product: "blb", operation: "DeleteLoadBalancer", params });
    assert.throws(() => mutate(scene, call({})), /params\.blbId is required/);
    assert.throws(() => mutate(scene, call({ blbId: "lb-none" })), /lb-none/);
    assert.throws(() => mutate(scene, { ...call({}), operation: "Nothing" }), /there is no blb Nothing/);
    mutate(scene, call({ blbId: scene.blbId }));
    assert.equal((await scene.call(`GET /v1/blb/${scene.blbId}`)).status, 404);
  });

  it("is refused where there is nothing to change", async () => {
    const scene = await sceneWithBlb();
    assert.throws(() => mutate(scene, { action: "delete", resource: "lb-none" }), /lb-none/);
    assert.throws(() => mutate(scene, { action: "rename", resource: "lb-none", name: "x" }), /lb-none/);
    assert.throws(() => mutate(scene, { action: "explode" }), /action: "explode" is unknown/);
    assert.throws(() => mutate(scene, { action: "delete", what: "x" }), /what is unknown/);
  });

  it("is fired by a rule: after the answer that the client got, the object is another", async () => {
    const scene = await sceneWithBlb();
    const match = { operation: "DescribeLoadBalancerDetail", nth: 2 };
    scene.simulator.faults.add({ match, effect: { kind: "change", action: "delete" } });
    const line = `GET /v1/blb/${scene.blbId}`;
    const seen: number[] = [];
    for (let call = 0; call < 3; call++) seen.push((await scene.call(line)).status);
    assert.deepEqual(seen, [200, 200, 404]);
    assert.equal(scene.simulator.faults.list()[0]?.fired, 1);
  });
});
