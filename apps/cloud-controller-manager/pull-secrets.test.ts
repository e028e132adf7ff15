import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Cloud } from "@ccm/baiducloud";
import { Secret } from "@ccm/base";
import { BUILT_IN_CONTROLLERS, FakeProvider } from "@ccm/cloud-provider";
import { startTestCluster, type TestCluster } from "@ccm/cloud-provider/testing";
import { CONFIG_MAPS, hasCode, SECRETS, type Secret as SecretObject } from "@ccm/kube";
import { pullSecretEntry } from "./pull-secrets.ts";

const ccr = { loginName: async () => "lab", temporaryPassword: async () => new Secret("p") };
const CLOUD = { config: { region: "bj" }, client: { ccr } } as unknown as Cloud;

async function startWith(controllers: readonly string[], host: string): Promise<TestCluster> {
  const cluster = startTestCluster({
    createProvider: ({ clock }) => new FakeProvider({ clock }),
    controllers: [...BUILT_IN_CONTROLLERS, pullSecretEntry(() => CLOUD)],
    config: { controllers },
  });
  const data = { "config.yaml": `registries: [${host}]\nnamespaces: [default]\n` };
  await cluster.during(
    cluster.client.create(CONFIG_MAPS, { metadata: { namespace: "kube-system", name: "pull-secrets" }, data }),
  );
  await cluster.clock.advance(10_000);
  return cluster;
}

const secretOf = ({ client, during }: TestCluster) =>
  during(
    client.get<SecretObject>(SECRETS, { namespace: "default", name: "ccr-pull" }).catch((error: unknown) => {
      if (!hasCode(error, "not_found")) throw error;
      return undefined;
    }),
  );

describe("pull-secret-controller in the cloud controller manager", () => {
  it("runs when it is named, and shows in the manager's metrics", async () => {
    const cluster = await startWith(["*", "pull-secret"], "ccr-1a2b3c4d-vpc.cnc.bj.baidubce.com");
    const running = { name: "pull-secret", manager: "cloud-controller-manager" };
    assert.equal(cluster.metrics.value("running_managed_controllers", running), 1);
    assert.equal((await secretOf(cluster))?.type, "kubernetes.io/dockerconfigjson");
    await cluster.end();
  });

  it("is off unless it is named", async () => {
    const cluster = await startWith(["*"], "ccr-1a2b3c4d-vpc.cnc.bj.baidubce.com");
    assert.equal(await secretOf(cluster), undefined);
    await cluster.end();
  });

  it("says in an Event that a registry of another region is out of its reach", async () => {
    const cluster = await startWith(["*", "pull-secret-controller"], "ccr-1a2b3c4d-vpc.cnc.gz.baidubce.com");
    assert.match(
      (await cluster.events("pull-secrets")).join("\n"),
      /Warning PullPasswordFailed: ccr-1a2b3c4d in gz: region gz: expected bj, /,
    );
    await cluster.end();
  });
});
