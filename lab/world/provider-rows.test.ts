import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EVENTS, type KubeClient, NODES, type Node, SERVICES, type Service } from "@ccm/kube";
import { foreignRule } from "./provider-scene.ts";
import { createWorld, type World, type WorldOptions } from "./world.ts";

const TAINT = "node.cloudprovider.kubernetes.io/uninitialized";
const INTERNAL = "service.beta.kubernetes.io/cce-load-balancer-internal-vpc";

async function worldOf(options: Partial<WorldOptions> = {}): Promise<World> {
  return createWorld({ seed: "rows", nodes: 2, ...options });
}

const nodesOf = async ({ client }: World): Promise<readonly Node[]> => (await client.list(NODES)).items;
const nodeOf = (world: World, name: string): Promise<Node> => world.client.get(NODES, { name });
const eventsOf = async ({ client }: World, reason: string) =>
  (await client.list(EVENTS)).items.filter((event) => event.reason === reason);
const routeWrites = ({ trace }: World) => trace.lines.filter((line) => / (POST|PUT|DELETE) \/v1\/route/.test(line));

describe("row 6: a new node", () => {
  it("gets provider ID, addresses, type, zone and region, and loses the taint", async () => {
    const world = await worldOf({ nodes: 0 });
    const { id, internalIp, zoneName } = world.simulator.createInstance({ name: "new" });
    const spec = { taints: [{ key: TAINT, value: "true", effect: "NoSchedule" as const }] };
    await world.client.create(NODES, { apiVersion: "v1", kind: "Node", metadata: { name: "new" }, spec });
    world.startCcm();
    await world.clock.advance(10_000);
    const node = await nodeOf(world, "new");
    assert.equal(node.spec?.providerID, `cce://${id}`);
    assert.deepEqual(node.spec?.taints ?? [], []);
    const labels = node.metadata.labels ?? {};
    for (const [key, value] of Object.entries({
      "beta.kubernetes.io/instance-type": "bcc.g5.c2m8",
      "node.kubernetes.io/instance-type": "bcc.g5.c2m8",
      "failure-domain.beta.kubernetes.io/zone": zoneName,
      "topology.kubernetes.io/zone": zoneName,
      "failure-domain.beta.kubernetes.io/region": "bj",
      "topology.kubernetes.io/region": "bj",
      "cce.baidubce.com/instanceid": id,
    })) {
      assert.equal(labels[key], value, key);
    }
    assert.match(labels["topology.kubernetes.io/subnet"] ?? "", /^sbn-/);
    assert.deepEqual(node.status?.addresses, [
      { type: "InternalIP", address: internalIp },
      { type: "Hostname", address: "new" },
    ]);
    await world.close();
  });

  it("row 8: whose name fits two machines keeps its taint, and gets an event that names both", async () => {
    const world = await worldOf({ nodes: 0 });
    const ids = [1, 2].map(() => world.simulator.createInstance({ name: "twin" }).id).sort();
    const spec = { taints: [{ key: TAINT, value: "true", effect: "NoSchedule" as const }] };
    await world.client.create(NODES, { apiVersion: "v1", kind: "Node", metadata: { name: "twin" }, spec });
    world.startCcm();
    await world.clock.advance(300_000);
    const node = await nodeOf(world, "twin");
    assert.equal(node.spec?.providerID, undefined);
    assert.equal(node.spec?.taints?.[0]?.key, TAINT);
    const events = (await world.client.list(EVENTS)).items.filter(({ message }) => message?.includes(ids.join(", ")));
    assert.equal(events.length, 1);
    assert.equal(events[0]?.type, "Warning");
    await world.close();
  });
});

describe("row 11: a node", () => {
  it("is deleted when its machine is, tainted while it is switched off, and neither while the cloud fails", async () => {
    const world = await worldOf({ nodes: 4 });
    const { clock, simulator, machines } = world;
    world.startCcm();
    await clock.advance(30_000);
    const instances = simulator.inventory().instances;
    const idOf = (name: string) => instances.find((one) => one.name === name)?.id ?? assert.fail(name);
    simulator.stopInstance(idOf("node-1"));
    simulator.deleteInstance(idOf("node-2"));
    for (const name of ["node-1", "node-2"]) await world.during(machines.powerOff(name));
    await clock.advance(120_000);
    const names = (await nodesOf(world)).map(({ metadata }) => metadata.name);
    assert.deepEqual(names.sort(), ["node-1", "node-3", "node-4"]);
    const taints = (await nodeOf(world, "node-1")).spec?.taints ?? [];
    assert.ok(taints.some(({ key }) => key === "node.cloudprovider.kubernetes.io/shutdown"));
    await world.close();
  });
});

describe("row 13: routes of a running cluster", () => {
  it("follow a Pod CIDR to its next Node with one change in place", async () => {
    const world = await worldOf();
    const { client, clock, simulator, machines } = world;
    world.startCcm();
    await clock.advance(30_000);
    const before = routeWrites(world).length;
    const { podCIDR, podCIDRs } = (await nodeOf(world, "node-1")).spec ?? {};
    const gone = simulator.inventory().instances.find(({ name }) => name === "node-1");
    assert.ok(gone && podCIDR && podCIDRs);
    await world.during(machines.powerOff("node-1"));
    simulator.deleteInstance(gone.id);
    await client.delete(NODES, { name: "node-1" });
    const made = simulator.createInstance({ name: "next" });
    const spec = { podCIDR, podCIDRs, providerID: `cce://${made.id}` };
    await client.create(NODES, { apiVersion: "v1", kind: "Node", metadata: { name: "next" }, spec });
    await clock.advance(30_000);
    assert.ok(
      simulator.inventory().routes.some((route) => route.destination === podCIDR && route.nexthopId === made.id),
    );
    const writes = routeWrites(world).slice(before);
    assert.equal(writes.length, 1, writes.join("\n"));
    assert.match(writes[0] ?? "", / PUT \/v1\/route\/rule\/rr-/);
    await world.close();
  });

  it("row 37: that somebody removes or turns are put right by the periodic pass", async () => {
    const world = await worldOf();
    const { clock, simulator } = world;
    world.startCcm();
    await clock.advance(30_000);
    const [route] = simulator.inventory().routes;
    assert.ok(route);
    simulator.removeRoute(route.id);
    assert.equal(simulator.inventory().routes.length, 1);
    await clock.advance(900_000);
    assert.ok(simulator.inventory().routes.some(({ destination }) => destination === route.destination));
    await world.close();
  });

  it("outside of the cluster's CIDRs are left alone, whatever their mark says", async () => {
    const world = await worldOf();
    world.startCcm();
    await world.clock.advance(30_000);
    const [machine] = world.simulator.inventory().instances;
    assert.ok(machine);
    const mark = { nexthopId: machine.id, description: "auto generated by cce:cce-world" };
    await foreignRule(world, { ...mark, destinationAddress: "172.20.0.0/24" });
    await foreignRule(world, { ...mark, destinationAddress: "10.250.0.0/24" });
    await world.clock.advance(900_000);
    const left = world.simulator.inventory().routes.map(({ destination }) => destination);
    assert.ok(left.includes("172.20.0.0/24"));
    assert.ok(!left.includes("10.250.0.0/24"), "nobody wants it, and it is ours");
    await world.close();
  });

  it("row 14: are made with both flags only, and not at all where the provider was told to leave them alone", async () => {
    for (const [config, routes, expected] of [
      [{ configureCloudRoutes: true }, true, 2],
      [{ configureCloudRoutes: false }, true, 0],
      [{ configureCloudRoutes: true, clusterCidr: "" }, false, 0],
    ] as const) {
      const world = await worldOf({ config, routes });
      const ccm = world.startCcm();
      await world.clock.advance(30_000);
      assert.equal(ccm.failure, undefined);
      assert.equal(world.simulator.inventory().routes.length, expected);
      await world.close();
    }
  });

  it("row 36: cost the same number of calls when nothing changes, whatever the number of nodes", async () => {
    const idle = async (nodes: number): Promise<number> => {
      const world = await worldOf({ nodes, quotas: { routeRules: 100 } });
      world.startCcm();
      await world.clock.advance(300_000);
      const calls = () => world.trace.lines.filter((line) => line.includes("→ cloud")).length;
      const before = calls();
      await world.clock.advance(1_200_000);
      const made = calls() - before;
      await world.close();
      return made;
    };
    const [few, many] = [await idle(3), await idle(60)];
    assert.ok(many <= few + 2, `${few} calls for 3 nodes, ${many} for 60`);
  });
});

describe("switches for all Services", () => {
  const service = (name: string, annotations: Record<string, string> = {}, more: object = {}): Service => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { namespace: "default", name, annotations },
    spec: { type: "LoadBalancer", ports: [{ port: 80 }], ...more },
  });
  const addressOf = async (client: KubeClient, name: string) =>
    (await client.get(SERVICES, { namespace: "default", name })).status?.loadBalancer?.ingress?.[0]?.ip;

  it("row 39: InternalByDefault gives addresses of the VPC, unless an annotation says otherwise", async () => {
    const world = await worldOf({ cloudConfig: { InternalByDefault: true } });
    world.startCcm();
    await world.client.create(SERVICES, service("quiet"));
    await world.client.create(SERVICES, service("public", { [INTERNAL]: "false" }));
    await world.clock.advance(60_000);
    assert.match((await addressOf(world.client, "quiet")) ?? "", /^192\.168\./);
    assert.match((await addressOf(world.client, "public")) ?? "", /^127\.100\./);
    assert.equal(world.simulator.inventory().eips.length, 1);
    await world.close();
  });

  it("row 39: DisableEip gives no Service a public address, says so where one was named, and still deletes", async () => {
    const world = await worldOf({ cloudConfig: { DisableEip: true } });
    world.startCcm();
    await world.client.create(SERVICES, service("a", { [INTERNAL]: "false" }));
    await world.client.create(SERVICES, service("b", {}, { loadBalancerIP: "127.100.0.9" }));
    await world.clock.advance(60_000);
    for (const name of ["a", "b"]) assert.match((await addressOf(world.client, name)) ?? "", /^192\.168\./);
    assert.deepEqual(world.simulator.inventory().eips, []);
    const [event] = await eventsOf(world, "EipDisabled");
    assert.match(event?.message ?? "", /loadBalancerIP 127\.100\.0\.9 is not bound: DisableEip of the cloud config/);
    for (const name of ["a", "b"]) await world.client.delete(SERVICES, { namespace: "default", name });
    await world.clock.advance(60_000);
    assert.deepEqual(world.simulator.inventory().blbs, []);
    await world.close();
  });

  it("row 40: a load balancer that was made before its Service was left to another controller goes with the Service", async () => {
    const world = await worldOf({ cloudConfig: { ServiceSelection: "opt-in" } });
    const first = world.startCcm();
    const ref = { namespace: "default", name: "ours" };
    await world.client.create(SERVICES, service("ours", { "cloud-provider-baiducloud/managed": "true" }));
    await world.clock.advance(60_000);
    assert.equal(world.simulator.inventory().blbs.length, 1);
    await first.terminate();
    const annotations = { "cloud-provider-baiducloud/managed": null };
    await world.client.patch(SERVICES, ref, { type: "merge", body: { metadata: { annotations } } });
    world.startCcm();
    await world.clock.advance(60_000);
    assert.equal(world.simulator.inventory().blbs.length, 1);
    await world.client.delete(SERVICES, ref);
    await world.clock.advance(60_000);
    assert.deepEqual(world.simulator.inventory().blbs, []);
    await world.close();
  });

  it("row 40: with opt-in, only Services that ask for us are ours; the others make no call and no event", async () => {
    const world = await worldOf({ cloudConfig: { ServiceSelection: "opt-in" } });
    world.startCcm();
    await world.clock.advance(10_000);
    await world.client.create(SERVICES, service("theirs"));
    await world.client.create(SERVICES, service("ours", { "cloud-provider-baiducloud/managed": "true" }));
    await world.client.create(SERVICES, service("classed", {}, { loadBalancerClass: "example.com/other" }));
    await world.clock.advance(120_000);
    assert.deepEqual(await Promise.all(["theirs", "classed"].map((name) => addressOf(world.client, name))), [
      undefined,
      undefined,
    ]);
    assert.ok(await addressOf(world.client, "ours"));
    assert.equal(world.simulator.inventory().blbs.length, 1);
    const about = (await world.client.list(EVENTS)).items.filter(({ involvedObject, type }) => {
      return involvedObject.name === "theirs" && type === "Warning";
    });
    assert.deepEqual(about, []);
    const theirs = { namespace: "default", name: "theirs" };
    assert.equal((await world.client.get(SERVICES, theirs)).metadata.finalizers, undefined);
    // The other controller's finalizer has the same name as ours: it stays until that one removes it.
    const finalizers = ["service.kubernetes.io/load-balancer-cleanup"];
    await world.client.patch(SERVICES, theirs, { type: "merge", body: { metadata: { finalizers } } });
    await world.client.delete(SERVICES, theirs);
    await world.clock.advance(120_000);
    assert.deepEqual((await world.client.get(SERVICES, theirs)).metadata.finalizers, finalizers);
    await world.client.delete(SERVICES, { namespace: "default", name: "ours" });
    await world.clock.advance(60_000);
    assert.deepEqual(world.simulator.inventory().blbs, []);
    await world.close();
  });
});
