import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TransportError } from "@ccm/base";
import { NAMESPACES } from "@ccm/kube";
import { SHELLS } from "./completion.ts";
import { inScene } from "./testing/scene.ts";

const COMMANDS = ["plan", "drift", "explain", "orphans", "doctor", "migrate"];

describe("the command line of kubectl baiducloud", () => {
  it("shows help with examples and exit codes for every command", () =>
    inScene(async (scene) => {
      const all = await scene.kubectl("--help");
      assert.equal(all.code, 0);
      for (const command of COMMANDS) {
        assert.ok(all.out.includes(`\n  ${command} `), command);
        const { code, out } = await scene.kubectl(`${command} --help`);
        assert.equal(code, 0);
        assert.match(out, new RegExp(`Examples:\n {2}kubectl baiducloud ${command}`));
        assert.match(out, /Exit codes:\n {2}0 .*\n {2}1 .*\n {2}2 .*\n {2}3 /);
      }
      assert.match((await scene.kubectl("")).out, /Usage: kubectl-baiducloud/);
    }));

  it("refuses what it cannot follow with one line and exit code 2", () =>
    inScene(async (scene) => {
      const wrong = [
        "nope",
        "plan --nope",
        "plan -o xml",
        "explain",
        "explain a b",
        "completion tcsh",
        "doctor --service-account x",
        "plan --cloud-config-secret x",
      ];
      for (const argv of wrong) {
        const { code, out, err } = await scene.kubectl(argv);
        assert.deepEqual([code, out], [2, ""], argv);
        assert.match(err, /^kubectl-baiducloud: [^\n]+\n$/, argv);
      }
    }));

  it("reads the cloud config from a file, from the environment, else from the Secret that the CCM mounts", () =>
    inScene(async (scene) => {
      const files = { "/c": scene.configText, "/bad": '{"ClusterId": "x", "Region": "?", "SecretAccessKey": "hush"}' };
      assert.equal((await scene.kubectl("plan --cloud-config /c", { files })).code, 0);
      assert.equal((await scene.kubectl("plan", { files, env: { BAIDUCLOUD_CLOUD_CONFIG: "/c" } })).code, 0);
      assert.equal((await scene.kubectl("plan")).code, 0);
      const bad = await scene.kubectl("plan --cloud-config /bad", { files });
      assert.equal(bad.code, 2);
      assert.match(bad.err, /^kubectl-baiducloud: \/bad: .*Region: expected a region/);
      assert.ok(!bad.err.includes("hush"));
      const absent = await scene.kubectl("plan --cloud-config /nope");
      assert.deepEqual([absent.code, absent.err], [1, "kubectl-baiducloud: --cloud-config /nope: no such file\n"]);
      const none = await scene.kubectl("plan --cloud-config-secret kube-system/nope");
      assert.match(none.err, /no cloud config: there is no Secret kube-system\/nope; name a file with --cloud-config/);
    }));

  it("never writes a secret, whatever it prints", () =>
    inScene(async (scene) => {
      await scene.addNode("node-1");
      await scene.service("web");
      const { secretAccessKey } = scene.simulator.credentials;
      for (const command of ["plan", "drift", "explain svc/web", "orphans", "doctor", "migrate"]) {
        for (const format of ["table", "json", "yaml"]) {
          const { out, err } = await scene.kubectl(`${command} -o ${format}`);
          assert.ok(!(out + err).includes(secretAccessKey), `${command} -o ${format}`);
        }
      }
    }));
});

describe("completion", () => {
  it("is a script that asks the command itself, for each shell", () =>
    inScene(async (scene) => {
      for (const shell of SHELLS) {
        const { code, out } = await scene.kubectl(`completion ${shell}`);
        assert.equal(code, 0);
        assert.match(out, /kubectl-baiducloud __complete/);
      }
    }));

  it("knows commands, flags and the values of flags", () =>
    inScene(async (scene) => {
      const offered = async (argv: string) => (await scene.kubectl(`__complete ${argv}`)).out.split("\n").slice(0, -1);
      assert.deepEqual(await offered("d"), ["drift", "doctor"]);
      assert.deepEqual(await offered("orphans --d"), ["--delete"]);
      assert.deepEqual(await offered("plan -o j"), ["json"]);
      assert.deepEqual(await offered("explain no"), ["node/"]);
      assert.deepEqual(await offered("completion f"), ["fish"]);
      assert.deepEqual(await offered("plan --cloud-config /x"), []);
    }));

  it("knows Services, nodes and namespaces of the cluster, and nothing when that cannot be asked", () =>
    inScene(async (scene) => {
      await scene.addNode("node-1");
      await scene.service("web");
      await scene.service("db", {}, { type: "ClusterIP" });
      await scene.during(scene.kube.create(NAMESPACES, { metadata: { name: "shop" } }));
      await scene.service("cart", { namespace: "shop" });
      const offered = async (argv: string) => {
        const { code, out } = await scene.kubectl(`__complete ${argv}`);
        assert.equal(code, 0);
        return out.split("\n").slice(0, -1);
      };
      assert.deepEqual(await offered("explain svc/"), ["svc/db", "svc/kubernetes", "svc/web"]);
      assert.deepEqual(await offered("explain svc/w"), ["svc/web"]);
      assert.deepEqual(await offered("explain node/"), ["node/node-1"]);
      assert.deepEqual(await offered("explain -n shop service/"), ["service/cart"]);
      assert.deepEqual(await offered("drift -n shop c"), ["cart"]);
      assert.deepEqual(await offered("plan w"), ["web"], "only what has a load balancer");
      assert.deepEqual(await offered("plan shop/"), ["shop/cart"]);
      assert.ok((await offered("plan -n def")).includes("default"));
      scene.intercept = () => {
        throw new TransportError("refused", "connection refused");
      };
      assert.deepEqual(await offered("explain svc/"), []);
    }));
});
