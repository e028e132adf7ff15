import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inScene } from "../testing/scene.ts";
import { cceOf } from "./testing/cce.ts";

const COMMANDS = ["get", "list", "verify", "grant", "grants", "revoke", "reset"].map((name) => `kubeconfig ${name}`);

describe("the commands around kubeconfigs", () => {
  it("have help with examples and exit codes, and say where keys come from", () =>
    inScene(async (scene) => {
      const group = await scene.kubectl("kubeconfig --help");
      for (const command of [...COMMANDS, "credential"]) {
        const { code, out } = await scene.kubectl(`${command} --help`);
        assert.equal(code, 0);
        assert.match(out, new RegExp(`Examples:\n {2}kubectl baiducloud ${command}`));
        assert.match(out, /Exit codes:\n {2}0 .*\n {2}1 .*\n {2}2 .*\n {2}3 /);
        if (!command.endsWith("verify")) assert.match(out, /BCE_ACCESS_KEY_ID[\s\S]*never flags/);
        const [, name] = command.split(" ");
        if (name) assert.ok(group.out.includes(`\n  ${name} `), name);
      }
    }));

  it("take no key from the command line, and refuse what they cannot follow with exit code 2", () =>
    inScene(async (scene) => {
      const { env } = cceOf(scene);
      for (const argv of [
        "kubeconfig list --access-key-id x",
        "kubeconfig list --secret-access-key x",
        "kubeconfig get",
        "kubeconfig get cce-1 --type internal",
        "kubeconfig get cce-1 --role root",
        "kubeconfig grant cce-1 ann",
        "kubeconfig grant all ann --role admin -n shop",
        "kubeconfig list --profile nope",
        "kubeconfig list --region B",
        "kubeconfig list --endpoint http://a/b",
        "kubeconfig list --assume-role x",
        "kubeconfig list --cloud-ca /nope",
        "credential",
        "kubeconfig grants --profile nope",
        "kubeconfig get cce-1 --profile nope",
      ]) {
        const { pending } = scene.clock;
        const { code, out, err } = await scene.kubectl(argv, { env });
        assert.deepEqual([code, out], [2, ""], argv);
        assert.equal(scene.clock.pending, pending, `${argv}: nothing keeps the process alive`);
        assert.match(err, /^kubectl-baiducloud: [^\n]+\n$/, argv);
      }
    }));

  it("are completed: commands of the group, their flags and the values of those", () =>
    inScene(async (scene) => {
      const offered = async (argv: string) => (await scene.kubectl(`__complete ${argv}`)).out.split("\n").slice(0, -1);
      assert.deepEqual(await offered("kubec"), ["kubeconfig"]);
      assert.deepEqual(await offered("kubeconfig gra"), ["grant", "grants"]);
      assert.deepEqual(await offered("kubeconfig get cce-1 --ty"), ["--type"]);
      assert.deepEqual(await offered("kubeconfig get cce-1 --type p"), ["public"]);
    }));

  it("never print a secret, whatever the cloud says of it", () =>
    inScene(async (scene) => {
      const cce = cceOf(scene);
      const id = await cce.cluster();
      const secret = cce.env.BCE_SECRET_ACCESS_KEY ?? "";
      const { jsonResponse } = await import("@ccm/base");
      const all = [`kubeconfig get ${id} -o /k`, "kubeconfig list", "kubeconfig grants", `credential --cluster ${id}`];
      for (const argv of [...all, `kubeconfig revoke ${id} ann`, `kubeconfig reset ${id} --yes`]) {
        scene.intercept = ({ headers }) => {
          const message = `${secret} does not fit ${headers.authorization}`;
          return jsonResponse(403, { code: "SignatureDoesNotMatch", message, requestId: "r-1" });
        };
        const refused = await scene.kubectl(argv, { env: cce.env });
        assert.equal(refused.code, 1, argv);
        assert.ok(!(refused.out + refused.err).includes(secret), argv);
        assert.ok(!/bce-auth-v1\/[^[]/.test(refused.out + refused.err), argv);
      }
      scene.intercept = undefined;
      await scene.kubectl(`kubeconfig get ${id} --exec -o /k`, { env: cce.env });
      for (const text of scene.privateFiles.values()) assert.ok(!text.includes(secret));
    }));

  it("act as a role of IAM when told to", () =>
    inScene(async (scene) => {
      const { cluster, call, env, user } = cceOf(scene);
      const id = await cluster();
      const ann = await user("ann");
      const accessControlList = [
        { service: "bce:iam", permission: ["AssumeRole"], region: "*", effect: "Allow", grantee: [{ id: ann.id }] },
      ];
      const iam = { host: "iam.bj.baidubce.com" };
      const document = JSON.stringify({ version: "v1", accessControlList });
      await call("POST /v1/role", { name: "ops", description: "", assumeRolePolicyDocument: document }, iam);
      await call("PUT /v1/role/ops/policy/CCEReadAccessPolicy?policyType=System", undefined, iam);
      assert.equal((await scene.kubectl(`kubeconfig grant ${id} role/ops --role readonly`, { env })).code, 0);
      const { code, out, err } = await scene.kubectl(`kubeconfig get ${id} --assume-role lab/ops`, { env: ann.env });
      assert.equal(code, 0, err);
      assert.match(out, /client-key-data: /);
    }));

  it("have their keys from a Secret of the cluster at hand", () =>
    inScene(async (scene) => {
      const { cluster, env } = cceOf(scene);
      const id = await cluster();
      const { SECRETS } = await import("@ccm/kube");
      const data = { AccessKeyID: env.BCE_ACCESS_KEY_ID ?? "", SecretAccessKey: env.BCE_SECRET_ACCESS_KEY ?? "" };
      const encoded = Object.entries(data).map(([name, text]) => [name, Buffer.from(text).toString("base64")]);
      const secret = { metadata: { name: "keys", namespace: "default" }, data: Object.fromEntries(encoded) };
      await scene.during(scene.kube.create(SECRETS, secret));
      const { code, err } = await scene.kubectl(`kubeconfig get ${id} --credentials-secret default/keys -o /k`);
      assert.equal(code, 0, err);
      const missing = await scene.kubectl(`kubeconfig get ${id} --credentials-secret default/nope`);
      assert.match(missing.err, /Secret default\/nope|secrets default\/nope/);
    }));
});
