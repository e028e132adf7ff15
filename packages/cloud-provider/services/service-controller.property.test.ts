import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { keyOf, SERVICES, type Service } from "@ccm/kube";
import fc from "fast-check";
import type { LoadBalancerRequest, LoadBalancers } from "../contract.ts";
import { CloudError } from "../error.ts";
import { newService } from "../testing/harness.ts";
import { type Bench, FINALIZER, start } from "./testing.ts";

const EXCLUDE = "node.kubernetes.io/exclude-from-external-load-balancers";
const names = fc.constantFrom("a", "b", "c");
const nodes = fc.constantFrom("n1", "n2", "n3");
const cloudMethods = fc.constantFrom("ensure" as const, "updateBackends" as const, "ensureDeleted" as const);

/** What somebody may do at any moment. */
const step = fc.oneof(
  fc.record({ do: fc.constant("create" as const), name: names }),
  fc.record({ do: fc.constant("edit" as const), name: names, port: fc.integer({ min: 80, max: 85 }) }),
  fc.record({ do: fc.constant("type" as const), name: names, type: fc.constantFrom("ClusterIP", "LoadBalancer") }),
  fc.record({ do: fc.constant("delete" as const), name: names }),
  fc.record({ do: fc.constant("strip" as const), name: names }),
  fc.record({ do: fc.constant("node" as const), node: nodes }),
  fc.record({ do: fc.constant("exclude" as const), node: nodes, value: fc.constantFrom("true", "false") }),
  fc.record({ do: fc.constant("cloud fails" as const), method: cloudMethods, times: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ do: fc.constant("server fails" as const), reason: fc.constantFrom("Conflict", "InternalError") }),
  fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 8000 }) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What is refused (no such Service, already there) is nothing that matters here. */
async function take(bench: Bench, one: Step): Promise<void> {
  const attempt = async (action: () => Promise<unknown>) => void (await action().catch(() => {}));
  switch (one.do) {
    case "create":
      return attempt(() => bench.create(newService(one.name)));
    case "edit":
      return attempt(() => bench.patch({ spec: { ports: [{ name: "http", port: one.port }] } }, one.name));
    case "type":
      return attempt(() => bench.patch({ spec: { type: one.type } }, one.name));
    case "delete":
      return attempt(() => bench.remove(one.name));
    case "strip":
      return attempt(() => bench.patch({ metadata: { finalizers: null } }, one.name));
    case "node":
      return bench.removeNode(one.node).then(
        () => {},
        () => attempt(() => bench.addNode(one.node)),
      );
    case "exclude":
      return attempt(() => bench.patchNode(one.node, { metadata: { labels: { [EXCLUDE]: one.value } } }));
    case "cloud fails":
      return bench.cloud.fail(one.method, new CloudError("retryable", "busy"), one.times);
    case "server fails":
      return bench.refuse("PATCH", /services\//, one.reason === "Conflict" ? "Conflict" : "InternalError");
    case "wait":
      await bench.clock.advance(one.ms);
  }
}

/** Fails when two calls for one Service overlap, or one is made for a Service that has no finalizer yet. */
function watched(fake: LoadBalancers, faults: string[]): Partial<LoadBalancers> {
  const busy = new Set<string>();
  const alone = async <R extends Omit<LoadBalancerRequest, "nodes">, T>(
    request: R,
    call: (request: R) => Promise<T>,
  ) => {
    const key = keyOf(request.service);
    if (busy.has(key)) faults.push(`two calls at once for ${key}`);
    busy.add(key);
    try {
      return await call(request);
    } finally {
      busy.delete(key);
    }
  };
  return {
    ensure: (request) => alone(request, fake.ensure),
    updateBackends: (request) => alone(request, fake.updateBackends),
    ensureDeleted: (request) => alone(request, fake.ensureDeleted),
  };
}

describe("property: whatever happens to Services, nodes, the cloud and the API server", () => {
  it("calls for one Service never overlap, and in the end each that wants a load balancer has its own, and none is left over", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 5, maxLength: 40 }),
        fc.constantFrom(0, 300, 3000),
        fc.constantFrom(1, 4),
        async (steps, latencyMs, workers) => {
          const faults: string[] = [];
          const bench = await start({ latencyMs, workers, writeMs: 20, cloud: (fake) => watched(fake, faults) });
          for (const one of steps) await take(bench, one);
          for (const method of ["ensure", "updateBackends", "ensureDeleted"] as const) bench.cloud.heal(method);
          await bench.seconds(1200);
          assert.deepEqual(faults, []);
          await check(bench);
          await bench.close();
        },
      ),
      { numRuns: 60 },
    );
  });
});

async function check(bench: Bench): Promise<void> {
  const { items } = await bench.during(bench.user.list<Service>(SERVICES));
  const balanced = items.filter(({ spec }) => spec?.type === "LoadBalancer");
  assert.deepEqual([...bench.cloud.balancers.keys()].sort(), balanced.map(({ metadata }) => metadata.uid).sort());
  const machines = await bench.during(
    bench.user.list({ group: "", version: "v1", plural: "nodes", kind: "Node", namespaced: false }),
  );
  const backends = machines.items
    .filter(({ metadata }) => metadata.labels?.[EXCLUDE] !== "true")
    .map(({ metadata }) => metadata.name ?? "")
    .sort();
  for (const service of items) {
    const { uid = "", finalizers = [], deletionTimestamp } = service.metadata;
    const { loadBalancer, conditions = [] } = service.status ?? {};
    const ready = conditions.find(({ type }) => type === "LoadBalancerReady");
    assert.equal(deletionTimestamp, undefined, "what was deleted is gone");
    const made = bench.cloud.balancers.get(uid);
    if (!balanced.includes(service)) {
      assert.deepEqual([finalizers, loadBalancer?.ingress ?? [], ready], [[], [], undefined]);
      continue;
    }
    assert.deepEqual(finalizers, [FINALIZER]);
    assert.equal(loadBalancer?.ingress?.[0]?.ip, made?.ip);
    assert.deepEqual(
      made?.ports,
      service.spec?.ports?.map(({ port }) => port),
    );
    assert.deepEqual(made?.backends, backends);
    assert.equal(ready?.status, backends.length === 0 ? "False" : "True");
  }
}
