/** A rotation whose Secrets are on a real API server; the registry is the simulated one. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inProcessTransport, Secret } from "@ccm/base";
import { systemClock, systemRandom } from "@ccm/base/node";
import { createBceClient, pullPermissions, staticCredentials } from "@ccm/bce";
import { realControlPlane } from "@ccm/control-plane/node";
import { SECRETS } from "@ccm/kube";
import { printDockerConfig, readDockerConfig } from "../docker-config.ts";
import { createRegistryLab, IMAGE } from "../registries/testing/lab.ts";
import { provePull } from "../token-flow.ts";
import { type RotationEnv, runRotation } from "./rotation.ts";
import type { RotationRequest } from "./types.ts";

describe("a rotation on a real API server", () => {
  it("replaces, keeps what is immutable, takes it back byte for byte, and goes all the way when run again", async (t) => {
    const plane = await realControlPlane(t);
    if (!plane) return;
    const kube = plane.admin.client;
    const lab = await createRegistryLab({ clientClock: systemClock });
    const send = inProcessTransport(lab.simulator.handler);
    const { accessKeyId, secretAccessKey } = lab.simulator.credentials;
    const credentials = staticCredentials({ accessKeyId, secretAccessKey: new Secret(secretAccessKey) });
    const parts = { clock: systemClock, random: systemRandom };
    const { ccr } = createBceClient({ ...parts, region: "bj", credentials, send });
    const old = { username: "ccr$old", password: new Secret("secret-of-old") };
    const spec = {
      name: "old",
      secret: old.password,
      description: "",
      duration: -1,
      permissions: pullPermissions(["app"]),
    };
    await ccr.createRobot(lab.instanceId, spec, { clientToken: "old" });
    const namespaces = ["rotate-a", "rotate-b"];
    for (const name of namespaces) await plane.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
    const text = ` {"auths":{ "docker.io":{"auth":"YTpi"},"${lab.host}":${JSON.stringify(JSON.parse(printDockerConfig({ x: old })).auths.x)}} }`;
    const data = { ".dockerconfigjson": Buffer.from(text).toString("base64") };
    const type = "kubernetes.io/dockerconfigjson";
    for (const namespace of namespaces)
      await kube.create(SECRETS, { metadata: { namespace, name: "pull" }, type, data });
    const legacy = {
      ".dockercfg": Buffer.from(printDockerConfig({ [lab.host]: old }, "dockercfg")).toString("base64"),
    };
    await kube.create(SECRETS, {
      metadata: { namespace: "rotate-a", name: "legacy" },
      type: "kubernetes.io/dockercfg",
      data: legacy,
    });
    const fixed = { metadata: { namespace: "rotate-b", name: "fixed" }, type, data, immutable: true };
    await kube.create(SECRETS, fixed);
    const textOf = async (namespace: string, name: string): Promise<string> => {
      const found = await kube.get(SECRETS, { namespace, name });
      return Buffer.from(Object.values(found.data ?? {})[0] ?? "", "base64").toString("utf8");
    };

    const env: RotationEnv = { ...parts, ccr, kube, send, stateNamespace: "rotate-a" };
    const request: RotationRequest = {
      ...{ instanceId: lab.instanceId, hosts: [lab.host], from: "ccr$old", namespaces, images: [`${IMAGE}:v1`] },
      ...{ to: { kind: "robot", name: "new" }, graceMs: 0, deleteAfterMs: 0 },
    };
    const stopped = await runRotation(env, request);
    assert.deepEqual(stopped, {
      end: "stopped",
      because: ["Secret rotate-b/fixed still logs in as ccr$old: it is immutable"],
    });
    const changed = await textOf("rotate-a", "pull");
    assert.ok(changed.startsWith(' {"auths":{ "docker.io":{"auth":"YTpi"},"') && changed.endsWith("}} }"));
    assert.deepEqual(await runRotation(env, request, { rollback: true }), { end: "done" });
    assert.equal(await textOf("rotate-a", "pull"), text);
    await kube.delete(SECRETS, { namespace: "rotate-b", name: "fixed" });
    assert.deepEqual(await runRotation(env, request, { waitForDelete: true }), { end: "done" });
    for (const [namespace, name, form] of [
      ["rotate-a", "pull", "dockerconfigjson"],
      ["rotate-b", "pull", "dockerconfigjson"],
      ["rotate-a", "legacy", "dockercfg"],
    ] as const) {
      const entries = readDockerConfig(await textOf(namespace, name), name, form);
      const credential = entries.find(({ key }) => key === lab.host)?.credential;
      assert.ok(credential);
      const image = { host: lab.host, repository: IMAGE, reference: "v1" };
      assert.equal((await provePull({ send, clock: systemClock, credential }, image)).outcome, "pulled");
      assert.equal(credential.username, "ccr$new");
    }
    const names = (await ccr.listRobots(lab.instanceId)).map(({ name }) => name);
    assert.deepEqual(names.sort(), ["ccr$new", "ccr$pusher"]);
    const left = (await kube.list(SECRETS, { namespace: "rotate-a" })).items.map(({ metadata }) => metadata.name);
    assert.deepEqual(left.sort(), ["legacy", "pull"]);
  });
});
