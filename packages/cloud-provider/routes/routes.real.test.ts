/** The route controller against a real API server, and with the controllers that give Nodes their Pod CIDRs and taints. */
import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { silentLogger } from "@ccm/base";
import { systemClock as clock, systemRandom as random } from "@ccm/base/node";
import { type ControlPlane, canHaveControlPlane, realControlPlane, startControlPlane } from "@ccm/control-plane/node";
import {
  createEventRecorder,
  createInformer,
  EVENTS,
  type Event,
  NODES,
  type Node,
  SERVICES,
  type Service,
} from "@ccm/kube";
import { CloudError } from "../error.ts";
import { FakeProvider } from "../fake-provider.ts";
import { memoryMetrics, newNode } from "../testing/harness.ts";
import { rightsOf, waitFor } from "../testing/real.ts";
import { parseClusterCidrs } from "./cluster-cidrs.ts";
import { createRouteController } from "./route-controller.ts";
import { routedNode } from "./testing/scene.ts";

/** All that the route controller may do. */
const RULES = rightsOf("route-controllers", [
  '{apiGroups: [""], resources: [nodes], verbs: [list, watch]}',
  '{apiGroups: [""], resources: [nodes/status], verbs: [patch]}',
  '{apiGroups: [""], resources: [events], verbs: [create, patch]}',
]);
const CLUSTER_CIDRS = ["10.244.0.0/16", "fd00:10:244::/48"];

/** Runs the route controller until the test ends, as a user who may do no more than it has to. */
async function runRoutes(t: TestContext, plane: ControlPlane, prepare: (cloud: FakeProvider) => void = () => {}) {
  await plane.apply(RULES);
  const user = `route controller of ${t.name}`;
  const { client } = await plane.mintUser(user, ["route-controllers"]);
  const cloud = new FakeProvider({ clock });
  prepare(cloud);
  const stop = new AbortController();
  const parts = { client, clock, random, logger: silentLogger, metrics: memoryMetrics() };
  const nodes = createInformer<Node>({ ...parts, type: NODES });
  const services = createInformer<Service>({ ...parts, type: SERVICES });
  const events = createEventRecorder({ ...parts, component: "route_controller" });
  const running: Promise<unknown>[] = [nodes.run(stop.signal)];
  t.after(async () => {
    stop.abort(new Error("the test is over"));
    await Promise.allSettled(running);
  });
  // The right to list may take a moment to be known.
  await nodes.waitForSync(stop.signal);
  const controller = createRouteController(
    { ...parts, nodes, services, events },
    {
      routes: cloud.routes,
      clusterName: "kubernetes",
      clusterCidrs: parseClusterCidrs(CLUSTER_CIDRS.join()),
      periodMs: 10_000,
    },
  );
  running.push(controller.run(stop.signal));
  return { cloud, user };
}

async function conditionOf(plane: ControlPlane, name: string) {
  const { status } = await plane.admin.client.get<Node>(NODES, { name });
  return status?.conditions?.find(({ type }) => type === "NetworkUnavailable");
}

describe("on a real API server, the route controller", () => {
  it("routes both families of a node, writes one condition beside the kubelet's, and needs no more rights than it has", async (t) => {
    const plane = await realControlPlane(t);
    if (!plane) return;
    const since = plane.auditPosition();
    const { client } = plane.admin;
    const node = routedNode("a", ["10.244.1.0/24", "fd00:10:244:1::/64"], "10.0.0.1", { providerID: "fake://a" });
    const now = "2026-01-01T00:00:00Z";
    const conditions = [
      { type: "Ready", status: "True", reason: "KubeletReady", lastHeartbeatTime: now, lastTransitionTime: now },
      { type: "NetworkUnavailable", status: "False", reason: "CalicoIsUp", lastTransitionTime: now },
    ];
    await client.create(NODES, { ...node, status: { ...node.status, conditions } } as Node);
    const { cloud, user } = await runRoutes(t, plane);
    await waitFor("the condition is ours", async () => (await conditionOf(plane, "a"))?.reason === "RouteCreated");

    assert.deepEqual([...cloud.routeTable.keys()], ["a 10.244.1.0/24", "a fd00:10:244:1::/64"]);
    const { status } = await client.get<Node>(NODES, { name: "a" });
    assert.deepEqual(status?.conditions?.map(({ type, status: is, reason }) => `${type} ${is} ${reason}`).sort(), [
      "NetworkUnavailable False RouteCreated",
      "Ready True KubeletReady",
    ]);
    await client.delete(NODES, { name: "a" });
    await waitFor("the routes are gone", () => cloud.routeTable.size === 0);
    const ours = plane.auditEvents(since).filter((event) => event.user.username === user);
    const writes = ours.filter(({ verb }) => verb !== "list" && verb !== "watch");
    assert.deepEqual(
      writes.map(({ verb, objectRef }) => `${verb} ${objectRef?.resource}/${objectRef?.subresource}`),
      ["patch nodes/status"],
    );
    const sync = ours.findIndex(({ responseStatus }) => responseStatus?.code === 200);
    assert.deepEqual(
      ours.slice(sync).filter(({ responseStatus }) => responseStatus?.code === 403),
      [],
    );
  });

  it("tells of a route that cannot be made in an Event and a condition, and takes the condition back", async (t) => {
    const plane = await realControlPlane(t);
    if (!plane) return;
    const { client } = plane.admin;
    const made = await client.create(NODES, routedNode("a", ["10.244.1.0/24"], "10.0.0.1"));
    const { cloud } = await runRoutes(t, plane, (fake) => {
      fake.fail("createRoute", new CloudError("permanent", "RouteQuotaExceeded"), 99);
    });
    await waitFor("it says so", async () => (await conditionOf(plane, "a"))?.status === "True");
    assert.equal((await conditionOf(plane, "a"))?.reason, "NoRouteCreated");
    const events = async () =>
      (await client.list<Event>(EVENTS)).items.filter(({ reason }) => reason === "FailedToCreateRoute");
    await waitFor("the Event is there", async () => (await events()).length > 0);
    const [event, ...more] = await events();
    assert.deepEqual(more, []);
    const { apiVersion, kind, name, uid } = event?.involvedObject ?? {};
    assert.deepEqual([apiVersion, kind, name, uid], ["v1", "Node", "a", made.metadata.uid]);
    assert.equal(event?.source?.component, "route_controller");
    cloud.heal("createRoute");
    const addresses = [{ type: "InternalIP", address: "10.0.0.2" }];
    const patch = { type: "merge", body: { status: { addresses } } } as const;
    await client.patch(NODES, { name: "a" }, patch, { subresource: "status" });
    await waitFor("it is well again", async () => (await conditionOf(plane, "a"))?.reason === "RouteCreated");
  });

  it("works through the Pod CIDRs that kube-controller-manager gives out, and keeps Pods away until a route is there", async (t) => {
    if (!canHaveControlPlane(t, "kube-controller-manager")) return;
    const controllers = ["node-ipam-controller", "node-lifecycle-controller"];
    const plane = await startControlPlane({ controllerManager: { controllers, clusterCidrs: CLUSTER_CIDRS } });
    t.after(() => plane.stop());
    const { client } = plane.admin;
    const { cloud } = await runRoutes(t, plane, (fake) => {
      fake.fail("createRoute", new CloudError("permanent", "RouteQuotaExceeded"), 999);
    });
    await client.create(NODES, newNode("a", { spec: { providerID: "fake://a" } }));
    const taints = async () => {
      const { spec } = await client.get<Node>(NODES, { name: "a" });
      return (spec?.taints ?? []).map(({ key }) => key);
    };
    const NETWORK = "node.kubernetes.io/network-unavailable";
    await waitFor("it is tainted", async () => (await taints()).includes(NETWORK));
    cloud.heal("createRoute");
    const addresses = [{ type: "InternalIP", address: "10.0.0.2" }];
    const status = { type: "merge", body: { status: { addresses } } } as const;
    await client.patch(NODES, { name: "a" }, status, { subresource: "status" });
    await waitFor("the taint is gone", async () => !(await taints()).includes(NETWORK));
    const { spec } = await client.get<Node>(NODES, { name: "a" });
    assert.equal(spec?.podCIDRs?.length, 2);
    assert.deepEqual(
      [...cloud.routeTable.values()].map(({ destinationCidr }) => destinationCidr).sort(),
      [...(spec?.podCIDRs ?? [])].sort(),
    );
  });
});
