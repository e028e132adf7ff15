import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readText } from "@ccm/base";
import { openTransport } from "@ccm/base/node";
import { type ControlPlane, canHaveControlPlane } from "@ccm/control-plane/node";
import { hasCode, NAMESPACES, SERVICES, type Service } from "@ccm/kube";
import { PODS, RESOURCE_QUOTAS, ROLE_BINDINGS, type SpecObject } from "./resources.ts";
import { TENANT_NAMESPACES, TENANTS } from "./tenant.ts";
import { ATTEMPTS, type Attempt, container } from "./testing/attempts.ts";
import { startRealOperator, waitFor } from "./testing/real.ts";

const LIMIT = 5;

/** Two tenants with a namespace each, made by their own owners, with something in the other's. */
async function twoTenants(plane: ControlPlane) {
  const { client } = plane.admin;
  await plane.apply(`
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: generous}
rules: [{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}]
`);
  const network = { isolation: "tenant" as const };
  await client.create(TENANTS, {
    metadata: { name: "a" },
    spec: {
      owners: [
        { kind: "User", name: "alice" },
        { kind: "User", name: "carol", clusterRole: "generous" },
      ],
      namespaces: { prefix: "a-", max: 2 },
      quota: { hard: { pods: LIMIT }, mode: "Strict" },
      registries: { allow: ["registry.test/a/"] },
      network,
    },
  });
  await client.create(TENANTS, { metadata: { name: "b" }, spec: { owners: [{ kind: "User", name: "bob" }], network } });
  const users = {
    alice: await plane.mintUser("alice"),
    bob: await plane.mintUser("bob"),
    carol: await plane.mintUser("carol"),
  };
  const ask = (user: "alice" | "bob", name: string) =>
    waitFor(`${user} may ask for ${name}`, async () => {
      try {
        await users[user].client.create(TENANT_NAMESPACES, {
          metadata: { name },
          spec: { tenant: user === "alice" ? "a" : "b" },
        });
        return true;
      } catch (error) {
        if (hasCode(error, "already_exists")) return true;
        if (hasCode(error, "forbidden")) return false;
        throw error;
      }
    });
  await ask("alice", "a-web");
  await ask("alice", "a-batch");
  await ask("bob", "b-web");
  for (const [user, namespace] of [
    ["alice", "a-web"],
    ["alice", "a-batch"],
    ["bob", "b-web"],
    ["carol", "a-web"],
  ] as const) {
    await waitFor(
      `${user} is in ${namespace}`,
      async () => (await users[user].request("GET", `/api/v1/namespaces/${namespace}/pods`)).status === 200,
    );
  }
  await plane.apply(
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "password", namespace: "b-web" },
      stringData: { password: "x" },
    },
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default", namespace: "b-web" } },
    pod("b-web", "app"),
    service("a-web"),
  );
  return users;
}

function pod(namespace: string, name: string): SpecObject {
  return { apiVersion: "v1", kind: "Pod", metadata: { namespace, name }, spec: { containers: [container] } };
}

function service(namespace: string): Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { namespace, name: "app" },
    spec: { type: "LoadBalancer", ports: [{ port: 80 }] },
  };
}

async function attemptOf(
  plane: ControlPlane,
  users: Awaited<ReturnType<typeof twoTenants>>,
  { as, method, path, body, headers, contentType }: Attempt,
) {
  const { send, close } = openTransport(users[as].connection.tls);
  try {
    const answer = await send({
      method,
      url: plane.server + path,
      headers: {
        accept: "application/json",
        ...headers,
        ...(body ? { "content-type": contentType ?? "application/json" } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return { status: answer.status, text: await readText(answer.body) };
  } finally {
    await close();
  }
}

describe("on a real API server, an owner of tenant a", () => {
  it("is refused 40 attempts on tenant b, and on more than the own share, and keeps what is the own", async (t) => {
    if (!canHaveControlPlane(t, "kube-controller-manager")) return;
    const plane = await startRealOperator(t);
    const users = await twoTenants(plane);
    const { client } = users.alice;
    const first = ATTEMPTS.find(({ name }) => name === "use the other's load balancer");
    await waitFor(
      "the policies hold",
      async () => first !== undefined && (await attemptOf(plane, users, first)).status === 403,
    );

    for (const attempt of ATTEMPTS) {
      await t.test(`is refused: ${attempt.name}`, async () => {
        const { status, text } = await attemptOf(plane, users, attempt);
        assert.equal(status, 403, text);
        if (attempt.because) assert.match(text, attempt.because);
      });
    }

    await t.test("is refused: exceed the quota by a race in two namespaces", async () => {
      const wanted = Array.from({ length: 30 }, (_, i) => pod(i % 2 ? "a-web" : "a-batch", `race-${i}`));
      const results = await Promise.allSettled(wanted.map((one) => client.create(PODS, one)));
      const refusals = results.flatMap((one) => (one.status === "rejected" ? [String(one.reason)] : []));
      assert.equal(results.length - refusals.length, LIMIT);
      for (const text of refusals) assert.match(text, /quota of tenant a over all its namespaces|exceeded quota/);
    });
    assert.equal(ATTEMPTS.length + 1, 40);

    await t.test("may do all that an owner needs in the own namespaces", async () => {
      await client.delete(PODS, { namespace: "a-web", name: "race-1" }, { gracePeriodSeconds: 0 }).catch(() => {});
      const made = await client.create(SERVICES, {
        ...service("a-web"),
        metadata: { namespace: "a-web", name: "own" },
      });
      await client.patch(
        SERVICES,
        { namespace: "a-web", name: "own" },
        { type: "merge", body: { metadata: { annotations: { team: "blue" } } } },
      );
      assert.equal(made.metadata.namespace, "a-web");
      await client.create(ROLE_BINDINGS, {
        metadata: { namespace: "a-web", name: "friends" },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" },
        subjects: [{ kind: "User", name: "dave", apiGroup: "rbac.authorization.k8s.io" }],
      });
      assert.equal((await client.get(TENANTS, { name: "a" })).status?.namespaceCount, 2);
      assert.equal(
        (await client.get(RESOURCE_QUOTAS, { namespace: "a-web", name: "tenancy" })).metadata.name,
        "tenancy",
      );
    });

    await t.test("of a room that is made again gets it", async () => {
      // The race let in some of thirty, in whichever of the two namespaces they were.
      const inBoth = ["a-batch", "a-web"].map((namespace) => plane.admin.client.list(PODS, { namespace }));
      const [found] = (await Promise.all(inBoth)).flatMap(({ items }) => items);
      const { name = "", namespace = "" } = found?.metadata ?? {};
      await plane.admin.client.delete(PODS, { namespace, name }, { gracePeriodSeconds: 0 });
      // One that the count lets in and the namespace's ResourceQuota, late, refuses holds its room for a while.
      await waitFor("the ResourceQuota has seen it", async () => {
        const { status } = await plane.admin.client.get(RESOURCE_QUOTAS, { namespace, name: "tenancy" });
        return Number(status?.used?.pods) < LIMIT;
      });
      await waitFor("another Pod is let in", async () => {
        try {
          await client.create(PODS, pod("a-batch", "later"));
          return true;
        } catch (error) {
          if (hasCode(error, "forbidden")) return false;
          throw error;
        }
      });
    });

    await t.test("can change nothing while the tenant is suspended, and everything afterwards", async () => {
      const suspend = (suspended: boolean) =>
        plane.admin.client.patch(TENANTS, { name: "a" }, { type: "merge", body: { spec: { suspended } } });
      const edit = () =>
        client.patch(
          SERVICES,
          { namespace: "a-web", name: "app" },
          { type: "merge", body: { metadata: { annotations: { n: "1" } } } },
        );
      await edit();
      await suspend(true);
      await waitFor("the tenant is frozen", () =>
        edit().then(
          () => false,
          (error) => /tenant a is suspended/.test(String(error)),
        ),
      );
      assert.equal((await users.alice.request("GET", "/api/v1/namespaces/a-web/services")).status, 200);
      await suspend(false);
      await waitFor("the tenant can go on", () =>
        edit().then(
          () => true,
          () => false,
        ),
      );
    });

    await t.test("left tenant b as it was", async () => {
      const { labels } = (await plane.admin.client.get(NAMESPACES, { name: "b-web" })).metadata;
      assert.equal(labels?.["tenancy.baidubce.com/tenant"], "b");
      assert.deepEqual(
        (await plane.admin.client.list(PODS, { namespace: "b-web" })).items.map(({ metadata }) => metadata.name),
        ["app"],
      );
    });
  });
});
