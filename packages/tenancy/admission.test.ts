import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readText, seededRandom, silentLogger, VirtualClock } from "@ccm/base";
import { createInformer, NAMESPACES, type Namespace } from "@ccm/kube";
import { createAdmission, PODS_PATH, QUOTA_PATH, webhookConfigurations } from "./admission.ts";
import { createQuotaBook } from "./strict/book.ts";
import { TENANTS, type Tenant, type TenantSpec } from "./tenant.ts";
import { createMemoryKube } from "./testing/memory-kube.ts";

const TENANT = "tenancy.baidubce.com/tenant";

/** The informers have not begun: what is not in the copy yet is asked for. */
async function createScene(spec: TenantSpec) {
  const client = createMemoryKube();
  const parts = { client, clock: new VirtualClock(), random: seededRandom("admission"), logger: silentLogger };
  await client.create(NAMESPACES, { metadata: { name: "system" } });
  await client.create(NAMESPACES, { metadata: { name: "a-web", labels: { [TENANT]: "a" } } });
  await client.create(TENANTS, { metadata: { name: "a" }, spec });
  const book = createQuotaBook(client, "system");
  const handler = createAdmission({
    ...parts,
    tenants: createInformer<Tenant>({ ...parts, type: TENANTS }),
    namespaces: createInformer<Namespace>({ ...parts, type: NAMESPACES }),
    book,
  });
  const { signal } = new AbortController();
  const send = async (target: string, body: string) => {
    const answer = await handler({ method: "POST", target, headers: {}, body: Buffer.from(body), signal });
    return { status: answer.status, text: await readText(answer.body) };
  };
  const review = async (target: string, object: object, more: object = {}) => {
    const request = { uid: "r1", kind: { kind: "Pod" }, namespace: "a-web", operation: "CREATE", object, ...more };
    const { response } = JSON.parse((await send(target, JSON.stringify({ request }))).text);
    assert.equal(response.uid, "r1");
    const patch = response.patch ? JSON.parse(Buffer.from(response.patch, "base64").toString()) : undefined;
    return { allowed: response.allowed, code: response.status?.code, message: response.status?.message, patch };
  };
  return {
    review,
    send,
    book,
    signal,
    pages: () => client.writes.filter((write) => write.includes("ConfigMap")).length,
  };
}

describe("the webhook for Pods", () => {
  it("puts them on the tenant's nodes, and leaves another tenant's name for the policy to refuse", async () => {
    const { review } = await createScene({ nodePools: { selector: { pool: "x" }, dedicated: true } });
    const toleration = { key: TENANT, operator: "Equal", value: "a", effect: "NoSchedule" };
    const { allowed, patch } = await review(PODS_PATH, { metadata: {}, spec: { tolerations: [{ key: "x" }] } });
    assert.equal(allowed, true);
    assert.deepEqual(patch, [
      { op: "add", path: "/spec/nodeSelector", value: { [TENANT]: "a" } },
      { op: "add", path: "/spec/tolerations", value: [{ key: "x" }, toleration] },
    ]);
    const other = await review(PODS_PATH, { metadata: {}, spec: { nodeSelector: { [TENANT]: "b" } } });
    assert.deepEqual(other.patch, [{ op: "add", path: "/spec/tolerations", value: [toleration] }]);
    const selected = await review(PODS_PATH, { metadata: {}, spec: { nodeSelector: { disk: "ssd" } } });
    assert.equal(selected.patch[0].path, "/spec/nodeSelector/tenancy.baidubce.com~1tenant");
  });
});

describe("the webhook for strict quotas", () => {
  const pod = { metadata: { uid: "u", name: "p" }, spec: { containers: [] } };

  it("lets nothing in before it was counted, then what fits, and reserves nothing for a dry run", async () => {
    const { review, book, signal, pages } = await createScene({ quota: { hard: { pods: 1 }, mode: "Strict" } });
    const early = await review(QUOTA_PATH, pod);
    assert.deepEqual([early.allowed, early.code], [false, 429]);
    await book.settle("a", () => ({ used: {}, pending: [] }), signal);
    const before = pages();
    assert.equal((await review(QUOTA_PATH, pod, { dryRun: true })).allowed, true);
    assert.equal(pages(), before);
    assert.equal((await review(QUOTA_PATH, pod)).allowed, true);
    assert.deepEqual(await review(QUOTA_PATH, pod), {
      allowed: false,
      code: 403,
      message: "quota of tenant a over all its namespaces: pods: used 1, wanted 1, limit 1",
      patch: undefined,
    });
  });

  it("asks nothing of a tenant whose quota is aggregated", async () => {
    const { review } = await createScene({ quota: { hard: { pods: 1 } } });
    assert.equal((await review(QUOTA_PATH, pod)).allowed, true);
  });

  it("counts an edit by what it needs more", async () => {
    const { review, book, signal } = await createScene({
      quota: { hard: { "services.loadbalancers": 1 }, mode: "Strict" },
    });
    await book.settle("a", () => ({ used: {}, pending: [] }), signal);
    const service = (type: string) => ({ metadata: { uid: "s", name: "s" }, spec: { type, ports: [{ port: 80 }] } });
    const edit = (from: string, to: string) =>
      review(QUOTA_PATH, service(to), { kind: { kind: "Service" }, operation: "UPDATE", oldObject: service(from) });
    assert.equal((await edit("ClusterIP", "LoadBalancer")).allowed, true);
    assert.equal((await edit("LoadBalancer", "LoadBalancer")).allowed, true);
    assert.equal((await edit("NodePort", "LoadBalancer")).allowed, false);
  });
});

describe("what reaches the webhooks", () => {
  it("is answered in one line when it is no review", async () => {
    const { send } = await createScene({});
    assert.deepEqual(await send(QUOTA_PATH, "{"), { status: 400, text: "the body is no AdmissionReview\n" });
    assert.equal((await send("/other", "{}")).status, 404);
  });

  it("is only what is in namespaces with the label", () => {
    for (const { webhooks } of webhookConfigurations({ url: "https://x" }, "pem") as unknown as {
      webhooks: object[];
    }[]) {
      const [{ namespaceSelector }] = webhooks as [{ namespaceSelector: { matchExpressions: { key: string }[] } }];
      assert.match(namespaceSelector.matchExpressions[0]?.key ?? "", /^tenancy\.baidubce\.com\//);
    }
  });
});
