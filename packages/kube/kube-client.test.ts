import assert from "node:assert/strict";
import test from "node:test";
import { type HttpResponse, jsonResponse, TransportError, textResponse } from "@ccm/base";
import { KubeError } from "./error.ts";
import { clientFor, outcome, readableMetrics, refuse, type Seen, status } from "./testing.ts";
import { LEASES, NODES, SERVICES, type Service } from "./types/core.ts";

const web = { name: "web", namespace: "default" };
const service: Service = { metadata: { ...web, resourceVersion: "7" } };
const bytes = (text: string) => new TextEncoder().encode(text);

function stream(...chunks: readonly (string | Error)[]): HttpResponse {
  async function* body(): AsyncGenerator<Uint8Array> {
    for (const chunk of chunks) {
      if (chunk instanceof Error) throw chunk;
      yield bytes(chunk);
    }
  }
  return { status: 200, headers: {}, body: body() };
}

/** Never answers, but hangs up when the client does. */
const silence = () => new Promise<HttpResponse>(() => {});

async function failure(promise: Promise<unknown>): Promise<KubeError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof KubeError, `expected a KubeError, got ${String(error)}`);
  return error;
}

test("every verb goes to the path, with the method and the content type, that Kubernetes defines", async () => {
  const { client, seen } = clientFor(() => jsonResponse(200, { metadata: {}, items: [] }), { userAgent: "ccm/1" });
  await client.get(NODES, { name: "node 1" });
  await client.list(SERVICES, { labelSelector: "a in (b,c)", limit: 5, continue: "x=" });
  await client.list(SERVICES, { namespace: "default", fieldSelector: "metadata.name=web", resourceVersion: "0" });
  await client.create(SERVICES, { metadata: web });
  await client.update(SERVICES, service);
  await client.update(SERVICES, service, { subresource: "status" });
  await client.patch(SERVICES, web, { type: "merge", body: { a: null } }, { subresource: "status" });
  await client.patch(LEASES, { name: "l", namespace: "kube-system" }, { type: "json", body: [] });
  await client.patch(NODES, { name: "n" }, { type: "strategic", body: {} });
  await client.delete(SERVICES, web, { preconditions: { uid: "u" }, propagationPolicy: "Foreground" });
  await client.post("/apis/authentication.k8s.io/v1/tokenreviews", { spec: {} });
  const told = seen.map(({ method, path, query, headers }) =>
    [method, path + (query.size ? `?${query}` : ""), headers["content-type"]].filter(Boolean).join(" "),
  );
  const namespaced = "/api/v1/namespaces/default/services";
  assert.deepEqual(told, [
    "GET /api/v1/nodes/node%201",
    "GET /api/v1/services?labelSelector=a+in+%28b%2Cc%29&limit=5&continue=x%3D",
    `GET ${namespaced}?fieldSelector=metadata.name%3Dweb&resourceVersion=0`,
    `POST ${namespaced} application/json`,
    `PUT ${namespaced}/web application/json`,
    `PUT ${namespaced}/web/status application/json`,
    `PATCH ${namespaced}/web/status application/merge-patch+json`,
    "PATCH /apis/coordination.k8s.io/v1/namespaces/kube-system/leases/l application/json-patch+json",
    "PATCH /api/v1/nodes/n application/strategic-merge-patch+json",
    `DELETE ${namespaced}/web application/json`,
    "POST /apis/authentication.k8s.io/v1/tokenreviews application/json",
  ]);
  assert.ok(seen.every(({ headers }) => headers["user-agent"] === "ccm/1" && headers.accept === "application/json"));
  assert.deepEqual(JSON.parse(seen[9]?.body ?? ""), {
    kind: "DeleteOptions",
    apiVersion: "v1",
    preconditions: { uid: "u" },
    propagationPolicy: "Foreground",
  });
});

test("fields this code does not know survive a get and an update, and the kind is added", async () => {
  const stored = { metadata: { ...web, resourceVersion: "7" }, spec: { newIn1_40: { deep: [1] } }, futureField: true };
  const { client, seen } = clientFor(() => jsonResponse(200, stored));
  await client.update(SERVICES, await client.get(SERVICES, web));
  assert.deepEqual(JSON.parse(seen[1]?.body ?? ""), { ...stored, apiVersion: "v1", kind: "Service" });
});

test("a refusal becomes an error that names verb, resource, object, server and what the server said", async () => {
  const cases: readonly (readonly [number, string, string])[] = [
    [404, "NotFound", "not_found"],
    [409, "AlreadyExists", "already_exists"],
    [409, "Conflict", "conflict"],
    [410, "Expired", "gone"],
    [422, "Invalid", "invalid"],
    [400, "BadRequest", "invalid"],
    [403, "Forbidden", "forbidden"],
    [401, "Unauthorized", "unauthorized"],
    [504, "Timeout", "timeout"],
    [418, "Strange", "unexpected"],
  ];
  for (const [code, reason, expected] of cases) {
    const { client } = clientFor(() => refuse(code, reason, "because"));
    const error = await failure(client.update(SERVICES, service, { subresource: "status" }));
    assert.equal(error.code, expected);
    assert.equal(error.status, code);
    assert.equal(error.body?.reason, reason);
    assert.equal(
      error.message,
      `update services/status default/web at https://kubernetes.test: because (HTTP ${code})`,
    );
  }
});

test("a proxy's page instead of a Status is told in one short line", async () => {
  const { client } = clientFor(() => textResponse(403, `<html>\n  <b>no</b>\n${"x".repeat(500)}`));
  const { code, message } = await failure(client.list(NODES));
  assert.equal(code, "forbidden");
  assert.match(message, /^list nodes at https:\/\/kubernetes\.test: <html> <b>no<\/b> x{1,200} \(HTTP 403\)$/);
});

test("an answer that is not JSON is an error that does not quote it", async () => {
  const { client } = clientFor(() => textResponse(200, "hunter2 is the password"));
  const error = await failure(client.get(SERVICES, web));
  assert.equal(error.code, "unexpected");
  assert.doesNotMatch(`${error.message} ${String(error.cause)}`, /hunter2/);
});

test("a throttled call of any kind is repeated after the time the server asks for", async () => {
  for (const verb of ["GET", "POST"]) {
    const { client, seen, clock } = clientFor((_, count) =>
      count < 3 ? refuse(429, "TooManyRequests", "slow down", { "retry-after": "2" }) : jsonResponse(200, service),
    );
    await outcome(clock, verb === "GET" ? client.get(SERVICES, web) : client.create(SERVICES, service));
    const pauses = seen.slice(1).map(({ at }, n) => at - (seen[n]?.at ?? 0));
    assert.equal(pauses.length, 2);
    assert.ok(
      pauses.every((ms) => ms >= 2000 && ms <= 2400),
      String(pauses),
    );
  }
});

test("repeating ends after four attempts, and at once when the server asks for a very long pause", async () => {
  for (const [seconds, attempts] of [
    ["1", 4],
    ["600", 1],
  ] as const) {
    const { client, seen, clock } = clientFor(() => refuse(429, "TooManyRequests", "no", { "retry-after": seconds }));
    const error = await outcome(clock, client.get(SERVICES, web));
    assert.ok(error instanceof KubeError);
    assert.equal(error.code, "throttled");
    assert.equal(error.retryAfterMs, Number(seconds) * 1000);
    assert.equal(seen.length, attempts);
  }
});

test("a server that is not available is asked again by reads; by writes only when it says when", async () => {
  const attempts = async (call: "get" | "create", headers: Record<string, string>) => {
    const { client, seen, clock } = clientFor(() => refuse(503, "ServiceUnavailable", "starting", headers));
    await outcome(clock, call === "get" ? client.get(SERVICES, web) : client.create(SERVICES, service));
    return seen.length;
  };
  assert.equal(await attempts("get", {}), 4);
  assert.equal(await attempts("create", {}), 1);
  assert.equal(await attempts("create", { "retry-after": "1" }), 4);
});

test("a connection that is refused or breaks is tried again by reads only, and the error says what may have happened", async () => {
  const cases = [
    ["refused", "unreachable"],
    ["reset", "lost"],
  ] as const;
  for (const [transport, code] of cases) {
    for (const verb of ["get", "create"]) {
      const { client, seen, clock } = clientFor(() => {
        throw new TransportError(transport, `kubernetes.test: ${transport}`);
      });
      const error = await outcome(clock, verb === "get" ? client.get(SERVICES, web) : client.create(SERVICES, service));
      assert.ok(error instanceof KubeError);
      assert.equal(error.code, code);
      assert.equal(error.message, `${verb} services default/web at https://kubernetes.test: ${transport}`);
      assert.equal(seen.length, verb === "get" ? 4 : 1);
    }
  }
});

test("a call without an answer ends after its time as lost, and is not repeated", async () => {
  const { client, seen, clock } = clientFor(silence, { timeoutMs: 5000 });
  const error = await outcome(clock, client.get(SERVICES, web));
  assert.ok(error instanceof KubeError);
  assert.equal(error.code, "lost");
  assert.equal(error.message, "get services default/web at https://kubernetes.test: no answer within 5 s");
  assert.equal(clock.monotonic(), 5000);
  assert.equal(seen.length, 1);
});

test("an abort ends a call at once with the signal's reason, also between two attempts and while it waits for its turn", async () => {
  for (const answer of [silence, () => refuse(429, "TooManyRequests", "no", { "retry-after": "20" })]) {
    const { client, clock } = clientFor(answer, { qps: 1, burst: 1 });
    const stop = new AbortController();
    const options = { signal: stop.signal };
    const calls = [client.get(SERVICES, web, options), client.get(SERVICES, web, options)];
    const errors = calls.map((call) => call.catch((error: unknown) => String(error)));
    await clock.advance(100);
    stop.abort(new Error("stop"));
    assert.deepEqual(await Promise.all(errors), ["Error: stop", "Error: stop"]);
    assert.equal(clock.pending, 0);
  }
});

test("after a 401 the call is authorised afresh, once", async () => {
  const asked: boolean[] = [];
  const authorize = async (refresh: boolean) => {
    asked.push(refresh);
    return { authorization: refresh ? "Bearer new" : "Bearer old" };
  };
  const only = (token: string) => (request: Seen) =>
    request.headers.authorization === token ? jsonResponse(200, service) : refuse(401, "Unauthorized", "Unauthorized");
  const healed = clientFor(only("Bearer new"), { authorize });
  await healed.client.create(SERVICES, service);
  assert.deepEqual(asked.splice(0), [false, true]);
  const refused = clientFor(only("Bearer other"), { authorize });
  const error = await failure(refused.client.create(SERVICES, service));
  assert.equal(error.code, "unauthorized");
  assert.doesNotMatch(error.message, /Bearer/);
  assert.deepEqual(asked, [false, true]);
});

test("credentials are not refreshed again when the repeated call is repeated for another reason", async () => {
  const asked: boolean[] = [];
  const authorize = async (refresh: boolean) => {
    asked.push(refresh);
    return {};
  };
  const answers = [refuse(401, "Unauthorized", ""), refuse(429, "TooManyRequests", ""), jsonResponse(200, service)];
  const { client, clock } = clientFor((_, count) => answers[count - 1] ?? refuse(500, "", ""), { authorize });
  await outcome(clock, client.get(SERVICES, web));
  assert.deepEqual(asked, [false, true, false]);
});

test("a credential plugin that hangs does not hang the call", async () => {
  const { client, clock, seen } = clientFor(() => jsonResponse(200, service), {
    authorize: () => new Promise(() => {}),
    timeoutMs: 1000,
  });
  assert.match(String(await outcome(clock, client.get(SERVICES, web))), /no answer within 1 s/);
  assert.equal(seen.length, 0);
});

test("calls pass at the given rate, and waiting for it is not counted as waiting for the server", async () => {
  const { client, clock, seen } = clientFor(() => jsonResponse(200, service), { qps: 2, burst: 2, timeoutMs: 1000 });
  await outcome(clock, Promise.all(Array.from({ length: 8 }, () => client.create(SERVICES, service))));
  assert.deepEqual(
    seen.map(({ at }) => at),
    [0, 0, 500, 1000, 1500, 2000, 2500, 3000],
  );
});

test("the client's metrics have Kubernetes' names and labels", async () => {
  const metrics = readableMetrics();
  const { client, clock } = clientFor(
    (_, count) => (count === 1 ? refuse(429, "TooManyRequests", "") : jsonResponse(200, service)),
    { metrics, qps: 1, burst: 1 },
  );
  await outcome(clock, client.get(SERVICES, web));
  const value = (name: string) => metrics.values.get(`rest_client_${name}`);
  assert.equal(value('requests_total{code="429",method="GET",host="kubernetes.test"}'), 1);
  assert.equal(value('requests_total{code="200",method="GET",host="kubernetes.test"}'), 1);
  assert.equal(value('request_retries_total{code="429",verb="GET",host="kubernetes.test"}'), 1);
  assert.equal(value('request_duration_seconds_count{verb="GET",host="kubernetes.test"}'), 2);
  assert.equal(value('rate_limiter_duration_seconds_count{verb="GET",host="kubernetes.test"}'), 2);
  assert.ok((value('response_size_bytes_sum{verb="GET",host="kubernetes.test"}') ?? 0) > 0);
  assert.equal(value('request_size_bytes_sum{verb="GET",host="kubernetes.test"}'), 0);
});

async function collect(answer: (request: Seen) => HttpResponse | Promise<HttpResponse>, timeoutSeconds?: number) {
  const { client, clock, seen } = clientFor(answer, { timeoutMs: 10_000 });
  const events: string[] = [];
  const running = (async () => {
    const options = { resourceVersion: "5", ...(timeoutSeconds ? { timeoutSeconds } : {}) };
    for await (const { type, object } of client.watch(SERVICES, options)) {
      events.push(`${type} ${object.metadata.resourceVersion}`);
    }
  })();
  const result = await outcome(clock, running, 3_600_000);
  return { events, result, seen, clock };
}

const line = (type: string, resourceVersion: string) =>
  `${JSON.stringify({ type, object: { metadata: { ...web, resourceVersion } } })}\n`;

test("a watch asks for bookmarks, tells the events and ends when the server ends it", async () => {
  const text = line("ADDED", "6") + line("MODIFIED", "7") + line("DELETED", "8") + line("BOOKMARK", "9");
  const { events, result, seen, clock } = await collect(() => stream(text.slice(0, 50), text.slice(50)), 300);
  assert.deepEqual(events, ["ADDED 6", "MODIFIED 7", "DELETED 8", "BOOKMARK 9"]);
  assert.equal(result, undefined);
  assert.equal(String(seen[0]?.query), "watch=true&allowWatchBookmarks=true&resourceVersion=5&timeoutSeconds=300");
  assert.equal(clock.pending, 0);
});

test("what is wrong with a watch is thrown: an error in the stream, a broken line, an unknown event, a cut", async () => {
  const error = (code: number, reason: string) =>
    `${JSON.stringify({ type: "ERROR", object: status(code, reason, "said so") })}\n`;
  const cases: readonly (readonly [string | Error, string, RegExp])[] = [
    [error(410, "Expired"), "gone", /said so \(HTTP 410\)/],
    [error(500, "InternalError"), "unavailable", /said so \(HTTP 500\)/],
    ['{"type":"MODIFIED","object":{"data":"hunter2', "unexpected", /a line of 44 characters is not JSON/],
    ['{"type":"LATER","object":{"metadata":{}}}\n', "unexpected", /unknown event type "LATER"/],
    ['{"type":"ADDED"}\n', "unexpected", /an event ADDED without an object/],
    ["null\n", "unexpected", /unknown event type undefined/],
    [new TransportError("reset", "kubernetes.test: cut"), "lost", /: cut$/],
  ];
  for (const [chunk, code, message] of cases) {
    const { events, result } = await collect(() => stream(line("ADDED", "6"), chunk));
    assert.ok(result instanceof KubeError, String(result));
    assert.equal(result.code, code);
    assert.match(result.message, message);
    assert.match(result.message, /^watch services at https:\/\/kubernetes\.test: /);
    assert.doesNotMatch(`${result.message} ${String(result.cause)}`, /hunter2/);
    assert.deepEqual(events, ["ADDED 6"]);
  }
});

test("a watch that is refused throws the refusal, and one that gets a 401 is authorised afresh", async () => {
  const { result } = await collect(() => refuse(410, "Expired", "too old"));
  assert.ok(result instanceof KubeError && result.code === "gone");
  const { client, clock } = clientFor(
    ({ headers }) => (headers.authorization === "new" ? stream(line("ADDED", "6")) : refuse(401, "Unauthorized", "")),
    { authorize: async (refresh) => ({ authorization: refresh ? "new" : "old" }) },
  );
  const events = outcome(clock, Array.fromAsync(client.watch(SERVICES, { resourceVersion: "1" })));
  assert.equal(((await events) as readonly unknown[]).length, 1);
});

test("a server that never answers a watch, or never ends it, is given up after its time", async () => {
  const never = await collect(silence, 300);
  assert.match(String(never.result), /no answer in time/);
  assert.equal(never.clock.monotonic(), 10_000);
  const endless = await collect(({ query }) => {
    assert.ok(query.get("timeoutSeconds"));
    return {
      status: 200,
      headers: {},
      body: (async function* () {
        yield bytes(line("ADDED", "6"));
        await silence();
      })(),
    };
  }, 300);
  assert.deepEqual(endless.events, ["ADDED 6"]);
  assert.match(String(endless.result), /the server did not end it in time/);
  assert.equal(endless.clock.monotonic(), 330_000);
  assert.equal(endless.clock.pending, 0);
});

test("leaving a watch's loop, or aborting it, closes the connection", async () => {
  for (const way of ["break", "abort"]) {
    let hungUp = false;
    const { client, clock } = clientFor((_, __, signal) => {
      signal.addEventListener("abort", () => {
        hungUp = true;
      });
      return {
        status: 200,
        headers: {},
        body: (async function* () {
          yield bytes(line("ADDED", "6"));
          await silence();
        })(),
      };
    });
    const stop = new AbortController();
    const running = (async () => {
      for await (const _ of client.watch(SERVICES, { resourceVersion: "1", signal: stop.signal })) {
        if (way === "break") break;
        queueMicrotask(() => stop.abort(new Error("stop")));
      }
      return "left";
    })();
    const result = await outcome(clock, running);
    assert.equal(way === "break" ? result : String(result), way === "break" ? "left" : "Error: stop");
    assert.equal(hungUp, true);
    assert.equal(clock.pending, 0);
  }
});
