import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inProcessTransport, seededRandom, silentLogger, VirtualClock } from "@ccm/base";
import { createInformer, createKubeClient, LEASES, NODES, SERVICES } from "@ccm/kube";
import { createKubeServer } from "@ccm/kube-server";
import { createKubelets } from "./kubelets.ts";
import { createLabNodes } from "./lab-nodes.ts";
import { noNetwork } from "./network.ts";

const SPEC = { name: "n1", internalIp: "192.168.0.5", host: "127.0.0.1", podCidr: "10.0.0.0/24" };
const LEASE = { namespace: "kube-node-lease", name: "n1" };
const SECOND = 1000;

function cluster() {
  const clock = new VirtualClock();
  const random = seededRandom(1);
  const server = createKubeServer({ clock, random, logger: silentLogger });
  const send = inProcessTransport(server.handler);
  const client = createKubeClient({ baseUrl: "https://kubernetes.test", send, clock, random });
  /** Lets time pass until the promise settles. */
  const during = async <T>(promise: Promise<T>): Promise<T> => {
    let done = false;
    const end = () => {
      done = true;
    };
    promise.then(end, end);
    await clock.advanceUntil(() => done, 60 * SECOND);
    return promise;
  };
  const renewed = async () => (await during(client.get(LEASES, LEASE))).spec?.renewTime;
  const ready = async () => {
    const { status } = await during(client.get(NODES, { name: "n1" }));
    return status?.conditions?.find(({ type }) => type === "Ready");
  };
  return { clock, random, client, during, renewed, ready };
}

describe("a kubelet of the lab", () => {
  it("registers its Node as one with an external cloud provider does", async () => {
    const { clock, random, client, during } = cluster();
    const kubelets = createKubelets({ client, clock, random, logger: silentLogger });
    await during(kubelets.start(SPEC));
    await during(kubelets.start({ name: "bare", host: "127.0.0.1", podCidr: "10.0.1.0/24" }));
    const { metadata, spec, status } = await during(client.get(NODES, { name: "n1" }));
    assert.equal(metadata.annotations?.["alpha.kubernetes.io/provided-node-ip"], "192.168.0.5");
    assert.equal(metadata.labels?.["kubernetes.io/hostname"], "n1");
    assert.deepEqual(
      spec?.taints?.map(({ key, effect }) => `${key}:${effect}`),
      ["node.cloudprovider.kubernetes.io/uninitialized:NoSchedule"],
    );
    assert.equal(spec?.providerID, undefined);
    assert.deepEqual(
      status?.conditions?.map(({ type, status }) => `${type}=${status}`),
      ["MemoryPressure=False", "DiskPressure=False", "PIDPressure=False", "Ready=True"],
    );
    const bare = await during(client.get(NODES, { name: "bare" }));
    assert.equal(bare.metadata.annotations?.["alpha.kubernetes.io/provided-node-ip"], undefined);
    const lease = await during(client.get(LEASES, LEASE));
    assert.equal(lease.spec?.holderIdentity, "n1");
    assert.equal(lease.spec?.leaseDurationSeconds, 40);
    assert.equal(lease.metadata.ownerReferences?.[0]?.uid, metadata.uid);
    kubelets.close();
  });

  it("renews its Lease every ten seconds and reports its status every five minutes", async () => {
    const { clock, random, client, during, renewed, ready } = cluster();
    const kubelets = createKubelets({ client, clock, random, logger: silentLogger });
    await during(kubelets.start(SPEC));
    const first = await ready();
    const seen = new Set([await renewed()]);
    for (let i = 0; i < 31; i++) {
      await clock.advance(10 * SECOND);
      seen.add(await renewed());
    }
    assert.equal(seen.size, 32);
    const later = await ready();
    assert.ok(String(later?.lastHeartbeatTime) > String(first?.lastHeartbeatTime));
    assert.equal(later?.lastTransitionTime, first?.lastTransitionTime);
    kubelets.close();
  });

  it("makes its Lease anew when somebody deletes it, but not its Node: that takes a start", async () => {
    const { clock, random, client, during, renewed } = cluster();
    const kubelets = createKubelets({ client, clock, random, logger: silentLogger });
    await during(kubelets.start(SPEC));
    await during(client.delete(LEASES, LEASE));
    await during(client.delete(NODES, { name: "n1" }));
    await clock.advance(310 * SECOND);
    assert.ok(await renewed());
    await assert.rejects(during(client.get(NODES, { name: "n1" })), /not found/);
    kubelets.stop("n1");
    await during(kubelets.start(SPEC));
    assert.ok(await during(client.get(NODES, { name: "n1" })));
    kubelets.close();
  });
});

describe("a machine of the lab", () => {
  it("that is switched off says nothing more and is not ready; on again, it renews its Lease and is", async () => {
    const { clock, random, client, during, renewed, ready } = cluster();
    const services = createInformer({ client, clock, random, logger: silentLogger, type: SERVICES });
    const machines = createLabNodes({ client, services, network: noNetwork, clock, logger: silentLogger, random });
    await during(machines.add(SPEC));
    await during(machines.powerOff("n1"));
    const last = await renewed();
    assert.equal((await ready())?.status, "Unknown");
    await clock.advance(600 * SECOND);
    assert.equal(await renewed(), last);
    await during(machines.powerOn("n1"));
    assert.equal((await ready())?.status, "True");
    const back = await renewed();
    assert.notEqual(back, last);
    await clock.advance(10 * SECOND);
    assert.notEqual(await renewed(), back);
    await during(machines.close());
  });
});
