import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { sleep } from "@ccm/base";
import { systemClock } from "@ccm/base/node";
import { canHaveControlPlane, startControlPlane } from "@ccm/control-plane/node";
import { type KubeObject, LEASES, NAMESPACES, type ResourceType } from "@ccm/kube";
import { customResourceDefinition, RESOURCES, TENANTS } from "@ccm/tenancy";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));
const MANIFEST = new URL("../../deploy/tenant-operator.yaml", import.meta.url);
const ROLE_BINDINGS: ResourceType<KubeObject> = {
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "RoleBinding",
  plural: "rolebindings",
  namespaced: true,
};

describe("the tenant operator as a process", () => {
  it("does its work with the rights of its manifest, and gives the lease back when it is ended", async (t) => {
    if (!canHaveControlPlane(t)) return;
    const plane = await startControlPlane();
    t.after(() => plane.stop());
    const documents = readFileSync(MANIFEST, "utf8").split("\n---\n");
    await plane.apply(
      ...RESOURCES.map(customResourceDefinition),
      ...documents.filter((text) => !/^kind: (Deployment|Service)$/m.test(text)),
    );
    const { kubeconfigFile } = await plane.mintUser("system:serviceaccount:tenant-system:tenant-operator");
    const { client } = plane.admin;
    await client.create(TENANTS, { metadata: { name: "a" }, spec: { owners: [{ kind: "User", name: "alice" }] } });
    const labels = { "tenancy.baidubce.com/tenant": "a" };
    await client.create(NAMESPACES, { metadata: { name: "a-web", labels } });
    const args = [MAIN, `--kubeconfig=${kubeconfigFile}`, "--port=0", "--metrics-port=0"];
    const operator = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
    t.after(() => operator.kill("SIGKILL"));
    let log = "";
    operator.stderr.on("data", (chunk) => {
      log += chunk;
    });
    const deadline = systemClock.monotonic() + 60_000;
    while ((await client.list(ROLE_BINDINGS, { namespace: "a-web" })).items.length === 0) {
      assert.ok(systemClock.monotonic() < deadline && operator.exitCode === null, log);
      await sleep(systemClock, 100);
    }
    const metricsPort = /"metricsPort":(\d+)/.exec(log)?.[1];
    const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    assert.match(metrics, /^# TYPE tenant_resource_used gauge$/m);
    assert.match(metrics, /^process_cpu_seconds_total /m);
    operator.kill("SIGTERM");
    const [code] = await once(operator, "exit");
    assert.equal(code, 0, log);
    const lease = await client.get(LEASES, { namespace: "tenant-system", name: "tenant-operator" });
    assert.equal(lease.spec?.holderIdentity, "");
    assert.doesNotMatch(log, /forbidden/);
  });
});
