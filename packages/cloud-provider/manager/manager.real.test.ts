/** The manager as a process on a real control plane: what it may do, and what becomes of it when things go wrong around it. */
import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { silentLogger } from "@ccm/base";
import { systemClock, systemRandom } from "@ccm/base/node";
import { type ControlPlane, canHaveControlPlane, realControlPlane, startControlPlane } from "@ccm/control-plane/node";
import { createInformer, hasCode, type KubeClient, LEASES, NODES, type Node, SERVICES, type Service } from "@ccm/kube";
import { newNode, newService, UNINITIALIZED } from "../testing/harness.ts";
import { parseFlags } from "./flags.ts";
import { ACCOUNT, manifest, mintManager, startManager, until } from "./testing/process.ts";

const LEASE = { namespace: "kube-system", name: "cloud-controller-manager" };

async function holder(client: KubeClient): Promise<string> {
  try {
    return (await client.get(LEASES, LEASE)).spec?.holderIdentity ?? "";
  } catch (error) {
    if (hasCode(error, "not_found")) return "";
    throw error;
  }
}

const hasAddress = async (client: KubeClient, name: string): Promise<boolean> => {
  const { status } = await client.get<Service>(SERVICES, { namespace: "default", name });
  return status?.loadBalancer?.ingress?.[0]?.ip !== undefined;
};

const isReady = async (client: KubeClient, name: string): Promise<boolean> => {
  const { spec, status } = await client.get<Node>(NODES, { name });
  const tainted = (spec?.taints ?? []).some(({ key }) => key === UNINITIALIZED.key);
  return !tainted && spec?.providerID === `fake://${name}` && status?.addresses?.[0]?.address === "192.0.2.1";
};

/** Everything the four controllers do, once. */
async function workThrough(client: KubeClient): Promise<void> {
  const podCIDR = "10.244.1.0/24";
  await client.create(NODES, newNode("n1", { spec: { taints: [UNINITIALIZED], podCIDR, podCIDRs: [podCIDR] } }));
  await until("the node is initialised", () => isReady(client, "n1"));
  await until("it has its route", async () => {
    const { status } = await client.get<Node>(NODES, { name: "n1" });
    return (status?.conditions ?? []).some(
      ({ type, reason }) => type === "NetworkUnavailable" && reason === "RouteCreated",
    );
  });
  await client.create(SERVICES, newService("web"));
  await until("the Service has an address", () => hasAddress(client, "web"));
  await client.delete(SERVICES, { namespace: "default", name: "web" });
  await until("the Service is gone", () => isGone(client.get(SERVICES, { namespace: "default", name: "web" })));
  await client.create(NODES, newNode("vanished", { spec: { providerID: "fake://vanished" } }));
  await until("the node without a machine is gone", () => isGone(client.get(NODES, { name: "vanished" })));
}

const isGone = (get: Promise<unknown>): Promise<boolean> =>
  get.then(
    () => false,
    (error: unknown) => hasCode(error, "not_found"),
  );

/** What the API server refused: "<user> <verb> <resource>". */
const refused = (plane: ControlPlane, since: number, user: RegExp): readonly string[] =>
  plane
    .auditEvents(since)
    .filter((event) => user.test(event.user.username) && [401, 403].includes(event.responseStatus?.code ?? 0))
    .map(({ user: { username }, verb, requestURI }) => `${username} ${verb} ${requestURI}`);

describe("the manager on a real control plane", () => {
  it("has a Deployment that the API server takes, with flags that the manager takes", async (t) => {
    const plane = await realControlPlane(t);
    if (!plane) return;
    const path = "/apis/apps/v1/namespaces/kube-system/deployments/cloud-controller-manager";
    t.after(() => plane.admin.request("DELETE", path));
    await plane.apply(await manifest("deployment.yaml"));
    await plane.apply(await manifest("rbac-baiducloud.yaml"));
    const { spec } = JSON.parse((await plane.admin.request("GET", path)).text);
    const { containers, hostNetwork, tolerations } = spec.template.spec;
    assert.equal(hostNetwork, true);
    assert.ok(tolerations.some(({ key }: { key: string }) => key === UNINITIALIZED.key));
    const info = { command: "ccm", description: "", version: "1", cloudProvider: "cce" };
    assert.equal(parseFlags(containers[0].args, info).kind, "run");
  });

  it("does all its work with the rules of deploy/ alone: the audit log has no refusal", async (t) => {
    const plane = await realControlPlane(t);
    if (!plane) return;
    const { kubeconfigFile } = await mintManager(plane);
    const since = plane.auditPosition();
    const manager = await startManager(t, kubeconfigFile, { machines: ["n1"], args: ["--node-monitor-period=1s"] });
    await workThrough(plane.admin.client);
    manager.signal("SIGTERM");
    await until("the manager has ended", () => manager.ended !== undefined);
    assert.equal(manager.ended, "exit 0", manager.lines.join("\n"));
    assert.equal(await holder(plane.admin.client), "", "the lease is given back");
    assert.deepEqual(refused(plane, since, new RegExp(`^${ACCOUNT}$`)), []);
    const used = plane
      .auditEvents(since)
      .filter((event) => event.user.username === ACCOUNT && event.objectRef)
      .map(
        ({ verb, objectRef }) => `${verb} ${[objectRef?.resource, objectRef?.subresource].filter(Boolean).join("/")}`,
      );
    for (const right of [
      "patch nodes",
      "patch nodes/status",
      "delete nodes",
      "patch services/status",
      "create events",
    ]) {
      assert.ok(used.includes(right), `${right} is used`);
    }
    const agents = new Set(plane.auditEvents(since).map(({ userAgent = "" }) => userAgent.split("/").at(-1)));
    for (const name of ["node-controller", "service-controller", "leader-election"]) assert.ok(agents.has(name), name);
  });

  it("with --use-service-account-credentials lets each controller be an account of its own", async (t) => {
    const plane = await realControlPlane(t);
    if (!plane) return;
    const { kubeconfigFile } = await mintManager(plane, "rbac-service-account-credentials.yaml");
    const since = plane.auditPosition();
    await startManager(t, kubeconfigFile, {
      machines: ["n1"],
      args: ["--node-monitor-period=1s", "--use-service-account-credentials"],
    });
    await workThrough(plane.admin.client);
    assert.deepEqual(refused(plane, since, /^system:serviceaccount:kube-system:/), []);
    const writes = plane
      .auditEvents(since)
      .filter(({ verb, objectRef }) => verb === "patch" && objectRef?.resource !== "events");
    const writers = (resource: string) =>
      new Set(writes.filter((event) => event.objectRef?.resource === resource).map(({ user }) => user.username));
    assert.deepEqual(writers("services"), new Set(["system:serviceaccount:kube-system:service-controller"]));
    assert.ok(writers("nodes").has("system:serviceaccount:kube-system:node-controller"));
  });

  it("is taken over by a second process: at once after SIGTERM, when the lease has run out after SIGKILL", async (t) => {
    const plane = await realControlPlane(t);
    if (!plane) return;
    const client = plane.admin.client;
    const { kubeconfigFile } = await mintManager(plane);
    const args = [
      "--leader-elect-lease-duration=3s",
      "--leader-elect-renew-deadline=2s",
      "--leader-elect-retry-period=500ms",
    ];
    const start = () => startManager(t, kubeconfigFile, { args });
    const first = await start();
    await until("the first leads", async () => (await holder(client)) !== "");
    const one = await holder(client);
    const second = await start();
    await second.port();
    first.signal("SIGTERM");
    await until("the second leads", async () => ![one, ""].includes(await holder(client)));
    await until("the first has ended", async () => first.ended !== undefined);
    assert.equal(first.ended, "exit 0");
    const two = await holder(client);
    const third = await start();
    await third.port();
    second.signal("SIGKILL");
    await until("the third leads", async () => ![two, ""].includes(await holder(client)));
    await client.create(SERVICES, newService("web"));
    await until("the third works", () => hasAddress(client, "web"));
    const { spec } = await client.get(LEASES, LEASE);
    assert.equal(spec?.leaseTransitions, 2);
  });
});

/** A control plane of the test's own. */
async function startOwn(t: TestContext): Promise<ControlPlane | undefined> {
  if (!canHaveControlPlane(t)) return undefined;
  const plane = await startControlPlane({ audit: true });
  t.after(() => plane.stop());
  return plane;
}

describe("an API server that is restarted", () => {
  it("under load, then with another certificate, costs no Service its address and no manager its life; forgotten versions are listed again", async (t) => {
    const plane = await startOwn(t);
    if (!plane) return;
    const client = plane.admin.client;
    const { kubeconfigFile } = await mintManager(plane);
    const manager = await startManager(t, kubeconfigFile);
    const cut = cutOffInformer(client);
    t.after(cut.stop);
    await until("the manager leads", async () => (await holder(client)) !== "");
    await until("the informer has its list", () => cut.informer.synced);
    cut.offline = true;
    const names = Array.from({ length: 60 }, (_, n) => `web-${n}`);
    const create = async (name: string): Promise<void> => {
      await until(`${name} is created`, () =>
        client.create(SERVICES, newService(name)).then(
          () => true,
          (error: unknown) => hasCode(error, "already_exists"),
        ),
      );
    };
    const load = (async () => {
      for (const name of names) await create(name);
    })();
    await until("the load is under way", async () => (await client.list(SERVICES)).items.length > 10);
    await plane.stopApiServer("kill");
    await plane.startApiServer();
    await load;
    for (const name of names) await until(`${name} has an address`, () => hasAddress(client, name));
    // The certificate that new connections are shown is another one then, of the same authority.
    await plane.rotateServingCertificate();
    await create("after-rotation");
    await until("a Service has an address after it", () => hasAddress(client, "after-rotation"));
    assert.equal(manager.ended, undefined, manager.lines.slice(-5).join("\n"));
    cut.offline = false;
    await until("the informer has all of them", () => names.every((name) => cut.informer.get(`default/${name}`)));
    assert.ok(
      cut.errors.some((error) => hasCode(error, "gone")),
      `its version was too old: ${cut.errors.join("; ")}`,
    );
  });
});

/** An informer of Services whose connections can be cut. */
function cutOffInformer(client: KubeClient) {
  const errors: unknown[] = [];
  const state = { offline: false };
  let open = new AbortController();
  const through: KubeClient = {
    ...client,
    async *watch(type, options) {
      if (state.offline) throw new Error("offline");
      const signal = AbortSignal.any([open.signal, ...(options.signal ? [options.signal] : [])]);
      yield* client.watch(type, { ...options, signal });
    },
  };
  const informer = createInformer<Service>({
    client: through,
    type: SERVICES,
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    onError: (error) => errors.push(error),
  });
  const stop = new AbortController();
  const running = informer.run(stop.signal);
  return {
    informer,
    errors,
    set offline(offline: boolean) {
      state.offline = offline;
      if (offline) open.abort(new Error("offline"));
      else open = new AbortController();
    },
    async stop() {
      stop.abort(new Error("over"));
      await running;
    },
  };
}
