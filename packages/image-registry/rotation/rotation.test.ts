import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inspect } from "node:util";
import { Secret } from "@ccm/base";
import { SECRETS } from "@ccm/kube";
import { printDockerConfig } from "../docker-config.ts";
import { failedPulls, imagesPulled } from "./pulls.ts";
import { applyStep, observeRotation } from "./rotation.ts";
import { inRotationScene } from "./testing/scene.ts";

const DAY = 86_400_000;

describe("a rotation of a robot", () => {
  it("makes the new one, tries it, replaces it in the chosen Secrets, watches, disables and then deletes the old one", () =>
    inRotationScene(async (scene) => {
      const { host, old, clock, request } = scene;
      const other = `"docker.io" : {"auth":"YTpi"} ,`;
      const text = `{ "auths" : {${other} "${host}":{"auth":"${Buffer.from(`${old.username}:${old.password.reveal()}`).toString("base64")}"}}}\n`;
      await scene.pullSecret("shop", "pull", text);
      await scene.pullSecret("cart", "pull");
      const steps: string[] = [];
      const end = await scene.run({ onStep: (step) => steps.push(step.do) });
      assert.equal(end.end, "waiting");
      assert.deepEqual(steps, [
        ...["begin", "create", "remember", "replace", "replace", "mark-replaced", "watch", "disable", "mark-disabled"],
      ]);
      const login = await scene.loginIn("shop", "pull");
      assert.equal(login?.username, "ccr$new");
      assert.ok(login);
      assert.equal(await scene.pull(login), "pulled");
      assert.equal(await scene.pull(old), "refused");
      const changed = await scene.textOf("shop", "pull");
      assert.ok(changed.startsWith(`{ "auths" : {${other} "${host}":{`) && changed.endsWith("}}}\n"));
      assert.deepEqual(
        (await scene.robots()).map(({ name, disable }) => [name, disable]),
        [
          ["ccr$old", true],
          ["ccr$new", false],
        ],
      );
      const [before, after] = await scene.robots();
      assert.deepEqual(after?.permissions, before?.permissions);

      assert.equal((await scene.run()).end, "waiting");
      await clock.advance(request.deleteAfterMs);
      assert.deepEqual(await scene.run(), { end: "done" });
      assert.deepEqual(
        (await scene.robots()).map(({ name }) => name),
        ["ccr$new"],
      );
      assert.ok(!(await scene.secretNames()).some((name) => name.includes("registry-rotation")));
      scene.writes.length = 0;
      assert.deepEqual(await scene.run(), { end: "done" });
      assert.deepEqual(scene.writes, []);
    }));

  it("does not touch Secrets that are immutable, of somebody else, or of other logins, and leaves the old robot to them", () =>
    inRotationScene(async (scene) => {
      const { host, old } = scene;
      const controller = { apiVersion: "v1", kind: "ExternalSecret", name: "pull", uid: "u", controller: true };
      await scene.pullSecret("shop", "pull");
      await scene.pullSecret("shop", "fixed", undefined, { immutable: true } as never);
      await scene.pullSecret("shop", "external", undefined, { metadata: { ownerReferences: [controller] } });
      await scene.pullSecret("other", "outside");
      await scene.pullSecret("shop", "another-user", printDockerConfig({ [host]: { ...old, username: "ccr$else" } }));
      await scene.pullSecret("shop", "another-host", printDockerConfig({ "registry.example": old }));
      const before = new Map<string, string>();
      const names = ["shop/fixed", "shop/external", "other/outside", "shop/another-user", "shop/another-host"];
      for (const name of names) before.set(name, await scene.textOf(...(name.split("/") as [string, string])));
      const end = await scene.run();
      assert.ok(end.end === "stopped");
      assert.deepEqual([...end.because].sort(), [
        "Secret other/outside still logs in as ccr$old: not in the chosen namespaces",
        "Secret shop/external still logs in as ccr$old: it belongs to ExternalSecret shop/pull",
        "Secret shop/fixed still logs in as ccr$old: it is immutable",
      ]);
      for (const name of names)
        assert.equal(await scene.textOf(...(name.split("/") as [string, string])), before.get(name));
      assert.equal((await scene.loginIn("shop", "pull"))?.username, "ccr$new");
      assert.equal(await scene.pull(old), "pulled");
    }));

  it("stops before it disables the old robot when a Pod cannot pull any more, but not for one that could not before", () =>
    inRotationScene(async (scene) => {
      const { host, old, clock } = scene;
      const waiting = (reason: string) => ({
        containerStatuses: [
          { name: "c", image: `${host}/app/web:v1`, state: { waiting: { reason, message: "401 Unauthorized" } } },
        ] as never,
      });
      await scene.pullSecret("shop", "pull");
      await scene.pod("shop", "broken-before", waiting("ImagePullBackOff"));
      const ran = scene.begin();
      await clock.advance(60_000);
      await scene.pod("shop", "web-1", waiting("ErrImagePull"));
      const end = await scene.during(ran);
      assert.deepEqual(end, {
        end: "stopped",
        because: [`Pod shop/web-1 cannot pull ${host}/app/web:v1: 401 Unauthorized`],
      });
      assert.equal(await scene.pull(old), "pulled");
    }));

  it("changes no Secret when the new robot cannot pull the image", () =>
    inRotationScene(async (scene) => {
      await scene.pullSecret("shop", "pull");
      const end = await scene.run({}, { images: ["app/web:none"] });
      assert.ok(end.end === "stopped" && /app\/web:none: there is no such image/.test(end.because[0] ?? ""));
      assert.equal((await scene.loginIn("shop", "pull"))?.username, "ccr$old");
    }));

  it("goes back to the old login, byte for byte, and leaves no new robot behind", () =>
    inRotationScene(async (scene) => {
      await scene.pullSecret("shop", "pull");
      await scene.pullSecret("cart", "pull");
      const before = await scene.textOf("shop", "pull");
      assert.equal((await scene.run()).end, "waiting");
      assert.notEqual(await scene.textOf("shop", "pull"), before);
      assert.equal(await scene.pull(scene.old), "refused");
      assert.deepEqual(await scene.run({ rollback: true }), { end: "done" });
      assert.equal(await scene.textOf("shop", "pull"), before);
      assert.equal((await scene.loginIn("cart", "pull"))?.username, "ccr$old");
      assert.equal(await scene.pull(scene.old), "pulled");
      assert.deepEqual(
        (await scene.robots()).map(({ name }) => name),
        ["ccr$old"],
      );
      assert.ok(!(await scene.secretNames()).some((name) => name.includes("registry-rotation")));
    }));

  it("cannot go back once the old robot is gone, and says so", () =>
    inRotationScene(async (scene) => {
      await scene.pullSecret("shop", "pull");
      assert.equal((await scene.run()).end, "waiting");
      const [old] = await scene.robots();
      await scene.during(scene.world.ccr.deleteRobot(scene.instanceId, old?.id ?? 0, scene.token()));
      const end = await scene.run({ rollback: true });
      assert.ok(end.end === "stopped" && /ccr\$old has been deleted/.test(end.because[0] ?? ""));
      assert.equal((await scene.loginIn("shop", "pull"))?.username, "ccr$new");
    }));

  it("takes over no robot that it did not make, and is not joined by another rotation", () =>
    inRotationScene(async (scene) => {
      await scene.pullSecret("shop", "pull");
      await scene.robot("taken");
      const taken = await scene.run({}, { to: { kind: "robot", name: "taken" } });
      assert.ok(taken.end === "stopped" && /ccr\$taken is there already/.test(taken.because[0] ?? ""));
      assert.deepEqual(await scene.secretNames(), ["shop/pull"]);
      assert.equal((await scene.run({}, { images: ["app/web:none"] })).end, "stopped");
      const second = await scene.run({}, { to: { kind: "robot", name: "third" } });
      assert.ok(second.end === "stopped" && /ccr\$old to ccr\$new is under way/.test(second.because[0] ?? ""));
    }));

  it("is one rotation when two people start it at the same time", () =>
    inRotationScene(async (scene) => {
      await scene.pullSecret("shop", "pull");
      await scene.pullSecret("cart", "pull");
      const ends = await scene.during(Promise.all([scene.begin(), scene.begin()]));
      assert.deepEqual(
        ends.map(({ end }) => end),
        ["waiting", "waiting"],
      );
      const login = await scene.loginIn("shop", "pull");
      assert.ok(login);
      assert.equal(await scene.pull(login), "pulled");
      assert.equal((await scene.robots()).length, 2);
    }));

  it("replaces what was put back while it went on", () =>
    inRotationScene(async (scene) => {
      await scene.pullSecret("shop", "pull");
      const ran = scene.begin();
      await scene.clock.advance(120_000);
      await scene.pullSecret("cart", "late");
      assert.equal((await scene.during(ran)).end, "waiting");
      assert.equal((await scene.loginIn("cart", "late"))?.username, "ccr$new");
    }));
});

describe("what others do meanwhile", () => {
  it("is never overwritten: a Secret that was edited, or a robot that was made, since the look is looked at again", () =>
    inRotationScene(async (scene) => {
      const { world, request, during, host } = scene;
      await scene.pullSecret("shop", "pull");
      // As far as the record, and the robot.
      const wrong = { ...request, images: ["app/web:none"] };
      assert.equal((await scene.run({}, wrong)).end, "stopped");
      const look = await during(observeRotation(world, request));
      const edited = printDockerConfig({ [host]: scene.old, "registry.example": scene.old });
      const data = { ".dockerconfigjson": Buffer.from(edited).toString("base64") };
      await during(world.kube.patch(SECRETS, { namespace: "shop", name: "pull" }, { type: "merge", body: { data } }));
      const replace = { do: "replace", namespace: "shop", name: "pull", keys: [host] } as const;
      assert.equal(await during(applyStep(world, request, look, replace)), "changed");
      assert.equal(await scene.textOf("shop", "pull"), edited);

      const [, made] = await scene.robots();
      assert.ok(made);
      const { record } = look.observed;
      assert.ok(look.kept && record);
      // As a cloud that knows nothing of clientToken answers the second of two.
      const another = { ...look, kept: { ...look.kept, record: { ...record, id: "00000000" } } };
      assert.equal(await during(applyStep(world, request, another, { do: "create", login: "ccr$new" })), "changed");
      assert.equal((await scene.robots()).length, 2);
    }));
});

describe("a pull that fails between two looks", () => {
  it("is known by the kubelet's Event when its Pod is gone, and forgotten when the Pod is well", () => {
    const involvedObject = { kind: "Pod", namespace: "shop", name: "job-1", uid: "u1" };
    const at = Date.UTC(2026, 0, 1);
    const event = (image: string, time = at, reason = "Failed") => ({
      metadata: {},
      involvedObject,
      reason,
      message: `Failed to pull image "${image}": rpc error: 401\nUnauthorized`,
      lastTimestamp: new Date(time).toISOString(),
    });
    const hosts = ["r.example"];
    const pod = { metadata: { uid: "u1" } };
    const count = (one: ReturnType<typeof event>, pods: readonly (typeof pod)[] = []) =>
      failedPulls([one], pods, hosts, at);
    assert.deepEqual(count(event("r.example/app/web:v1")), [
      {
        ...{ namespace: "shop", pod: "job-1", uid: "u1", image: "r.example/app/web:v1" },
        message: 'Failed to pull image "r.example/app/web:v1": rpc error: 401 Unauthorized',
      },
    ]);
    assert.deepEqual(count(event("r.example/app/web:v1"), [pod]), []);
    assert.deepEqual(count(event("r.example/app/web:v1", at - 1)), []);
    assert.deepEqual(count(event("other.example/app/web:v1")), []);
    assert.deepEqual(count(event("r.example/app/web:v1", at, "BackOff")), []);
  });

  it("is tried before with an image of each project that Pods pull, by digest where they do", () => {
    const pod = (namespace: string, ...images: readonly string[]) => ({
      metadata: { namespace },
      spec: { containers: images.map((image) => ({ image })) },
    });
    const pods = [
      pod("shop", "r.example/app/web:v1", "r.example/app/api:v2", "docker.io/app/web", "r.example/base/os:1@sha256:ab"),
      pod("cart", "r.example/cart/web"),
    ];
    const hosts = ["r.example"];
    assert.deepEqual(imagesPulled(pods, { hosts, namespaces: ["shop"] }), ["app/web:v1", "base/os@sha256:ab"]);
    assert.equal(imagesPulled(pods, { hosts }).length, 3);
  });
});

describe("a rotation to a user", () => {
  it("sets the caller's password once it can end nobody's pulls, and tells that the old user's goes on", () =>
    inRotationScene(async (scene) => {
      await scene.pullSecret("shop", "pull");
      const name = await scene.during(scene.world.ccr.loginName());
      const to = { kind: "user", name } as const;
      await scene.pullSecret(
        "other",
        "users",
        printDockerConfig({ [scene.host]: { username: name, password: new Secret("p") } }),
      );
      const stopped = await scene.run({}, { to });
      assert.ok(stopped.end === "stopped" && /other\/users logs in as .* already/.test(stopped.because[0] ?? ""));
      await scene.during(scene.world.kube.delete(SECRETS, { namespace: "other", name: "users" }));
      assert.equal((await scene.run({}, { to })).end, "waiting");
      const login = await scene.loginIn("shop", "pull");
      assert.equal(login?.username, name);
      assert.ok(login);
      assert.equal(await scene.pull(login), "pulled");
      await scene.clock.advance(DAY);
      assert.deepEqual(await scene.run({}, { to }), { end: "done" });

      const back = { from: name, to: { kind: "robot", name: "again" } } as const;
      const refused = await scene.run({}, back);
      assert.ok(refused.end === "stopped" && /--project/.test(refused.because[0] ?? ""));
      const access = [{ resource: "repository", action: "pull" }];
      const permissions = [{ kind: "project", namespace: "app", access }] as const;
      assert.deepEqual(await scene.run({}, { ...back, to: { ...back.to, permissions } }), { end: "done" });
      assert.equal((await scene.loginIn("shop", "pull"))?.username, "ccr$again");
    }));
});

describe("what a rotation sees", () => {
  it("has no password in it, nor do the steps", () =>
    inRotationScene(async (scene) => {
      await scene.pullSecret("shop", "pull");
      const steps: unknown[] = [];
      const end = await scene.run({ onStep: (step) => steps.push(step) });
      const login = await scene.loginIn("shop", "pull");
      assert.ok(login);
      const shown = inspect([steps, end], { depth: 9 });
      assert.doesNotMatch(shown, new RegExp(`${login.password.reveal()}|secret-of-old`));
    }));
});
