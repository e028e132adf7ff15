import assert from "node:assert/strict";
import test from "node:test";
import { jsonResponse, seededRandom, silentLogger } from "@ccm/base";
import { serviceAccountHeaders } from "./service-account.ts";
import { clientFor, outcome, refuse, type Seen } from "./testing.ts";

const HOUR = 3_600_000;

/** An API server that has the accounts it is asked to make, and numbers its tokens. */
function start(answer: (request: Seen, count: number) => ReturnType<typeof refuse> | undefined = () => undefined) {
  const accounts = new Set<string>(["node-controller"]);
  let tokens = 0;
  const { clock, client, seen } = clientFor((request, count) => {
    const told = answer(request, count);
    if (told) return told;
    if (!request.path.endsWith("/token")) {
      accounts.add(JSON.parse(request.body).metadata.name);
      return jsonResponse(201, JSON.parse(request.body));
    }
    if (!accounts.has(request.path.split("/").at(-2) ?? "")) return refuse(404, "NotFound", "no such service account");
    const { expirationSeconds } = JSON.parse(request.body).spec;
    const expirationTimestamp = new Date(clock.now() + expirationSeconds * 1000).toISOString();
    return jsonResponse(201, { status: { token: `token-${++tokens}`, expirationTimestamp } });
  });
  const headersOf = (name: string) =>
    serviceAccountHeaders({
      client,
      namespace: "kube-system",
      name,
      clock,
      random: seededRandom(1),
      logger: silentLogger,
    });
  const calls = () => seen.map(({ method, path }) => `${method} ${path.replace("/api/v1/namespaces", "")}`);
  return { clock, headersOf, calls };
}

test("a token is asked for once, shared by calls at the same time, and again when a fifth of its hour is left", async () => {
  const { clock, headersOf, calls } = start();
  const headers = headersOf("node-controller");
  const first = await outcome(clock, Promise.all([headers(false), headers(false)]));
  assert.deepEqual(first, [{ authorization: "Bearer token-1" }, { authorization: "Bearer token-1" }]);
  assert.deepEqual(calls(), ["POST /kube-system/serviceaccounts/node-controller/token"]);
  await clock.advance(0.8 * HOUR - 1000);
  assert.deepEqual(await outcome(clock, headers(false)), { authorization: "Bearer token-1" });
  await clock.advance(2000);
  assert.deepEqual(await outcome(clock, headers(false)), { authorization: "Bearer token-2" });
});

test("a token that was refused is replaced at once", async () => {
  const { clock, headersOf } = start();
  const headers = headersOf("node-controller");
  await outcome(clock, headers(false));
  assert.deepEqual(await outcome(clock, headers(true)), { authorization: "Bearer token-2" });
});

test("a service account that is missing is made, and its namespace when that is missing, too", async () => {
  const { clock, headersOf, calls } = start((request, count) =>
    count === 2 && request.method === "POST" ? refuse(404, "NotFound", "no such namespace") : undefined,
  );
  assert.deepEqual(await outcome(clock, headersOf("route-controller")(false)), { authorization: "Bearer token-1" });
  assert.deepEqual(calls(), [
    "POST /kube-system/serviceaccounts/route-controller/token",
    "POST /kube-system/serviceaccounts",
    "POST ",
    "POST /kube-system/serviceaccounts",
    "POST /kube-system/serviceaccounts/route-controller/token",
  ]);
});

test("after four attempts the last refusal is thrown, with pauses that double", async () => {
  const { clock, headersOf, calls } = start(() => refuse(403, "Forbidden", "not you"));
  const result = await outcome(clock, headersOf("node-controller")(false));
  assert.match(String(result), /not you/);
  assert.equal(calls().length, 4);
  assert.ok(clock.monotonic() >= 3500 && clock.monotonic() <= 4200, String(clock.monotonic()));
});
