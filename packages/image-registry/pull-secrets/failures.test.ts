import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CONFIG_MAPS } from "@ccm/kube";
import { createScene, type Fate, NAME } from "./testing/scene.ts";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

describe("the pull secret controller, when something fails,", () => {
  it("outlives eight hours without the cloud at the worst time, says so once, and heals by itself", async () => {
    let down = false;
    const scene = await createScene({
      cloud: () => {
        if (down) throw new Error("no route to the cloud");
      },
    });
    const { addNamespace, configure, launch, clock, pullIn, host, events, passwords, instanceId } = scene;
    await addNamespace("shop");
    await configure(`registries: [${host}]\nnamespaces: [shop]\n`);
    const process = launch();
    await clock.advance(15 * HOUR_MS);
    down = true;
    for (let hour = 0; hour < 8; hour++) {
      await clock.advance(HOUR_MS);
      assert.equal(await pullIn("shop"), "pulled");
    }
    const registry = `${instanceId} in bj`;
    const said = await events("PullPasswordFailed");
    assert.equal(said.length, 1);
    assert.match(
      said[0] ?? "",
      new RegExp(`^${registry}: no route to the cloud\\. Those at hand are good for 8\\.0 h more`),
    );
    const left = () => process.metrics.value("pull_secret_seconds_to_expiry", { registry });
    assert.ok(left() <= 3900 && left() > 3000, `${left()} s`);
    const failed = process.metrics.value("pull_secret_failures_total", { what: "password" });
    assert.ok(failed > 40 && failed < 60, `every ten minutes in the end, and not ${failed} times`);
    down = false;
    await clock.advance(10 * MINUTE_MS);
    assert.equal(passwords(), 2);
    assert.ok(left() > 23 * 3600);
    await clock.advance(10 * HOUR_MS);
    assert.equal(await pullIn("shop"), "pulled");
    assert.equal(process.metrics.value("pull_secret_refreshes_total", { registry }), 2);
    await process.end();
  });

  it("serves the other registries when one refuses", async () => {
    const scene = await createScene();
    const { addNamespace, configure, launch, clock, pullIn, host, events } = scene;
    await addNamespace("shop");
    await configure(`registries: [${host}, ccr-00000000-pub.cnc.bj.baidubce.com]\nnamespaces: [shop]\n`);
    const process = launch();
    await clock.advance(MINUTE_MS);
    assert.equal(await pullIn("shop"), "pulled");
    assert.match(
      (await events("PullPasswordFailed")).join("\n"),
      /^ccr-00000000 in bj: ccr\.createTemporaryPassword: /,
    );
    await process.end();
  });

  it("keeps to the config before when the new one cannot be used, and follows the next one", async () => {
    const scene = await createScene();
    const { addNamespace, configure, launch, clock, pullIn, host, events, secret, passwords } = scene;
    for (const name of ["shop", "cart"]) await addNamespace(name);
    await configure(`registries: [${host}]\nnamespaces: [shop]\n`);
    const process = launch();
    await clock.advance(1000);
    await configure("registries: [docker.io]\n");
    await clock.advance(MINUTE_MS);
    assert.match(
      (await events("PullSecretsConfigRefused")).join("\n"),
      /^config\.yaml: registries: expected hosts such as /,
    );
    assert.equal(await pullIn("shop"), "pulled");
    await configure(`registries: [${host}]\nnamespaces: [cart]\n`);
    await clock.advance(1000);
    assert.deepEqual([await secret("shop"), await pullIn("cart")], [undefined, "pulled"]);
    assert.equal(passwords(), 1);
    await process.end();
  });

  it("begins when a config comes, and stops its work when it goes", async () => {
    const scene = await createScene();
    const { addNamespace, configure, launch, clock, pullIn, host, user, during, calls } = scene;
    await addNamespace("shop");
    const process = launch();
    await clock.advance(HOUR_MS);
    assert.equal(await pullIn("shop"), "no secret");
    await configure(`registries: [${host}]\nnamespaces: [shop]\n`);
    await clock.advance(1000);
    assert.equal(await pullIn("shop"), "pulled");
    await during(user.delete(CONFIG_MAPS, { namespace: "kube-system", name: "pull-secrets" }));
    calls.length = 0;
    await clock.advance(20 * HOUR_MS);
    assert.deepEqual(calls, []);
    await process.end();
  });

  it("shows no password and no token in Events and metrics", async () => {
    const scene = await createScene();
    const { addNamespace, configure, launch, clock, host, user, during, secret } = scene;
    await addNamespace("shop");
    await configure(`registries: [${host}]\nnamespaces: [shop]\n`);
    const process = launch();
    await clock.advance(1000);
    const text = Buffer.from((await secret("shop"))?.data?.[".dockerconfigjson"] ?? "", "base64").toString("utf8");
    const { password } = JSON.parse(text).auths[host];
    const all = JSON.stringify(await during(user.list({ ...CONFIG_MAPS, plural: "events", kind: "Event" })));
    assert.ok(all.includes("PullPasswordRenewed"));
    assert.ok(!all.includes(password) && !JSON.stringify(await secret("shop")).includes(password));
    await process.end();
  });
});

/** Work of all kinds: a first password, its renewal, a namespace that comes, one that goes. */
async function crashAt(nth: number, fate: Fate): Promise<number> {
  const scene = await createScene({ fate: (call) => (call === nth ? fate : undefined) });
  const { addNamespace, configure, launch, clock, pullIn, host, account, secret, passwords, steps } = scene;
  let process = launch();
  let crashes = 0;
  const pass = async (ms: number) => {
    await clock.advance(ms);
    if (process.alive) return;
    crashes++;
    process = launch(`after ${crashes}`);
    await clock.advance(5 * MINUTE_MS);
  };
  for (const name of ["shop", "cart"]) await addNamespace(name);
  await configure(`registries: [${host}]\nnamespaces: [shop, cart]\npasswordHours: 1\n`);
  await pass(MINUTE_MS);
  const at = `killed ${fate} call ${nth}`;
  assert.deepEqual([await pullIn("shop"), await pullIn("cart")], ["pulled", "pulled"], at);
  await pass(45 * MINUTE_MS);
  assert.deepEqual([await pullIn("shop"), await pullIn("cart")], ["pulled", "pulled"], at);
  await configure(`registries: [${host}]\nnamespaces: [shop]\npasswordHours: 1\n`);
  await pass(MINUTE_MS);
  await clock.advance(20 * MINUTE_MS);
  assert.equal(await pullIn("shop"), "pulled", at);
  assert.deepEqual([await secret("cart"), (await account("cart")).imagePullSecrets ?? []], [undefined, []], at);
  assert.deepEqual((await account("shop")).imagePullSecrets, [{ name: NAME }], at);
  // What was asked for and lost ends by itself.
  assert.ok(passwords() <= 2 + crashes, `${at}: ${passwords()} passwords`);
  await process.end();
  return steps();
}

describe("a crash of the pull secret controller", () => {
  it("leaves nothing wrong, whichever call it comes before or after", async () => {
    const steps = await crashAt(-1, undefined);
    assert.ok(steps > 15, `${steps} calls`);
    for (let nth = 0; nth < steps; nth++) {
      for (const fate of ["before", "after"] as const) await crashAt(nth, fate);
    }
  });
});
