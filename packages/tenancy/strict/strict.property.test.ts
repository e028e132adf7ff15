import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { seededRandom, silentLogger, VirtualClock } from "@ccm/base";
import { createInformer, NAMESPACES, type Namespace } from "@ccm/kube";
import fc from "fast-check";
import { parseAmounts } from "../quantity.ts";
import { PODS } from "../resources.ts";
import { TENANTS, type Tenant } from "../tenant.ts";
import { createMemoryKube } from "../testing/memory-kube.ts";
import { amountsOf } from "./amounts.ts";
import { createQuotaBook } from "./book.ts";
import { runQuotaCounter } from "./counter.ts";

const LIMIT = 5;
const HARD = parseAmounts({ pods: LIMIT });
const pod = (name: string) => ({ metadata: { namespace: "a-web", name }, spec: { containers: [] } });

/** A tenant with a strict quota, two replicas that let Pods in, and a count that follows behind. */
async function createScene() {
  const client = createMemoryKube();
  const clock = new VirtualClock();
  const parts = { client, clock, random: seededRandom("strict"), logger: silentLogger };
  for (const [name, labels] of [
    ["system", {}],
    ["a-web", { "tenancy.baidubce.com/tenant": "a" }],
  ] as const) {
    await client.create(NAMESPACES, { metadata: { name, labels } });
  }
  await client.create(TENANTS, { metadata: { name: "a" }, spec: { quota: { hard: { pods: LIMIT }, mode: "Strict" } } });
  const stop = new AbortController();
  const tenants = createInformer<Tenant>({ ...parts, type: TENANTS });
  const namespaces = createInformer<Namespace>({ ...parts, type: NAMESPACES });
  const books = [createQuotaBook(client, "system"), createQuotaBook(client, "system")];
  const counter = () => createQuotaBook(client, "system");
  const running = [
    tenants.run(stop.signal),
    namespaces.run(stop.signal),
    runQuotaCounter({ ...parts, tenants, namespaces, book: counter(), operatorNamespace: "system" }, stop.signal),
  ];
  await clock.advance(2000);
  let made = 0;
  /** As the API server: asks a replica, then makes the Pod, unless somebody else refuses it. */
  const create = async (lost = false): Promise<boolean> => {
    const n = ++made;
    const total = amountsOf("Pod", pod(`p${n}`));
    const more = parseAmounts({ pods: 1 });
    const uid = `uid-of-${n}`;
    const wanted = { uid, kind: "Pod" as const, namespace: "a-web", name: `p${n}`, at: clock.now(), more, total };
    const verdict = await books[n % 2]?.reserve("a", HARD, wanted, false, stop.signal);
    if (!verdict?.allowed) return false;
    if (!lost) await client.create(PODS, { ...pod(`p${n}`), metadata: { ...pod(`p${n}`).metadata, uid } });
    return true;
  };
  return {
    client,
    clock,
    create,
    count: () => client.all(PODS).length,
    async [Symbol.asyncDispose]() {
      stop.abort(new Error("the test is over"));
      await Promise.allSettled(running);
    },
  };
}

describe("a strict quota", () => {
  it("is never exceeded, however creates, deletions, lost requests and counts fall together", async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant("create" as const), many: fc.integer({ min: 1, max: 12 }) }),
      fc.record({ do: fc.constant("lose" as const), many: fc.integer({ min: 1, max: 3 }) }),
      fc.record({ do: fc.constant("delete" as const), many: fc.integer({ min: 1, max: 6 }) }),
      fc.record({ do: fc.constant("wait" as const), many: fc.integer({ min: 0, max: 800 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        await using scene = await createScene();
        for (const { do: what, many } of steps) {
          if (what === "wait") await scene.clock.advance(many);
          else if (what === "delete") {
            for (const { metadata } of scene.client.all(PODS).slice(0, many)) {
              await scene.client.delete(PODS, { namespace: "a-web", name: metadata.name ?? "" });
            }
          } else await Promise.all(Array.from({ length: many }, () => scene.create(what === "lose")));
          assert.ok(scene.count() <= LIMIT, `${scene.count()} Pods`);
        }
        // What was let in and never came is let go of: the whole limit can be used again.
        await scene.clock.advance(300_000);
        for (let i = 0; i < LIMIT; i++) await scene.create();
        assert.equal(scene.count(), LIMIT);
      }),
      { numRuns: 100 },
    );
  });

  it("has the room again of what came and went before it was counted", async () => {
    await using scene = await createScene();
    await Promise.all(Array.from({ length: LIMIT }, () => scene.create()));
    for (const { metadata } of scene.client.all(PODS)) {
      await scene.client.delete(PODS, { namespace: "a-web", name: metadata.name ?? "" });
    }
    await scene.clock.advance(2000);
    for (let i = 0; i < LIMIT; i++) assert.equal(await scene.create(), true);
    assert.equal(await scene.create(), false);
  });

  it("is reached exactly by 200 creates at once", async () => {
    await using scene = await createScene();
    const results = await Promise.all(Array.from({ length: 200 }, () => scene.create()));
    assert.equal(results.filter(Boolean).length, LIMIT);
    assert.equal(scene.count(), LIMIT);
  });
});

describe("what a Pod uses", () => {
  it("is what its containers need together, or the most of what comes before them, with sidecars and overhead", () => {
    const of = (cpu: string, more: object = {}) => ({ resources: { requests: { cpu } }, ...more });
    const spec = {
      initContainers: [of("100m", { restartPolicy: "Always" }), of("2")],
      containers: [of("500m"), of("1")],
      overhead: { cpu: "50m" },
    };
    const { "requests.cpu": cpu, pods } = amountsOf("Pod", { metadata: {}, spec } as object as Namespace);
    assert.deepEqual({ cpu, pods }, { cpu: 2_150_000_000n, pods: 1_000_000_000n });
    assert.deepEqual(amountsOf("Pod", { metadata: {}, spec, status: { phase: "Failed" } } as object as Namespace), {});
  });
});
