import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  inProcessTransport,
  jsonResponse,
  noMetrics,
  Secret,
  seededRandom,
  silentLogger,
  VirtualClock,
} from "@ccm/base";
import { defaultConfig, runManager } from "@ccm/cloud-provider";
import { createKubeClient, EVENTS, type Event, NODES, type Node, SERVICES, type Service } from "@ccm/kube";
import { createKubeServer } from "@ccm/kube-server";
import { createShelfCloud } from "./provider.ts";
import { createShelf, TOKEN } from "./testing/cloud.ts";

/** A cluster, the cloud and the manager between them, in one process and under a clock that jumps. */
function start() {
  const clock = new VirtualClock();
  const random = seededRandom("shelf");
  const server = createKubeServer({ clock, random });
  const send = inProcessTransport(server.handler);
  const client = createKubeClient({ baseUrl: "https://kubernetes.test", send, clock, random });
  const shelf = createShelf();
  const provider = createShelfCloud({
    endpoint: "http://shelf.test",
    cluster: "blue",
    token: new Secret(TOKEN),
    send: inProcessTransport(shelf.handler),
    clock,
  });
  const config = { ...defaultConfig("shelf"), clusterCidr: "10.244.0.0/16", leaderElect: false };
  const stop = new AbortController();
  const env = { client, clock, random, logger: silentLogger, metrics: noMetrics, hostname: "test" };
  const running = runManager(config, provider, env, stop.signal);
  return {
    clock,
    client,
    shelf,
    /** Lets time pass until the promise settles. */
    async during<T>(promise: Promise<T>): Promise<T> {
      let settled = false;
      promise.then(
        () => (settled = true),
        () => (settled = true),
      );
      await clock.advanceUntil(() => settled, 60_000);
      return promise;
    },
    async end() {
      stop.abort(new Error("the test is over"));
      await this.during(running);
      server.close();
    },
  };
}

const machine = (name: string, more = {}) => ({
  id: `m-${name}`,
  name,
  size: "wide",
  shelf: "left",
  ip: "10.0.0.1",
  on: true,
  ...more,
});
const node = (name: string): Node => ({
  metadata: { name },
  spec: {
    podCIDR: "10.244.1.0/24",
    podCIDRs: ["10.244.1.0/24"],
    taints: [{ key: "node.cloudprovider.kubernetes.io/uninitialized", value: "true", effect: "NoSchedule" }],
  },
  status: { conditions: [{ type: "Ready", status: "True" }] },
});
const web: Service = {
  metadata: { name: "web", namespace: "default" },
  spec: { type: "LoadBalancer", ports: [{ name: "http", port: 80, nodePort: 30080 }] },
};

describe("a provider for Shelf Cloud", () => {
  it("initialises a node, routes to it, and gives a Service an address", async () => {
    const world = start();
    const { client, shelf, clock } = world;
    shelf.machines.push(machine("n1"));
    await world.during(client.create(NODES, node("n1")));
    await world.during(client.create(SERVICES, web));
    await clock.advance(30_000);

    const { metadata, spec, status } = await world.during(client.get<Node>(NODES, { name: "n1" }));
    assert.equal(spec?.providerID, "shelf://m-n1");
    assert.deepEqual(spec?.taints ?? [], []);
    assert.equal(metadata.labels?.["topology.kubernetes.io/zone"], "left");
    assert.deepEqual(status?.addresses, [{ type: "InternalIP", address: "10.0.0.1" }]);
    assert.deepEqual(
      [...shelf.routes.values()].map(({ cidr, machine: to }) => `${cidr} → ${to}`),
      ["10.244.1.0/24 → m-n1"],
    );
    const service = await world.during(client.get<Service>(SERVICES, { namespace: "default", name: "web" }));
    assert.match(service.status?.loadBalancer?.ingress?.[0]?.ip ?? "", /^192\.0\.2\.\d+$/);
    assert.deepEqual(
      [...shelf.forwarders].map(([key, { ports, machines }]) => [key, ports, machines]),
      [[`blue.${service.metadata.uid}`, ["80:30080"], ["m-n1"]]],
    );
    await world.end();
  });

  it("leaves nothing in the cloud when the Service and the node's machine are gone", async () => {
    const world = start();
    const { client, shelf, clock } = world;
    shelf.machines.push(machine("n1"));
    await world.during(client.create(NODES, node("n1")));
    await world.during(client.create(SERVICES, web));
    await clock.advance(30_000);
    await world.during(client.delete(SERVICES, { namespace: "default", name: "web" }));
    shelf.machines.length = 0;
    const body = { status: { conditions: [{ type: "Ready", status: "False" }] } };
    await world.during(client.patch(NODES, { name: "n1" }, { type: "strategic", body }, { subresource: "status" }));
    await clock.advance(300_000);
    assert.deepEqual((await world.during(client.list<Node>(NODES))).items, []);
    assert.deepEqual([...shelf.routes.values(), ...shelf.forwarders.values()], []);
    await world.end();
  });

  it("writes nothing to the cloud when everything is as wanted", async () => {
    const world = start();
    world.shelf.machines.push(machine("n1"));
    await world.during(world.client.create(NODES, node("n1")));
    await world.during(world.client.create(SERVICES, web));
    await world.clock.advance(30_000);
    world.shelf.requests.length = 0;
    await world.clock.advance(3_600_000);
    assert.deepEqual(
      world.shelf.requests.filter((request) => !request.startsWith("GET ")),
      [],
    );
    await world.end();
  });

  it("tells the user what the cloud said, and goes on when the cloud is well again", async () => {
    const world = start();
    const { client, shelf } = world;
    shelf.machines.push(machine("n1"));
    await world.during(client.create(NODES, node("n1")));
    await world.clock.advance(10_000);
    shelf.failNext(jsonResponse(503, "the ladder is being used", { "retry-after": "20" }));
    const udp = { name: "dns", port: 53, protocol: "UDP" as const };
    await world.during(
      client.create(SERVICES, { ...web, spec: { ...web.spec, ports: [...(web.spec?.ports ?? []), udp] } }),
    );
    await world.clock.advance(60_000);
    const { items } = await world.during(client.list<Event>(EVENTS));
    const told = items.filter(({ type }) => type === "Warning").map(({ reason, message }) => `${reason}: ${message}`);
    assert.match(told.join("\n"), /Shelf Cloud: GET \/forwarders\/blue\.[-0-9a-f]+: 503 "the ladder is being used"/);
    assert.match(told.join("\n"), /UnsupportedProtocol: expected TCP on each port/);
    assert.equal(shelf.forwarders.size, 1);
    await world.end();
  });
});
