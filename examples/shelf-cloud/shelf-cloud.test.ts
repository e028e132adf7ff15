import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inProcessTransport, jsonResponse, Secret } from "@ccm/base";
import { startTestCluster } from "@ccm/cloud-provider/testing";
import { NODES, type Node, SERVICES, type Service } from "@ccm/kube";
import { createShelfCloud } from "./provider.ts";
import { createShelf, TOKEN } from "./testing/cloud.ts";

const WEB = { namespace: "default", name: "web" };
const web: Service = {
  metadata: WEB,
  spec: { type: "LoadBalancer", ports: [{ name: "http", port: 80, nodePort: 30080 }] },
};

/** A cluster on Shelf Cloud, with a node, its machine and a Service. */
async function start() {
  const shelf = createShelf();
  const cluster = startTestCluster({
    createProvider: ({ clock }) =>
      createShelfCloud({
        endpoint: "http://shelf.test",
        cluster: "blue",
        token: new Secret(TOKEN),
        send: inProcessTransport(shelf.handler),
        clock,
      }),
  });
  shelf.machines.push({ id: "m-1", name: "n1", size: "wide", shelf: "left", ip: "10.0.0.1", on: true });
  await cluster.addNode("n1", "10.244.1.0/24");
  await cluster.during(cluster.client.create(SERVICES, web));
  await cluster.clock.advance(30_000);
  return { ...cluster, shelf };
}

describe("a provider for Shelf Cloud", () => {
  it("initialises a node, routes to it, and gives a Service an address", async () => {
    const { client, during, shelf, end } = await start();
    const { metadata, spec, status } = await during(client.get<Node>(NODES, { name: "n1" }));
    assert.equal(spec?.providerID, "shelf://m-1");
    assert.deepEqual(spec?.taints ?? [], []);
    assert.equal(metadata.labels?.["topology.kubernetes.io/zone"], "left");
    assert.deepEqual(status?.addresses, [{ type: "InternalIP", address: "10.0.0.1" }]);
    assert.deepEqual(
      [...shelf.routes.values()].map(({ cidr, machine }) => `${cidr} to ${machine}`),
      ["10.244.1.0/24 to m-1"],
    );
    const service = await during(client.get<Service>(SERVICES, WEB));
    assert.match(service.status?.loadBalancer?.ingress?.[0]?.ip ?? "", /^192\.0\.2\.\d+$/);
    assert.deepEqual(
      [...shelf.forwarders].map(([key, { ports, machines }]) => [key, ports, machines]),
      [[`blue.${service.metadata.uid}`, ["80:30080"], ["m-1"]]],
    );
    await end();
  });

  it("leaves nothing in the cloud when the Service and the machine are gone", async () => {
    const { client, clock, during, shelf, setReady, end } = await start();
    await during(client.delete(SERVICES, WEB));
    shelf.machines.length = 0;
    await setReady("n1", false);
    await clock.advance(300_000);
    assert.deepEqual((await during(client.list<Node>(NODES))).items, []);
    assert.deepEqual([...shelf.routes.values(), ...shelf.forwarders.values()], []);
    await end();
  });

  it("writes nothing to the cloud for an hour in which nothing changes", async () => {
    const { clock, shelf, end } = await start();
    shelf.requests.length = 0;
    await clock.advance(3_600_000);
    assert.deepEqual(
      shelf.requests.filter((request) => !request.startsWith("GET ")),
      [],
    );
    await end();
  });

  it("tells the user what the cloud said, and does the rest", async () => {
    const { client, clock, during, shelf, events, end } = await start();
    const udp = { name: "dns", port: 53, protocol: "UDP" } as const;
    const ports = [...(web.spec?.ports ?? []), udp];
    shelf.fail(() => jsonResponse(503, "the ladder is being used", { "retry-after": "20" }));
    await during(client.patch(SERVICES, WEB, { type: "merge", body: { spec: { ports } } }));
    await clock.advance(1000);
    shelf.fail();
    await clock.advance(60_000);
    const told = (await events("web")).filter((event) => event.startsWith("Warning ")).join("\n");
    assert.match(told, /Shelf Cloud: GET \/forwarders\/blue\.[-0-9a-f]+: 503 "the ladder is being used"/);
    assert.match(told, /UnsupportedProtocol: expected TCP on each port/);
    assert.deepEqual([...shelf.forwarders.values()][0]?.ports, ["80:30080"]);
    await end();
  });

  it("does not delete a node because the cloud cannot be asked", async () => {
    const { client, clock, during, shelf, setReady, end } = await start();
    shelf.fail(() => jsonResponse(500, "no such machine, or so it seems"));
    await setReady("n1", false);
    await clock.advance(600_000);
    assert.equal((await during(client.list<Node>(NODES))).items.length, 1);
    await end();
  });
});
