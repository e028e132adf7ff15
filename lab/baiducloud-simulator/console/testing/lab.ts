import { type HttpHandler, seededRandom } from "@ccm/base";
import { listen, systemClock } from "@ccm/base/node";
import { requireToken } from "../../admin/token.ts";
import { createConsolePage } from "../../node/console-page.ts";
import { instancesOf } from "../../products/bcc/records.ts";
import { blbsOf } from "../../products/blb/records.ts";
import { eipsOf } from "../../products/eip/records.ts";
import { routeTablesOf } from "../../products/vpc/records.ts";
import { createScene, type Scene } from "../../testing/client.ts";

export interface Lab extends Scene {
  /** With the token in the fragment, as it is printed for a user. */
  readonly url: string;
  readonly token: string;
  /** Cuts all connections, and takes new ones after `meanwhile`. */
  cut(meanwhile: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

export interface Size {
  readonly nodes: number;
  readonly blbs: number;
  /** Of each load balancer. */
  readonly listeners: number;
  readonly backends: number;
}

const TOKEN = "token-of-the-test";

/** A simulator with its page on a real socket and the real clock, in which nothing takes time. */
export async function startLab(): Promise<Lab> {
  const scene = createScene({
    clock: systemClock,
    random: seededRandom("console"),
    timings: { blbCreate: 0, blbUpdate: 0, eipCreate: 0, eipBind: 0 },
    quotas: { blbs: 1000, eips: 1000, routeRules: 1000 },
  });
  const admin = requireToken(TOKEN, scene.simulator.admin);
  const page = createConsolePage();
  const handler: HttpHandler = (request) => (request.target.startsWith("/admin") ? admin(request) : page(request));
  let socket = await listen({ host: "127.0.0.1", port: 0, handler });
  const { port } = socket;
  return {
    ...scene,
    url: `http://127.0.0.1:${port}/#token=${TOKEN}`,
    token: TOKEN,
    async cut(meanwhile) {
      await socket.close();
      await meanwhile();
      socket = await listen({ host: "127.0.0.1", port, handler });
    },
    async close() {
      await socket.close();
      await scene.simulator.close();
    },
  };
}

/** Calls the API; a refusal throws. */
export async function must<T>(lab: Scene, line: string, body?: unknown): Promise<T> {
  const reply = await lab.call<T>(line, body);
  if (reply.status >= 400) throw new Error(`${line}: ${reply.status} ${JSON.stringify(reply.body)}`);
  return reply.body;
}

/** Fills the lab as a cluster of this size would. */
export async function fill(lab: Lab, { nodes, blbs, listeners, backends }: Size): Promise<void> {
  const { simulator } = lab;
  const account = simulator.world.account("lab");
  for (let index = 0; index < nodes; index++) {
    const zone = ["a", "b", "d"][index % 3];
    const host = Math.floor(index / 3) + 10;
    // Given, for the search of a free one would be long.
    const internalIp = `192.168.${(index % 3) * 16 + (host >> 8)}.${host & 255}`;
    simulator.createInstance({ name: `node-${index + 1}`, zoneName: `cn-bj-${zone}`, internalIp });
  }
  const ids = instancesOf(account).ids();
  const [subnetId] = simulator.subnetIds;
  const { blbId } = await must<{ blbId: string }>(lab, "POST /v1/blb", {
    vpcId: simulator.vpcId,
    subnetId,
    name: "service-1",
  });
  const settled = async () => {
    while (blbsOf(account).get(blbId)?.status !== "available") await turn();
  };
  await settled();
  for (let index = 0; index < listeners; index++) {
    const body = { listenerPort: 80 + index, backendPort: 30_000 + index, scheduler: "RoundRobin" };
    await must(lab, `POST /v1/blb/${blbId}/TCPlistener`, body);
    await settled();
  }
  const backendServerList = ids.slice(0, backends).map((instanceId) => ({ instanceId }));
  await must(lab, `POST /v1/blb/${blbId}/backendserver`, { backendServerList });
  await settled();
  const first = blbsOf(account).get(blbId);
  if (!first) throw new Error("the load balancer is gone");
  // The others are like it: through the API thousands of calls would make them.
  for (let index = 1; index < blbs; index++) {
    const members = first.backends.map((backend, offset) => ({
      ...backend,
      instanceId: ids[(index * 7 + offset) % nodes] ?? backend.instanceId,
    }));
    const id = account.newId("lb");
    const address = account.takeIp(first.subnetId, "BLB");
    blbsOf(account).set(id, { ...first, blbId: id, name: `service-${index + 1}`, address, backends: members });
  }
  account.changed();
  simulator.world.store.flush();
}

/** A few EIPs, bound to the first load balancers, and routes to the first nodes. */
export async function decorate(lab: Lab, count: number): Promise<void> {
  const account = lab.simulator.world.account("lab");
  const [routeTableId] = routeTablesOf(account).ids();
  for (const blbId of blbsOf(account).first(count)) {
    const billing = { paymentTiming: "Postpaid", billingMethod: "ByTraffic" };
    const { eip } = await must<{ eip: string }>(lab, "POST /v1/eip", { bandwidthInMbps: 100, billing });
    while (eipsOf(account).get(eip)?.status !== "available") await turn();
    await must(lab, `PUT /v1/eip/${eip}?bind`, { instanceType: "BLB", instanceId: blbId });
  }
  for (const [index, nexthopId] of instancesOf(account).first(count).entries()) {
    await must(lab, "POST /v1/route/rule", {
      routeTableId,
      sourceAddress: "0.0.0.0/0",
      destinationAddress: `172.16.${index}.0/24`,
      nexthopType: "custom",
      nexthopId,
      description: "",
    });
  }
}

/** Lets what is due now happen. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
