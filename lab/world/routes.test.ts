import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NODES, type Node } from "@ccm/kube";
import { createProviderScene, foreignRule } from "./provider-scene.ts";
import { createRouteScene, eventsOf, MARK, machineOf } from "./route-scene.ts";

const signal = new AbortController().signal;
const NOTE = "node.alpha.kubernetes.io/";

describe("row 12: routes", () => {
  it("are rules of the former CCM's form, and noted on the Node in its four annotations", async () => {
    const scene = await createRouteScene();
    const node = await scene.add("a", ["10.0.1.0/24"]);
    await scene.create(node, "10.0.1.0/24");
    const [written] = scene.writes as [string, Record<string, unknown>][];
    assert.ok(written);
    const { routeTableId, ...body } = written[1];
    assert.equal(written[0], "POST");
    assert.deepEqual(body, {
      sourceAddress: "0.0.0.0/0",
      destinationAddress: "10.0.1.0/24",
      nexthopId: machineOf(node),
      nexthopType: "custom",
      description: MARK,
    });
    const [route] = await scene.list();
    const noted = (await scene.nodes())[0]?.metadata.annotations ?? {};
    assert.deepEqual(noted, {
      [`${NOTE}vpc-id`]: scene.simulator.vpcId,
      [`${NOTE}vpc-route-table-id`]: routeTableId,
      [`${NOTE}vpc-route-rule-id`]: route?.name,
      [`${NOTE}ccm-version`]: "1.2.3",
    });
    assert.deepEqual(route, { name: route?.name, targetNode: "a", destinationCidr: "10.0.1.0/24", blackhole: false });
  });

  it("are noted with the next look where that failed when they were made, and no more where they are gone", async () => {
    const scene = await createRouteScene();
    const node = await scene.add("a", ["10.0.1.0/24"]);
    await scene.create(node, "10.0.1.0/24");
    const [route] = await scene.list();
    const note = async (annotations: Record<string, string | null>) =>
      scene.during(scene.client.patch(NODES, { name: "a" }, { type: "merge", body: { metadata: { annotations } } }));
    const noted = async () => (await scene.nodes())[0]?.metadata.annotations?.[`${NOTE}vpc-route-rule-id`];
    await note({ [`${NOTE}vpc-route-rule-id`]: null });
    await scene.list();
    assert.equal(await noted(), route?.name);
    assert.ok(route);
    await scene.remove(route);
    await note({ [`${NOTE}vpc-route-rule-id`]: route.name, [`${NOTE}advertise-route`]: "false" });
    await scene.list();
    assert.equal(await noted(), undefined);
  });

  it("are noted without touching what others write at the same time, and not again when nothing is new", async () => {
    const scene = await createRouteScene();
    const node = await scene.add("a", ["10.0.1.0/24"], { mine: "old" });
    await scene.during(
      scene.client.patch(
        NODES,
        { name: "a" },
        { type: "merge", body: { metadata: { annotations: { mine: "kept" } } } },
      ),
    );
    await scene.create(node, "10.0.1.0/24");
    const after = (await scene.nodes())[0];
    assert.equal(after?.metadata.annotations?.mine, "kept");
    await scene.create(after ?? node, "10.0.1.0/24");
    assert.equal((await scene.nodes())[0]?.metadata.resourceVersion, after?.metadata.resourceVersion);
    const [route] = await scene.list();
    assert.ok(route);
    await scene.remove(route);
    const { annotations = {} } = (await scene.nodes())[0]?.metadata ?? {};
    assert.equal(annotations[`${NOTE}vpc-route-rule-id`], undefined);
    assert.equal(annotations.mine, "kept");
  });

  it("of a Node that does not advertise are not wanted, and an existing one goes; Go's spellings count", async () => {
    const scene = await createRouteScene();
    for (const [i, value] of ["0", "f", "F", "false", "False", "FALSE"].entries()) {
      const node = await scene.add(`no-${i}`, ["10.0.9.0/24"], {
        [`${NOTE}advertise-route`]: value,
      });
      assert.equal(scene.routes.wants?.(node), false, value);
      await scene.create(node, "10.0.9.0/24");
    }
    assert.deepEqual(scene.rules(), []);
    const node = await scene.add("yes", ["10.0.1.0/24"], { [`${NOTE}advertise-route`]: "T" });
    assert.equal(scene.routes.wants?.(node), true);
    await scene.create(node, "10.0.1.0/24");
    const body = { metadata: { annotations: { [`${NOTE}advertise-route`]: "false" } } };
    await scene.during(scene.client.patch(NODES, { name: "yes" }, { type: "merge", body }));
    assert.equal((await scene.list())[0]?.blackhole, true);
  });

  it("of a Node whose annotation says nothing known are an error with key, value and what was expected", async () => {
    const scene = await createRouteScene();
    for (const [i, value] of ["maybe", "", "yes", "0".repeat(1000), "假"].entries()) {
      const node = await scene.add(`n${i}`, ["10.0.1.0/24"], {
        [`${NOTE}advertise-route`]: value,
      });
      await assert.rejects(scene.create(node, "10.0.1.0/24"), (error: Error) => {
        assert.match(
          error.message,
          /annotation node\.alpha\.kubernetes\.io\/advertise-route: expected true or false, got "/,
        );
        assert.ok(error.message.length < 250);
        return true;
      });
    }
    assert.deepEqual(scene.rules(), []);
  });

  it("that overlap with somebody else's are told once, in the former CCM's event, and again when it comes back", async () => {
    const scene = await createRouteScene();
    const a = await scene.add("a", ["10.0.1.0/24"]);
    await scene.create(a, "10.0.1.0/24");
    const overlapping = { destinationAddress: "10.0.0.0/16", nexthopId: machineOf(a) };
    const removeIt = await foreignRule(scene, overlapping);
    await foreignRule(scene, { destinationAddress: "0.0.0.0/0", nexthopId: machineOf(a) });
    await foreignRule(scene, { destinationAddress: "10.9.0.0/16", nexthopId: machineOf(a) });
    for (let i = 0; i < 5; i++) await scene.list();
    const [event, ...more] = await eventsOf(scene, "RouteTableConflictDetection");
    assert.equal(more.length, 0);
    assert.equal(event?.count, 1);
    assert.equal(event?.type, "Warning");
    assert.equal(event?.source?.component, "CCM");
    assert.deepEqual([event?.involvedObject.kind, event?.involvedObject.name], ["VPC", "RouteTableConflict"]);
    assert.match(
      event?.message ?? "",
      /to 10\.0\.0\.0\/16 .*described as "by hand".* is not this cluster's and overlaps rr-\w+ to 10\.0\.1\.0\/24$/,
    );
    await removeIt();
    await scene.list();
    await foreignRule(scene, overlapping);
    await scene.list();
    assert.equal((await eventsOf(scene, "RouteTableConflictDetection")).length, 2);
  });
});

describe("row 13: a route", () => {
  it("of somebody else's with the same destination is neither changed nor removed: the refusal says why, once", async () => {
    for (const description of ["by hand", "auto generated by cce:other", ""]) {
      const scene = await createRouteScene();
      const [a, b] = [await scene.add("a", ["10.0.1.0/24"]), await scene.add("b", [])];
      await foreignRule(scene, { destinationAddress: "10.0.1.0/24", nexthopId: machineOf(b), description });
      for (let i = 0; i < 3; i++) {
        await assert.rejects(
          scene.create(a, "10.0.1.0/24"),
          /is not this cluster's: expected its description to be "auto/,
        );
      }
      assert.deepEqual(await scene.list(), []);
      assert.deepEqual(scene.rules(), [`10.0.1.0/24 → ${machineOf(b)}`]);
      assert.deepEqual(scene.writes, []);
      assert.equal((await eventsOf(scene, "RouteRuleNotOurs")).length, 1);
    }
  });

  it("to a user's machine of the cluster is not ours because of that", async () => {
    const scene = await createRouteScene();
    const a = await scene.add("a", ["10.0.1.0/24"]);
    await foreignRule(scene, { destinationAddress: "10.7.0.0/16", nexthopId: machineOf(a) });
    assert.deepEqual(await scene.list(), []);
  });

  it("is removed by its rule alone, and not when it has changed since it was listed", async () => {
    const scene = await createRouteScene();
    const [a, b] = [await scene.add("a", ["10.0.1.0/24"]), await scene.add("b", ["10.0.2.0/24"])];
    await scene.create(a, "10.0.1.0/24");
    await scene.create(b, "10.0.2.0/24");
    const route = (await scene.list()).find(({ targetNode }) => targetNode === "a");
    assert.ok(route);
    await scene.remove(route);
    assert.deepEqual(scene.rules(), [`10.0.2.0/24 → ${machineOf(b)}`]);
    // Gone by itself: nothing is left to do.
    await scene.remove(route);
    await assert.rejects(
      scene.remove({ ...route, name: (await scene.list())[0]?.name ?? "" }),
      /has changed since it was listed/,
    );
  });

  it("whose CIDR another Node has now is pointed to that Node: it is never removed on the way", async () => {
    const scene = await createRouteScene();
    const a = await scene.add("a", ["10.0.1.0/24"]);
    await scene.create(a, "10.0.1.0/24");
    await scene.during(scene.client.delete(NODES, { name: "a" }));
    const b = await scene.add("b", ["10.0.1.0/24"]);
    scene.writes.length = 0;
    assert.deepEqual(await scene.list(), [], "nothing for the framework to remove");
    await scene.create(b, "10.0.1.0/24");
    assert.deepEqual(scene.writes, [["PUT", { nexthopId: machineOf(b) }]]);
    assert.deepEqual(scene.rules(), [`10.0.1.0/24 → ${machineOf(b)}`]);
    assert.equal((await scene.list())[0]?.targetNode, "b");
  });

  it("that two Nodes claim is left with the first: the error names it", async () => {
    const scene = await createRouteScene();
    const a = await scene.add("a", ["10.0.1.0/24"]);
    await scene.create(a, "10.0.1.0/24");
    const b = await scene.add("b", ["10.0.1.0/24"]);
    await scene.list();
    await assert.rejects(scene.create(b, "10.0.1.0/24"), /Pod CIDR 10\.0\.1\.0\/24 is node a's as well/);
    assert.equal((await scene.list())[0]?.targetNode, "a");
  });

  it("of a Node that is gone is there to be removed; that of one whose machine is not known yet stays", async () => {
    const scene = await createRouteScene();
    const a = await scene.add("a", ["10.0.1.0/24"]);
    await scene.create(a, "10.0.1.0/24");
    await scene.during(scene.client.delete(NODES, { name: "a" }));
    assert.deepEqual(
      (await scene.list()).map(({ targetNode, blackhole }) => ({ targetNode, blackhole })),
      [{ targetNode: "", blackhole: true }],
    );
    await scene.addNode({ name: "a", spec: { podCIDRs: ["10.0.1.0/24"] } });
    assert.deepEqual(await scene.list(), []);
  });

  it("costs one call each: a hundred of them share one reading of the table", async () => {
    const scene = await createRouteScene({ quotas: { routeRules: 200 } });
    const nodes: Node[] = [];
    for (let i = 0; i < 100; i++) nodes.push(await scene.add(`n${i}`, [`10.1.${i}.0/24`]));
    await scene.list();
    const calls = await scene.callsOf(() => Promise.all(nodes.map((node, i) => scene.create(node, `10.1.${i}.0/24`))));
    assert.equal(scene.rules().length, 100);
    assert.deepEqual(calls, Array(100).fill("POST bcc/v1/route/rule"));
  });

  it("is found on whatever page of a long table it is", async () => {
    const scene = await createRouteScene({
      quotas: { routeRules: 2000 },
      cloudConfig: { VpcId: undefined, RateLimits: { default: { PerSecond: 1000, Burst: 1000 } } },
    });
    const known = await scene.add("first", ["10.200.0.0/24"]);
    await scene.create(known, "10.200.0.0/24");
    const nodes = Array.from({ length: 1100 }, (_, i): Node => {
      const { id } = scene.simulator.createInstance({ name: `n${i}` });
      const spec = { providerID: `cce://${id}`, podCIDRs: ["192.0.2.0/24", `10.${i >> 8}.${i & 255}.0/24`] };
      return { metadata: { name: `n${i}` }, spec };
    });
    // The second CIDR, whose route is not noted: these Nodes are not in the API server.
    const createAll = () =>
      Promise.all(nodes.map((node) => scene.routes.create("c", node, node.spec?.podCIDRs?.[1] ?? "", signal)));
    await scene.during(createAll());
    const listed = await scene.during(scene.routes.list("c", [known, ...nodes], signal));
    assert.equal(listed.length, 1101);
    assert.ok(listed.every(({ targetNode }) => targetNode !== ""));
    const before = scene.writes.length;
    await scene.clock.advance(60_000);
    await scene.during(createAll());
    assert.equal(scene.writes.length, before);
  });

  it("of IPv6 has IPv6's source; dual stack has both", async () => {
    const scene = await createRouteScene();
    const node = await scene.add("a", ["10.0.1.0/24", "fd00:1::/64"]);
    await scene.create(node, "10.0.1.0/24");
    await scene.create(node, "fd00:1::/64");
    const bodies = (scene.writes as [string, Record<string, unknown>][]).map(([, body]) => body);
    assert.deepEqual(
      bodies.map(({ sourceAddress, ipVersion }) => [sourceAddress, ipVersion]),
      [
        ["0.0.0.0/0", undefined],
        ["::/0", "6"],
      ],
    );
    const listed = await scene.list();
    assert.deepEqual(listed.map(({ destinationCidr, targetNode }) => `${targetNode} ${destinationCidr}`).sort(), [
      "a 10.0.1.0/24",
      "a fd00:1::/64",
    ]);
    // The note is that of the first CIDR, and stays so.
    const noted = (await scene.nodes())[0]?.metadata.annotations?.[`${NOTE}vpc-route-rule-id`];
    assert.equal(noted, listed.find(({ destinationCidr }) => destinationCidr === "10.0.1.0/24")?.name);
  });

  it("is the same route however the cloud writes its range", async () => {
    const scene = await createRouteScene();
    const node = await scene.add("a", ["fd00:1::/64"]);
    const written = { destinationAddress: "FD00:0001:0:0:0::0/64", nexthopId: machineOf(node), description: MARK };
    await foreignRule(scene, { ...written, sourceAddress: "::/0" });
    assert.deepEqual(
      (await scene.list()).map(({ targetNode, destinationCidr }) => `${targetNode} ${destinationCidr}`),
      ["a fd00:1::/64"],
    );
    await scene.create(node, "fd00:1::/64");
    assert.deepEqual(scene.writes, []);
    const [route] = await scene.list();
    assert.ok(route);
    await scene.remove(route);
    assert.deepEqual(scene.rules(), []);
  });

  it("is in every table that the cloud config names, completed where it is missing, and removed from all", async () => {
    const probe = await createProviderScene();
    const tables = [probe.simulator.createRouteTable(), probe.simulator.createRouteTable()];
    // The same seed gives the same ids.
    const scene = await createRouteScene({ cloudConfig: { RouteTableIds: tables } });
    assert.deepEqual([scene.simulator.createRouteTable(), scene.simulator.createRouteTable()], tables);
    const node = await scene.add("a", ["10.0.1.0/24"]);
    await scene.create(node, "10.0.1.0/24");
    assert.deepEqual(scene.rules(), Array(2).fill(`10.0.1.0/24 → ${machineOf(node)}`));
    const [route] = await scene.list();
    assert.equal((await scene.nodes())[0]?.metadata.annotations?.[`${NOTE}vpc-route-table-id`], tables.join(","));
    assert.ok(route);
    const [first = ""] = route.name.split(",");
    await scene.remove({ ...route, name: first });
    assert.deepEqual(await scene.list(), [], "incomplete: wanted again");
    await scene.create(node, "10.0.1.0/24");
    const [whole] = await scene.list();
    assert.ok(whole);
    await scene.remove(whole);
    assert.deepEqual(scene.rules(), []);
  });

  it("for which the table has no room is told once, costs no call for five minutes, and comes when there is room", async () => {
    const scene = await createRouteScene({ quotas: { routeRules: 3 } });
    const nodes: Node[] = [];
    for (let i = 0; i < 30; i++) nodes.push(await scene.add(`n${i}`, [`10.1.${i}.0/24`]));
    const all = () => scene.during(Promise.allSettled(nodes.map((node, i) => scene.create(node, `10.1.${i}.0/24`))));
    const outcomes = await all();
    assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 3);
    assert.ok(scene.writes.length <= 3 + 4, `${scene.writes.length} writes`);
    const before = scene.writes.length;
    await all();
    assert.equal(scene.writes.length, before);
    const events = await eventsOf(scene, "RouteRuleExceedQuota");
    assert.equal(events.length, 1);
    assert.match(
      events[0]?.message ?? "",
      /^route table rt-\w+ is full: .*RouteRuleExceedQuota.*request id.*raise its quota/,
    );
    const [route] = await scene.list();
    assert.ok(route);
    await scene.remove(route);
    assert.equal((await all()).filter(({ status }) => status === "fulfilled").length, 3);
  });

  it("finds the VPC by its Nodes when the cloud config does not name it, whatever kind of machine they are", async () => {
    for (const product of ["bcc", "bbc", "hpas"] as const) {
      const scene = await createRouteScene();
      const { id } = scene.simulator.createInstance({ name: "m", product });
      const node = await scene.addNode({ name: "m", spec: { providerID: `cce://${id}`, podCIDRs: ["10.0.1.0/24"] } });
      await scene.clock.advance(100);
      await scene.create(node, "10.0.1.0/24");
      assert.deepEqual(scene.rules(), [`10.0.1.0/24 → ${id}`]);
    }
  });
});
