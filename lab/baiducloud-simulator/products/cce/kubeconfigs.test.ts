import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { describe, it } from "node:test";
import { parse } from "yaml";
import type { AccessKey } from "../../api/signature.ts";
import type { AccessChange, ClusterAccess, CredentialRequest } from "./cluster-access.ts";
import { type CceScene, createCceScene } from "./testing/scene.ts";

const UNAUTHORIZED = "403 cce.warning.Unauthorized";
const INVALID = "400 cce.warning.InvalidParam";
const DAY_MS = 86_400_000;

interface Kubeconfig {
  readonly clusters: readonly [
    { readonly cluster: { readonly server: string; readonly "certificate-authority-data": string } },
  ];
  readonly users: readonly [
    { readonly user: { readonly "client-certificate-data": string; readonly "client-key-data": string } },
  ];
  readonly contexts: readonly [{ readonly name: string }];
  readonly "current-context": string;
}

function read(text: string) {
  const config = parse(text) as Kubeconfig;
  const pem = (base64: string) => Buffer.from(base64, "base64").toString();
  const { server, "certificate-authority-data": ca } = config.clusters[0].cluster;
  const { "client-certificate-data": certificate, "client-key-data": key } = config.users[0].user;
  const authority = new X509Certificate(pem(ca));
  const client = new X509Certificate(pem(certificate));
  assert.equal(config["current-context"], config.contexts[0].name);
  return {
    server,
    authority,
    client,
    key: createPrivateKey(pem(key)),
    subject: client.subject.split("\n"),
    ends: Date.parse(client.validTo),
  };
}

async function get({ call }: CceScene, id: string, type = "vpc", key?: AccessKey) {
  const { status, body } = await call<{ kubeConfig: string; kubeConfigType: string }>(
    `GET /v2/kubeconfig/${id}/${type}`,
    undefined,
    key ? { key } : {},
  );
  return status === 200 ? body.kubeConfig : `${status} ${body.code}`;
}

async function userOf({ call }: CceScene, name: string, ...policies: readonly string[]) {
  const { id } = (await call<{ id: string }>("POST /v1/user", { name })).body;
  const made = (await call<{ id: string; secret: string }>(`POST /v1/user/${name}/accesskey`)).body;
  for (const policy of policies) await call(`PUT /v1/user/${name}/policy/${policy}`);
  return { id, key: { accessKeyId: made.id, secretAccessKey: made.secret } };
}

describe("the kubeconfig of a cluster", () => {
  it("is an administrator's for the account, with certificates that belong together", async () => {
    const scene = createCceScene();
    const id = await scene.cluster();
    const { server, authority, client, key, subject, ends } = read(await get(scene, id));
    assert.equal(server, `https://${(await scene.get(id)).status.clusterBLB.vpcIP}:6443`);
    assert.ok(authority.ca && client.checkIssued(authority) && client.verify(authority.publicKey));
    assert.ok(client.checkPrivateKey(key));
    assert.equal(authority.subject, "C=CN\nST=BeiJing\nL=BeiJing\nO=jpaas\nOU=cloudnative\nCN=jpaas");
    assert.deepEqual(subject, ["CN=lab", "O=system:masters"]);
    assert.deepEqual(client.keyUsage, ["1.3.6.1.5.5.7.3.2"]);
    assert.equal(ends, Math.floor((scene.clock.now() + 365 * DAY_MS) / 1000) * 1000);
    assert.equal(await get(scene, id), await get(scene, id));
  });

  it("points to the public address where there is one, under every prefix", async () => {
    const scene = createCceScene();
    const [open, closed] = [await scene.cluster({ masterConfig: { exposedPublic: true } }), await scene.cluster()];
    const { eip, vpcIP } = (await scene.get(open)).status.clusterBLB;
    assert.equal(read(await get(scene, open, "public")).server, `https://${eip}:6443`);
    assert.equal(read(await get(scene, open, "internal")).server, `https://${vpcIP}:6443`);
    const { body } = await scene.call<{ kubeConfigType: string }>(`GET /api/cce/service/v2/kubeconfig/${open}/public`);
    assert.equal(body.kubeConfigType, "public");
    assert.equal(await get(scene, closed, "public"), INVALID);
    assert.equal(await get(scene, open, "other"), INVALID);
    assert.equal(await get(scene, "cce-none0000"), "404 cce.warning.ClusterNotFound");
  });

  it("is of an authority of its own for each cluster", async () => {
    const scene = createCceScene();
    const [one, two] = [read(await get(scene, await scene.cluster())), read(await get(scene, await scene.cluster()))];
    assert.ok(!one.client.verify(two.authority.publicKey));
  });

  it("is not there before the cluster has an API server", async () => {
    const scene = createCceScene();
    const body = { cluster: { clusterName: "c", vpcID: scene.simulator.vpcId } };
    const { clusterID } = (await scene.call<{ clusterID: string }>("POST /v2/cluster", body)).body;
    assert.equal(await get(scene, clusterID), "412 PreconditionFailed");
  });

  it("is refused to users of IAM: without a policy, and without a grant", async () => {
    const scene = createCceScene();
    const id = await scene.cluster();
    const [none, reader] = [await userOf(scene, "none"), await userOf(scene, "reader", "CCEReadAccessPolicy")];
    assert.equal(await get(scene, id, "vpc", none.key), "403 cce.warning.AccessDenied");
    assert.equal(await get(scene, id, "vpc", reader.key), UNAUTHORIZED);
  });

  it("is an administrator's for the user who made the cluster", async () => {
    const scene = createCceScene();
    const ann = await userOf(scene, "ann", "CCEFullControlAccessPolicy");
    const body = { cluster: { clusterName: "c", vpcID: scene.simulator.vpcId } };
    const made = await scene.call<{ clusterID: string }>("POST /v2/cluster", body, { key: ann.key });
    await scene.settle(30_000);
    assert.deepEqual(read(await get(scene, made.body.clusterID, "vpc", ann.key)).subject, [
      `CN=${ann.id}`,
      "O=system:masters",
    ]);
  });
});

describe("grants", () => {
  it("let a user in with a certificate of that user, and are listed and revoked", async () => {
    const scene = createCceScene();
    const { call, code } = scene;
    const id = await scene.cluster({ clusterName: "mine" });
    const ann = await userOf(scene, "ann", "CCEReadAccessPolicy");
    const grant = { clusterID: id, userID: ann.id, namespace: "team", role: "cce:devops" };
    const made = await call<{ data: unknown[] }>("POST /v2/rbac", grant);
    assert.deepEqual(made.body.data, [{ success: true, clusterID: id, message: "" }]);
    const { subject } = read(await get(scene, id, "vpc", ann.key));
    assert.deepEqual(subject, [`CN=${ann.id}`]);
    const bob = await userOf(scene, "bob", "CCEReadAccessPolicy");
    assert.equal(await get(scene, id, "vpc", bob.key), UNAUTHORIZED);
    const listed = async () =>
      (await call<{ data: unknown[] }>(`GET /api/cce/service/v2/rbac?userID=${ann.id}`)).body.data;
    assert.deepEqual(await listed(), [{ role: "cce:devops", clusterID: id, namespace: "team", clusterName: "mine" }]);
    await call("POST /v2/rbac", { ...grant, namespace: "other", role: "cce:readonly" });
    assert.equal((await listed()).length, 2);
    assert.equal(await code("DELETE /v2/rbac", { clusterID: id, userID: ann.id, namespace: "other" }), "200");
    assert.equal((await listed()).length, 1);
    assert.equal(await code("DELETE /v2/rbac", { clusterID: id, userID: ann.id }), "200");
    assert.deepEqual(await listed(), []);
    assert.equal(await get(scene, id, "vpc", ann.key), UNAUTHORIZED);
    assert.equal(await code("DELETE /v2/rbac", { clusterID: id, userID: ann.id }), "404 cce.warning.NoSuchObject");
  });

  it("may be for all clusters, and for roles of IAM", async () => {
    const scene = createCceScene();
    const { call } = scene;
    const ids = [await scene.cluster(), await scene.cluster()];
    const role = (await call<{ id: string }>("GET /v1/role/ccm")).body;
    const made = await call<{ data: { clusterID: string }[] }>("POST /v2/rbac", {
      clusterID: "all",
      userID: role.id,
      role: "cce:readonly",
    });
    assert.deepEqual(
      made.body.data.map(({ clusterID }) => clusterID),
      ids,
    );
    const session = (await call<AccessKey>("POST /v1/credential?assumeRole=&accountId=lab&roleName=ccm")).body;
    const headers = { "x-bce-security-token": session.sessionToken ?? "" };
    const { body } = await call<{ kubeConfig: string }>(`GET /v2/kubeconfig/${ids[0]}/vpc`, undefined, {
      key: session,
      headers,
    });
    assert.deepEqual(read(body.kubeConfig).subject, [`CN=${role.id}`]);
    const one = await call("POST /v2/rbac", {
      clusterID: "all",
      userID: role.id,
      namespace: "team",
      role: "cce:readonly",
    });
    assert.equal(one.body.code, "cce.warning.InvalidParam");
  });

  it("are refused for unknown users, roles and clusters, and to who may not read users", async () => {
    const scene = createCceScene();
    const { call, code } = scene;
    const id = await scene.cluster();
    const ann = await userOf(scene, "ann", "CCEOperateAccessPolicy");
    const grant = { clusterID: id, userID: ann.id, role: "cce:admin" };
    for (const bad of [
      { ...grant, userID: "nobody" },
      { ...grant, role: "cce:god" },
      { ...grant, role: "" },
      { userID: ann.id },
    ])
      assert.equal(await code("POST /v2/rbac", bad), INVALID, JSON.stringify(bad));
    const elsewhere = { ...grant, clusterID: "cce-none0000" };
    for (const method of ["POST", "PUT", "DELETE"])
      assert.equal(await code(`${method} /v2/rbac`, elsewhere), "404 cce.warning.ClusterNotFound");
    for (const method of ["PUT", "DELETE"])
      assert.equal(await code(`${method} /v2/rbac`, { ...grant, clusterID: "all" }), INVALID);
    assert.equal((await call("POST /v2/rbac", grant, { key: ann.key })).body.code, "cce.warning.Unauthorized");
    await call("PUT /v1/user/ann/policy/IAMReadOnlyAccessPolicy");
    assert.equal((await call("POST /v2/rbac", grant, { key: ann.key })).status, 200);
  });

  it("can be given for hours: a kubeconfig of its own, whose certificate ends then", async () => {
    const scene = createCceScene();
    const { call, code, clock } = scene;
    const id = await scene.cluster();
    const ann = await userOf(scene, "ann");
    const body = { clusterID: id, userID: ann.id, namespace: "team", role: "cce:readonly", temp: true, expireHours: 8 };
    const now = clock.now();
    const one = (await call<{ temporaryKubeConfig: string }>("POST /v2/rbac", body)).body;
    const two = (await call<{ temporaryKubeConfig: string }>("POST /v2/rbac", body)).body;
    const { client, authority, ends, subject } = read(one.temporaryKubeConfig);
    assert.equal(ends, Math.floor((now + 8 * 3_600_000) / 1000) * 1000);
    assert.ok(client.verify(authority.publicKey));
    assert.notDeepEqual(subject, read(two.temporaryKubeConfig).subject);
    assert.deepEqual((await call<{ data: unknown[] }>(`GET /v2/rbac?userID=${ann.id}`)).body.data, []);
    for (const bad of [
      { ...body, expireHours: 0 },
      { ...body, expireHours: 721 },
      { ...body, kubeConfigType: "public" },
      { ...body, kubeConfigType: "other" },
      { ...body, clusterID: "all", namespace: "all" },
    ])
      assert.equal(await code("POST /v2/rbac", bad), INVALID, JSON.stringify(bad));
  });

  it("get other credentials by a reset", async () => {
    const scene = createCceScene();
    const id = await scene.cluster();
    const before = read(await get(scene, id));
    assert.equal(await scene.code("PUT /v2/rbac", { clusterID: id, userID: "lab" }), "200");
    const after = read(await get(scene, id));
    assert.notEqual(after.client.fingerprint256, before.client.fingerprint256);
    assert.notDeepEqual(after.subject, before.subject);
    assert.equal(after.authority.fingerprint256, before.authority.fingerprint256);
  });
});

describe("a cluster with an API server behind it", () => {
  function access() {
    const issued: CredentialRequest[] = [];
    const changes: AccessChange[] = [];
    const clusterAccess: ClusterAccess = {
      async issue(request) {
        issued.push(request);
        return { server: "https://127.0.0.1:7443", caPem: "ca", certPem: `cert of ${request.user}`, keyPem: "key" };
      },
      authorize: (change) => void changes.push(change),
    };
    return { issued, changes, scene: createCceScene({ clusterAccess }) };
  }

  it("has its kubeconfigs issued by it, for the user, groups and time that the cloud says", async () => {
    const { issued, scene } = access();
    const id = await scene.cluster({ clusterName: "real" });
    const text = await get(scene, id);
    assert.match(text, /server: https:\/\/127\.0\.0\.1:7443/);
    assert.ok(text.includes(Buffer.from("cert of lab").toString("base64")));
    const { clusterId, clusterName, user, groups, grants, lifeMs, kubeConfigType } = issued[0] ?? assert.fail();
    assert.deepEqual(
      [clusterId, clusterName, user, groups, kubeConfigType],
      [id, "real", "lab", ["system:masters"], "vpc"],
    );
    assert.deepEqual([grants, lifeMs], [[{ role: "cce:admin", namespace: "all" }], 365 * DAY_MS]);
  });

  it("hears of every change of what users may, also that hours have passed", async () => {
    const { changes, issued, scene } = access();
    const { call, clock } = scene;
    const id = await scene.cluster();
    const ann = await userOf(scene, "ann", "CCEReadAccessPolicy");
    const readonly = { role: "cce:readonly" as const, namespace: "team" };
    const body = { clusterID: id, userID: ann.id, ...readonly };
    await call("POST /v2/rbac", body);
    await call("PUT /v2/rbac", body);
    await call("DELETE /v2/rbac", body);
    const told = changes.map(({ user, grants }) => [user.replace(ann.id, "ann"), grants.length]);
    assert.deepEqual(told, [
      ["ann", 1],
      ["ann", 0],
      ["ann-1", 1],
      ["ann-1", 0],
    ]);
    changes.length = 0;
    await call("POST /v2/rbac", { ...body, temp: true, expireHours: 1 });
    assert.deepEqual([issued.at(-1)?.lifeMs, issued.at(-1)?.grants], [3_600_000, [readonly]]);
    await clock.advance(3_599_000);
    assert.deepEqual(
      changes.map(({ grants }) => grants),
      [[readonly]],
    );
    await clock.advance(2000);
    assert.deepEqual(
      changes.map(({ grants }) => grants),
      [[readonly], []],
    );
  });
});
