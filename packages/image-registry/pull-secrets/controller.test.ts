import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NAMESPACES, SECRETS, SERVICE_ACCOUNTS } from "@ccm/kube";
import { createScene, NAME, type Scene } from "./testing/scene.ts";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

const configOf = ({ host }: Pick<Scene, "host">, more = "namespaces: [shop, cart]") =>
  `registries: [${host}]\n${more}\n`;

/** Three namespaces of which two are to have it, and a controller that has done its first work. */
async function createRunning(more?: string) {
  const scene = await createScene();
  for (const name of ["shop", "cart", "other"]) await scene.addNamespace(name);
  await scene.configure(configOf(scene, more));
  const process = scene.launch();
  await scene.clock.advance(10_000);
  return { ...scene, process };
}

describe("the pull secret controller", () => {
  it("gives the chosen namespaces a Secret that pulls, and tells their default service account of it", async () => {
    const { pullIn, account, secret, process, passwords } = await createRunning();
    assert.deepEqual(
      [await pullIn("shop"), await pullIn("cart"), await pullIn("other")],
      ["pulled", "pulled", "no secret"],
    );
    assert.deepEqual((await account("shop")).imagePullSecrets, [{ name: NAME }]);
    assert.equal((await account("other")).imagePullSecrets, undefined);
    const { type, metadata, data = {} } = (await secret("shop")) ?? assert.fail();
    assert.deepEqual([type, Object.keys(data)], ["kubernetes.io/dockerconfigjson", [".dockerconfigjson"]]);
    assert.match(metadata.annotations?.["image-registry.ccm/expires"] ?? "", /^2026-01-02T00:00:/);
    assert.equal(passwords(), 1, "one password for all namespaces");
    await process.end();
  });

  it("keeps every one good for five days, with one password in sixteen hours and no other call", async () => {
    const { pullIn, clock, process, passwords, calls, requests } = await createRunning();
    requests.length = 0;
    for (let hour = 0; hour < 5 * 24; hour++) {
      await clock.advance(HOUR_MS);
      assert.deepEqual([await pullIn("shop"), await pullIn("cart")], ["pulled", "pulled"], `hour ${hour}`);
    }
    // At 0, 16, 32 … 112 hours.
    assert.equal(passwords(), 8);
    assert.equal(calls.length, 16, "the name and the password");
    assert.equal(requests.length, 7 * 3, "the Secret that is copied and its two copies");
    await process.end();
  });

  it("does nothing when nothing changes", async () => {
    const { clock, process, requests, calls } = await createRunning();
    requests.length = 0;
    calls.length = 0;
    await clock.advance(15 * HOUR_MS);
    assert.deepEqual([requests, calls], [[], []]);
    await process.end();
  });

  it("goes on with the password at hand after a restart", async () => {
    const { launch, clock, process, passwords, pullIn } = await createRunning();
    await process.end();
    for (const name of ["two", "three", "four"]) {
      const next = launch(name);
      await clock.advance(MINUTE_MS);
      await next.end();
    }
    assert.equal(passwords(), 1);
    assert.equal(await pullIn("shop"), "pulled");
  });

  it("serves a namespace that comes later, and its service account when that comes", async () => {
    const { clock, user, during, process, passwords, pullIn, account } = await createRunning('namespaces: ["*"]');
    assert.equal(await pullIn("other"), "pulled");
    await during(user.create(NAMESPACES, { metadata: { name: "new" } }));
    await clock.advance(1000);
    assert.equal(await pullIn("new"), "pulled");
    await during(user.create(SERVICE_ACCOUNTS, { metadata: { namespace: "new", name: "default" } }));
    await clock.advance(1000);
    assert.deepEqual((await account("new")).imagePullSecrets, [{ name: NAME }]);
    assert.equal(passwords(), 1);
    assert.equal(await pullIn("kube-public"), "no secret", "those of Kubernetes itself are not meant by *");
    await process.end();
  });

  it("chooses by labels, and by an annotation that wins over them", async () => {
    const scene = await createScene();
    const { addNamespace, pullIn, configure, launch, clock } = scene;
    const annotation = (value: string) => ({ annotations: { "image-registry.ccm/pull-secret": value } });
    await addNamespace("a", { labels: { team: "shop", tier: "1" } });
    await addNamespace("b", { labels: { team: "shop" } });
    await addNamespace("c", annotation("true"));
    await addNamespace("d", { labels: { team: "shop", tier: "1" }, ...annotation("false") });
    await configure(configOf(scene, 'namespaceLabels: {team: shop, tier: "1"}'));
    const process = launch();
    await clock.advance(1000);
    const found: string[] = [];
    for (const name of ["a", "b", "c", "d"]) found.push(await pullIn(name));
    assert.deepEqual(found, ["pulled", "no secret", "pulled", "no secret"]);
    await process.end();
  });

  it("takes the Secret away, and what refers to it, from a namespace that is no longer chosen", async () => {
    const { clock, user, during, process, secret, account } = await createRunning();
    const others = [{ name: "own" }, { name: NAME }];
    await during(
      user.patch(
        SERVICE_ACCOUNTS,
        { namespace: "shop", name: "default" },
        { type: "merge", body: { imagePullSecrets: others } },
      ),
    );
    const annotations = { "image-registry.ccm/pull-secret": "false" };
    await during(user.patch(NAMESPACES, { name: "shop" }, { type: "merge", body: { metadata: { annotations } } }));
    await clock.advance(1000);
    assert.equal(await secret("shop"), undefined);
    assert.deepEqual((await account("shop")).imagePullSecrets, [{ name: "own" }]);
    assert.ok(await secret("cart"));
    await process.end();
  });

  it("leaves the Secret of somebody else alone, says so, and takes over once it is gone", async () => {
    const scene = await createScene();
    const { addNamespace, configure, launch, clock, user, during, secret, events, account, pullIn } = scene;
    await addNamespace("shop");
    const own = { metadata: { namespace: "shop", name: NAME }, type: "Opaque", data: { a: "Yg==" } };
    await during(user.create(SECRETS, own));
    await configure(configOf(scene));
    const process = launch();
    await clock.advance(MINUTE_MS);
    assert.deepEqual((await secret("shop"))?.data, own.data);
    assert.equal((await account("shop")).imagePullSecrets, undefined);
    assert.deepEqual((await events("PullSecretRefused")).length, 1);
    await during(user.delete(SECRETS, { namespace: "shop", name: NAME }));
    await clock.advance(1000);
    assert.equal(await pullIn("shop"), "pulled");
    await process.end();
  });

  it("puts back what somebody changed or deleted, without a new password", async () => {
    const { clock, user, during, process, pullIn, passwords } = await createRunning();
    const ref = { namespace: "shop", name: NAME };
    await during(user.patch(SECRETS, ref, { type: "merge", body: { data: { ".dockerconfigjson": "e30=" } } }));
    await clock.advance(1000);
    assert.equal(await pullIn("shop"), "pulled");
    await during(user.delete(SECRETS, ref));
    await clock.advance(1000);
    assert.equal(await pullIn("shop"), "pulled");
    assert.equal(passwords(), 1);
    await process.end();
  });

  it("never takes a password from a namespace's copy: what is there may be anybody's", async () => {
    const { clock, user, during, process, pullIn, secret } = await createRunning();
    const { data = {} } = (await secret("shop")) ?? assert.fail();
    const poison = Buffer.from('{"auths":{"x":{"username":"u","password":"p"}}}').toString("base64");
    const patch = { type: "merge", body: { data: { ".dockerconfigjson": poison } } } as const;
    await during(user.patch(SECRETS, { namespace: "cart", name: NAME }, patch));
    await clock.advance(1000);
    assert.deepEqual((await secret("shop"))?.data, data);
    assert.equal(await pullIn("cart"), "pulled");
    await process.end();
  });

  it("asks an instance once, however many hosts it has, and each edition for itself", async () => {
    const scene = await createScene();
    const { addNamespace, configure, launch, clock, calls, instanceId, host, secret } = scene;
    await addNamespace("shop");
    const hosts = [host, host.replace("-pub", "-vpc"), `images.example.com=${instanceId}@bj`, "registry.baidubce.com"];
    await configure(`registries: ${JSON.stringify(hosts)}\nnamespaces: [shop]\n`);
    const process = launch();
    await clock.advance(1000);
    const asked = calls.filter((call) => call.startsWith("POST"));
    assert.deepEqual(asked.toSorted(), ["POST /v1/ccr/token 200", `POST /v1/instances/${instanceId}/credential 200`]);
    const text = Buffer.from((await secret("shop"))?.data?.[".dockerconfigjson"] ?? "", "base64").toString("utf8");
    assert.equal(Object.keys(JSON.parse(text).auths).length, 4);
    // The personal edition's hour has its own period.
    await clock.advance(2 * HOUR_MS);
    assert.deepEqual(calls.filter((call) => call.startsWith("POST")).length, 2 + 3);
    await process.end();
  });
});
