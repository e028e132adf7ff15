/** The node controllers against a real API server: what only its patches, preconditions and RBAC can prove. */
import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { noMetrics, silentLogger } from "@ccm/base";
import { systemClock as clock, systemRandom as random } from "@ccm/base/node";
import { type ControlPlane, realControlPlane } from "@ccm/control-plane/node";
import {
  createEventRecorder,
  createInformer,
  EVENTS,
  type Event,
  hasCode,
  type KubeClient,
  NODES,
  type Node,
  SERVICES,
  type Service,
} from "@ccm/kube";
import type { Controller, ControllerContext } from "../context.ts";
import { FakeProvider } from "../fake-provider.ts";
import { createInstanceSource } from "../instance-source.ts";
import { createLifecycleController } from "../lifecycle/lifecycle-controller.ts";
import { NOT_READY, newNode, UNINITIALIZED } from "../testing/harness.ts";
import { rightsOf, waitFor } from "../testing/real.ts";
import { ANNOTATION_OWNED_LABELS, ANNOTATION_PROVIDED_IP } from "../well-known.ts";
import { createNodeController } from "./node-controller.ts";

const RULES = rightsOf("node-controllers", [
  '{apiGroups: [""], resources: [nodes], verbs: [get, list, watch, patch, delete]}',
  '{apiGroups: [""], resources: [nodes/status], verbs: [patch]}',
  '{apiGroups: [""], resources: [events], verbs: [create, patch]}',
]);
const ADDRESSES = [
  { type: "InternalIP", address: "10.0.0.1" },
  { type: "InternalIP", address: "fd00::1" },
  { type: "ExternalIP", address: "192.0.2.1" },
] as const;
const OTHER = { key: "other", value: "x", effect: "NoSchedule" } as const;
const SHUTDOWN = { key: "node.cloudprovider.kubernetes.io/shutdown", effect: "NoSchedule" } as const;

interface Stage {
  readonly plane: ControlPlane;
  /** May do everything; what a user, a kubelet or another controller does. */
  readonly admin: KubeClient;
  /** May do what the node controllers may. */
  readonly client: KubeClient;
  readonly user: string;
  readonly cloud: FakeProvider;
  /** Runs a controller on its own, until the test ends. `through`: what its calls pass on their way. */
  run(build: (context: ControllerContext) => Controller, through?: (client: KubeClient) => KubeClient): Promise<void>;
  get(name: string): Promise<Node>;
}

async function setStage(t: TestContext): Promise<Stage | undefined> {
  const plane = await realControlPlane(t);
  if (!plane) return undefined;
  await plane.apply(RULES);
  const user = `node-controllers ${t.name}`;
  const { client } = await plane.mintUser(user, ["node-controllers"]);
  const admin = plane.admin.client;
  const stop = new AbortController();
  const running: Promise<unknown>[] = [];
  t.after(async () => {
    stop.abort(new Error("the test is over"));
    await Promise.allSettled(running);
  });
  return {
    plane,
    admin,
    client,
    user,
    cloud: new FakeProvider({ clock }),
    get: (name) => admin.get(NODES, { name }),
    async run(build, through = (same) => same) {
      const parts = { client: through(client), clock, random, logger: silentLogger };
      const nodes = createInformer<Node>({ ...parts, client, type: NODES });
      const services = createInformer<Service>({ ...parts, type: SERVICES });
      const events = createEventRecorder({ ...parts, client, component: "test" });
      running.push(nodes.run(stop.signal));
      await nodes.waitForSync(stop.signal);
      running.push(build({ ...parts, nodes, services, metrics: noMetrics, events }).run(stop.signal));
    },
  };
}

const source = ({ cloud }: Stage) => createInstanceSource(cloud.instances, clock, new AbortController().signal);
const nodeController = (stage: Stage, addressPeriodMs: number) => (context: ControllerContext) =>
  createNodeController(context, {
    instances: source(stage),
    providerName: stage.cloud.name,
    workers: 20,
    statusWorkers: 20,
    addressPeriodMs,
  });
const lifecycle = (stage: Stage) => (context: ControllerContext) =>
  createLifecycleController(context, {
    instances: source(stage),
    providerName: stage.cloud.name,
    periodMs: 100,
    stopShare: 1,
  });

async function addNode({ admin }: Stage, node: Node): Promise<Node> {
  const made = await admin.create(NODES, node);
  const { status } = node;
  return status ? admin.update(NODES, { ...made, status }, { subresource: "status" }) : made;
}

const isNew = ({ spec }: Node) => (spec?.taints ?? []).some(({ key }) => key === UNINITIALIZED.key);

async function reasons({ admin }: Stage, node: string): Promise<readonly string[]> {
  const { items } = await admin.list<Event>(EVENTS);
  return items.filter(({ involvedObject }) => involvedObject.name === node).map(({ reason }) => reason ?? "");
}

describe("on a real API server, a new node", () => {
  it("is initialised by two writes, with no more rights than the node controllers need", async (t) => {
    const stage = await setStage(t);
    if (!stage) return;
    const since = stage.plane.auditPosition();
    const additionalLabels = { "cloud.test/rack": "7" };
    stage.cloud.machines.set("a", { name: "a", addresses: ADDRESSES, zone: "z", region: "r", additionalLabels });
    const kubelet = { addresses: [{ type: "Hostname", address: "a" } as const] };
    await addNode(stage, newNode("a", { spec: { taints: [OTHER, UNINITIALIZED] }, status: kubelet }));
    await stage.run(nodeController(stage, 300_000));
    await waitFor("the taint is gone", async () => !isNew(await stage.get("a")));

    const node = await stage.get("a");
    // The API server itself taints what is not Ready yet.
    assert.deepEqual(node.spec?.taints?.map(({ key }) => key).sort(), ["node.kubernetes.io/not-ready", OTHER.key]);
    assert.equal(node.spec?.providerID, "fake://a");
    assert.deepEqual(node.status?.addresses, [...ADDRESSES, ...kubelet.addresses]);
    assert.equal(node.metadata.labels?.["topology.kubernetes.io/zone"], "z");
    assert.equal(node.metadata.labels?.["cloud.test/rack"], "7");
    assert.equal(JSON.parse(node.metadata.annotations?.[ANNOTATION_OWNED_LABELS] ?? "{}")["cloud.test/rack"], "7");
    await waitFor("the Event is there", async () => (await reasons(stage, "a")).includes("Synced"));
    const ours = stage.plane.auditEvents(since).filter(({ user }) => user.username === stage.user);
    const writes = ours.filter(
      ({ verb, objectRef }) => verb !== "watch" && verb !== "list" && objectRef?.resource === "nodes",
    );
    assert.deepEqual(
      writes.map(({ verb, objectRef }) => `${verb} ${objectRef?.subresource ?? "node"}`),
      ["patch status", "patch node"],
    );
    const refused = ours.filter(({ responseStatus }) => responseStatus?.code === 403);
    assert.deepEqual(refused, []);
  });

  it("loses no taint that somebody adds at the moment of its initialisation", async (t) => {
    const stage = await setStage(t);
    if (!stage) return;
    stage.cloud.machines.set("a", { name: "a", addresses: ADDRESSES });
    await addNode(stage, newNode("a", { spec: { taints: [UNINITIALIZED] } }));
    let first = true;
    await stage.run(nodeController(stage, 300_000), (client) => ({
      ...client,
      async patch(type, ref, patch, options) {
        if (first && !options?.subresource) {
          first = false;
          const body = { spec: { taints: [UNINITIALIZED, OTHER] } };
          await stage.admin.patch(NODES, { name: "a" }, { type: "merge", body });
        }
        return client.patch(type, ref, patch, options);
      },
    }));
    await waitFor("the uninitialized taint is gone", async () => !isNew(await stage.get("a")));
    assert.deepEqual((await stage.get("a")).spec?.taints, [OTHER]);
  });

  it("that replaces another under its name gets none of the other's addresses", async (t) => {
    const stage = await setStage(t);
    if (!stage) return;
    stage.cloud.machines.set("a", { name: "a", addresses: ADDRESSES });
    await addNode(stage, newNode("a", { spec: { taints: [UNINITIALIZED] } }));
    // Keeps the second one from being initialised.
    const annotations = { [ANNOTATION_PROVIDED_IP]: "10.9.9.9" };
    const answered: string[] = [];
    await stage.run(nodeController(stage, 300_000), (client) => ({
      ...client,
      async patch(type, ref, patch, options) {
        if (answered.length === 0) {
          await stage.admin.delete(NODES, { name: "a" });
          await addNode(stage, newNode("a", { annotations, spec: { taints: [UNINITIALIZED] } }));
        }
        return client.patch(type, ref, patch, options).catch((error: unknown) => {
          answered.push(hasCode(error, "conflict", "invalid") ? "refused" : String(error));
          throw error;
        });
      },
    }));
    await waitFor("it is told of", async () => (await reasons(stage, "a")).includes("FailedToInitializeNode"));
    assert.deepEqual(answered, ["refused"]);
    const { items } = await stage.admin.list<Event>(EVENTS);
    const told = items.filter(({ reason }) => reason === "FailedToInitializeNode");
    const { uid } = (await stage.get("a")).metadata;
    assert.deepEqual(
      told.map(({ involvedObject }) => involvedObject.uid),
      [uid],
      "nothing of the one that is gone",
    );
    assert.deepEqual((await stage.get("a")).status?.addresses ?? [], []);
  });
});

describe("on a real API server, an initialised node", () => {
  it("gets the cloud's addresses and labels anew, and is written no more once they are right", async (t) => {
    const stage = await setStage(t);
    if (!stage) return;
    const { cloud } = stage;
    cloud.machines.set("a", { name: "a", addresses: ADDRESSES, instanceType: "small" });
    await addNode(stage, newNode("a", { spec: { taints: [UNINITIALIZED] } }));
    await stage.run(nodeController(stage, 100));
    await waitFor("it is initialised", async () => (await stage.get("a")).spec?.providerID === "fake://a");
    const fewer = [ADDRESSES[1], ADDRESSES[2]];
    cloud.machines.set("a", { name: "a", addresses: fewer, instanceType: "large" });
    await waitFor("it follows", async () => {
      const { metadata, status } = await stage.get("a");
      return metadata.labels?.["node.kubernetes.io/instance-type"] === "large" && status?.addresses?.length === 2;
    });
    const node = await stage.get("a");
    assert.deepEqual(node.status?.addresses, fewer);
    const looks = cloud.count();
    await waitFor("two more looks", async () => cloud.count() >= looks + 2);
    assert.equal((await stage.get("a")).metadata.resourceVersion, node.metadata.resourceVersion);
  });
});

describe("on a real API server, a node that is not Ready", () => {
  it("is deleted when its instance is gone, with the Event upstream writes", async (t) => {
    const stage = await setStage(t);
    if (!stage) return;
    await addNode(stage, newNode("a", { spec: { providerID: "fake://a" }, status: { conditions: [NOT_READY] } }));
    await stage.run(lifecycle(stage));
    await waitFor("it is deleted", async () => (await stage.admin.list<Node>(NODES)).items.length === 0);
    await waitFor("the Event is there", async () => (await reasons(stage, "a")).includes("DeletingNode"));
  });

  it("is not mistaken for one that registers under its name at the moment of the deletion", async (t) => {
    const stage = await setStage(t);
    if (!stage) return;
    await addNode(stage, newNode("a", { spec: { providerID: "fake://a" }, status: { conditions: [NOT_READY] } }));
    const answers: string[] = [];
    await stage.run(lifecycle(stage), (client) => ({
      ...client,
      async delete(type, ref, options) {
        await stage.admin.delete(NODES, { name: "a" });
        stage.cloud.machines.set("a", { name: "a", providerId: "fake://a2" });
        await addNode(stage, newNode("a", { spec: { providerID: "fake://a2" } }));
        return client.delete(type, ref, options).catch((error: unknown) => {
          answers.push(hasCode(error, "conflict") ? "conflict" : String(error));
          throw error;
        });
      },
    }));
    await waitFor("the deletion is refused", async () => answers.length > 0);
    const looks = stage.cloud.count();
    await waitFor("two more looks", async () => stage.cloud.count() >= looks + 2);
    assert.deepEqual(answers, ["conflict"]);
    assert.equal((await stage.get("a")).spec?.providerID, "fake://a2");
  });

  it("is tainted while its machine is off, beside a taint that comes at the same moment, and untainted when it runs", async (t) => {
    const stage = await setStage(t);
    if (!stage) return;
    stage.cloud.machines.set("a", { name: "a", shutdown: true });
    await addNode(stage, newNode("a", { spec: { providerID: "fake://a" }, status: { conditions: [NOT_READY] } }));
    let first = true;
    await stage.run(lifecycle(stage), (client) => ({
      ...client,
      async patch(type, ref, patch, options) {
        if (first) {
          first = false;
          await stage.admin.patch(NODES, { name: "a" }, { type: "merge", body: { spec: { taints: [OTHER] } } });
        }
        return client.patch(type, ref, patch, options);
      },
    }));
    await waitFor("both taints are there", async () => (await stage.get("a")).spec?.taints?.length === 2);
    assert.deepEqual((await stage.get("a")).spec?.taints, [OTHER, SHUTDOWN]);
    stage.cloud.machines.set("a", { name: "a" });
    await waitFor("the shutdown taint is gone", async () => (await stage.get("a")).spec?.taints?.length === 1);
    assert.deepEqual((await stage.get("a")).spec?.taints, [OTHER]);
  });
});
