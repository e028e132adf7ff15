import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { addImage, MANIFEST_TYPE } from "../ccr/images.ts";
import { addProject } from "../ccr/projects.ts";
import { createRegistryScene } from "../ccr/testing.ts";
import { createDocker } from "./testing.ts";

const PULL = "repository:app/web:pull";
const PUSH = "repository:app/web:pull,push";
const digestOf = (text: string): string => `sha256:${createHash("sha256").update(text).digest("hex")}`;

describe("the token flow", () => {
  it("begins with a challenge that names where tokens are", async () => {
    const { send } = await createDocker();
    const { status, headers, code } = await send("GET /v2/");
    assert.deepEqual([status, code], [401, "UNAUTHORIZED"]);
    const realm = 'Bearer realm="http://127.0.0.1:5000/service/token",service="harbor-registry"';
    assert.equal(headers["www-authenticate"], realm);
  });

  it("names an https address at the cloud's own hosts, and its own plain one where its port is named", async () => {
    const { simulator, id, call } = await createRegistryScene();
    await call("PUT /publiclinks", { action: "open" });
    const realmAt = async (host: string) => {
      const signal = new AbortController().signal;
      const request = { method: "GET", target: "/v2/", headers: { host }, body: new Uint8Array(), signal };
      const { headers } = await simulator.handler(request);
      return /realm="([^"]*)"/.exec(headers["www-authenticate"] ?? "")?.[1];
    };
    const host = `${id}-pub.cnc.bj.baidubce.com`;
    assert.equal(await realmAt(host), `https://${host}/service/token`);
    assert.equal(await realmAt(`${host}:5000`), `http://${host}:5000/service/token`);
  });

  it("lets a person with a temporary password pull until the password ends", async () => {
    const { person, bearer, login, send, clock } = await createDocker();
    const user = await person();
    const { status, text } = await send("GET /v2/app/web/manifests/v1", await bearer(user, PULL));
    assert.equal(status, 200, text);
    await clock.advance(3_600_000);
    assert.equal((await login(user, PULL)).status, 401);
  });

  it("ends a token after half an hour", async () => {
    const { person, bearer, send, clock } = await createDocker();
    const headers = await bearer(await person(), PULL);
    await clock.advance(1_799_000);
    assert.equal((await send("GET /v2/app/web/manifests/v1", headers)).status, 200);
    await clock.advance(2000);
    const { status, headers: answered } = await send("GET /v2/app/web/manifests/v1", headers);
    assert.equal(status, 401);
    assert.match(answered["www-authenticate"] ?? "", /scope="repository:app\/web:pull",error="invalid_token"/);
  });

  it("refuses a token that somebody changed", async () => {
    const { bearer, send, robot } = await createDocker();
    const { authorization } = await bearer(await robot(["pull"]), PULL);
    const [payload = "", signature] = authorization.slice("Bearer ".length).split(".");
    const wider = Buffer.from(payload, "base64url").toString("utf8").replace('["pull"]', '["pull","push"]');
    const forged = `Bearer ${Buffer.from(wider).toString("base64url")}.${signature}`;
    assert.equal((await send("POST /v2/app/web/blobs/uploads/", { authorization: forged })).status, 401);
  });

  it("takes no POST for a token, so that clients fall back to GET", async () => {
    const { send } = await createDocker();
    const { status, code } = await send("POST /service/token", {}, "grant_type=password");
    assert.deepEqual([status, code], [405, "UNSUPPORTED"]);
  });

  for (const [what, user] of [
    ["a wrong password", "lab:wrong"],
    ["an unknown name", "nobody:aA3456789"],
    ["a robot without its secret", "ccr$puller:aA3456789"],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const { login, robot } = await createDocker();
      await robot(["pull"]);
      const { status, code } = await login(user, PULL);
      assert.deepEqual([status, code], [401, "UNAUTHORIZED"]);
    });
  }
});

describe("a robot", () => {
  it("may what its permissions say, and no more", async () => {
    const { robot, bearer, send, account, id } = await createDocker();
    addProject(account, id, "secret");
    addImage(account, { instanceId: id, projectName: "secret", repositoryName: "web" }, "v1");
    const headers = await bearer(await robot(["pull"]), PUSH, "repository:secret/web:pull", "registry:catalog:*");
    const outcome = async (line: string) => (await send(line, headers)).status;
    assert.equal(await outcome("GET /v2/app/web/tags/list"), 200);
    assert.equal(await outcome("POST /v2/app/web/blobs/uploads/"), 401);
    assert.equal(await outcome("GET /v2/secret/web/tags/list"), 401);
    assert.equal(await outcome("GET /v2/_catalog"), 401);
  });

  it("that is disabled, at its end or deleted signs in no more", async () => {
    const { robot, login, call, settle, clock } = await createDocker();
    const user = await robot(["pull"]);
    const [one] = (await call("GET /robots")).body.robots as { id: number }[];
    const status = async () => (await login(user, PULL)).status;
    assert.equal(await status(), 200);
    await call(`PUT /robots/${one?.id}`, { disable: true });
    assert.equal(await status(), 401);
    await call(`PUT /robots/${one?.id}`, { disable: false });
    assert.equal(await status(), 200);
    await clock.advance(86_400_000);
    assert.equal(await status(), 401);
    await call(`PUT /robots/${one?.id}`, { duration: -1 });
    assert.equal(await status(), 200);
    await call(`DELETE /robots/${one?.id}`);
    await settle();
    assert.equal(await status(), 401);
  });

  it("signs in at its own registry alone, and its tokens are good there alone", async () => {
    const { robot, login, bearer, send, call, settle, at } = await createDocker();
    const user = await robot(["pull"]);
    const headers = await bearer(user, PULL);
    const billing = { reservationTimeUnit: "MONTH", reservationTime: 1 };
    const other = await call("POST /v1/instances", { type: "BASIC", name: "o", paymentTiming: "prepay", billing });
    await settle();
    const id = other.body.instanceID;
    await call(`PUT /v1/instances/${id}/publiclinks`, { action: "open" });
    await call(`POST /v1/instances/${id}/projects`, { projectName: "app" });
    at.host = `${id}-pub.cnc.bj.baidubce.com`;
    assert.equal((await login(user, PULL)).status, 401);
    assert.equal((await send("GET /v2/app/web/tags/list", headers)).status, 401);
  });
});

describe("who has not signed in", () => {
  it("pulls from public projects only", async () => {
    const { bearer, send, call } = await createDocker();
    const pull = async () => (await send("GET /v2/app/web/manifests/v1", await bearer(undefined, PUSH))).status;
    assert.equal(await pull(), 401);
    await call("PUT /projects/app", { public: "true" });
    assert.equal(await pull(), 200);
    assert.equal((await send("POST /v2/app/web/blobs/uploads/", await bearer(undefined, PUSH))).status, 401);
  });
});

describe("the network of a registry", () => {
  it("is closed to the internet until it is opened, and then for those on its list", async () => {
    const { send, call, at, id } = await createDocker();
    at.host = `${id}-pub.cnc.bj.baidubce.com`;
    const outcome = async (from: string) => {
      const { status, code } = await send("GET /v2/", { "x-forwarded-for": from });
      return `${status} ${code}`;
    };
    assert.equal(await outcome("8.8.8.8"), "403 DENIED");
    await call("PUT /publiclinks", { action: "open" });
    assert.equal(await outcome("8.8.8.8"), "401 UNAUTHORIZED");
    await call("POST /publiclinks/whitelist", { ipAddr: "8.8.4.0/24" });
    assert.equal(await outcome("8.8.8.8"), "403 DENIED");
    assert.equal(await outcome("8.8.4.4"), "401 UNAUTHORIZED");
  });

  it("has an address in VPCs that are linked", async () => {
    const { send, call, simulator, at, id } = await createDocker();
    at.host = `${id}-vpc.cnc.bj.baidubce.com`;
    assert.equal((await send("GET /v2/")).code, "DENIED");
    await call("POST /privatelinks", { vpcID: simulator.vpcId, subnetID: simulator.subnetIds[0] });
    assert.equal((await send("GET /v2/")).code, "UNAUTHORIZED");
    at.host = "ccr-00000000-vpc.cnc.bj.baidubce.com";
    assert.equal((await send("GET /v2/")).status, 404);
  });
});

describe("images", () => {
  it("are pulled as they were made, and pulls are counted", async () => {
    const { bearer, send, robot, call } = await createDocker();
    const headers = await bearer(await robot(["pull"]), PULL);
    const head = await send("HEAD /v2/app/web/manifests/v1", headers);
    const manifest = await send("GET /v2/app/web/manifests/v1", headers);
    assert.equal(head.text, "");
    assert.equal(head.headers["content-length"], String(manifest.text.length));
    assert.equal(manifest.headers["content-type"], MANIFEST_TYPE);
    assert.equal(manifest.headers["docker-content-digest"], digestOf(manifest.text));
    const { digest } = JSON.parse(manifest.text).config;
    const config = await send(`GET /v2/app/web/blobs/${digest}`, headers);
    assert.equal(digestOf(config.text), digest);
    const { body } = await call("GET /projects/app/repositories/web");
    assert.equal(body.pullCount, 1);
    const tags = (await call("GET /projects/app/repositories/web/tags")).body.items as { pullTime: string }[];
    assert.notEqual(tags[0]?.pullTime, "");
  });

  it("show their blobs only where they belong", async () => {
    const { bearer, send, person } = await createDocker();
    const headers = await bearer(await person(), PULL, "repository:app/other:pull");
    const manifest = await send("GET /v2/app/web/manifests/v1", headers);
    const { digest } = JSON.parse(manifest.text).config;
    assert.equal((await send(`HEAD /v2/app/web/blobs/${digest}`, headers)).status, 200);
    const { status, code } = await send(`GET /v2/app/other/blobs/${digest}`, headers);
    assert.deepEqual([status, code], [404, "BLOB_UNKNOWN"]);
  });

  it("are pushed in pieces, and found by the API", async () => {
    const { bearer, send, robot, call } = await createDocker();
    const headers = await bearer(await robot(["pull", "push"]), PUSH);
    const started = await send("POST /v2/app/web/blobs/uploads/", headers);
    assert.equal(started.status, 202);
    const { location } = started.headers;
    assert.equal((await send(`PATCH ${location}`, headers, "{")).headers.range, "0-0");
    const skipped = await send(`PATCH ${location}`, { ...headers, "content-range": "5-6" }, "}");
    assert.deepEqual([skipped.status, skipped.code], [416, "BLOB_UPLOAD_INVALID"]);
    assert.equal((await send(`PUT ${location}?digest=${digestOf("other")}`, headers, "}")).code, "DIGEST_INVALID");
    const digest = digestOf("{}");
    assert.equal((await send(`PUT ${location}?digest=${digest}`, headers, "}")).status, 201);
    assert.equal((await send(`GET ${location}`, headers)).code, "BLOB_UPLOAD_UNKNOWN");
    const manifest = (layer: string) =>
      JSON.stringify({ schemaVersion: 2, config: { digest }, layers: [{ digest: layer }] });
    const type = { ...headers, "content-type": MANIFEST_TYPE };
    const missing = await send("PUT /v2/app/web/manifests/v2", type, manifest(digestOf("missing")));
    assert.deepEqual([missing.status, missing.code], [400, "MANIFEST_BLOB_UNKNOWN"]);
    const pushed = await send("PUT /v2/app/web/manifests/v2", type, manifest(digest));
    assert.equal(pushed.status, 201);
    const found = await send(`GET /v2/app/web/manifests/${pushed.headers["docker-content-digest"]}`, headers);
    assert.equal(found.text, manifest(digest));
    const tags = (await call("GET /projects/app/repositories/web/tags")).body.items as { tagName: string }[];
    assert.deepEqual(tags.map(({ tagName }) => tagName).sort(), ["v1", "v2"]);
  });

  it("are listed page by page", async () => {
    const { bearer, send, person, account, id } = await createDocker();
    for (const tag of ["v3", "v2"])
      addImage(account, { instanceId: id, projectName: "app", repositoryName: "web" }, tag);
    const headers = await bearer(await person(), PULL, "registry:catalog:*");
    const first = await send("GET /v2/app/web/tags/list?n=2", headers);
    assert.deepEqual(JSON.parse(first.text), { name: "app/web", tags: ["v1", "v2"] });
    const [, next] = /^<(.+)>; rel="next"$/.exec(first.headers.link ?? "") ?? [];
    const second = await send(`GET ${next}`, headers);
    assert.deepEqual([JSON.parse(second.text).tags, second.headers.link], [["v3"], undefined]);
    assert.deepEqual(JSON.parse((await send("GET /v2/_catalog", headers)).text), { repositories: ["app/web"] });
  });

  it("are deleted with their tags", async () => {
    const { bearer, send, person } = await createDocker();
    const headers = await bearer(await person(), "repository:app/web:*");
    assert.equal((await send("DELETE /v2/app/web/manifests/v1", headers)).status, 202);
    assert.equal((await send("GET /v2/app/web/manifests/v1", headers)).code, "MANIFEST_UNKNOWN");
  });
});

describe("the personal edition", () => {
  it("takes the first push into a project that nobody made", async () => {
    const { call, send, bearer, at } = await createDocker();
    await call("POST /v1/ccr/user/new", { password: "aA3456789" });
    at.host = "registry.baidubce.com";
    const headers = await bearer("lab:aA3456789", "repository:mine/web:pull,push");
    const pushed = await send(`POST /v2/mine/web/blobs/uploads/?digest=${digestOf("x")}`, headers, "x");
    assert.equal(pushed.status, 201);
    const projects = (await call("GET /v1/ccr/projects")).body.projects as { projectName: string }[];
    assert.deepEqual(
      projects.map(({ projectName }) => projectName),
      ["mine"],
    );
  });
});

describe("what is no call of a registry", () => {
  for (const [line, outcome] of [
    ["GET /", "404 NOT_FOUND"],
    ["GET /v1/instances", "404 NOT_FOUND"],
    ["GET /v2/app/web", "404 NOT_FOUND"],
    ["GET /v2/web/manifests/v1", "400 NAME_INVALID"],
    ["GET /v2/APP/web/manifests/v1", "400 NAME_INVALID"],
    ["GET /v2/app/../manifests/v1", "400 NAME_INVALID"],
    ["PATCH /v2/app/web/manifests/v1", "405 UNSUPPORTED"],
    ["__proto__ /v2/app/web/manifests/v1", "405 UNSUPPORTED"],
  ] as const) {
    it(`${line} gets ${outcome}`, async () => {
      const { send } = await createDocker();
      const { status, code } = await send(line);
      assert.equal(`${status} ${code}`, outcome);
    });
  }
});
