import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import fc from "fast-check";
import { parse, stringify } from "yaml";
import { openSqliteBackend } from "../node/sqlite-backend.ts";
import { createBalancerScene, POSTPAID, PREPAID } from "../testing/balancers.ts";
import { createScene } from "../testing/client.ts";
import { worldYamlOf } from "./export.ts";
import { arbitraryWorld } from "./testing/arbitrary-world.ts";
import { lacking } from "./testing/contained.ts";
import { readWorld, WorldFileError } from "./world-text.ts";

const folder = mkdtempSync(join(tmpdir(), "worlds-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const sceneOf = (text: string) => createScene({ worldFile: readWorld(text, "w.yaml") });
const exportOf = (text: string) => worldYamlOf(sceneOf(text).simulator.world);

describe("a world from a file", () => {
  it("is exported, read and exported as the same, whatever it is made of", () => {
    fc.assert(
      fc.property(arbitraryWorld, (file) => {
        const exported = exportOf(stringify(file));
        assert.equal(lacking(file, parse(exported)), undefined);
        assert.equal(exportOf(exported), exported);
      }),
      { numRuns: 25 },
    );
  });

  it("is there before anything happens: nobody hears of a change", async () => {
    const heard: string[] = [];
    const text = stringify(fc.sample(arbitraryWorld, { numRuns: 1, seed: 7 })[0]);
    const worldFile = readWorld(text, "w.yaml");
    const { settle } = createScene({ worldFile, onChange: ({ kind }) => void heard.push(kind) });
    await settle(60_000);
    assert.deepEqual(heard, []);
  });

  it("refers by id to what is called as another's id", () => {
    const subnet = "name: a, zone: cn-bj-a, cidr: 10.0.0.0/24";
    const instances = "instances: [{ id: i-aaaaaaaa, name: one }, { id: i-bbbbbbbb, name: i-aaaaaaaa }]";
    const balancer = "{ subnet: a, backends: [{ instance: i-bbbbbbbb }, { instance: one }] }";
    const vpc = `{ name: v, cidr: 10.0.0.0/16, subnets: [{ ${subnet}, ${instances} }], loadBalancers: [${balancer}] }`;
    const exported = exportOf(`accounts: [{ id: a, regions: [{ name: bj, vpcs: [${vpc}] }] }]`);
    assert.match(exported, /backends:\n +- instance: i-bbbbbbbb\n +- instance: one\n/);
  });

  it("is exported as the same from a state file that another process goes on with", async () => {
    const file = join(folder, "state.db");
    const first = openSqliteBackend(file);
    const text = stringify(fc.sample(arbitraryWorld, { numRuns: 1, seed: 7 })[0]);
    const one = createScene({ worldFile: readWorld(text, "w.yaml"), backend: first });
    const exported = worldYamlOf(one.simulator.world);
    await one.simulator.close();
    const second = openSqliteBackend(file);
    const other = createScene({ backend: second });
    assert.equal(worldYamlOf(other.simulator.world), exported);
    assert.deepEqual(other.simulator.credentials, one.simulator.credentials);
    await other.simulator.close();
  });

  it("is refused by a state that holds something, which stays as it was", async () => {
    const file = join(folder, "taken.db");
    const before = createScene({ backend: openSqliteBackend(file) });
    const exported = worldYamlOf(before.simulator.world);
    await before.simulator.close();
    const backend = openSqliteBackend(file);
    assert.throws(
      () => createScene({ worldFile: readWorld("accounts: [{ id: mine }]", "w.yaml"), backend }),
      new WorldFileError(["w.yaml: a world begins with an empty state, this one has the accounts lab"]),
    );
    const after = createScene({ backend });
    assert.equal(worldYamlOf(after.simulator.world), exported);
    await after.simulator.close();
  });

  it("leaves a state empty when it has mistakes, so that the next one can begin there", async () => {
    const backend = openSqliteBackend(join(folder, "mistaken.db"));
    const wrong = "accounts: [{ id: mine, regions: [{ name: bj, eips: [{ boundTo: nobody }] }] }]";
    assert.throws(() => createScene({ worldFile: readWorld(wrong, "w.yaml"), backend }), WorldFileError);
    assert.deepEqual([...backend.load()], []);
    const { simulator } = createScene({ worldFile: readWorld("accounts: [{ id: mine }]", "w.yaml"), backend });
    assert.deepEqual(simulator.world.accountIds, ["mine"]);
    await simulator.close();
  });
});

describe("a world that clients have made", () => {
  it("is what a new simulator begins with from its export, with the same ids and addresses", async () => {
    const scene = createBalancerScene();
    const { simulator, machine, done, must } = scene;
    const nodes = ["node", "node", "web"].map(machine);
    const blbId = await scene.balancer("blb", { name: "web", performanceLevel: "small1", allowDelete: false });
    await done(`POST /v1/blb/${blbId}/HTTPlistener`, {
      listenerPort: 80,
      backendPort: 8080,
      scheduler: "RoundRobin",
      keepSession: true,
    });
    await done(`POST /v1/blb/${blbId}/UDPlistener`, {
      listenerPort: 53,
      backendPort: 53,
      scheduler: "Hash",
      healthCheckString: "?",
    });
    await done(`POST /v1/blb/${blbId}/backendserver`, {
      backendServerList: nodes.map((instanceId, at) => ({ instanceId, weight: at * 50 })),
    });
    const eip = await scene.address({ name: "front" });
    await done(`PUT /v1/eip/${eip}?bind`, { instanceType: "BLB", instanceId: blbId });
    await scene.address({ billing: PREPAID, bandwidthInMbps: 400 });
    const leaving = await scene.address({ name: "leaving" });
    await done(`PUT /v1/eip/${leaving}?bind`, { instanceType: "BCC", instanceId: nodes[0] });
    const { securityGroupId } = await must<{ securityGroupId: string }>("POST /v2/securityGroup", {
      name: "open",
      vpcId: simulator.vpcId,
      rules: [{ direction: "ingress", protocol: "tcp", portRange: "80", sourceIp: "all" }],
    });
    await done(`PUT /v1/blb/${blbId}/securitygroup?bind`, { securityGroupIds: [securityGroupId] });
    const { routeTableId } = await must<{ routeTableId: string }>(`GET /v1/route?vpcId=${simulator.vpcId}`);
    const route = {
      routeTableId,
      sourceAddress: "0.0.0.0/0",
      destinationAddress: "172.20.0.0/24",
      nexthopType: "custom",
    };
    await must("POST /v1/route/rule", { ...route, nexthopId: nodes[2] });
    // What is on its way when it is exported is there already in the next world.
    simulator.stopInstance(nodes[1] ?? "");
    await must(`PUT /v1/eip/${leaving}?unbind`);
    await must("POST /v1/eip", { billing: POSTPAID, bandwidthInMbps: 5 });

    const exported = worldYamlOf(simulator.world);
    const next = sceneOf(exported);
    assert.equal(worldYamlOf(next.simulator.world), exported);
    await scene.settle();
    assert.deepEqual(withoutRoutes(next.simulator.inventory()), withoutRoutes(simulator.inventory()));
    const [there, here] = await Promise.all([next, scene].map((one) => one.call(`GET /v1/blb/${blbId}/listener`)));
    assert.deepEqual(there?.body, here?.body);
  });
});

/** Rules of a route table have other ids. */
function withoutRoutes({ routes, ...rest }: ReturnType<ReturnType<typeof createScene>["simulator"]["inventory"]>) {
  return { ...rest, routes: routes.map(({ id: _, ...route }) => route) };
}
