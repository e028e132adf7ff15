import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NAMESPACES, NODES, SECRETS, SERVICE_ACCOUNTS } from "@ccm/kube";
import {
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  LIMIT_RANGES,
  NETWORK_POLICIES,
  PODS,
  RESOURCE_QUOTAS,
  ROLE_BINDINGS,
} from "./resources.ts";
import { TENANT_NAMESPACES, TENANTS, type TenantSpec } from "./tenant.ts";
import { createScene, OPERATOR_NAMESPACE } from "./testing/scene.ts";

const TENANT = "tenancy.baidubce.com/tenant";
const OWNERS: TenantSpec = { owners: [{ kind: "User", name: "alice" }] };

type Scene = Awaited<ReturnType<typeof createScene>>;
const request = (scene: Scene, name: string, tenant: string) =>
  scene.client.create(TENANT_NAMESPACES, { metadata: { name }, spec: { tenant } });
const namesOf = (objects: readonly { readonly metadata: { readonly namespace?: string; readonly name?: string } }[]) =>
  objects.map(({ metadata }) => [metadata.namespace, metadata.name].filter(Boolean).join("/")).sort();
const tenant = (scene: Scene, name: string) => scene.client.get(TENANTS, { name });
const ready = async (scene: Scene, name: string) => {
  const { status, reason, message } = (await tenant(scene, name)).status?.conditions?.[0] ?? {};
  return `${status} ${reason} ${message}`;
};

describe("a tenant's owners", () => {
  it("have their roles in each namespace of the tenant, and nowhere else", async () => {
    await using scene = await createScene();
    await scene.addNamespace("a-web", { [TENANT]: "a" });
    await scene.addNamespace("b-web", { [TENANT]: "b" });
    await scene.addTenant("a", {
      owners: [
        { kind: "User", name: "alice" },
        { kind: "Group", name: "team-a", role: "readonly" },
        { kind: "ServiceAccount", name: "ci", namespace: "build", clusterRole: "deployer" },
      ],
    });
    await scene.settle();
    const bindings = scene.client.all(ROLE_BINDINGS);
    assert.deepEqual(
      bindings.map(({ metadata, roleRef, subjects }) => [
        metadata.namespace,
        roleRef.name,
        subjects?.map(({ name }) => name),
      ]),
      [
        ["a-web", "admin", ["alice"]],
        ["a-web", "view", ["team-a"]],
        ["a-web", "deployer", ["ci"]],
      ],
    );
    await scene.editTenant("a", { owners: [] });
    await scene.settle();
    assert.deepEqual(scene.client.all(ROLE_BINDINGS), []);
    assert.deepEqual(scene.client.all(CLUSTER_ROLES), []);
  });

  for (const kind of ["IAMUser", "IAMRole"] as const)
    it(`of kind ${kind} are granted roles by the cloud, which are taken back, and set right after drift`, async () => {
      await using scene = await createScene();
      await scene.addNamespace("a-web", { [TENANT]: "a" });
      const other = { user: "u1", namespace: "elsewhere", role: "cce:readonly" };
      scene.cloud.grants.push(other);
      await scene.addTenant("a", { owners: [{ kind, name: "u1", role: "devops" }] });
      await scene.settle();
      const grant = { user: "u1", namespace: "a-web", role: "cce:devops" };
      assert.deepEqual(scene.cloud.grants, [other, grant]);
      assert.deepEqual((await tenant(scene, "a")).status?.iamGrants, [grant]);
      scene.cloud.grants.pop();
      await scene.clock.advance(700_000);
      assert.deepEqual(scene.cloud.grants, [other, grant]);
      await scene.editTenant("a", { owners: [] });
      await scene.settle();
      // What others have granted stays.
      assert.deepEqual(scene.cloud.grants, [other]);
      assert.equal((await tenant(scene, "a")).status?.iamGrants, undefined);
    });

  it("wait for a cloud that is down, while everything else goes on", async () => {
    await using scene = await createScene();
    scene.cloud.state.broken = true;
    await scene.addNamespace("a-web", { [TENANT]: "a" });
    await scene.addTenant("a", {
      owners: [
        { kind: "IAMUser", name: "u1" },
        { kind: "User", name: "alice" },
      ],
    });
    await scene.settle();
    assert.deepEqual(namesOf(scene.client.all(ROLE_BINDINGS)), ["a-web/tenancy:admin"]);
    assert.match(await ready(scene, "a"), /^False CloudNotAsked /);
    scene.cloud.state.broken = false;
    await scene.clock.advance(120_000);
    assert.deepEqual(scene.cloud.grants, [{ user: "u1", namespace: "a-web", role: "cce:admin" }]);
    assert.match(await ready(scene, "a"), /^True /);
  });
});

describe("namespaces", () => {
  it("are made when owners ask for them, with the tenant's marks, and go with the request", async () => {
    await using scene = await createScene();
    await scene.addTenant("a", {
      ...OWNERS,
      namespaces: { prefix: "a-", max: 1, labels: { team: "blue" } },
      registries: { allow: ["registry.test/a/"] },
    });
    await request(scene, "a-web", "a");
    await scene.settle();
    const { metadata } = await scene.client.get(NAMESPACES, { name: "a-web" });
    assert.deepEqual(metadata.labels, {
      "pod-security.kubernetes.io/enforce": "baseline",
      team: "blue",
      [TENANT]: "a",
    });
    assert.equal(metadata.annotations?.["tenancy.baidubce.com/registries"], "registry.test/a/");
    assert.deepEqual(namesOf(scene.client.all(CLUSTER_ROLE_BINDINGS)), ["tenancy:tenant:a"]);
    await scene.editTenant("a", { namespaces: { labels: null }, registries: null });
    await scene.settle();
    const after = (await scene.client.get(NAMESPACES, { name: "a-web" })).metadata;
    assert.equal(after.labels?.team, undefined);
    assert.equal(after.annotations?.["tenancy.baidubce.com/registries"], undefined);
    await scene.client.delete(TENANT_NAMESPACES, { name: "a-web" });
    await scene.settle();
    assert.deepEqual(namesOf(scene.client.all(NAMESPACES)), [OPERATOR_NAMESPACE]);
    assert.equal((await tenant(scene, "a")).status?.namespaceCount, 0);
  });

  it("are refused with the reason", async () => {
    await using scene = await createScene();
    await scene.addNamespace("a-taken");
    await scene.addTenant("a", { ...OWNERS, namespaces: { prefix: "a-", max: 1 } });
    await scene.addTenant("kube", { ...OWNERS });
    for (const name of ["a-one", "a-two", "b-web", "a-taken"]) await request(scene, name, "a");
    await request(scene, "kube-web", "kube");
    await request(scene, "x", "nobody");
    await scene.settle();
    const requests = scene.client.all(TENANT_NAMESPACES);
    assert.deepEqual(
      requests.map(({ metadata, status }) => `${metadata.name} ${status?.phase} ${status?.message ?? ""}`),
      [
        "a-one Ready ",
        "a-two Refused the tenant has 1 namespaces, and may have 1 (spec.namespaces.max)",
        "b-web Refused the name must begin with a-",
        "a-taken Refused namespace a-taken exists and is not the tenant's: it can be adopted with the label tenancy.baidubce.com/adopt and the platform's approval",
        "kube-web Refused kube-web is a name for the cluster's own namespaces",
        "x Refused there is no tenant nobody",
      ],
    );
  });

  it("are given under a name that another's namespace has held, as soon as that is gone", async () => {
    await using scene = await createScene();
    await scene.addNamespace("web");
    await scene.addTenant("a", OWNERS);
    await request(scene, "web", "a");
    await scene.settle();
    assert.equal(scene.client.all(TENANT_NAMESPACES)[0]?.status?.phase, "Refused");
    await scene.client.delete(NAMESPACES, { name: "web" });
    await scene.settle();
    assert.equal(scene.client.all(TENANT_NAMESPACES)[0]?.status?.phase, "Ready");
    assert.equal((await scene.client.get(NAMESPACES, { name: "web" })).metadata.labels?.[TENANT], "a");
  });

  it("that exist are adopted when both sides say so", async () => {
    await using scene = await createScene();
    await scene.addNamespace("old", { "tenancy.baidubce.com/adopt": "a" });
    await scene.addTenant("a", OWNERS);
    await scene.addTenant("b", { ...OWNERS, namespaces: { adopt: ["old"] } });
    await scene.settle();
    assert.match(await ready(scene, "a"), /^False AdoptionNotApproved namespace old asks to be adopted/);
    await scene.editTenant("a", { namespaces: { adopt: ["old"] } });
    await scene.settle();
    const { labels } = (await scene.client.get(NAMESPACES, { name: "old" })).metadata;
    assert.deepEqual(labels, { "pod-security.kubernetes.io/enforce": "baseline", [TENANT]: "a" });
    assert.deepEqual((await tenant(scene, "a")).status?.namespaces, ["old"]);
  });

  it("of a suspended tenant say so", async () => {
    await using scene = await createScene();
    await scene.addNamespace("a-web", { [TENANT]: "a" });
    await scene.addTenant("a", { suspended: true });
    await scene.settle();
    const label = async () =>
      (await scene.client.get(NAMESPACES, { name: "a-web" })).metadata.labels?.["tenancy.baidubce.com/suspended"];
    assert.equal(await label(), "true");
    assert.equal((await tenant(scene, "a")).status?.phase, "Suspended");
    await scene.editTenant("a", { suspended: false });
    await scene.settle();
    assert.equal(await label(), undefined);
  });
});

describe("what namespaces are given", () => {
  it("is the tenant's LimitRange and NetworkPolicy, put right when somebody changes them", async () => {
    await using scene = await createScene();
    await scene.addNamespace("a-web", { [TENANT]: "a" });
    await scene.addTenant("a", {
      limits: [{ type: "Container", max: { cpu: "2000m" }, defaultRequest: { cpu: 1 } }],
      network: { isolation: "tenant", allowFrom: [{ cidr: "192.0.2.0/24" }, { tenant: "shared" }] },
    });
    await scene.settle();
    assert.deepEqual(scene.client.all(LIMIT_RANGES)[0]?.spec?.limits, [
      { type: "Container", max: { cpu: "2" }, default: { cpu: "2" }, defaultRequest: { cpu: "1" } },
    ]);
    const policy = scene.client.all(NETWORK_POLICIES)[0];
    assert.deepEqual(policy?.spec?.ingress, [
      {
        from: [
          { namespaceSelector: { matchLabels: { [TENANT]: "a" } } },
          { ipBlock: { cidr: "192.0.2.0/24" } },
          { namespaceSelector: { matchLabels: { [TENANT]: "shared" } } },
        ],
      },
    ]);
    const ref = { namespace: "a-web", name: "tenancy" };
    await scene.client.patch(NETWORK_POLICIES, ref, { type: "merge", body: { spec: { ingress: [{}] } } });
    await scene.settle();
    assert.deepEqual(scene.client.all(NETWORK_POLICIES)[0]?.spec, policy?.spec);
    await scene.editTenant("a", { network: { isolation: "none" } });
    await scene.settle();
    assert.deepEqual(scene.client.all(NETWORK_POLICIES), []);
  });

  it("is a quota of what they use and what is left of the whole", async () => {
    await using scene = await createScene();
    for (const name of ["a-one", "a-two"]) await scene.addNamespace(name, { [TENANT]: "a" });
    await scene.addTenant("a", { quota: { hard: { pods: 10, "requests.memory": "8Gi" } } });
    await scene.settle();
    const use = (namespace: string, used: Record<string, string>) =>
      scene.client.patch(
        RESOURCE_QUOTAS,
        { namespace, name: "tenancy" },
        { type: "merge", body: { status: { used } } },
        { subresource: "status" },
      );
    await use("a-one", { pods: "4", "requests.memory": "1536Mi" });
    await use("a-two", { pods: "1" });
    await scene.settle();
    const hard = scene.client.all(RESOURCE_QUOTAS).map(({ metadata, spec }) => [metadata.namespace, spec?.hard]);
    assert.deepEqual(hard, [
      ["a-one", { pods: "9", "requests.memory": "8Gi" }],
      ["a-two", { pods: "6", "requests.memory": "6656Mi" }],
    ]);
    assert.deepEqual((await tenant(scene, "a")).status?.quota, {
      hard: { pods: "10", "requests.memory": "8Gi" },
      used: { pods: "5", "requests.memory": "1536Mi" },
    });
  });

  it("is a pull secret with a robot of the tenant's own, which their Pods use", async () => {
    await using scene = await createScene();
    await scene.addNamespace("a-web", { [TENANT]: "a" });
    await scene.addTenant("a", {
      registries: { pullSecret: { name: "registry", instanceID: "ccr-1", project: "team-a" } },
    });
    await scene.settle();
    assert.deepEqual(
      scene.cloud.calls.filter((call) => call.startsWith("robot")),
      ["robot a team-a"],
    );
    assert.deepEqual(namesOf(scene.client.all(SECRETS)), ["a-web/registry", "tenant-system/tenant-pull-a"]);
    const account = await scene.client.get(SERVICE_ACCOUNTS, { namespace: "a-web", name: "default" });
    assert.deepEqual(account.imagePullSecrets, [{ name: "registry" }]);
  });
});

describe("nodes", () => {
  it("that the tenant's selector chooses are labelled and tainted; those of another tenant stay so", async () => {
    await using scene = await createScene();
    await scene.addNode("n1", { pool: "gpu" });
    await scene.addNode("n2", { pool: "gpu", [TENANT]: "b" });
    await scene.addTenant("a", { nodePools: { selector: { pool: "gpu" }, dedicated: true } });
    await scene.addTenant("b", { nodePools: { selector: { pool: "gpu" } } });
    await scene.settle();
    const nodes = () =>
      scene.client
        .all(NODES)
        .map(({ metadata, spec }) => [
          metadata.name,
          metadata.labels?.[TENANT],
          spec?.taints?.map(({ value }) => value),
        ]);
    assert.deepEqual(nodes(), [
      ["n1", "a", ["a"]],
      ["n2", "b", undefined],
    ]);
    assert.match(await ready(scene, "a"), /^False NodesOfOthers spec.nodePools.selector also chooses n2 of tenant b/);
    await scene.editTenant("a", { nodePools: null });
    await scene.settle();
    assert.deepEqual(nodes()[0], ["n1", "b", []]);
  });
});

describe("deleting a tenant", () => {
  const start = async (scene: Scene, spec: TenantSpec) => {
    await scene.addTenant("a", { ...OWNERS, ...spec });
    await request(scene, "a-web", "a");
    await scene.settle();
    await scene.client.create(PODS, { metadata: { namespace: "a-web", name: "p" } });
    await scene.client.delete(TENANTS, { name: "a" });
    await scene.settle();
  };

  it("waits while a namespace holds something, and changes nothing meanwhile", async () => {
    await using scene = await createScene();
    await start(scene, {});
    assert.match(await ready(scene, "a"), /^False DeletionRefused namespaces are not empty \(a-web: 1 pods\)/);
    assert.deepEqual(namesOf(scene.client.all(ROLE_BINDINGS)), ["a-web/tenancy:admin"]);
    await scene.client.delete(PODS, { namespace: "a-web", name: "p" });
    await scene.clock.advance(60_000);
    assert.deepEqual([scene.client.all(TENANTS), namesOf(scene.client.all(NAMESPACES))], [[], [OPERATOR_NAMESPACE]]);
  });

  it("takes the namespaces along when told so", async () => {
    await using scene = await createScene();
    await start(scene, { deletionPolicy: "Delete" });
    assert.deepEqual([scene.client.all(TENANTS), namesOf(scene.client.all(NAMESPACES))], [[], [OPERATOR_NAMESPACE]]);
    assert.deepEqual([scene.client.all(CLUSTER_ROLES), scene.client.all(TENANT_NAMESPACES)], [[], []]);
  });

  it("leaves the namespaces, without what the tenant gave them, when told so", async () => {
    await using scene = await createScene();
    await start(scene, { deletionPolicy: "Orphan" });
    assert.deepEqual([scene.client.all(TENANTS), scene.client.all(ROLE_BINDINGS)], [[], []]);
    const { labels, annotations } = (await scene.client.get(NAMESPACES, { name: "a-web" })).metadata;
    assert.deepEqual([labels, annotations], [{}, {}]);
    assert.equal(scene.client.all(PODS).length, 1);
  });
});

describe("when nothing changes", () => {
  it("nothing is written", async () => {
    await using scene = await createScene();
    for (let i = 0; i < 3; i++) await scene.addNamespace(`a-${i}`, { [TENANT]: "a" });
    await scene.addTenant("a", { ...OWNERS, quota: { hard: { pods: 5 } }, network: { isolation: "namespace" } });
    await scene.settle();
    const before = scene.client.writes.length;
    await scene.clock.advance(24 * 3_600_000);
    assert.deepEqual(scene.client.writes.slice(before), []);
  });
});
