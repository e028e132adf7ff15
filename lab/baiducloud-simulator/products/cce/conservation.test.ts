import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { seededRandom, VirtualClock } from "@ccm/base";
import fc from "fast-check";
import { takenIpsOf } from "../../account.ts";
import type { Backend, Change } from "../../store/backend.ts";
import { createScene } from "../../testing/client.ts";
import { instancesOf } from "../bcc/records.ts";
import { membersOf } from "./node-model.ts";
import { clustersOf, instanceGroupsOf, nodesOf, tasksOf } from "./records.ts";
import { createCceScene } from "./testing/scene.ts";

/** What a client may do next; numbers choose among what there is. */
const STEP = fc.oneof(
  fc.record({ kind: fc.constant("add" as const), count: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ kind: fc.constant("group" as const), count: fc.integer({ min: 0, max: 3 }) }),
  fc.record({
    kind: fc.constant("resize" as const),
    which: fc.nat(9),
    count: fc.integer({ min: 0, max: 4 }),
    remove: fc.boolean(),
  }),
  fc.record({ kind: fc.constant("grow" as const), which: fc.nat(9), count: fc.integer({ min: 1, max: 2 }) }),
  fc.record({ kind: fc.constant("leave" as const), which: fc.nat(9), release: fc.boolean() }),
  fc.record({ kind: fc.constant("ungroup" as const), which: fc.nat(9), remove: fc.boolean() }),
  fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 100, max: 6000 }) }),
);

describe("whatever is done to a cluster", () => {
  it("groups have as many instances as they say, no machine is twice a node, and nothing is left in the end", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(STEP, { maxLength: 12 }), async (steps) => {
        const { cluster, call, settle, instanceSpec, simulator, clock } = createCceScene();
        const account = simulator.world.account("lab");
        const addresses = takenIpsOf(account).size;
        const id = await cluster();
        const pick = <T>(all: readonly T[], which: number): T | undefined => all[which % Math.max(1, all.length)];
        const groups = () => instanceGroupsOf(account).ids();
        for (const step of steps) {
          if (step.kind === "wait") await clock.advance(step.ms);
          if (step.kind === "add")
            await call(`POST /v2/cluster/${id}/instances`, [{ instanceSpec: instanceSpec(), count: step.count }]);
          if (step.kind === "group") {
            const body = { instanceGroupName: "g", instanceTemplate: instanceSpec(), replicas: step.count };
            await call(`POST /v2/cluster/${id}/instancegroup`, body);
          }
          const group = "which" in step ? pick(groups(), step.which) : undefined;
          const path = `/v2/cluster/${id}/instancegroup/${group}`;
          const deleteOption = { deleteResource: true };
          if (step.kind === "resize")
            await call(`PUT ${path}/replicas`, {
              replicas: step.count,
              instanceIDs: [],
              deleteInstance: step.remove,
              deleteOption,
            });
          if (step.kind === "grow") await call(`PUT ${path}/scaleup?upReplicas=${step.count}`);
          if (step.kind === "ungroup")
            await call(`DELETE ${path}?deleteInstances=${step.remove}&releaseAllResources=true`);
          if (step.kind === "leave") {
            const node = pick(nodesOf(account).ids(), step.which);
            await call(`PUT /v2/cluster/${id}/instances`, {
              instanceIDs: [node],
              deleteOption: { deleteResource: step.release },
            });
          }
          for (const one of groups())
            assert.equal(instanceGroupsOf(account).get(one)?.spec.replicas, membersOf(account, one).length);
          const machines = nodesOf(account)
            .all()
            .flatMap(({ machineId }) => machineId || []);
          assert.equal(new Set(machines).size, machines.length);
        }
        await settle(60_000);
        assert.ok(
          tasksOf(account)
            .all()
            .every(({ phase }) => phase === "Done"),
          "a task did not end",
        );
        assert.ok(
          nodesOf(account)
            .all()
            .every(({ phase }) => phase === "running"),
          "a node is on its way for ever",
        );
        await call(`DELETE /v2/cluster/${id}?deleteResource=true`);
        await settle(60_000);
        const left = [clustersOf, nodesOf, instanceGroupsOf, tasksOf].map((table) => table(account).size);
        assert.deepEqual(left, [0, 0, 0, 0]);
        // Machines that had left the cluster before stay, with their addresses.
        assert.equal(takenIpsOf(account).size, addresses + instancesOf(account).size);
      }),
      { numRuns: 40 },
    );
  });
});

it("a simulator that is started again goes on with the creation of a cluster, and with its certificates", async () => {
  const rows = new Map<string, Change>();
  const backend: Backend = {
    load: () => [...rows.values()],
    commit(changes) {
      for (const change of changes) rows.set(`${change.table} ${change.id}`, JSON.parse(JSON.stringify(change)));
      for (const [key, { record }] of rows) if (record === undefined) rows.delete(key);
    },
    close: () => {},
  };
  const first = createScene({ backend });
  const body = { cluster: { clusterName: "c", vpcID: first.simulator.vpcId } };
  const { clusterID } = (await first.call<{ clusterID: string }>("POST /v2/cluster", body)).body;

  const clock = new VirtualClock();
  const second = createScene({ backend, clock, random: seededRandom("later") });
  await clock.advance(30_000);
  const phase = await second.call<{ cluster: { status: { clusterPhase: string } } }>(`GET /v2/cluster/${clusterID}`);
  assert.equal(phase.body.cluster.status.clusterPhase, "running");
  const path = `GET /v2/kubeconfig/${clusterID}/vpc`;
  const before = (await second.call<{ kubeConfig: string }>(path)).body.kubeConfig;

  const third = createScene({ backend, clock, random: seededRandom("even later") });
  assert.equal((await third.call<{ kubeConfig: string }>(path)).body.kubeConfig, before);
});
