import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EVENTS, SERVICES, type Service } from "@ccm/kube";
import { look, metadataOf, node } from "./node-scene.ts";
import { createProviderScene, type ProviderScene } from "./provider-scene.ts";
import { createWorld, type World } from "./world.ts";

const signal = new AbortController().signal;

function web(name: string): Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "default", uid: `uid-${name}` },
    spec: { type: "LoadBalancer", ports: [{ name: "http", port: 80, nodePort: 30080 }] },
  };
}
const ensure = async ({ provider }: ProviderScene, name: string) => {
  const { loadBalancers } = provider;
  assert.ok(loadBalancers);
  return loadBalancers.ensure({ clusterName: "kubernetes", service: web(name), nodes: [], signal });
};

describe("row 1: a cloud config that changes under the provider", () => {
  const withNode = async () => {
    const scene = await createProviderScene();
    const { id } = scene.simulator.createInstance({ name: "a" });
    await scene.addNode({ name: "a", spec: { providerID: `cce://${id}` } });
    /** Of the addresses that are asked for: where, and how much. */
    const asked: string[] = [];
    let onBlb = () => {};
    scene.intercept = (call, { body }) => {
      if (call.startsWith("POST blb/v1/blb")) onBlb();
      if (/^POST eip2?\/v1\/eip/.test(call)) {
        asked.push(`${call.split("/")[0]} ${JSON.parse(String(body)).bandwidthInMbps}`);
      }
      return undefined;
    };
    const whenBlbIsMade = (fn: () => void): void => {
      onBlb = fn;
    };
    return { scene, asked, whenBlbIsMade };
  };

  it("decides what is made from then on, and leaves alone what there is", async () => {
    const { scene, asked } = await withNode();
    await scene.during(ensure(scene, "first"));
    await scene.changeCloudConfig({ EipBandwidthInMbps: 7 });
    await scene.during(ensure(scene, "second"));
    const calls = await scene.callsOf(() => ensure(scene, "first"));
    assert.deepEqual(asked, ["POST eip 200", "POST eip 7"]);
    assert.deepEqual(
      calls.filter((call) => !call.startsWith("GET")),
      [],
    );
  });

  it("leaves an operation what it began with to its end, and closes the old connection only then", async () => {
    const { scene, asked, whenBlbIsMade } = await withNode();
    const Endpoints = Object.fromEntries(["bcc", "blb", "eip", "cce"].map((name) => [name, `http://${name}2.scene`]));
    let closed: number | undefined;
    let changing: Promise<void> | undefined;
    whenBlbIsMade(() => {
      whenBlbIsMade(() => {});
      changing = scene.changeCloudConfig({ EipBandwidthInMbps: 7, Endpoints }).then(() => {
        closed = scene.closedConnections();
      });
    });
    await scene.during(ensure(scene, "web"));
    await changing;
    assert.equal(closed, 0, "it changed in the middle");
    assert.deepEqual(asked, ["POST eip 200"]);
    assert.equal(scene.closedConnections(), 1);
    await scene.during(ensure(scene, "other"));
    assert.deepEqual(asked, ["POST eip 200", "POST eip2 7"]);
  });

  it("leaves a pass over the routes what its list was made with, and closes the old connection at the next", async () => {
    const { scene } = await withNode();
    const { routes } = scene.provider;
    assert.ok(routes);
    const [found] = await scene.nodes();
    assert.ok(found);
    const a = { ...found, spec: { ...found.spec, podCIDR: "10.1.0.0/24", podCIDRs: ["10.1.0.0/24"] } };
    const hosts = async (run: () => Promise<unknown>) =>
      new Set((await scene.callsOf(run)).map((call) => call.replace(/^\w+ (\w+)\/.*$/, "$1")));
    await scene.during(routes.list("kubernetes", [a], signal));
    await scene.changeCloudConfig({ Endpoints: { bcc: "http://bcc2.scene", cce: "http://cce2.scene" } });
    assert.deepEqual(await hosts(() => routes.create("kubernetes", a, "10.1.0.0/24", signal)), new Set(["bcc"]));
    assert.equal(scene.closedConnections(), 0);
    assert.ok((await hosts(() => routes.list("kubernetes", [a], signal))).has("bcc2"));
    assert.equal(scene.closedConnections(), 1);
  });

  it("changes what nodes are labelled with, and where they are looked up", async () => {
    const scene = await createProviderScene({ cloudConfig: { NodeSource: "bcc" } });
    const { id } = scene.simulator.createInstance({ name: "a" });
    const [before] = await look(scene, node("a", { providerID: `cce://${id}` }));
    assert.match(metadataOf(before).instanceType, /^bcc\./);
    await scene.changeCloudConfig({ InstanceTypeLabel: "legacy", NodeSource: "cce" });
    scene.calls.length = 0;
    const [after] = await look(scene, node("a", { providerID: `cce://${id}` }));
    assert.equal(metadataOf(after).instanceType, "BCC");
    assert.ok(
      scene.calls.every((call) => call.includes(" cce")),
      scene.calls.join("\n"),
    );
  });
});

describe("row 1: a cloud config that changes under the controllers", () => {
  const addresses = (world: World) => world.simulator.inventory().eips.length;
  const running = async (seed: string, cloudConfig: object = {}) => {
    const world = await createWorld({ seed, cloudConfig: { ...cloudConfig } });
    const ccm = world.startCcm();
    await world.clock.advance(10_000);
    const { metadata, ...rest } = web("web");
    await world.client.create(SERVICES, { ...rest, metadata: { name: "web", namespace: metadata.namespace ?? "" } });
    await world.clock.advance(60_000);
    return { world, ccm };
  };

  it("has all Services looked at again at once when it may change what they have, and tells of no drift", async () => {
    const { world, ccm } = await running("internal");
    assert.equal(addresses(world), 1);
    ccm.changeCloudConfig({ DisableEip: true });
    await world.clock.advance(60_000);
    assert.equal(addresses(world), 0);
    const { items } = await world.client.list(EVENTS);
    assert.deepEqual(
      items.filter(({ reason }) => reason === "DriftRepaired"),
      [],
    );
    ccm.changeCloudConfig({});
    await world.clock.advance(60_000);
    assert.equal(addresses(world), 1);
    await world.close();
  });

  it("takes over the Services that were left to others before", async () => {
    const { world, ccm } = await running("selection", { ServiceSelection: "opt-in" });
    assert.equal(addresses(world), 0);
    ccm.changeCloudConfig({ ServiceSelection: "all" });
    await world.clock.advance(60_000);
    assert.equal(addresses(world), 1);
    await world.close();
  });
});
