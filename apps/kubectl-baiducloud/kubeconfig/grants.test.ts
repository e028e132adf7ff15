import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inScene, type Scene } from "../testing/scene.ts";
import { type CceScene, cceOf } from "./testing/cce.ts";

const inCce = (test: (scene: Scene, cce: CceScene) => Promise<void>) => inScene((scene) => test(scene, cceOf(scene)));

describe("grants in clusters", () => {
  it("let a user of IAM in by name, are listed, and are taken back", () =>
    inCce(async (scene, { cluster, env, user, attach }) => {
      const id = await cluster();
      const ann = await user("ann");
      await attach("ann", "CCEReadAccessPolicy");
      const granted = await scene.kubectl(`kubeconfig grant ${id} ann --role devops -n shop`, { env });
      assert.deepEqual([granted.code, granted.out], [0, `ann is devops of ${id} in namespace shop.\n`]);
      assert.equal((await scene.kubectl(`kubeconfig get ${id}`, { env: ann.env })).code, 0, "she may enter");
      const { out } = await scene.kubectl("kubeconfig grants", { env });
      assert.match(out, new RegExp(`\nann +devops +shop +${id} +shop +bj\n\n1 grant of 2 users and roles\\.\n$`));
      const revoked = await scene.kubectl(`kubeconfig revoke ${id} ann`, { env });
      assert.equal(revoked.out, `ann has no longer what was granted in ${id}.\n`);
      const again = await scene.kubectl(`kubeconfig revoke ${id} ann`, { env });
      assert.match(again.err, /there is no such grant: was it revoked already\?/);
      assert.match((await scene.kubectl(`kubeconfig get ${id}`, { env: ann.env })).err, /no permission/);
      assert.match((await scene.kubectl("kubeconfig grants ann", { env })).out, /^0 grants of ann\.\n$/);
    }));

  it("are for all clusters of one region, and roles of IAM, too", () =>
    inCce(async (scene, { cluster, env, call }) => {
      const ids = [await cluster(), await cluster({ name: "two" })];
      const trust = JSON.stringify({
        version: "v1",
        accessControlList: [
          { service: "bce:iam", permission: ["AssumeRole"], region: "*", effect: "Allow", grantee: [{ id: "x" }] },
        ],
      });
      const role = { name: "ci", description: "", assumeRolePolicyDocument: trust };
      await call("POST /v1/role", role, { host: "iam.bj.baidubce.com" });
      const { code, out, err } = await scene.kubectl("kubeconfig grant all role/ci --role readonly --region bj", {
        env,
      });
      assert.equal(code, 0, err);
      assert.deepEqual(
        out.split("\n").slice(0, -1).sort(),
        ids.map((id) => `role/ci is readonly of ${id} in all namespaces.`).sort(),
      );
      const unclear = await scene.kubectl("kubeconfig grant all role/ci --role readonly", { env });
      assert.deepEqual(
        [unclear.code, unclear.err],
        [2, "kubectl-baiducloud: all: expected --region with the one region whose clusters are meant\n"],
      );
    }));

  it("refuse strangers, and those who may not grant, with what to do", () =>
    inCce(async (scene, { cluster, env, user, attach }) => {
      const id = await cluster();
      const stranger = await scene.kubectl(`kubeconfig grant ${id} Ann --role admin`, { env });
      assert.match(stranger.err, /there is no user Ann in IAM of this account \(environment\)/);
      const ann = await user("ann");
      assert.match((await scene.kubectl(`kubeconfig grant ${id} Ann --role admin`, { env })).err, /did you mean ann\?/);
      await attach("ann", "CCEFullControlAccessPolicy");
      const weak = await scene.kubectl(`kubeconfig grant ${id} ${ann.id} --role admin --region bj`, { env: ann.env });
      assert.match(
        weak.err,
        /no permission \(environment\): to grant, reset and revoke needs .*IAMReadOnlyAccessPolicy/,
      );
      const blind = await scene.kubectl("kubeconfig grants", { env: ann.env });
      assert.match(blind.err, /users and roles: no permission .*IAMReadOnlyAccessPolicy/);
    }));
});

describe("kubeconfig reset", () => {
  it("asks, makes old kubeconfigs useless, and forgets what this machine keeps", () =>
    inCce(async (scene, { cluster, env }) => {
      const id = await cluster();
      const credential = `credential --cluster ${id} --region bj`;
      const before = await scene.kubectl(credential, { env });
      const asked = await scene.kubectl(`kubeconfig reset ${id}`, { env, answer: "no" });
      assert.deepEqual([asked.code, asked.err], [3, "Nothing was reset.\n"]);
      assert.equal((await scene.kubectl(credential, { env })).out, before.out);
      assert.equal((await scene.kubectl(`kubeconfig reset ${id}`, { env })).code, 2, "nobody to ask");
      const done = await scene.kubectl(`kubeconfig reset ${id}`, { env, answer: "yes" });
      assert.match(
        done.out,
        /are refused from now on: get new ones\.\n1 credential kept on this machine was removed\.\n$/,
      );
      const after = await scene.kubectl(credential, { env });
      assert.notEqual(after.out, before.out);
    }));
});
