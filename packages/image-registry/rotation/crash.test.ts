import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Secret, sleep } from "@ccm/base";
import { readDockerConfig } from "../docker-config.ts";
import { IMAGE } from "../registries/testing/lab.ts";
import { provePull } from "../token-flow.ts";
import type { RotationEnd } from "./rotation.ts";
import { Crash, inRotationScene, type RotationScene } from "./testing/scene.ts";

const OPTIONS = { waitForDelete: true, pollMs: 60_000 };
const SHORT = { graceMs: 120_000, deleteAfterMs: 120_000 };

/** Runs until the end; dies after the given call that changes something, and begins again. Resolves to whether it died. */
async function runWithCrash(scene: RotationScene, at: number, rollback: boolean): Promise<boolean> {
  let count = 0;
  const dies = scene.env(() => ++count === at);
  const options = { ...OPTIONS, rollback };
  const crashed = await scene.during(
    scene.begin(options, SHORT, dies).then(
      () => false,
      (error: unknown) => {
        if (error instanceof Crash) return true;
        throw error;
      },
    ),
  );
  const end: RotationEnd = await scene.during(scene.begin(options, SHORT));
  assert.deepEqual(end, { end: "done" });
  return crashed;
}

const projection = async (scene: RotationScene) => ({
  robots: (await scene.robots()).map(({ name, disable }) => `${name} ${disable}`),
  shop: (await scene.loginIn("shop", "pull"))?.username,
  cart: (await scene.loginIn("cart", "pull"))?.username,
  secrets: await scene.secretNames(),
});

describe("a rotation whose process dies", () => {
  it("after any of its changes, and is run again, ends as if it had not, with no robot and no record left over", async () => {
    let crashes = 0;
    for (let at = 1, more = true; more; at++) {
      await inRotationScene(async (scene) => {
        await scene.pullSecret("shop", "pull");
        await scene.pullSecret("cart", "pull");
        more = await runWithCrash(scene, at, false);
        if (more) crashes++;
        assert.deepEqual(await projection(scene), {
          robots: ["ccr$new false"],
          shop: "ccr$new",
          cart: "ccr$new",
          secrets: ["cart/pull", "shop/pull"],
        });
        const login = await scene.loginIn("shop", "pull");
        assert.equal(login && (await scene.pull(login)), "pulled");
      });
    }
    // Each of: record, robot, entries kept, two Secrets, three marks … was one of them.
    assert.ok(crashes >= 9, `${crashes} crashes`);
  });

  it("after any change of a rollback, too, ends with the Secrets and robots of before", async () => {
    let crashes = 0;
    for (let at = 1, more = true; more; at++) {
      await inRotationScene(async (scene) => {
        await scene.pullSecret("shop", "pull");
        await scene.pullSecret("cart", "pull");
        const before = await scene.textOf("shop", "pull");
        assert.equal((await scene.run({ pollMs: 60_000 }, { graceMs: 60_000 })).end, "waiting");
        more = await runWithCrash(scene, at, true);
        if (more) crashes++;
        assert.equal(await scene.textOf("shop", "pull"), before);
        assert.deepEqual(await projection(scene), {
          robots: ["ccr$old false"],
          shop: "ccr$old",
          cart: "ccr$old",
          secrets: ["cart/pull", "shop/pull"],
        });
      });
    }
    assert.ok(crashes >= 5, `${crashes} crashes`);
  });

  it("can be taken back from wherever it died", async () => {
    for (let at = 1; at <= 6; at++) {
      await inRotationScene(async (scene) => {
        await scene.pullSecret("shop", "pull");
        await scene.pullSecret("cart", "pull");
        const before = await scene.textOf("cart", "pull");
        let count = 0;
        const dies = scene.env(() => ++count === at);
        await assert.rejects(scene.during(scene.begin(OPTIONS, SHORT, dies)), Crash);
        assert.deepEqual(await scene.during(scene.begin({ ...OPTIONS, rollback: true }, SHORT)), { end: "done" });
        assert.equal(await scene.textOf("cart", "pull"), before);
        assert.deepEqual((await projection(scene)).robots, ["ccr$old false"]);
        assert.deepEqual(await scene.secretNames(), ["cart/pull", "shop/pull"]);
      });
    }
  });
});

describe("pulls through a Secret", () => {
  it("never fail during a whole rotation and its way back, for a kubelet that sees Secrets up to a minute late", () =>
    inRotationScene(async (scene) => {
      const { clock, host, world } = scene;
      await scene.pullSecret("shop", "pull");
      const stop = new AbortController();
      const outcomes = new Map<string, number>();
      const logins = new Set<string>();
      const ref = { namespace: "shop", name: "pull" };
      const type = { group: "", version: "v1", plural: "secrets", kind: "Secret", namespaced: true } as const;
      const pulling = (async () => {
        for (let text = "", readAt = Number.NEGATIVE_INFINITY; !stop.signal.aborted; ) {
          if (clock.now() - readAt >= 60_000) {
            const secret = (await world.kube.get(type, ref)) as { readonly data?: Readonly<Record<string, string>> };
            text = Buffer.from(secret.data?.[".dockerconfigjson"] ?? "", "base64").toString("utf8");
            readAt = clock.now();
          }
          const credential = readDockerConfig(text, "pull").find(({ key }) => key === host)?.credential ?? {
            username: "",
            password: new Secret(""),
          };
          const image = { host, repository: IMAGE, reference: "v1" };
          const { outcome } = await provePull({ send: world.send, clock, credential }, image);
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
          logins.add(credential.username);
          await sleep(clock, 1000);
        }
      })();
      assert.deepEqual(await scene.during(scene.begin({ pollMs: 60_000 })), {
        end: "waiting",
        for: "rest",
        until: clock.now() + scene.request.deleteAfterMs,
      });
      assert.deepEqual(await scene.during(scene.begin({ pollMs: 60_000, rollback: true })), { end: "done" });
      assert.deepEqual(await scene.during(scene.begin({ pollMs: 60_000 }, { graceMs: 120_000, deleteAfterMs: 0 })), {
        end: "done",
      });
      stop.abort();
      await scene.during(pulling);
      assert.deepEqual([...outcomes.keys()], ["pulled"]);
      assert.ok((outcomes.get("pulled") ?? 0) > 1000);
      assert.deepEqual([...logins].sort(), ["ccr$new", "ccr$old"]);
    }));
});
