import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NODES } from "@ccm/kube";
import fc from "fast-check";
import { TYPES } from "./kinds.ts";
import { RESOURCE_QUOTAS } from "./resources.ts";
import { TENANT_NAMESPACES, TENANTS, type TenantSpec } from "./tenant.ts";
import { createScene } from "./testing/scene.ts";

const NAMES = ["a", "b", "c"] as const;
/** For each change: three tenants with five namespaces, of about a dozen objects and grants each. */
const MOST_WORK = 200;
const name = fc.constantFrom(...NAMES);
const namespace = fc.constantFrom("n0", "n1", "n2", "n3", "n4");
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

const owner = fc.oneof(
  fc.record({
    kind: fc.constantFrom("User" as const, "Group" as const, "IAMUser" as const),
    name: fc.constantFrom("u1", "u2"),
    role: fc.constantFrom("admin" as const, "devops" as const, "readonly" as const),
  }),
  fc.record({
    kind: fc.constant("IAMRole" as const),
    name: fc.constant("r1"),
    role: fc.constantFrom("admin", "devops"),
  }),
  fc.constant({ kind: "ServiceAccount" as const, name: "ci", namespace: "build", clusterRole: "deployer" }),
);
/** An owner stands in the list once: the API server does not see to it, and nobody writes it otherwise. */
const owners = fc.uniqueArray(owner, { maxLength: 3, selector: ({ kind, name: who }) => `${kind} ${who}` });
const spec = fc
  .record({
    owners,
    namespaces: fc.record({
      max: maybe(fc.nat(4)),
      labels: maybe(fc.constant({ team: "x" })),
      adopt: maybe(fc.array(namespace)),
    }),
    quota: maybe(fc.constantFrom({ hard: { pods: 3 } }, { hard: { "requests.cpu": "1500m", pods: "1k" } })),
    limits: maybe(fc.constant([{ type: "Container" as const, max: { memory: "1024Mi" }, min: { cpu: "0.1" } }])),
    network: maybe(fc.record({ isolation: fc.constantFrom("none" as const, "tenant" as const, "namespace" as const) })),
    nodePools: maybe(fc.record({ selector: fc.constantFrom({ pool: "p" }, { pool: "q" }), dedicated: fc.boolean() })),
    registries: maybe(
      fc.record({ instanceID: fc.constantFrom("i", "j"), project: fc.constantFrom("p", "q") }).map((robot) => ({
        allow: ["r.test/"],
        pullSecret: { name: "pull", ...robot },
      })),
    ),
    suspended: fc.boolean(),
    deletionPolicy: fc.constantFrom("Refuse" as const, "Orphan" as const, "Delete" as const),
  })
  .map((full) => JSON.parse(JSON.stringify(full)) as TenantSpec);

const change = fc.oneof(
  fc.record({ do: fc.constant("set tenant" as const), name, spec }),
  fc.record({ do: fc.constant("delete tenant" as const), name }),
  fc.record({ do: fc.constant("ask" as const), name, namespace }),
  fc.record({ do: fc.constant("give back" as const), namespace }),
  fc.record({ do: fc.constant("add namespace" as const), namespace, name, label: fc.constantFrom("tenant", "adopt") }),
  fc.record({
    do: fc.constant("add node" as const),
    node: fc.constantFrom("w0", "w1"),
    pool: fc.constantFrom("p", "q"),
  }),
  fc.record({ do: fc.constant("use" as const), namespace, pods: fc.nat(5) }),
  fc.record({
    do: fc.constant("spoil" as const),
    kind: fc.constantFrom(...(["RoleBinding", "LimitRange", "NetworkPolicy", "ResourceQuota"] as const)),
    how: fc.constantFrom("delete", "edit"),
  }),
  fc.record({ do: fc.constant("revoke in the cloud" as const) }),
);

describe("after any changes", () => {
  it("a plan that follows an apply is empty, for each tenant", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(change, fc.boolean()), { maxLength: 14 }), async (changes) => {
        await using scene = await createScene();
        for (const [one, pause] of changes) {
          // What cannot be done (it exists, it is gone) is not done.
          await perform(scene, one).catch(() => {});
          if (pause) await scene.settle();
        }
        await scene.clock.advance(700_000);
        // The most work there can be, not the most time: what goes round in circles writes without end.
        const work = scene.client.writes.length + scene.cloud.calls.length;
        assert.ok(work <= MOST_WORK * (changes.length + 1), `${work} writes and calls`);
        for (const { metadata } of scene.client.all(TENANTS)) {
          assert.deepEqual(await scene.plan(metadata.name ?? ""), [], metadata.name);
        }
        const robots = scene.client.all(TENANTS).flatMap(({ spec: { registries } }) => {
          const { instanceID, project } = registries?.pullSecret ?? {};
          return instanceID ? [`${instanceID} ${project}`] : [];
        });
        const made = [...scene.cloud.made].map(([robot, project]) => `${robot.split("/")[0]} ${project}`);
        assert.deepEqual(made.sort(), robots.sort());
        const before = scene.client.writes.length;
        await scene.clock.advance(700_000);
        assert.deepEqual(scene.client.writes.slice(before), []);
      }),
      { numRuns: 150 },
    );
  });
});

type Change = typeof change extends fc.Arbitrary<infer C> ? C : never;

async function perform(
  { client, cloud, ...scene }: Awaited<ReturnType<typeof createScene>>,
  one: Change,
): Promise<void> {
  switch (one.do) {
    case "set tenant": {
      const there = client.all(TENANTS).find(({ metadata }) => metadata.name === one.name);
      if (there) await client.update(TENANTS, { ...there, spec: one.spec });
      else await scene.addTenant(one.name, one.spec);
      return;
    }
    case "delete tenant":
      return client.delete(TENANTS, { name: one.name });
    case "ask":
      await client.create(TENANT_NAMESPACES, { metadata: { name: one.namespace }, spec: { tenant: one.name } });
      return;
    case "give back":
      return client.delete(TENANT_NAMESPACES, { name: one.namespace });
    case "add namespace":
      await scene.addNamespace(one.namespace, { [`tenancy.baidubce.com/${one.label}`]: one.name });
      return;
    case "add node":
      if (client.all(NODES).some(({ metadata }) => metadata.name === one.node))
        await client.delete(NODES, { name: one.node });
      await scene.addNode(one.node, { pool: one.pool });
      return;
    case "use": {
      const ref = { namespace: one.namespace, name: "tenancy" };
      const body = { status: { used: { pods: String(one.pods) } } };
      await client.patch(RESOURCE_QUOTAS, ref, { type: "merge", body }, { subresource: "status" });
      return;
    }
    case "spoil": {
      const [object] = client.all(TYPES[one.kind]);
      if (!object) return;
      const { namespace: inside = "", name: called = "" } = object.metadata;
      if (one.how === "delete") await client.delete(TYPES[one.kind], { namespace: inside, name: called });
      else {
        const body =
          one.kind === "RoleBinding" ? { subjects: [] } : { spec: { hard: { pods: "99" }, limits: [], ingress: [{}] } };
        await client.patch(TYPES[one.kind], { namespace: inside, name: called }, { type: "merge", body });
      }
      return;
    }
    case "revoke in the cloud":
      cloud.grants.pop();
  }
}
