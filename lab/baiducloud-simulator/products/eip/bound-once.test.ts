import assert from "node:assert/strict";
import { it } from "node:test";
import fc from "fast-check";
import { createBalancerScene } from "../../testing/balancers.ts";

/** Something that a client may do, with an address (0 to 2) and a target (0 to 3). */
const action = fc.record({
  does: fc.constantFrom("bind", "unbind", "release", "create", "delete", "move_in", "move_out", "wait"),
  eip: fc.nat(2),
  target: fc.nat(3),
});

interface Listed {
  readonly eipList: readonly {
    readonly eip: string;
    readonly status: string;
    readonly instanceId: string | null;
    readonly shareGroupId: string | null;
  }[];
}

it("whatever is asked, an address is on one thing at most, nothing has two, and nothing gone has one", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 40 }), async (actions) => {
      const scene = createBalancerScene();
      scene.simulator.createEipGroup("eg-1");
      const targets = [
        await scene.balancer("blb"),
        await scene.balancer("appblb"),
        scene.machine("a"),
        scene.machine("b"),
      ];
      const types = ["BLB", "BLB", "BCC", "BCC"];
      const eips = [await scene.address(), await scene.address(), await scene.address()];
      const alive = new Set(targets);
      for (const { does, eip: index, target } of actions) {
        const eip = eips[index] ?? "";
        const id = targets[target] ?? "";
        if (does === "bind")
          await scene.end(`PUT /v1/eip/${eip}?bind`, { instanceType: types[target], instanceId: id });
        if (does === "unbind") await scene.end(`PUT /v1/eip/${eip}?unbind`);
        if (does === "release") await scene.end(`DELETE /v1/eip/${eip}`);
        if (does === "create" && (await scene.must<Listed>(`GET /v1/eip?eip=${eip}`)).eipList.length === 0)
          eips[index] = await scene.address();
        if (does === "move_in") await scene.end("PUT /v1/eipgroup/eg-1?move_in", { eips: [eip] });
        if (does === "move_out") await scene.end("PUT /v1/eipgroup/eg-1?move_out", { moveOutEips: [{ eip }] });
        if (does === "wait") await scene.settle();
        if (does === "delete" && alive.has(id) && target < 2) {
          const path = target === 0 ? "blb" : "appblb";
          if ((await scene.end(`DELETE /v1/${path}/${id}`)) === "200") alive.delete(id);
        }
        if (does === "delete" && alive.has(id) && target >= 2) {
          scene.simulator.deleteInstance(id);
          alive.delete(id);
        }
        const { eipList } = await scene.must<Listed>("GET /v1/eip");
        const bound = eipList.flatMap(({ instanceId }) => (instanceId === null ? [] : [instanceId]));
        assert.equal(new Set(bound).size, bound.length, "two addresses on one thing");
        for (const instanceId of bound) assert.ok(alive.has(instanceId), `${instanceId} is gone and has an address`);
        for (const { status, instanceId } of eipList) {
          const should = ["binding", "binded", "unbinding"].includes(status);
          assert.equal(instanceId !== null, should, `${status} with ${instanceId}`);
        }
      }
      await scene.settle();
      const { eipList } = await scene.must<Listed>("GET /v1/eip");
      for (const { status } of eipList) assert.ok(status === "available" || status === "binded", status);
    }),
    { numRuns: 40 },
  );
});
