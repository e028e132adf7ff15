import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { describe, it } from "node:test";
import { inScene, type Scene } from "../testing/scene.ts";
import { type CceScene, cceOf } from "./testing/cce.ts";

const inCce = (test: (scene: Scene, cce: CceScene) => Promise<void>) => inScene((scene) => test(scene, cceOf(scene)));

interface ExecCredential {
  readonly apiVersion: string;
  readonly kind: string;
  readonly status: {
    readonly expirationTimestamp: string;
    readonly clientCertificateData: string;
    readonly clientKeyData: string;
  };
}

/** Counts what the commands ask of the cloud. */
function counted(scene: Scene): { count: number } {
  const calls = { count: 0 };
  scene.intercept = () => {
    calls.count++;
    return undefined;
  };
  return calls;
}

const HOUR_MS = 3_600_000;

describe("the credential plugin", () => {
  it("answers kubectl in the version that it asks for, with the certificate's own end", () =>
    inCce(async (scene, { cluster, env }) => {
      const id = await cluster();
      const argv = `credential --cluster ${id} --region bj`;
      const { code, out } = await scene.kubectl(argv, { env });
      assert.equal(code, 0);
      const { apiVersion, kind, status } = JSON.parse(out) as ExecCredential;
      assert.deepEqual([apiVersion, kind], ["client.authentication.k8s.io/v1", "ExecCredential"]);
      const { validTo } = new X509Certificate(status.clientCertificateData);
      assert.equal(Date.parse(status.expirationTimestamp), Date.parse(validTo));
      assert.match(status.clientKeyData, /^-----BEGIN PRIVATE KEY-----/);
      const info = (version: string) => ({
        ...env,
        KUBERNETES_EXEC_INFO: JSON.stringify({
          apiVersion: version,
          kind: "ExecCredential",
          spec: { interactive: false },
        }),
      });
      const beta = await scene.kubectl(argv, { env: info("client.authentication.k8s.io/v1beta1") });
      assert.equal(JSON.parse(beta.out).apiVersion, "client.authentication.k8s.io/v1beta1");
      const unknown = await scene.kubectl(argv, { env: info("client.authentication.k8s.io/v9") });
      assert.deepEqual([unknown.code, unknown.out], [1, ""]);
      assert.match(unknown.err, /KUBERNETES_EXEC_INFO: expected apiVersion client/);
    }));

  it("asks the cloud once, however many commands there are, for their user alone", () =>
    inCce(async (scene, { cluster, env, user }) => {
      const id = await cluster();
      const calls = counted(scene);
      const argv = `credential --cluster ${id} --region bj`;
      const all = await scene.parallel(50, argv, { env });
      assert.ok(all.every(({ code, out }) => code === 0 && out === all[0]?.out));
      assert.equal(calls.count, 1);
      const [path = ""] = scene.privateFiles.keys();
      assert.match(path, new RegExp(`^/home/me/\\.cache/kubectl-baiducloud/credentials/${id}_[0-9a-f]{24}\\.json$`));
      assert.equal((await scene.kubectl(argv, { env: (await user("ann")).env })).code, 1, "ann has no right");
      assert.equal((await scene.kubectl(`${argv} --profile x`, { env })).code, 2);
    }));

  it("shares a failure with those who waited for it, and asks again later", () =>
    inCce(async (scene, { cluster, env }) => {
      const id = await cluster();
      const argv = `credential --cluster ${id} --region bj`;
      const wrong = { ...env, BCE_SECRET_ACCESS_KEY: "wrong-secret-key" };
      const calls = counted(scene);
      const all = await scene.parallel(20, argv, { env: wrong });
      assert.ok(all.every(({ code, err }) => code === 1 && /does not belong to the access key ID/.test(err)));
      assert.equal(calls.count, 1);
      await scene.clock.advance(1000);
      assert.equal((await scene.kubectl(argv, { env })).code, 0);
    }));

  it("renews what ends soon, and uses it to its end while the cloud does not answer", () =>
    inCce(async (scene, { cluster, env }) => {
      const id = await cluster();
      const argv = `credential --cluster ${id} --region bj --role readonly --hours 2`;
      const calls = counted(scene);
      const endOf = async () => {
        const { code, out, err } = await scene.kubectl(argv, { env });
        assert.equal(code, 0, err);
        return { end: Date.parse((JSON.parse(out) as ExecCredential).status.expirationTimestamp), err };
      };
      const first = await endOf();
      await scene.clock.advance(1.5 * HOUR_MS);
      assert.deepEqual([(await endOf()).end, calls.count], [first.end, 1]);
      await scene.clock.advance(0.4 * HOUR_MS);
      scene.intercept = () => {
        calls.count++;
        throw new Error("the network is down");
      };
      const down = await endOf();
      assert.equal(down.end, first.end);
      assert.match(down.err, /warning: the credential at hand is used, since no new one could be had: /);
      const before = calls.count;
      assert.equal((await endOf()).err, "", "it is not tried again at every command");
      assert.equal(calls.count, before);
      await scene.clock.advance(300_000);
      scene.intercept = undefined;
      assert.ok((await endOf()).end > first.end);
    }));

  it("takes what is broken in the cache for nothing, and keeps the accounts apart", () =>
    inCce(async (scene, { cluster, env }) => {
      const id = await cluster();
      const argv = `credential --cluster ${id} --region bj`;
      const { out } = await scene.kubectl(argv, { env });
      const [path = ""] = scene.privateFiles.keys();
      for (const text of [
        "",
        "{",
        "null",
        "[]",
        '{"askedAt":1}',
        '{"askedAt":1,"user":{"certData":"x","keyData":"y"}}',
      ]) {
        scene.privateFiles.set(path, text);
        assert.equal((await scene.kubectl(argv, { env })).out, out, text);
      }
      assert.equal((await scene.kubectl(`${argv} --credentials-secret a/b`, { env })).code, 2);
      const elsewhere = await scene.kubectl(`credential --cluster ${id} --region gz`, { env });
      assert.match(
        elsewhere.err,
        /cluster cce-\w+: it is not in gz: is --region right, and the account \(environment\)\?/,
      );
      const homeless = await scene.kubectl(argv, { env: { ...env, HOME: "" } });
      assert.equal(homeless.code, 0, "without a home, nothing is kept");
    }));
});
