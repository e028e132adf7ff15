import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readText, TransportError } from "@ccm/base";
import { createDocker } from "./testing.ts";

const PULL = "repository:app/web:pull";
const PUSH = "repository:app/web:pull,push";
const MANIFEST = "GET /v2/app/web/manifests/v1";

/** A docker that has signed in already, and the log of the calls. */
async function createPuller() {
  const docker = await createDocker();
  const { simulator } = docker;
  const headers = await docker.bearer(await docker.robot(["pull", "push"]), PULL, PUSH);
  const newest = async () => {
    const request = { method: "GET", target: "/admin/requests", headers: {}, body: new Uint8Array() };
    const { body } = await simulator.admin({ ...request, signal: new AbortController().signal });
    return JSON.parse(await readText(body)).at(-1) as Readonly<Record<string, unknown>>;
  };
  const fired = () => simulator.faults.list().map((rule) => rule.fired);
  const add = (match: object, effect: object) =>
    simulator.faults.add({ match: { product: "registry", ...match }, effect });
  return { ...docker, headers, newest, fired, add };
}

describe("a rule about the registry", () => {
  it("refuses a pull in docker's words, is counted, and named in the log", async () => {
    const { send, headers, newest, fired, add } = await createPuller();
    add({ operation: "GET manifests", max: 1 }, { kind: "error", status: 503, retryAfter: 2 });
    const refused = await send(MANIFEST, headers);
    assert.deepEqual([refused.status, refused.code], [503, "UNAVAILABLE"]);
    assert.equal(refused.headers["retry-after"], "2");
    const { product, operation, status, fault, done } = await newest();
    assert.deepEqual([product, operation, status, fault, done], ["registry", "GET manifests", 503, "fault-1", false]);
    assert.deepEqual(fired(), [1]);
    assert.equal((await send(MANIFEST, headers)).status, 200);
  });

  it("may be about tokens, about a repository, about an account, and has codes of its own", async () => {
    const { send, login, headers, add } = await createPuller();
    add({ operation: "IssueToken" }, { kind: "error", status: 401, code: "UNAUTHORIZED" });
    assert.deepEqual([(await login(undefined, PULL)).code], ["UNAUTHORIZED"]);
    add({ resource: "app/web", account: "lab" }, { kind: "throttle" });
    assert.equal((await send(MANIFEST, headers)).code, "TOOMANYREQUESTS");
    assert.equal((await send(MANIFEST)).status, 401, "who does not say who it is has no account");
    assert.equal((await send("GET /v2/", headers)).status, 200);
  });

  it("does a push and loses its answer", async () => {
    const { send, headers, newest, add } = await createPuller();
    const { text } = await send(MANIFEST, headers);
    add({ operation: "PUT manifests" }, { kind: "error-after", how: "reset" });
    await assert.rejects(
      send("PUT /v2/app/web/manifests/v2", headers, text),
      (error) => error instanceof TransportError && error.code === "reset",
    );
    const { status, done } = await newest();
    assert.deepEqual([status, done], [0, true]);
    assert.equal((await send("GET /v2/app/web/manifests/v2", headers)).status, 200);
  });

  it("makes a pull wait, or hang until the client gives up", async () => {
    const { send, headers, clock, add, simulator, at } = await createPuller();
    const rule = add({ methods: ["GET"] }, { kind: "latency", ms: 5000 });
    let answered = false;
    const slow = send(MANIFEST, headers).then(({ status }) => {
      answered = true;
      return status;
    });
    await clock.advance(4999);
    assert.equal(answered, false);
    await clock.advance(1);
    assert.equal(await slow, 200);
    simulator.faults.remove(rule.id);
    add({}, { kind: "hang" });
    const client = new AbortController();
    const request = { method: "GET", target: "/v2/", headers: at, body: new Uint8Array(), signal: client.signal };
    const hanging = simulator.products.registry?.(request);
    client.abort(new Error("gave up"));
    await assert.rejects(async () => await hanging, /gave up/);
  });

  it("cuts a manifest short", async () => {
    const { send, headers, add } = await createPuller();
    const { text } = await send(MANIFEST, headers);
    add({ operation: "GET manifests" }, { kind: "body", how: "cut", bytes: 10 });
    assert.equal((await send(MANIFEST, headers)).text, text.slice(0, 10));
  });
});

it("rules about what lists show leave the registry alone, also where they are about all products", async () => {
  const { send, headers, simulator, fired } = await createPuller();
  simulator.faults.add({ effect: { kind: "stale", ms: 1000 } });
  assert.equal((await send(MANIFEST, headers)).status, 200);
  assert.equal((await send(MANIFEST, headers)).status, 200);
  assert.deepEqual(fired(), [0]);
});
