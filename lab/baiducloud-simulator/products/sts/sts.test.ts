import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { AccessKey } from "../../api/signature.ts";
import { createScene, type How, type Scene } from "../../testing/client.ts";

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly createTime: string;
  readonly expiration: string;
  readonly userId: string;
  readonly roleId: string;
}

const READ_BCC = { service: "bce:bcc", region: "*", effect: "Allow", permission: ["READ"], resource: ["*"] };
const LIST = "GET /v2/instance";

/** How temporary credentials call: with their token. */
const as = (credentials: Credentials): How => ({
  key: credentials,
  headers: { "x-bce-security-token": credentials.sessionToken },
});

async function roleOf({ call }: Scene, name: string, grantee: string, policy = "BCCReadAccessPolicy"): Promise<void> {
  const entry = {
    service: "bce:iam",
    region: "*",
    effect: "Allow",
    permission: ["AssumeRole"],
    grantee: [{ id: grantee }],
  };
  const assumeRolePolicyDocument = JSON.stringify({ version: "v1", accessControlList: [entry] });
  assert.equal((await call("POST /v1/role", { name, assumeRolePolicyDocument })).status, 200);
  assert.equal((await call(`PUT /v1/role/${name}/policy/${policy}`)).status, 200);
}

async function userOf({ call }: Scene, name: string): Promise<{ readonly id: string; readonly key: AccessKey }> {
  const { id } = (await call<{ id: string }>("POST /v1/user", { name })).body;
  const key = (await call<{ id: string; secret: string }>(`POST /v1/user/${name}/accesskey`)).body;
  return { id, key: { accessKeyId: key.id, secretAccessKey: key.secret } };
}

describe("session tokens", () => {
  it("have the rights of their caller until they expire by the clock", async () => {
    const { call, clock } = createScene();
    const { status, body } = await call<Credentials>("POST /v1/sessionToken?durationSeconds=900");
    assert.equal(status, 200);
    assert.equal(Date.parse(body.expiration) - Date.parse(body.createTime), 900_000);
    assert.equal(body.userId, "lab");
    assert.match(body.sessionToken, /^[0-9a-f]{32}\|/);
    assert.ok(body.sessionToken.length > 100);
    assert.equal((await call(LIST, undefined, as(body))).status, 200);
    await clock.advance(899_000);
    assert.equal((await call(LIST, undefined, as(body))).status, 200);
    await clock.advance(2000);
    assert.deepEqual([(await call(LIST, undefined, as(body))).status], [403]);
  });

  it("last 12 hours unless asked otherwise, and 36 at most", async () => {
    const { call } = createScene();
    const { body } = await call<Credentials>("POST /v1/sessionToken");
    assert.equal(Date.parse(body.expiration) - Date.parse(body.createTime), 12 * 3_600_000);
    assert.equal((await call("POST /v1/sessionToken?durationSeconds=129600")).status, 200);
    for (const seconds of [129_601, 0, -1])
      assert.equal((await call(`POST /v1/sessionToken?durationSeconds=${seconds}`)).body.code, "InvalidParam");
  });

  it("do not sign without their token, nor with another's", async () => {
    const { call } = createScene();
    const [one, two] = [
      (await call<Credentials>("POST /v1/sessionToken")).body,
      (await call<Credentials>("POST /v1/sessionToken")).body,
    ];
    assert.equal((await call(LIST, undefined, { key: one })).body.code, "InvalidAccessKeyId");
    const mixed = { key: one, headers: { "x-bce-security-token": two.sessionToken } };
    assert.equal((await call(LIST, undefined, mixed)).body.code, "InvalidAccessKeyId");
  });

  it("are narrowed by an ACL, and cannot be widened by asking again", async () => {
    const { call } = createScene();
    const acl = { id: "x", accessControlList: [READ_BCC] };
    const { body } = await call<Credentials>("POST /v1/sessionToken", acl);
    assert.equal((await call(LIST, undefined, as(body))).status, 200);
    assert.equal((await call("GET /v1/blb", undefined, as(body))).body.code, "AccessDenied");
    assert.equal((await call("POST /v1/sessionToken", undefined, as(body))).body.code, "AccessDenied");
    assert.equal((await call("POST /v1/sessionToken", { accessControlList: [{}] })).status, 400);
  });

  it("of a user have the user's rights, and follow them", async () => {
    const scene = createScene();
    const { call } = scene;
    const { id, key } = await userOf(scene, "ann");
    const { body } = await call<Credentials>("POST /v1/sessionToken", undefined, { key });
    assert.equal(body.userId, id);
    assert.equal((await call(LIST, undefined, as(body))).status, 403);
    await call("PUT /v1/user/ann/policy/BCCReadAccessPolicy");
    assert.equal((await call(LIST, undefined, as(body))).status, 200);
    await call("DELETE /v1/user/ann");
    assert.equal((await call(LIST, undefined, as(body))).body.code, "InvalidAccessKeyId");
  });
});

describe("roles that are assumed", () => {
  const path = (role: string, rest = "", account = "lab") =>
    `POST /v1/credential?assumeRole=&accountId=${account}&roleName=${role}${rest}`;

  it("give credentials with the rights of the role", async () => {
    const scene = createScene();
    const { call } = scene;
    await roleOf(scene, "reader", "lab");
    const { status, body } = await call<Credentials>(path("reader", "&durationSeconds=600"));
    assert.equal(status, 200);
    const { id } = (await call<{ id: string }>("GET /v1/role/reader")).body;
    assert.equal(body.roleId, id);
    assert.match(body.userId, /^[0-9a-f]{32}$/);
    assert.equal(Date.parse(body.expiration) - Date.parse(body.createTime), 600_000);
    assert.equal((await call(LIST, undefined, as(body))).status, 200);
    assert.equal((await call("GET /v1/blb", undefined, as(body))).body.code, "AccessDenied");
    await call("DELETE /v1/role/reader");
    assert.equal((await call(LIST, undefined, as(body))).status, 403);
  });

  it("last two hours by default and at most", async () => {
    const { call } = createScene();
    const { body } = await call<Credentials>(path("ccm", "&userId=u1"));
    assert.equal(Date.parse(body.expiration) - Date.parse(body.createTime), 7_200_000);
    assert.equal(body.userId, "u1");
    for (const seconds of [7201, 0])
      assert.equal((await call(path("ccm", `&durationSeconds=${seconds}`))).body.code, "InvalidParam");
  });

  it("are refused to whom the trust document does not name, and when they are not there", async () => {
    const scene = createScene();
    const { call } = scene;
    const ann = await userOf(scene, "ann");
    await roleOf(scene, "anns", ann.id);
    assert.deepEqual([(await call(path("anns"))).status, (await call(path("anns"))).body.code], [403, "AccessDenied"]);
    assert.equal((await call(path("anns"), undefined, { key: ann.key })).status, 200);
    assert.equal((await call(path("none"))).body.code, "NoSuchObject");
    assert.equal((await call(path("Anns"), undefined, { key: ann.key })).status, 404);
    assert.equal((await call(path("anns", "", "nobody"))).body.code, "NoSuchObject");
  });

  it("may be another account's", async () => {
    const scene = createScene();
    const { call, simulator } = scene;
    const other = simulator.addAccount({ id: "other" });
    await roleOf(scene, "for-other", "other");
    simulator.createInstance({ name: "mine" });
    const { body } = await call<Credentials>(path("for-other"), undefined, { key: other });
    const names = async (how: How) =>
      (await call<{ instances: { name: string }[] }>(LIST, undefined, how)).body.instances.map(({ name }) => name);
    assert.deepEqual(await names(as(body)), ["mine"]);
    assert.deepEqual(await names({ key: other }), []);
    assert.equal((await call(path("ccm"), undefined, { key: other })).body.code, "AccessDenied");
  });

  it("are narrowed by an ACL", async () => {
    const { call } = createScene();
    const { body } = await call<Credentials>(path("ccm"), { accessControlList: [READ_BCC] });
    assert.equal((await call(LIST, undefined, as(body))).status, 200);
    assert.equal((await call("GET /v1/eip", undefined, as(body))).body.code, "AccessDenied");
  });

  it("leave no records behind when they are renewed for ever", async () => {
    const { call, clock, simulator } = createScene();
    for (let i = 0; i < 20; i++) {
      assert.equal((await call(path("ccm", "&durationSeconds=60"))).status, 200);
      await clock.advance(61_000);
    }
    const sessions = simulator.world.store.scope("lab").table("stsSessions");
    assert.ok(sessions.size <= 2, `${sessions.size} sessions`);
  });
});

it("a token for the console is given out", async () => {
  const { call } = createScene();
  const { body } = await call<{ signinSecurityToken: string }>("POST /v1/signinSecurityToken?userId=u");
  assert.match(body.signinSecurityToken, /^[0-9a-f]{32}$/);
});
