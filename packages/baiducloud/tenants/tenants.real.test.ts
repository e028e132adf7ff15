/** With the rights and the resource of deploy/, on a real API server. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { createLogger, seededRandom, sleep } from "@ccm/base";
import { systemClock } from "@ccm/base/node";
import { realControlPlane } from "@ccm/control-plane/node";
import { type KubeClient, NAMESPACES, type Service } from "@ccm/kube";
import { NOTHING, TENANT_LABEL, TENANTS } from "@ccm/tenancy";
import { createTenants } from "./tenants.ts";

const read = (file: string) => readFileSync(new URL(`../../../deploy/${file}`, import.meta.url), "utf8");
const web: Service = { metadata: { namespace: "a", name: "web", uid: "uid-web" }, spec: { type: "LoadBalancer" } };

describe("tenants on a real API server", () => {
  it("are followed, and their usage written, with the rights that deploy/ grants; without the resource there are none", async (t) => {
    const plane = await realControlPlane(t);
    if (!plane) return;
    const stopped = new AbortController();
    const { signal } = stopped;
    t.after(() => stopped.abort());
    await plane.apply(read("rbac-baiducloud.yaml"));
    const { client } = await plane.mintUser("system:serviceaccount:kube-system:cloud-controller-manager");
    const warnings: string[] = [];
    const start = (kube: KubeClient) =>
      createTenants({
        context: { client: kube, services: { ...NO_SERVICES }, signal },
        ...{ clusterId: "cce-real", clock: systemClock, random: seededRandom(1) },
        logger: createLogger((level, message, fields) => {
          if (level === "warn" || level === "error") warnings.push(`${message} ${JSON.stringify(fields)}`);
        }),
        ...{ settleMs: 1000, mayCome: () => NOTHING, lookAgain: () => {} },
      });
    assert.equal(await start(client).of(web, signal), undefined);
    await plane.apply(read("crds/tenants.yaml"));
    const admin = plane.admin.client;
    await admin.create(NAMESPACES, { metadata: { name: "a", labels: { [TENANT_LABEL]: "team" } } });
    const spec = { cloud: { maxPublicIPs: 2, maxLoadBalancers: 5, tags: { cost: "blue" } } };
    await admin.create(TENANTS, { metadata: { name: "team" }, spec });
    const tenants = start(client);
    assert.deepEqual((await tenants.of(web, signal))?.tags, [
      { tagKey: "k8s-tenant", tagValue: "team" },
      { tagKey: "cost", tagValue: "blue" },
    ]);
    const usage = async () => JSON.stringify((await admin.get(TENANTS, { name: "team" })).status?.cloud ?? {});
    await waitFor("usage is written", async () => (await usage()).includes('"publicIPs":{"limit":2,"used":0}'));
    const body = { spec: { cloud: { maxPublicIPs: null } } };
    await admin.patch(TENANTS, { name: "team" }, { type: "merge", body });
    await waitFor("the limit has gone", async () => (await usage()).includes('"publicIPs":{"used":0}'));
    assert.match(await usage(), /"loadBalancers":\{"limit":5,"used":0\}/);
    assert.deepEqual(warnings, []);
  });
});

async function waitFor(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = systemClock.monotonic() + 60_000;
  while (!(await holds())) {
    assert.ok(systemClock.monotonic() < deadline, `waited in vain until ${what}`);
    await sleep(systemClock, 50);
  }
}

const NO_SERVICES = {
  run: async () => {},
  synced: true,
  waitForSync: async () => {},
  get: () => undefined,
  list: () => [],
  subscribe: () => () => {},
};
