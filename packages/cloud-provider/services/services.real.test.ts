/** The service controller against a real API server: what only its status subresource, patches and RBAC can prove. */
import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { noMetrics, silentLogger } from "@ccm/base";
import { systemClock as clock, systemRandom as random } from "@ccm/base/node";
import { realControlPlane } from "@ccm/control-plane/node";
import {
  createEventRecorder,
  createInformer,
  EVENTS,
  type Event,
  hasCode,
  type KubeClient,
  type LoadBalancerIngress,
  NODES,
  type Node,
  SERVICES,
  type Service,
} from "@ccm/kube";
import type { LoadBalancers } from "../contract.ts";
import { CloudError } from "../error.ts";
import { FakeProvider } from "../fake-provider.ts";
import { newService } from "../testing/harness.ts";
import { rightsOf, waitFor } from "../testing/real.ts";
import { createServiceController } from "./service-controller.ts";
import { FINALIZER, KEY, readyNode, WEB } from "./testing.ts";

const RULES = rightsOf("service-controllers", [
  '{apiGroups: [""], resources: [services, nodes], verbs: [get, list, watch]}',
  '{apiGroups: [""], resources: [services/status], verbs: [patch]}',
  '{apiGroups: [""], resources: [events], verbs: [create, patch]}',
]);

interface StageOptions {
  readonly cloud?: (fake: LoadBalancers, admin: KubeClient) => Partial<LoadBalancers>;
  readonly through?: (client: KubeClient, admin: KubeClient) => KubeClient;
  readonly driftPeriodMs?: number;
}

/** A node n1 and the service controller, with no more rights than it needs, until the test ends. */
async function setStage(t: TestContext, options: StageOptions = {}) {
  const plane = await realControlPlane(t);
  if (!plane) return undefined;
  await plane.apply(RULES);
  const since = plane.auditPosition();
  const admin = plane.admin.client;
  await admin.create(NODES, readyNode("n1"));
  const user = `service-controller ${t.name}`;
  const minted = (await plane.mintUser(user, ["service-controllers"])).client;
  const client = options.through?.(minted, admin) ?? minted;
  const cloud = new FakeProvider({ clock });
  const stop = new AbortController();
  const parts = { client, clock, random, logger: silentLogger };
  const nodes = createInformer<Node>({ ...parts, type: NODES });
  const services = createInformer<Service>({ ...parts, type: SERVICES });
  const informers = [nodes.run(stop.signal), services.run(stop.signal)];
  await Promise.all([nodes.waitForSync(stop.signal), services.waitForSync(stop.signal)]);
  const events = createEventRecorder({ ...parts, component: "service-controller" });
  const controller = createServiceController(
    { ...parts, nodes, services, metrics: noMetrics, events },
    {
      loadBalancers: { ...cloud.loadBalancers, ...options.cloud?.(cloud.loadBalancers, admin) },
      clusterName: "kubernetes",
      workers: 5,
      driftPeriodMs: options.driftPeriodMs ?? 0,
    },
  );
  const running = controller.run(stop.signal);
  t.after(async () => {
    stop.abort(new Error("the test is over"));
    await Promise.allSettled([...informers, running]);
  });
  const find = () =>
    admin.get(SERVICES, WEB).catch((error: unknown) => {
      if (hasCode(error, "not_found")) return undefined;
      throw error;
    });
  const condition = async () =>
    (await find())?.status?.conditions?.find(({ type }) => type === "LoadBalancerReady") ?? {};
  return {
    admin,
    cloud,
    find,
    condition,
    get: async (): Promise<Service> => admin.get(SERVICES, WEB),
    patch: (body: unknown) => admin.patch(SERVICES, WEB, { type: "merge", body }),
    ready: () => waitFor("the load balancer is ready", async () => (await condition()).status === "True"),
    reasons: async () => {
      const { items } = await admin.list<Event>(EVENTS, { namespace: WEB.namespace });
      return items.filter(({ involvedObject }) => involvedObject.name === WEB.name).map(({ reason }) => reason ?? "");
    },
    /** What the controller sent about Services, and what of all it sent was refused for want of rights. */
    audit: () => {
      const ours = plane.auditEvents(since).filter((event) => event.user.username === user);
      const writes = ours.filter(({ verb, objectRef }) => verb === "patch" && objectRef?.resource === "services");
      return {
        writes: writes.map(({ objectRef, responseStatus }) => `${objectRef?.subresource} ${responseStatus?.code}`),
        refused: ours.filter(({ responseStatus }) => responseStatus?.code === 403),
      };
    },
  };
}

const withIngress = (ingress: readonly LoadBalancerIngress[]): StageOptions => ({
  cloud: (fake) => ({ ensure: async (request) => ({ ...(await fake.ensure(request)), status: { ingress } }) }),
});

describe("on a real API server, a Service of type LoadBalancer", () => {
  it("has its finalizer before the first call to the cloud, and two writes make it ready", async (t) => {
    const finalizers: unknown[] = [];
    const stage = await setStage(t, {
      cloud: (fake, admin) => ({
        ensure: async (request) => {
          finalizers.push((await admin.get(SERVICES, WEB)).metadata.finalizers);
          return fake.ensure(request);
        },
      }),
    });
    if (!stage) return;
    await stage.admin.create(SERVICES, newService("web", {}, { finalizers: ["example.com/other"] }));
    await stage.ready();
    assert.deepEqual(finalizers, [["example.com/other", FINALIZER]]);
    assert.deepEqual((await stage.get()).status?.loadBalancer?.ingress, [{ ip: "192.0.2.1", ipMode: "VIP" }]);
    await waitFor("both Events are there", async () => (await stage.reasons()).length === 2);
    assert.deepEqual([...(await stage.reasons())].sort(), ["EnsuredLoadBalancer", "EnsuringLoadBalancer"]);
    assert.deepEqual(stage.audit(), { writes: ["status 200", "status 200"], refused: [] });
    await stage.patch({ metadata: { finalizers: [FINALIZER] } });
  });

  const ingresses: readonly (readonly [what: string, ingress: readonly LoadBalancerIngress[]])[] = [
    ["ipMode Proxy", [{ ip: "192.0.2.7", ipMode: "Proxy" }]],
    [
      "ports, one of them with an error",
      [
        {
          ip: "192.0.2.7",
          ipMode: "VIP",
          ports: [
            { port: 80, protocol: "TCP" },
            { port: 81, protocol: "UDP", error: "NoQuota" },
          ],
        },
      ],
    ],
    [
      "a host name, and both families",
      [{ hostname: "lb.example.com" }, { ip: "192.0.2.7", ipMode: "VIP" }, { ip: "2001:db8::7", ipMode: "VIP" }],
    ],
  ];
  for (const [what, ingress] of ingresses) {
    it(`has the status that the provider gives: ${what}`, async (t) => {
      const stage = await setStage(t, withIngress(ingress));
      if (!stage) return;
      await stage.admin.create(SERVICES, newService("web"));
      await stage.ready();
      assert.deepEqual((await stage.get()).status?.loadBalancer?.ingress, ingress);
    });
  }

  it("is looked at again and again without a write, also where the API server filled in the ipMode", async (t) => {
    const stage = await setStage(t, { ...withIngress([{ ip: "192.0.2.7" }]), driftPeriodMs: 100 });
    if (!stage) return;
    await stage.admin.create(SERVICES, newService("web"));
    await stage.ready();
    const { resourceVersion } = (await stage.get()).metadata;
    const looks = stage.cloud.count("ensure");
    await waitFor("three more looks", () => stage.cloud.count("ensure") >= looks + 3);
    assert.equal((await stage.get()).metadata.resourceVersion, resourceVersion);
  });

  it("says in its condition what is wrong, and then that it was healed, keeping conditions of others", async (t) => {
    const stage = await setStage(t);
    if (!stage) return;
    stage.cloud.fail("ensure", new CloudError("permanent", "no such subnet"));
    await stage.admin.create(SERVICES, newService("web"));
    await waitFor("it says so", async () => (await stage.condition()).status === "False");
    assert.match(String((await stage.condition()).message), /no such subnet \(change the Service/);
    const lastTransitionTime = "2026-01-01T00:00:00Z";
    const other = { type: "example.com/Other", status: "True", reason: "X", message: "", lastTransitionTime };
    const patch = { type: "strategic", body: { status: { conditions: [other] } } } as const;
    await stage.admin.patch(SERVICES, WEB, patch, { subresource: "status" });
    await stage.patch({ metadata: { annotations: { subnet: "good" } } });
    await stage.ready();
    const types = (await stage.get()).status?.conditions?.map(({ type }) => type);
    assert.deepEqual([...(types ?? [])].sort(), ["LoadBalancerReady", "example.com/Other"]);
    await stage.patch({ spec: { type: "ClusterIP" } });
    await waitFor("only the other is left", async () => (await stage.get()).status?.conditions?.length === 1);
    assert.deepEqual((await stage.get()).status?.conditions, [other]);
  });
});

describe("on a real API server, a load balancer", () => {
  it("is deleted before its Service goes, which one write lets go", async (t) => {
    const existed: boolean[] = [];
    const stage = await setStage(t, {
      cloud: (fake, admin) => ({
        ensureDeleted: async (request) => {
          existed.push((await admin.get(SERVICES, WEB)).metadata.deletionTimestamp !== undefined);
          return fake.ensureDeleted(request);
        },
      }),
    });
    if (!stage) return;
    await stage.admin.create(SERVICES, newService("web"));
    await stage.ready();
    await stage.admin.delete(SERVICES, WEB);
    await waitFor("the Service is gone", async () => (await stage.find()) === undefined);
    assert.deepEqual([existed, stage.cloud.balancers.size], [[true], 0]);
    await waitFor("the Event is there", async () => (await stage.reasons()).includes("DeletedLoadBalancer"));
    assert.deepEqual(stage.audit(), { writes: ["status 200", "status 200", "status 200"], refused: [] });
  });

  it("goes with finalizer, address and condition when the Service becomes another type", async (t) => {
    const stage = await setStage(t);
    if (!stage) return;
    await stage.admin.create(SERVICES, newService("web", {}, { finalizers: ["example.com/other"] }));
    await stage.ready();
    await stage.patch({ spec: { type: "ClusterIP" } });
    await waitFor("the finalizer is gone", async () => (await stage.get()).metadata.finalizers?.length === 1);
    const { metadata, status } = await stage.get();
    assert.deepEqual(metadata.finalizers, ["example.com/other"]);
    assert.deepEqual([status?.loadBalancer?.ingress ?? [], status?.conditions ?? []], [[], []]);
    assert.equal(stage.cloud.balancers.size, 0);
    await stage.patch({ metadata: { finalizers: null } });
  });

  it("that is wanted again at the moment its Service is let go is made anew, and the finalizer never left", async (t) => {
    let raced = false;
    const stage = await setStage(t, {
      through: (client, admin) => ({
        ...client,
        async patch(type, ref, patch, options) {
          if (!raced && JSON.stringify(patch.body).includes("$deleteFromPrimitiveList")) {
            raced = true;
            await admin.patch(SERVICES, WEB, { type: "merge", body: { spec: { type: "LoadBalancer" } } });
          }
          return client.patch(type, ref, patch, options);
        },
      }),
    });
    if (!stage) return;
    await stage.admin.create(SERVICES, newService("web"));
    await stage.ready();
    await stage.patch({ spec: { type: "ClusterIP" } });
    await waitFor("it is made again", () => stage.cloud.count("ensure") === 2);
    assert.deepEqual((await stage.get()).metadata.finalizers, [FINALIZER]);
    assert.ok(stage.audit().writes.includes("status 409"));
  });

  it("is never asked for when the Service is being deleted and has no finalizer of ours", async (t) => {
    const stage = await setStage(t);
    if (!stage) return;
    const { admin } = stage;
    await admin.create(SERVICES, newService("web", { type: "ClusterIP" }, { finalizers: ["example.com/other"] }));
    await admin.delete(SERVICES, WEB);
    await stage.patch({ spec: { type: "LoadBalancer" } });
    // A second Service, synced after the first, shows that the first one's turn has passed.
    await admin.create(SERVICES, newService("other"));
    await waitFor("the other is made", () => stage.cloud.balancers.size === 1);
    assert.deepEqual(
      stage.cloud.calls.filter(({ about }) => about[0] === KEY),
      [],
    );
    await stage.patch({ metadata: { finalizers: null } });
  });

  it("follows the nodes", async (t) => {
    const stage = await setStage(t);
    if (!stage) return;
    await stage.admin.create(SERVICES, newService("web"));
    await stage.ready();
    await stage.admin.create(NODES, readyNode("n2"));
    await waitFor("it has both", () => [...stage.cloud.balancers.values()][0]?.backends.length === 2);
    assert.equal(stage.cloud.count("updateBackends"), 1);
    await waitFor("the Event is there", async () => (await stage.reasons()).includes("UpdatedLoadBalancer"));
  });
});
