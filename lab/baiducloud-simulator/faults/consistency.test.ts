import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createScene, type Scene } from "../testing/client.ts";

const LIST = "GET /v1/blb";

async function createBlb(scene: Scene, name: string): Promise<string> {
  const { vpcId, subnetIds } = scene.simulator;
  const { body } = await scene.call<{ blbId: string }>("POST /v1/blb", { vpcId, subnetId: subnetIds[0], name });
  return body.blbId;
}

async function names(scene: Scene, line = LIST): Promise<readonly string[]> {
  const { body } = await scene.call<{ blbList: { name: string }[] }>(line);
  return body.blbList.map(({ name }) => name);
}

/** Lists are in the order of the ids. */
async function sorted(scene: Scene): Promise<readonly string[]> {
  return (await names(scene)).toSorted();
}

describe("a cloud that is consistent in the end", () => {
  it("leaves what is new out of lists, and does not know it, for some time", async () => {
    const scene = createScene();
    await createBlb(scene, "old");
    scene.simulator.faults.add({ match: { operation: "Describe*" }, effect: { kind: "lag", ms: 1000 } });
    const id = await createBlb(scene, "new");
    assert.deepEqual(await names(scene), ["old"]);
    assert.equal((await scene.call(`GET /v1/blb/${id}`)).body.code, "NoSuchObject");
    await scene.clock.advance(1000);
    assert.deepEqual(await sorted(scene), ["new", "old"]);
    assert.equal((await scene.call(`GET /v1/blb/${id}`)).status, 200);
    assert.deepEqual(
      scene.simulator.faults.list().map(({ fired }) => fired),
      [2],
    );
  });

  it("or for some reads", async () => {
    const scene = createScene();
    scene.simulator.faults.add({ effect: { kind: "lag", calls: 2 } });
    await createBlb(scene, "new");
    assert.deepEqual([await names(scene), await names(scene), await names(scene)], [[], [], ["new"]]);
  });

  it("shows what was, as long as it is stale: what is deleted is there, what is renamed has its old name", async () => {
    const scene = createScene();
    const gone = await createBlb(scene, "gone");
    const kept = await createBlb(scene, "kept");
    await scene.settle();
    scene.simulator.faults.add({ effect: { kind: "stale", ms: 1000 } });
    assert.deepEqual(await sorted(scene), ["gone", "kept"]);
    await scene.clock.advance(500);
    assert.equal((await scene.call(`DELETE /v1/blb/${gone}`)).status, 200);
    assert.equal((await scene.call(`PUT /v1/blb/${kept}`, { name: "renamed" })).status, 200);
    assert.deepEqual(await sorted(scene), ["gone", "kept"]);
    await scene.clock.advance(1000);
    assert.deepEqual(await names(scene), ["renamed"]);
  });

  const shifts = [
    ["skip", [0, 1, 3]],
    ["repeat", [0, 1, 1, 2, 3]],
  ] as const;
  for (const [how, expected] of shifts) {
    it(`shifts its pages between two reads: ${how}`, async () => {
      const scene = createScene();
      for (const name of ["a", "b", "c", "d"]) await createBlb(scene, name);
      const all = await names(scene);
      scene.simulator.faults.add({ effect: { kind: "shift", how } });
      const first = await scene.call<{ nextMarker: string }>(`${LIST}?maxKeys=2`);
      const pages = [await names(scene, `${LIST}?maxKeys=2`)];
      pages.push(await names(scene, `${LIST}?maxKeys=2&marker=${first.body.nextMarker}`));
      assert.deepEqual(
        pages.flat(),
        expected.map((index) => all[index]),
      );
    });
  }
});

describe("a state machine", () => {
  const statusOf = async (scene: Scene, id: string) =>
    (await scene.call<{ status: string }>(`GET /v1/blb/${id}`)).body.status;

  it("is stuck: what it creates stays as it is, and others' do not", async () => {
    const scene = createScene();
    scene.simulator.faults.add({ match: { resource: "stuck" }, effect: { kind: "stuck" } });
    const stuck = await createBlb(scene, "stuck");
    const fine = await createBlb(scene, "fine");
    await scene.settle(3_600_000);
    assert.deepEqual([await statusOf(scene, stuck), await statusOf(scene, fine)], ["creating", "available"]);
    assert.equal(scene.simulator.faults.list()[0]?.fired, 1);
  });

  const ends: readonly (readonly [how: string, end: (faults: Scene["simulator"]["faults"]) => void])[] = [
    ["removed", (faults) => faults.remove("glue")],
    ["cleared with all others", (faults) => faults.clear()],
    ["switched off", (faults) => void faults.change("glue", { enabled: false })],
    ["another than before", (faults) => void faults.change("glue", { effect: { kind: "quota" } })],
  ];
  for (const [how, end] of ends)
    it(`goes on when the rule that held it is ${how}: at its own time, or at once where that is past`, async () => {
      const scene = createScene({ timings: { blbCreate: 60_000 } });
      const { faults } = scene.simulator;
      faults.add({ id: "glue", match: { operation: "CreateLoadBalancer" }, effect: { kind: "stuck" } });
      const early = await createBlb(scene, "early");
      await scene.settle(50_000);
      const late = await createBlb(scene, "late");
      await scene.settle(30_000);
      const both = async () => [await statusOf(scene, early), await statusOf(scene, late)];
      assert.deepEqual(await both(), ["creating", "creating"]);
      end(faults);
      await scene.settle(0);
      assert.deepEqual(await both(), ["available", "creating"]);
      await scene.settle(30_000);
      assert.deepEqual(await both(), ["available", "available"]);
    });

  it("is late by as much as the rule says", async () => {
    const scene = createScene();
    scene.simulator.faults.add({ effect: { kind: "stuck", ms: 60_000 } });
    const id = await createBlb(scene, "late");
    await scene.settle(60_000);
    assert.equal(await statusOf(scene, id), "creating");
    await scene.settle(60_000);
    assert.equal(await statusOf(scene, id), "available");
  });

  it("fails: the object ends in the state that the rule says", async () => {
    const scene = createScene();
    scene.simulator.faults.add({ effect: { kind: "fail", status: "unavailable" } });
    const id = await createBlb(scene, "broken");
    await scene.settle(3_600_000);
    assert.equal(await statusOf(scene, id), "unavailable");
  });
});
