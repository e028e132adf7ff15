import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { AccessKey } from "../../api/signature.ts";
import { createScene, type Scene } from "../../testing/client.ts";

interface Named {
  readonly id: string;
  readonly name: string;
}

interface Key {
  readonly id: string;
  readonly secret: string;
  readonly enabled: boolean;
  readonly lastUsedTime: string;
}

const documentOf = (...entries: readonly object[]) =>
  JSON.stringify({
    version: "v1",
    accessControlList: entries.map((entry) => ({ region: "*", resource: ["*"], effect: "Allow", ...entry })),
  });

/** A user with a key that signs. */
async function withUser(scene: Scene, name = "ann"): Promise<Named & { readonly key: AccessKey }> {
  const user = (await scene.call<Named>("POST /v1/user", { name })).body;
  const made = (await scene.call<Key>(`POST /v1/user/${name}/accesskey`)).body;
  return { ...user, key: { accessKeyId: made.id, secretAccessKey: made.secret } };
}

describe("users", () => {
  it("are created, found by name, changed and deleted", async () => {
    const { call } = createScene();
    const made = await call<Named & { enabled: boolean }>("POST /v1/user", { name: "ann", description: "first" });
    assert.equal(made.status, 200);
    assert.match(made.body.id, /^[0-9a-f]{32}$/);
    assert.equal(made.body.enabled, true);
    assert.equal((await call("POST /v1/user", { name: "ann" })).body.code, "UserAlreadyExists");
    const changed = await call<{ name: string; description: string; enabled: boolean; contact: string }>(
      "PUT /v1/user/ann",
      { name: "anna", enabled: false, contact: "a@example.com" },
    );
    assert.deepEqual(
      [changed.body.name, changed.body.description, changed.body.enabled, changed.body.contact],
      ["anna", "first", false, "a@example.com"],
    );
    const got = await call<{ id: string; lastLoginTime: string }>("GET /v1/user/anna");
    assert.deepEqual([got.body.id, got.body.lastLoginTime], [made.body.id, "0001-01-01T00:00:00Z"]);
    const listed = await call<{ users: Named[] }>("GET /v1/user");
    assert.deepEqual(
      listed.body.users.map(({ name }) => name),
      ["anna"],
    );
    assert.equal((await call("DELETE /v1/user/anna")).status, 200);
    for (const line of ["GET /v1/user/anna", "PUT /v1/user/anna", "DELETE /v1/user/anna"])
      assert.deepEqual([(await call(line)).status, (await call(line)).body.code], [404, "UserNotFound"]);
  });

  it("are the same in every region, and each account has its own", async () => {
    const { call, simulator } = createScene();
    const key = simulator.addAccount({ id: "other" });
    await call("POST /v1/user", { name: "ann" });
    assert.equal((await call("GET /v1/user/ann", undefined, { host: "iam.gz.baidubce.com" })).status, 200);
    assert.equal((await call("GET /v1/user/ann", undefined, { key })).status, 404);
  });

  it("sign in to the console by a profile that never tells the password", async () => {
    const { call } = createScene();
    await call("POST /v1/user", { name: "ann" });
    const path = "/v1/user/ann/loginProfile";
    assert.equal((await call(`GET ${path}`)).body.code, "LoginProfileNotFound");
    assert.equal((await call(`PUT ${path}`, { password: "short" })).status, 400);
    const set = await call<{ enabledLogin: boolean }>(`PUT ${path}`, { password: "Passw0rd!", enabledLogin: true });
    assert.equal(set.body.enabledLogin, true);
    await call(`PUT ${path}`, { enabledLoginMfa: true, loginMfaType: "TOTP" });
    const { body } = await call<{ enabledLogin: boolean; loginMfaType: string }>(`GET ${path}`);
    assert.deepEqual([body.enabledLogin, body.loginMfaType], [true, "TOTP"]);
    assert.ok(!JSON.stringify(body).includes("Passw0rd"));
    assert.equal((await call(`DELETE ${path}`)).status, 200);
    assert.equal((await call(`DELETE ${path}`)).status, 404);
    assert.equal((await call("GET /v1/user/nobody/loginProfile")).body.code, "UserNotFound");
  });

  it("have second factors and passwords that are set from outside", async () => {
    const { call } = createScene();
    await call("POST /v1/user", { name: "ann" });
    const on = { userName: "ann", enabledMfa: true, mfaType: "TOTP" };
    assert.equal((await call("POST /v1/user/operation/mfa/switch", on)).status, 200);
    assert.equal((await call("POST /v1/user/operation/mfa/switch", { ...on, mfaType: "" })).status, 400);
    assert.equal((await call("POST /v1/user/operation/mfa/switch", { ...on, userName: "bob" })).status, 404);
    assert.equal((await call("DELETE /v1/user/ann/mfaType/TOTP")).status, 200);
    assert.equal((await call("DELETE /v1/user/ann/mfaType/TOTP")).body.code, "MfaNotFound");
    const password = await call<Named>("PUT /v1/subUser/ann/update", { password: "Passw0rd!", enable: false });
    assert.deepEqual([password.status, password.body.name], [200, "ann"]);
    assert.equal((await call("PUT /v1/subUser/bob/update", { password: "Passw0rd!" })).status, 404);
  });
});

describe("access keys of users", () => {
  it("tell their secret once, sign at once, and are told when they last did", async () => {
    const scene = createScene();
    const { call } = scene;
    const { key } = await withUser(scene);
    assert.equal(key.secretAccessKey.length, 32);
    const read = async () => (await call<{ accessKeys: Key[] }>("GET /v1/user/ann/accesskey")).body.accessKeys[0];
    assert.deepEqual([(await read())?.secret, (await read())?.lastUsedTime], ["", "0001-01-01T00:00:00Z"]);
    await call("PUT /v1/user/ann/policy/BCCReadAccessPolicy?policyType=System");
    assert.equal((await call("GET /v2/instance", undefined, { key })).status, 200);
    const path = `GET /v1/accesskey/${key.accessKeyId}/lastusedtime`;
    assert.match((await call<Key>(path)).body.lastUsedTime, /^2026-01-01T/);
    assert.equal((await call("GET /v1/accesskey/none/lastusedtime")).body.code, "AccessKeyNotFound");
  });

  it("do not sign while they are disabled, nor when they or their user are deleted", async () => {
    const scene = createScene();
    const { call } = scene;
    const { key } = await withUser(scene);
    await call("PUT /v1/user/ann/policy/AdministratorAccess");
    const path = `/v1/user/ann/accesskey/${key.accessKeyId}`;
    const status = async () => {
      const { status, body } = await call("GET /v2/instance", undefined, { key });
      return status === 200 ? "signs" : body.code;
    };
    assert.equal(await status(), "signs");
    assert.equal((await call<Key>(`PUT ${path}?disable`)).body.enabled, false);
    assert.equal(await status(), "InvalidAccessKeyId");
    assert.equal((await call<Key>(`PUT ${path}?enable`)).body.enabled, true);
    assert.equal(await status(), "signs");
    assert.equal((await call(`DELETE ${path}`)).status, 200);
    assert.equal(await status(), "InvalidAccessKeyId");
    for (const line of [`DELETE ${path}`, `PUT ${path}?enable`, `PUT ${path}?disable`])
      assert.equal((await call(line)).body.code, "AccessKeyNotFound");
    const second = (await call<Key>("POST /v1/user/ann/accesskey")).body;
    await call("DELETE /v1/user/ann");
    const gone = { accessKeyId: second.id, secretAccessKey: second.secret };
    assert.equal((await call("GET /v2/instance", undefined, { key: gone })).body.code, "InvalidAccessKeyId");
    assert.equal((await call("POST /v1/user/ann/accesskey")).body.code, "UserNotFound");
  });

  it("are not more than the quota", async () => {
    const { call } = createScene();
    await call("POST /v1/user", { name: "ann" });
    for (let i = 0; i < 20; i++) assert.equal((await call("POST /v1/user/ann/accesskey")).status, 200);
    assert.equal((await call("POST /v1/user/ann/accesskey")).body.code, "QuotaLimitExceeded");
  });
});

describe("groups", () => {
  it("have users, who leave when either goes", async () => {
    const { call } = createScene();
    const made = await call<Named>("POST /v1/group", { name: "ops", description: "d" });
    assert.match(made.body.id, /^[0-9a-f]{32}$/);
    assert.equal((await call("POST /v1/group", { name: "ops" })).body.code, "GroupAlreadyExists");
    for (const name of ["ann", "bob"]) {
      await call("POST /v1/user", { name });
      assert.equal((await call(`PUT /v1/group/ops/user/${name}`)).status, 200);
    }
    const members = async () =>
      (await call<{ users: Named[] }>("GET /v1/group/ops/user")).body.users.map(({ name }) => name);
    assert.deepEqual(await members(), ["ann", "bob"]);
    assert.equal((await call<{ groups: Named[] }>("GET /v1/user/ann/group")).body.groups[0]?.name, "ops");
    assert.equal((await call("DELETE /v1/group/ops/user/ann")).status, 200);
    assert.equal((await call("DELETE /v1/group/ops/user/ann")).body.code, "UserNotInGroup");
    assert.deepEqual(await members(), ["bob"]);
    const renamed = await call<Named>("PUT /v1/group/ops", { name: "operators" });
    assert.equal(renamed.body.name, "operators");
    assert.equal((await call<Named>("GET /v1/group/operators")).body.id, made.body.id);
    assert.equal((await call<{ groups: Named[] }>("GET /v1/group")).body.groups.length, 1);
    assert.equal((await call("DELETE /v1/group/operators")).status, 200);
    assert.deepEqual((await call<{ groups: Named[] }>("GET /v1/user/bob/group")).body.groups, []);
    for (const line of ["GET /v1/group/ops", "PUT /v1/group/ops/user/ann", "GET /v1/group/ops/user"])
      assert.equal((await call(line)).body.code, "GroupNotFound");
  });
});

describe("policies", () => {
  const document = documentOf({ service: "bce:bcc", permission: ["READ"] });

  it("are created with a document that is checked, updated by POST, and deleted when nobody has them", async () => {
    const { call } = createScene();
    for (const bad of ["not json", "{}", documentOf({ permission: ["READ"] }), documentOf({ service: "bce:bcc" })])
      assert.equal((await call("POST /v1/policy", { name: "p", document: bad })).status, 400);
    const made = await call<Named & { type: string }>("POST /v1/policy", { name: "p", document });
    assert.deepEqual([made.status, made.body.type], [200, "Custom"]);
    assert.equal((await call("POST /v1/policy", { name: "p", document })).body.code, "PolicyAlreadyExists");
    const changed = await call<Named>("POST /v1/policy/p", { policyName: "p", name: "q", document });
    assert.equal(changed.body.name, "q");
    const got = await call<{ document: string }>("GET /v1/policy/q?policyType=Custom");
    assert.equal(got.body.document, document);
    assert.equal((await call("GET /v1/policy/q?policyType=System")).body.code, "PolicyNotFound");
    await call("POST /v1/user", { name: "ann" });
    await call("PUT /v1/user/ann/policy/q");
    assert.equal((await call("DELETE /v1/policy/q")).body.code, "PolicyInUse");
    await call("DELETE /v1/user/ann");
    assert.equal((await call("DELETE /v1/policy/q")).status, 200);
    assert.equal((await call("DELETE /v1/policy/AdministratorAccess")).body.code, "PolicyNotFound");
  });

  it("are listed by kind and name", async () => {
    const { call } = createScene();
    await call("POST /v1/policy", { name: "CCE-mine", document });
    const names = async (query: string) =>
      (await call<{ policies: Named[] }>(`GET /v1/policy?${query}`)).body.policies.map(({ name }) => name);
    assert.deepEqual(await names("policyType=Custom&nameFilter="), ["CCE-mine"]);
    assert.deepEqual(await names("nameFilter=CCE"), [
      "CCEReadAccessPolicy",
      "CCEOperateAccessPolicy",
      "CCEFullControlAccessPolicy",
      "CCE-mine",
    ]);
    assert.ok((await names("policyType=System")).includes("IAMReadOnlyAccessPolicy"));
    assert.equal((await call("GET /v1/policy?policyType=Other")).status, 400);
  });

  for (const [kind, path] of [
    ["User", "/v1/user/x"],
    ["Group", "/v1/group/x"],
    ["Role", "/v1/role/x"],
  ] as const) {
    it(`are attached to a ${kind.toLowerCase()}, listed there and on the policy, and taken off`, async () => {
      const { call } = createScene();
      const trust = documentOf({ service: "bce:iam", permission: ["AssumeRole"], grantee: [{ id: "lab" }] });
      await call(`POST ${path.slice(0, -2)}`, { name: "x", assumeRolePolicyDocument: trust });
      const { id } = (await call<Named>("POST /v1/policy", { name: "p", document })).body;
      assert.equal((await call(`PUT ${path}/policy/p?policyType=Custom`)).status, 200);
      assert.equal((await call(`PUT ${path}/policy/CCEReadAccessPolicy?policyType=System`)).status, 200);
      assert.equal((await call(`PUT ${path}/policy/none`)).body.code, "PolicyNotFound");
      assert.equal((await call(`PUT ${path.slice(0, -1)}none/policy/p`)).body.code, `${kind}NotFound`);
      const listed = await call<{ policies: (Named & { attachTime: string })[] }>(`GET ${path}/policy`);
      assert.deepEqual(
        listed.body.policies.map(({ name }) => name),
        ["p", "CCEReadAccessPolicy"],
      );
      assert.match(listed.body.policies[0]?.attachTime ?? "", /^2026-/);
      const entities = async (line: string) =>
        (await call<{ entities: { name: string; type: string }[] }>(line)).body.entities.map(
          ({ name, type }) => `${type} ${name}`,
        );
      assert.deepEqual(await entities(`GET /v1/policy/${id}/entity`), [`${kind} x`]);
      assert.deepEqual(await entities(`GET /v1/policy/${id}/grant/${kind}`), [`${kind} x`]);
      const others = kind === "User" ? "Role" : "User";
      assert.deepEqual(await entities(`GET /v1/policy/${id}/grant/${others}`), []);
      assert.equal((await call(`DELETE ${path}/policy/p?policyType=Custom`)).status, 200);
      assert.equal((await call(`DELETE ${path}/policy/p?policyType=Custom`)).body.code, "PolicyNotAttached");
      assert.deepEqual(await entities(`GET /v1/policy/${id}/entity`), []);
      assert.equal((await call("GET /v1/policy/none/entity")).body.code, "PolicyNotFound");
    });
  }
});

describe("what policies allow", () => {
  it("is nothing for a user without one, and what is attached to it or its groups", async () => {
    const scene = createScene();
    const { call } = scene;
    const { key } = await withUser(scene);
    const read = async () => (await call("GET /v2/instance", undefined, { key })).status;
    assert.deepEqual(
      [await read(), (await call("GET /v2/instance", undefined, { key })).body.code],
      [403, "AccessDenied"],
    );
    await call("POST /v1/group", { name: "readers" });
    await call("PUT /v1/group/readers/user/ann");
    await call("PUT /v1/group/readers/policy/BCCReadAccessPolicy");
    assert.equal(await read(), 200);
    const [id] = [scene.simulator.createInstance({ name: "a" }).id];
    assert.equal((await call(`PUT /v2/instance/${id}?stop`, {}, { key })).status, 403);
    await call("PUT /v1/user/ann/policy/BCCOperateAccessPolicy");
    assert.equal((await call(`PUT /v2/instance/${id}?stop`, {}, { key })).status, 200);
    await call("DELETE /v1/group/readers/user/ann");
    await call("DELETE /v1/user/ann/policy/BCCOperateAccessPolicy");
    assert.equal(await read(), 403);
  });

  it("is refused by a Deny, and by a user that is switched off", async () => {
    const scene = createScene();
    const { call } = scene;
    const { key } = await withUser(scene);
    await call("PUT /v1/user/ann/policy/AdministratorAccess");
    const read = async () => (await call("GET /v2/instance", undefined, { key })).status;
    assert.equal(await read(), 200);
    const deny = documentOf({ service: "bcc", permission: "READ", effect: "Deny" });
    await call("POST /v1/policy", { name: "no", document: deny });
    await call("PUT /v1/user/ann/policy/no");
    assert.equal(await read(), 403);
    await call("DELETE /v1/user/ann/policy/no");
    await call("PUT /v1/user/ann", { enabled: false });
    assert.equal(await read(), 403);
  });

  it("may be one region, or one object", async () => {
    const scene = createScene();
    const { call, simulator } = scene;
    const { key } = await withUser(scene);
    const [one, two] = ["a", "b"].map((name) => simulator.createInstance({ name }).id);
    const entry = { service: "bce:bcc", permission: ["*"], region: "bj", resource: [`instance/${one}`] };
    await call("POST /v1/policy", { name: "one", document: documentOf(entry) });
    await call("PUT /v1/user/ann/policy/one");
    assert.equal((await call(`GET /v2/instance/${one}`, undefined, { key })).status, 200);
    assert.equal((await call(`GET /v2/instance/${two}`, undefined, { key })).status, 403);
    const elsewhere = { key, host: "bcc.gz.baidubce.com" };
    assert.equal((await call(`GET /v2/instance/${one}`, undefined, elsewhere)).status, 403);
  });
});

describe("roles", () => {
  const trust = documentOf({ service: "bce:iam", permission: ["AssumeRole"], grantee: [{ id: "lab" }] });

  it("are created with a trust document, changed and deleted", async () => {
    const { call } = createScene();
    assert.equal((await call("POST /v1/role", { name: "r", assumeRolePolicyDocument: "{" })).status, 400);
    const made = await call<Named>("POST /v1/role", { name: "r", assumeRolePolicyDocument: trust });
    assert.match(made.body.id, /^[0-9a-f]{32}$/);
    const again = { name: "r", assumeRolePolicyDocument: trust };
    assert.equal((await call("POST /v1/role", again)).body.code, "RoleAlreadyExists");
    const changed = await call<{ description: string; assumeRolePolicyDocument: string }>("PUT /v1/role/r", {
      description: "for tests",
    });
    assert.deepEqual([changed.body.description, changed.body.assumeRolePolicyDocument], ["for tests", trust]);
    assert.equal((await call<Named>("GET /v1/role/r")).body.id, made.body.id);
    const listed = await call<{ roles: Named[] }>("GET /v1/role");
    assert.deepEqual(
      listed.body.roles.map(({ name }) => name),
      ["ccm", "r"],
    );
    assert.equal((await call("DELETE /v1/role/r")).status, 200);
    for (const line of ["GET /v1/role/r", "PUT /v1/role/r", "DELETE /v1/role/r"])
      assert.equal((await call(line)).body.code, "RoleNotFound");
  });
});

describe("the account", () => {
  it("counts what it has", async () => {
    const { call } = createScene();
    await call("POST /v1/user", { name: "ann" });
    const { body } = await call<{ users: number; groups: number; roles: number }>("GET /v1/account/summary");
    assert.deepEqual([body.users, body.groups, body.roles], [1, 0, 1]);
  });

  it("has a SAML identity provider or none", async () => {
    const { call } = createScene();
    assert.equal((await call<{ status?: string }>("GET /v1/subUser/idp/query")).body.status, undefined);
    assert.equal((await call("POST /v1/subUser/idp/updateStatus?status=ENABLED")).body.code, "IdpNotFound");
    const metadata = Buffer.from("<EntityDescriptor/>").toString("base64");
    assert.equal(
      (await call("POST /v1/subUser/idp/update", { fileName: "a.xml", encodeMetadata: "bm8=" })).status,
      400,
    );
    const set = { fileName: "a.xml", encodeMetadata: metadata, auxiliaryDomain: "example.com" };
    assert.equal((await call("POST /v1/subUser/idp/update", set)).status, 200);
    const off = await call<{ status: string }>("POST /v1/subUser/idp/updateStatus?status=DISABLED");
    assert.equal(off.body.status, "DISABLED");
    const { body } = await call<{ fileName: string; status: string }>("GET /v1/subUser/idp/query");
    assert.deepEqual([body.fileName, body.status], ["a.xml", "DISABLED"]);
    assert.equal((await call("POST /v1/subUser/idp/delete")).status, 200);
    assert.equal((await call("POST /v1/subUser/idp/delete")).body.code, "IdpNotFound");
  });

  it("has bearer tokens and keys, which are shown in full when they are made or decrypted", async () => {
    const { call } = createScene();
    const token = await call<{ token: string; expireTime: string }>("GET /v1/BCE-BEARER/token?expireInSeconds=300");
    assert.equal(token.body.expireTime, "2026-01-01T00:05:00.000Z");
    assert.equal((await call("GET /v1/BCE-BEARER/token?expireInSeconds=299")).status, 400);
    assert.equal((await call("GET /v1/BCE-BEARER/token?acl=bm8")).status, 400);
    const made = (await call<Named & { apiKey: string }>("POST /v1/apikey/create", { name: "k" })).body;
    const listed = await call<{ apiKeys: { apiKey: string }[] }>("POST /v1/apikey/list", {});
    assert.notEqual(listed.body.apiKeys[0]?.apiKey, made.apiKey);
    const full = await call<{ apiKey: string }>("POST /v1/apikey/decrypt", { id: made.id });
    assert.equal(full.body.apiKey, made.apiKey);
    const off = await call<{ enabled: boolean }>("POST /v1/apikey/update", { id: made.id, enabled: false });
    assert.equal(off.body.enabled, false);
    assert.equal((await call<Named>("POST /v1/apikey/detail", { id: made.id })).body.name, "k");
    assert.equal((await call("POST /v1/apikey/delete", { id: made.id })).status, 200);
    for (const action of ["detail", "decrypt", "update", "delete"])
      assert.equal((await call(`POST /v1/apikey/${action}`, { id: made.id })).body.code, "ApiKeyNotFound");
  });
});
