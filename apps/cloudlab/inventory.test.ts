import assert from "node:assert/strict";
import { it } from "node:test";
import { createSimulator } from "@ccm/baiducloud-simulator";
import { inProcessTransport, seededRandom, silentLogger, VirtualClock } from "@ccm/base";
import { createInformer, createKubeClient, LEASES, NODES, SERVICES } from "@ccm/kube";
import { createKubeServer } from "@ccm/kube-server";
import { createLabNodes, type NodeNetwork } from "@ccm/nodes";
import { createStory } from "./story.ts";

const SECOND = 1000;

it("a machine that the cloud stops closes its ports and is silent, started it is back, deleted it is gone", async () => {
  const clock = new VirtualClock();
  const random = seededRandom(1);
  const server = createKubeServer({ clock, random, logger: silentLogger });
  const send = inProcessTransport(server.handler);
  const client = createKubeClient({ baseUrl: "https://kubernetes.test", send, clock, random });
  const open = new Set<string>();
  const network: NodeNetwork = {
    async open({ host, port }) {
      open.add(`${host}:${port}`);
      return async () => void open.delete(`${host}:${port}`);
    },
  };
  const story = createStory(clock, () => {});
  const simulator = createSimulator({ clock, random, onChange: (event) => story.onCloud(event) });
  const services = createInformer({ client, clock, random, logger: silentLogger, type: SERVICES });
  const stopped = new AbortController();
  const running = services.run(stopped.signal);
  const machines = createLabNodes({ client, services, network, clock, logger: silentLogger, random });
  story.onMachine((name, on) => (on ? machines.powerOn(name) : machines.powerOff(name)));
  const during = async <T>(promise: Promise<T>): Promise<T> => {
    let done = false;
    const end = () => {
      done = true;
    };
    promise.then(end, end);
    await clock.advanceUntil(() => done, 60 * SECOND);
    return promise;
  };
  const renewed = async () =>
    (await during(client.get(LEASES, { namespace: "kube-node-lease", name: "n1" }))).spec?.renewTime;
  const ready = async () =>
    (await during(client.get(NODES, { name: "n1" }))).status?.conditions?.find(({ type }) => type === "Ready")?.status;
  const isSilent = async () => {
    const before = await renewed();
    await clock.advance(60 * SECOND);
    return (await renewed()) === before;
  };

  await during(
    client.create(SERVICES, {
      apiVersion: "v1",
      kind: "Service",
      metadata: { namespace: "default", name: "web" },
      spec: { type: "NodePort", ports: [{ port: 80, nodePort: 30080 }] },
    }),
  );
  const instance = simulator.createInstance({ name: "n1", hostname: "n1", host: "127.1.1.1" });
  const spec = { name: "n1", internalIp: instance.internalIp, host: "127.1.1.1", podCidr: "10.0.0.0/24" };
  await during(machines.add(spec));
  await clock.advance(60 * SECOND);
  assert.deepEqual([...open], ["127.1.1.1:30080"]);
  assert.equal(await isSilent(), false);

  simulator.stopInstance(instance.id);
  await clock.advance(60 * SECOND);
  assert.deepEqual([...open], []);
  assert.equal(await ready(), "Unknown");
  assert.equal(await isSilent(), true);

  simulator.startInstance(instance.id);
  await clock.advance(60 * SECOND);
  assert.deepEqual([...open], ["127.1.1.1:30080"]);
  assert.equal(await ready(), "True");
  assert.equal(await isSilent(), false);

  simulator.deleteInstance(instance.id);
  await clock.advance(60 * SECOND);
  assert.deepEqual([...open], []);
  assert.equal(await isSilent(), true);

  stopped.abort();
  await during(Promise.all([running, machines.close(), simulator.close()]));
});
