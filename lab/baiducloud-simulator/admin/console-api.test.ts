import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readText } from "@ccm/base";
import type { CallPage, Delta, Rates, Topology } from "../console/data.ts";
import { readEvents } from "../console/event-stream.ts";
import { createQuietDataPlane } from "../data-plane/data-plane.ts";
import { createBalancerScene } from "../testing/balancers.ts";
import { createScene, type Scene } from "../testing/client.ts";
import { requireToken } from "./token.ts";

async function ask<T>(scene: Scene, target: string): Promise<{ readonly status: number; readonly body: T }> {
  const { signal } = new AbortController();
  const request = { method: "GET", target, headers: {}, body: new Uint8Array(), signal };
  const { status, body } = await scene.simulator.admin(request);
  return { status, body: JSON.parse(await readText(body)) };
}

/** Reads the stream of changes; `next` gives the following event of a kind. */
async function watch(scene: Scene) {
  const controller = new AbortController();
  const request = { method: "GET", target: "/admin/changes", headers: {}, body: new Uint8Array() };
  const answer = await scene.simulator.admin({ ...request, signal: controller.signal });
  const events = readEvents(answer.body);
  return {
    headers: answer.headers,
    stop: () => controller.abort(),
    async next<T>(kind: string): Promise<T> {
      for (;;) {
        const { value, done } = await events.next();
        if (done) throw new Error(`the stream ended before an event "${kind}"`);
        if (value.event === kind) return JSON.parse(value.data) as T;
      }
    },
    ended: async () => {
      for (;;) if ((await events.next()).done) return true;
    },
  };
}

async function createBlb(scene: Scene, name: string): Promise<string> {
  const { vpcId, subnetIds } = scene.simulator;
  const { body } = await scene.call<{ blbId: string }>("POST /v1/blb", { vpcId, subnetId: subnetIds[0], name });
  await scene.settle();
  return body.blbId;
}

describe("GET /admin/topology", () => {
  it("has the listeners of a load balancer with the health of each backend", async () => {
    const scene = createScene();
    const [one, two] = ["node-1", "node-2"].map((name) => scene.simulator.createInstance({ name }));
    assert.ok(one && two);
    const blbId = await createBlb(scene, "web");
    await scene.call(`POST /v1/blb/${blbId}/TCPlistener`, {
      listenerPort: 80,
      backendPort: 30080,
      scheduler: "RoundRobin",
    });
    await scene.settle();
    const backendServerList = [one, two].map(({ id }) => ({ instanceId: id }));
    await scene.call(`POST /v1/blb/${blbId}/backendserver`, { backendServerList });
    await scene.settle();
    scene.simulator.setInstanceStatus(two.id, "Stopped");
    const { body } = await ask<Topology>(scene, "/admin/topology");
    assert.deepEqual([body.account, body.region, body.vpcs.length, body.subnets.length], ["lab", "bj", 1, 3]);
    assert.deepEqual(
      body.instances.map(({ name, status }) => [name, status]),
      [
        ["node-1", "Running"],
        ["node-2", "Stopped"],
      ],
    );
    const [blb] = body.blbs;
    assert.deepEqual(blb?.listeners, [
      { protocol: "TCP", port: 80, backendPort: 30080, scheduler: "RoundRobin", health: "AD" },
    ]);
    assert.deepEqual(
      blb?.backends.map(({ instanceId }) => instanceId),
      [one.id, two.id],
    );
    assert.equal(body.routes.length, 1);
  });

  it("has application load balancers too, with the members of their groups", async () => {
    const { done, balancer, machine, ...scene } = createBalancerScene();
    const [blbId, instanceId] = [await balancer("appblb", { name: "app" }), machine("node-1")];
    const at = `/v1/appblb/${blbId}`;
    const group = { backendServerList: [{ instanceId, weight: 7 }] };
    const { id: sgId } = await done<{ id: string }>(`POST ${at}/appservergroup`, group);
    await done(`POST ${at}/appservergroupport`, { sgId, port: 8080, type: "TCP" });
    await done(`POST ${at}/TCPlistener`, { listenerPort: 80, scheduler: "Hash" });
    const policy = { appServerGroupId: sgId, backendPort: 8080, priority: 1, ruleList: [{ key: "*", value: "*" }] };
    await done(`POST ${at}/policys`, { listenerPort: 80, appPolicyVos: [policy] });
    const [blb] = (await ask<Topology>(scene, "/admin/topology")).body.blbs;
    assert.deepEqual([blb?.blbId, blb?.product, blb?.name], [blbId, "appblb", "app"]);
    assert.deepEqual(blb?.listeners, [
      { protocol: "TCP", port: 80, backendPort: 8080, scheduler: "Hash", health: "A" },
    ]);
    assert.deepEqual(blb?.backends, [{ instanceId, weight: 7 }]);
  });
});

describe("the place", () => {
  it("is the first account's region, another one that is asked for, or refused", async () => {
    const scene = createScene();
    scene.simulator.world.account("lab", "gz");
    const { body } = await ask<Topology>(scene, "/admin/topology?region=gz");
    assert.deepEqual([body.region, body.subnets[0]?.zoneName], ["gz", "cn-gz-a"]);
    const refused = await ask<{ message: string }>(scene, "/admin/changes?account=nobody");
    const message = 'account and region: expected one of lab in bj, lab in gz, got "nobody" in "bj".';
    assert.deepEqual([refused.status, refused.body.message], [400, message]);
  });

  it("is told to those who read the changes, new ones as well", async () => {
    const scene = createScene();
    const stream = await watch(scene);
    assert.deepEqual(await stream.next("places"), { places: [{ account: "lab", region: "bj" }] });
    await scene.clock.advance(250);
    scene.simulator.world.account("lab", "gz");
    await scene.clock.advance(250);
    const seen: unknown[] = [];
    while (seen.length < 2) seen.push((await stream.next<{ places: unknown[] }>("places")).places.length);
    assert.deepEqual(seen.at(-1), 2);
    stream.stop();
  });
});

describe("GET /admin/changes", () => {
  it("begins with all there is, then has what changes and nothing else", async () => {
    const scene = createScene();
    const node = scene.simulator.createInstance({ name: "node-1" });
    const stream = await watch(scene);
    assert.equal(stream.headers["content-type"], "text/event-stream");
    const snapshot = await stream.next<Topology>("snapshot");
    assert.deepEqual(
      snapshot.instances.map(({ id }) => id),
      [node.id],
    );
    const other = scene.simulator.createInstance({ name: "node-2" });
    await scene.clock.advance(250);
    const added = await stream.next<Delta>("delta");
    assert.deepEqual(
      [added.set.instances?.map(({ id }) => id), Object.keys(added.set), added.gone],
      [[other.id], ["instances"], {}],
    );
    scene.simulator.deleteInstance(node.id);
    await scene.clock.advance(250);
    assert.deepEqual(await stream.next<Delta>("delta"), { set: {}, gone: { instances: [node.id] } });
    stream.stop();
  });

  it("puts the changes of a quarter of a second into one event", async () => {
    const scene = createScene();
    const stream = await watch(scene);
    await stream.next("snapshot");
    await scene.clock.advance(1);
    for (let count = 0; count < 50; count++) {
      scene.simulator.createInstance({ name: `node-${count}` });
      await scene.clock.advance(4);
    }
    await scene.clock.advance(100);
    assert.equal((await stream.next<Delta>("delta")).set.instances?.length, 50);
    stream.stop();
  });

  it("tells a change of health, which no record shows", async () => {
    let health: "Alive" | "Dead" = "Alive";
    const dataPlane = { ...createQuietDataPlane(), health: () => health };
    const scene = createScene({ dataPlane });
    const { id } = scene.simulator.createInstance({ name: "node-1" });
    const blbId = await createBlb(scene, "web");
    const listener = { listenerPort: 80, backendPort: 30080, scheduler: "RoundRobin" };
    await scene.call(`POST /v1/blb/${blbId}/TCPlistener`, listener);
    await scene.settle();
    await scene.call(`POST /v1/blb/${blbId}/backendserver`, { backendServerList: [{ instanceId: id }] });
    await scene.settle();
    const stream = await watch(scene);
    assert.equal((await stream.next<Topology>("snapshot")).blbs[0]?.listeners[0]?.health, "A");
    health = "Dead";
    await scene.clock.advance(250);
    assert.equal((await stream.next<Delta>("delta")).set.blbs?.[0]?.listeners[0]?.health, "D");
    stream.stop();
  });

  it("tells that there are new calls, and the rates each second", async () => {
    const scene = createScene();
    const stream = await watch(scene);
    await stream.next("snapshot");
    await scene.call("GET /v1/blb");
    await scene.clock.advance(250);
    assert.deepEqual(await stream.next("calls"), { newest: 1 });
    await scene.clock.advance(1000);
    const { rates } = await stream.next<Rates>("rates");
    assert.deepEqual(
      rates.map(({ product, calls }) => [product, calls]),
      [
        ["", 1],
        ["blb", 1],
      ],
    );
    stream.stop();
  });

  it("stops looking when the last reader has gone", async () => {
    const scene = createScene();
    const [one, two] = [await watch(scene), await watch(scene)];
    one.stop();
    assert.equal(await one.ended(), true);
    scene.simulator.createInstance({ name: "node-1" });
    await scene.clock.advance(250);
    assert.equal((await two.next<Delta>("delta")).set.instances?.length, 1);
    two.stop();
    await scene.clock.advance(1000);
    assert.equal(scene.clock.pending, 0);
  });

  it("cuts off a reader that does not read, for it to begin anew", async () => {
    const scene = createScene();
    const stream = await watch(scene);
    await scene.clock.advance(1000 * 250);
    assert.equal(await stream.ended(), true);
  });
});

describe("GET /admin/calls", () => {
  it("lists the calls with what they asked for and how they ended, the signature left out", async () => {
    const scene = createScene();
    await scene.call("GET /v1/blb?authorization=secret&x=1");
    await scene.call("GET /v1/blb/lb-nothere");
    const { body } = await ask<CallPage>(scene, "/admin/calls?product=blb&status=4xx&limit=1");
    const [call] = body.calls;
    assert.deepEqual(
      [call?.operation, call?.method, call?.target, call?.status, call?.code],
      ["DescribeLoadBalancerDetail", "GET", "/v1/blb/lb-nothere", 404, "NoSuchObject"],
    );
    const all = await ask<CallPage>(scene, "/admin/calls");
    assert.ok(!JSON.stringify(all.body).includes("secret"));
  });

  it("refuses numbers that are none", async () => {
    const { status, body } = await ask<{ message: string }>(createScene(), "/admin/calls?limit=many");
    assert.deepEqual([status, body.message], [400, 'limit: expected a whole number from 1 to 1000, got "many".']);
  });
});

describe("the admin token", () => {
  it("lets through who has it, and nobody else", async () => {
    const scene = createScene();
    const guarded = requireToken("right", scene.simulator.admin);
    const statusWith = async (headers: Readonly<Record<string, string>>) => {
      const { signal } = new AbortController();
      const request = { method: "GET", target: "/admin/rates", headers, body: new Uint8Array(), signal };
      return (await guarded(request)).status;
    };
    assert.equal(await statusWith({ authorization: "Bearer right" }), 200);
    assert.equal(await statusWith({}), 401);
    assert.equal(await statusWith({ authorization: "Bearer wrong" }), 401);
    assert.equal(await statusWith({ authorization: "right" }), 401);
  });
});
