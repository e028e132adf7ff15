import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { describe, it, type TestContext } from "node:test";
import { connect } from "node:tls";
import { silentLogger, sleep } from "@ccm/base";
import { systemClock, systemRandom } from "@ccm/base/node";
import { createInformer, hasCode, type KubeErrorCode, NODES, type Node, SERVICES } from "@ccm/kube";
import { type ControlPlaneOptions, startControlPlane } from "./control-plane.ts";
import { readGoProgram } from "./go-program.ts";
import { isAlive } from "./ports.ts";
import { canHaveControlPlane, realControlPlane } from "./shared.ts";

async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = systemClock.monotonic() + 60_000;
  while (!(await condition())) {
    assert.ok(systemClock.monotonic() < deadline, `waited in vain until ${what}`);
    await sleep(systemClock, 20);
  }
}

/** A control plane that only this test has. */
async function startOwn(t: TestContext, options: ControlPlaneOptions = {}) {
  const plane = await startControlPlane(options);
  t.after(() => plane.stop());
  return plane;
}

const failsWith = (code: KubeErrorCode) => (error: unknown) => hasCode(error, code);

/** Of the certificate that a new connection is shown. */
function servingSerial(server: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: Number(new URL(server).port), host: "127.0.0.1", rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().serialNumber);
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

describe("a real control plane", () => {
  it("is of the pinned version and has Services of both IP families", async (t) => {
    const plane = await realControlPlane(t);
    if (!plane) return;
    assert.equal(plane.version, readGoProgram().versions.kubernetes);
    const service = await plane.admin.client.create(SERVICES, {
      metadata: { name: "dual", namespace: "default" },
      spec: { type: "LoadBalancer", ipFamilyPolicy: "RequireDualStack", ports: [{ port: 80 }] },
    });
    assert.deepEqual(service.spec?.ipFamilies, ["IPv4", "IPv6"]);
  });

  it("knows users by name and group, refuses what RBAC does not allow, and writes both down", async (t) => {
    const plane = await realControlPlane(t);
    if (!plane) return;
    const since = plane.auditPosition();
    const viewer = await plane.mintUser("viewer: of all", ["node-viewers"]);
    await assert.rejects(viewer.client.list(NODES), failsWith("forbidden"));
    await plane.apply(
      `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: node-viewer}
rules: [{apiGroups: [""], resources: [nodes], verbs: [list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: node-viewers}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: node-viewer}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: node-viewers}]
`,
    );
    await until("the binding is known", () => viewer.client.list(NODES).then(Boolean, () => false));
    const codes = plane
      .auditEvents(since)
      .filter(({ user }) => user.username === viewer.name)
      .map(({ verb, objectRef, responseStatus }) => `${verb} ${objectRef?.resource} ${responseStatus?.code}`);
    assert.equal(codes[0], "list nodes 403");
    assert.equal(codes.at(-1), "list nodes 200");
  });

  it("installs custom resources and waits until they can be used", async (t) => {
    const plane = await realControlPlane(t);
    if (!plane) return;
    const schema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
    await plane.apply(
      {
        apiVersion: "apiextensions.k8s.io/v1",
        kind: "CustomResourceDefinition",
        metadata: { name: "widgets.example.com" },
        spec: {
          group: "example.com",
          scope: "Namespaced",
          names: { plural: "widgets", singular: "widget", kind: "Widget" },
          versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: schema } }],
        },
      },
      { apiVersion: "example.com/v1", kind: "Widget", metadata: { name: "a", namespace: "default" } },
    );
    assert.equal((await plane.admin.request("GET", "/apis/example.com/v1/namespaces/default/widgets/a")).status, 200);
    await assert.rejects(
      plane.apply({ apiVersion: "example.com/v1", kind: "Gadget", metadata: { name: "a" } }),
      /apply Gadget a: the API server does not serve example\.com\/v1 Gadget/,
    );
  });

  it("is empty again for the next test, whatever this one left", async (t) => {
    if (!canHaveControlPlane(t)) return;
    let left: string[] = [];
    await t.test("leaves things behind", async (inner) => {
      const plane = await realControlPlane(inner);
      if (!plane) return;
      await plane.apply(
        { apiVersion: "v1", kind: "Namespace", metadata: { name: "left" } },
        { apiVersion: "v1", kind: "Node", metadata: { name: "left" } },
        {
          apiVersion: "v1",
          kind: "Service",
          metadata: { name: "left", namespace: "left", finalizers: ["example.com/never"] },
          spec: { ports: [{ port: 80 }] },
        },
      );
      left = ["/api/v1/nodes/left", "/api/v1/namespaces/left/services/left", "/api/v1/namespaces/left"];
      for (const path of left) assert.equal((await plane.admin.request("GET", path)).status, 200, path);
    });
    const plane = await realControlPlane(t);
    for (const path of left) assert.equal((await plane?.admin.request("GET", path))?.status, 404, path);
  });

  for (const how of ["stopped", "killed"] as const) {
    it(`keeps address and data when the API server is ${how} and started again, and caches catch up`, async (t) => {
      if (!canHaveControlPlane(t)) return;
      const plane = await startOwn(t);
      const { client } = plane.admin;
      await client.create(NODES, { metadata: { name: "before" } });
      const names = new Set<string>();
      const stopped = new AbortController();
      const informer = createInformer<Node>({
        client,
        type: NODES,
        clock: systemClock,
        random: systemRandom,
        logger: silentLogger,
      });
      const running = informer.run(stopped.signal);
      t.after(async () => {
        stopped.abort();
        await running;
      });
      await informer.waitForSync(stopped.signal);
      await plane.stopApiServer(how === "killed" ? "kill" : undefined);
      assert.equal(plane.pids().length, 1);
      await assert.rejects(client.get(NODES, { name: "before" }), failsWith("unreachable"));
      await plane.startApiServer();
      await client.create(NODES, { metadata: { name: "after" } });
      await until("the cache has both", () => {
        for (const { metadata } of informer.list()) names.add(metadata.name ?? "");
        return names.has("before") && names.has("after");
      });
      // A restarted server remembers no events from before.
      const watch = await plane.admin.request("GET", "/api/v1/nodes?watch=1&timeoutSeconds=1&resourceVersion=1");
      assert.match(watch.text, /"reason":"Expired","code":410/);
    });
  }

  it("takes a new serving certificate without a restart", async (t) => {
    if (!canHaveControlPlane(t)) return;
    const plane = await startOwn(t);
    const before = await servingSerial(plane.server);
    await plane.rotateServingCertificate();
    await until("it serves the new one", async () => (await servingSerial(plane.server)) !== before);
    assert.equal((await (await plane.mintUser("x")).request("GET", "/version")).status, 200);
  });

  it("stops knowing a user whose certificate has run out", async (t) => {
    const plane = await realControlPlane(t);
    if (!plane) return;
    const user = await plane.mintUser("brief", ["system:masters"], 2 / 86_400);
    assert.equal((await user.request("GET", "/api/v1/nodes")).status, 200);
    await until("it has run out", async () => (await user.request("GET", "/api/v1/nodes")).status === 401);
  });

  it("runs chosen controllers: namespaces end, and nodes get parts of both Pod networks", async (t) => {
    if (!canHaveControlPlane(t, "kube-controller-manager")) return;
    const plane = await startOwn(t, {
      controllerManager: {
        controllers: ["namespace-controller", "node-ipam-controller"],
        clusterCidrs: ["10.244.0.0/16", "fd00:10:244::/56"],
      },
    });
    const { client, request } = plane.admin;
    await client.create(NODES, { metadata: { name: "a" } });
    await until("it has networks", async () => (await client.get(NODES, { name: "a" })).spec?.podCIDRs?.length === 2);
    await plane.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: "brief" } });
    await request("DELETE", "/api/v1/namespaces/brief");
    await until("it has gone", async () => (await request("GET", "/api/v1/namespaces/brief")).status === 404);
  });

  it("shares nothing with another one beside it, and leaves nothing when it stops", async (t) => {
    if (!canHaveControlPlane(t)) return;
    const [one, two] = await Promise.all([startOwn(t), startOwn(t)]);
    assert.notEqual(one.server, two.server);
    await one.admin.client.create(NODES, { metadata: { name: "a" } });
    assert.deepEqual((await two.admin.client.list(NODES)).items, []);
    const pids = one.pids();
    assert.equal(pids.length, 2);
    await one.stop();
    assert.deepEqual(pids.filter(isAlive), []);
    assert.equal(existsSync(one.folder), false);
    assert.equal((await two.admin.client.list(NODES)).items.length, 0);
  });

  it("says that a component has crashed, and not that one was stopped", async (t) => {
    if (!canHaveControlPlane(t)) return;
    const plane = await startOwn(t);
    let crash = "";
    void plane.crashed.then((how) => {
      crash = how;
    });
    await plane.stopApiServer();
    assert.equal(crash, "");
    const [etcd = 0] = plane.pids();
    process.kill(etcd, "SIGKILL");
    assert.equal(await plane.crashed, "etcd was ended by SIGKILL");
  });

  it("says why a component does not start, with the end of its log, and leaves nothing", async (t) => {
    if (!canHaveControlPlane(t)) return;
    const wrong = startControlPlane({ apiServerFlags: { "no-such-flag": "1" } });
    await assert.rejects(wrong, /kube-apiserver ended with exit code 1; .*\n(.*\n)*.*unknown flag: --no-such-flag/);
  });

  it("goes with its folder when its parent is killed by SIGKILL", async (t) => {
    if (!canHaveControlPlane(t)) return;
    const script = `
      import { startControlPlane } from ${JSON.stringify(import.meta.resolve("./control-plane.ts"))};
      const plane = await startControlPlane();
      process.stdout.write(JSON.stringify({ pids: plane.pids(), folder: plane.folder }) + "\\n");
      setInterval(() => {}, 1000);
    `;
    const parent = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    t.after(() => parent.kill("SIGKILL"));
    const line = await new Promise<string>((resolve) =>
      createInterface({ input: parent.stdout }).once("line", resolve),
    );
    const { pids, folder } = JSON.parse(line) as { pids: readonly number[]; folder: string };
    assert.deepEqual(pids.map(isAlive), [true, true]);
    parent.kill("SIGKILL");
    await until("its components have gone", () => !pids.some(isAlive));
    await until("its folder has gone", () => !existsSync(folder));
  });
});
