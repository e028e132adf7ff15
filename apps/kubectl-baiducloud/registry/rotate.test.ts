import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { KubeObject, ResourceType } from "@ccm/kube";
import { inCommandScene } from "./testing/scene.ts";

const ROTATE = ["rotate", "mine", "--from", "ccr$old", "--to", "new"];
const type = (group: string, plural: string, kind: string): ResourceType<KubeObject> => ({
  ...{ group, plural, kind },
  version: "v1",
  namespaced: true,
});

describe("registry rotate", () => {
  it("shows first what it would do and who pulls with what, and does nothing", () =>
    inCommandScene(async (scene) => {
      await scene.pullSecret("shop", "pull");
      await scene.pullSecret("other", "outside");
      const pod = {
        containers: [{ name: "c", image: `${scene.host}/app/web:v1` }],
        imagePullSecrets: [{ name: "pull" }],
      };
      const labels = { app: "web" };
      const spec = { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: pod } };
      await scene.during(
        scene.world.kube.create(type("apps", "deployments", "Deployment"), {
          metadata: { namespace: "shop", name: "web" },
          spec,
        } as KubeObject),
      );
      const account = { metadata: { namespace: "shop", name: "builder" }, imagePullSecrets: [{ name: "pull" }] };
      await scene.during(scene.world.kube.create(type("", "serviceaccounts", "ServiceAccount"), account as KubeObject));
      await scene.pod("shop", "debug", {}, { imagePullSecrets: [{ name: "pull" }] });
      scene.writes.length = 0;
      const { code, out } = await scene.registry([...ROTATE, "-n", "shop,cart", "--dry-run"]);
      assert.equal(code, 3);
      assert.match(out, /other\/outside +ccr\$old +kept: not chosen +nobody/);
      assert.match(out, /shop\/pull +ccr\$old +to be changed +Deployment web, Pod debug, ServiceAccount builder/);
      assert.match(out, /create robot ccr\$new\nsee that ccr\$new can pull app\/web:v1\n/);
      assert.match(
        out,
        /watch pulls for 10 min\nSTOPS: Secret other\/outside still logs in as ccr\$old: not in the chosen namespaces\ndisable ccr\$old\n/,
      );
      assert.deepEqual(scene.writes, []);
      assert.equal((await scene.robots()).length, 1);
    }));

  it("asks before it begins, and goes as far as it can; the same again goes on, and at last there is nothing to do", () =>
    inCommandScene(async (scene) => {
      await scene.pullSecret("shop", "pull");
      const all = [...ROTATE, "-A"];
      assert.equal((await scene.registry(all)).code, 2);
      assert.equal((await scene.registry(all, { answer: "no" })).code, 3);
      assert.equal((await scene.robots()).length, 1);
      const ran = await scene.registry(all, { answer: "yes" });
      assert.equal(ran.code, 3);
      assert.match(ran.err, /ccr\$old is disabled, and may be deleted after .*: run the same again then/);
      await scene.clock.advance(86_400_000);
      const end = await scene.registry([...all, "--yes"]);
      assert.deepEqual(
        [end.code, end.err.split("\n").slice(-3)],
        [
          0,
          ["kubectl-baiducloud: delete ccr$old", "kubectl-baiducloud: delete the record", "kubectl-baiducloud: done"]
            .slice(-2)
            .concat(""),
        ],
      );
      assert.equal((await scene.registry(all)).code, 0);
      const login = await scene.loginIn("shop", "pull");
      assert.ok(login);
      assert.equal(await scene.pull(login), "pulled");
      const shown = ran.out + ran.err + end.out + end.err;
      assert.ok(!shown.includes(login.password.reveal()) && !shown.includes("secret-of-old"));
    }));

  it("takes everything back with --rollback, whatever else is said", () =>
    inCommandScene(async (scene) => {
      await scene.pullSecret("shop", "pull");
      const before = await scene.textOf("shop", "pull");
      assert.equal((await scene.registry([...ROTATE, "-A", "--yes"])).code, 3);
      const back = await scene.registry(["rotate", scene.host, "--from", "ccr$old", "--rollback", "--yes"]);
      assert.deepEqual([back.code, await scene.textOf("shop", "pull")], [0, before]);
      assert.deepEqual(
        (await scene.robots()).map(({ name, disable }) => [name, disable]),
        [["ccr$old", false]],
      );
    }));

  it("stays to the end with --wait", () =>
    inCommandScene(async (scene) => {
      await scene.pullSecret("shop", "pull");
      const ran = await scene.registry([...ROTATE, "-A", "--yes", "--wait", "--delete-after", "30m", "--grace", "5m"]);
      assert.equal(ran.code, 0);
      assert.deepEqual(
        (await scene.robots()).map(({ name }) => name),
        ["ccr$new"],
      );
    }));

  it("tries the new login at the address that is named, and goes no further when that does not answer", () =>
    inCommandScene(async (scene) => {
      await scene.pullSecret("shop", "pull");
      const vpc = scene.host.replace("-pub.", "-vpc.");
      const ran = await scene.registry([...ROTATE, "-A", "--yes", "--host", vpc]);
      assert.equal(ran.code, 1);
      assert.match(ran.err, new RegExp(`stopped: ${vpc}/v2/ answered http 403`));
      assert.equal((await scene.loginIn("shop", "pull"))?.username, "ccr$old");
    }));

  it("refuses what it cannot follow in one line", () =>
    inCommandScene(async (scene) => {
      for (const [words, expected] of [
        [ROTATE, /-n NAMESPACE, or -A/],
        [["rotate", "mine", "--from", "x", "-A"], /--to NAME/],
        [[...ROTATE, "-A", "--to-user"], /--to NAME/],
        [["rotate", "mine", "--from", "x", "-A", "--to", "Bad_"], /expected a robot's name/],
        [[...ROTATE, "-A", "--grace", "soon"], /expected a duration/],
        [[...ROTATE, "-A", "--image", "web"], /expected project\/name/],
        [["rotate", "nope", "--from", "x", "--to", "y", "-A"], /there is none: ccr-[a-z0-9]{8} \(mine, bj\)/],
        [["rotate", "personal", "--from", "x", "--to", "y", "-A"], /the personal one has no robots/],
      ] as const) {
        const { code, err } = await scene.registry(words);
        assert.ok(code === 2 || code === 1);
        assert.match(err, expected);
        assert.match(err, /^kubectl-baiducloud: [^\n]+\n$/);
      }
    }));
});

describe("registry robots and users", () => {
  it("show what there is, and that names cannot be changed", () =>
    inCommandScene(async (scene) => {
      const { out, code } = await scene.registry(["robots", "mine"]);
      assert.equal(code, 0);
      assert.match(out, /ccr\$old +enabled +never +app: pull +by hand/);
      const users = await scene.registry(["users", "-o", "json"]);
      const logins = (JSON.parse(users.out).users as readonly { edition: string; login: string }[]).map(
        ({ edition, login }) => `${edition} ${login}`,
      );
      const name = await scene.during(scene.world.ccr.loginName());
      assert.deepEqual(logins.slice(0, 1).concat(logins.slice(-1)), [`enterprise ${name}`, `personal ${name}`]);
      for (const command of ["login", "credential-helper", "users", "robots", "rotate"]) {
        const help = await scene.registry([command, "--help"]);
        assert.equal(help.code, 0);
        assert.match(help.out, /\nExamples:\n {2}\S[\s\S]*Exit codes:\n {2}0 /, command);
      }
      assert.match((await scene.registry(["rotate", "--help"])).out, /No call of the cloud renames/);
    }));
});
