import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inProcessTransport, jsonResponse, noMetrics, type ServerRequest, seededRandom, VirtualClock } from "@ccm/base";
import { createKubeClient } from "@ccm/kube";
import { memoryMetrics } from "../testing/harness.ts";
import { createAuthenticate } from "./authentication.ts";
import { createAuthorize, isOpen } from "./authorization.ts";

const PROXY = { commonName: "front-proxy", organizations: [], chain: ["leaf", "PROXY CA"] };
const USER = { commonName: "jane", organizations: ["dev"], chain: ["leaf", "CLIENT CA"] };

/** An API server that knows the token "good" and lets scrapers read; what it was asked. */
function start(options: { tokenTtlMs?: number; allowedNames?: readonly string[] } = {}) {
  const clock = new VirtualClock();
  const asked: { kind: string; spec: Record<string, unknown> }[] = [];
  const send = inProcessTransport(async ({ body }) => {
    const review = JSON.parse(new TextDecoder().decode(body));
    asked.push(review);
    const { token, user } = review.spec;
    const status =
      review.kind === "TokenReview"
        ? {
            authenticated: token === "good",
            user: { username: "bot", uid: "7", groups: ["bots"], extra: { a: ["b"] } },
          }
        : { allowed: user === "scraper" };
    return jsonResponse(201, { ...review, status });
  });
  const client = createKubeClient({ baseUrl: "https://kubernetes.test", send, clock, random: seededRandom(1) });
  const vouching = (ca: string) => ({ vouchesFor: (chain: readonly string[]) => chain.includes(ca) });
  const metrics = memoryMetrics();
  const authenticate = createAuthenticate({
    client,
    clock,
    metrics,
    tokenTtlMs: options.tokenTtlMs ?? 10_000,
    authorities: {
      current: () => ({
        clients: vouching("CLIENT CA"),
        proxies: {
          ...vouching("PROXY CA"),
          allowedNames: options.allowedNames ?? [],
          usernameHeaders: ["X-Remote-User"],
          uidHeaders: ["X-Remote-Uid"],
          groupHeaders: ["X-Remote-Group"],
          extraHeadersPrefix: ["X-Remote-Extra-"],
        },
        pem: "",
      }),
    },
  });
  const who = (headers: Record<string, string>, peer?: ServerRequest["peer"]) =>
    authenticate({
      method: "GET",
      target: "/metrics",
      headers,
      body: new Uint8Array(),
      signal: new AbortController().signal,
      ...(peer ? { peer } : {}),
    });
  return { clock, client, asked, who, metrics };
}
const AS_JANE = {
  "x-remote-user": "jane",
  "x-remote-uid": "42",
  "x-remote-group": "dev, ops",
  "x-remote-extra-a%2fb": "c",
};

describe("who asks", () => {
  it("is whom a front proxy names, when its certificate is from a front proxies' authority", async () => {
    const { who } = start();
    assert.deepEqual(await who(AS_JANE, PROXY), {
      username: "jane",
      uid: "42",
      groups: ["dev", "ops", "system:authenticated"],
      extra: { "a/b": ["c"] },
    });
  });

  it("is not whom headers name without such a certificate, or with one of another name than those allowed", async () => {
    const { who } = start();
    assert.deepEqual(await who(AS_JANE), { username: "system:anonymous", groups: ["system:unauthenticated"] });
    assert.deepEqual(await who(AS_JANE, { ...USER, commonName: "joe" }), {
      username: "joe",
      groups: ["dev", "system:authenticated"],
    });
    const strict = start({ allowedNames: ["aggregator"] });
    assert.equal(
      await strict.who(AS_JANE, PROXY).then((user) => user !== "invalid" && user.username),
      "system:anonymous",
    );
  });

  it("is the certificate's common name and organizations; before a token is looked at", async () => {
    const { who, asked } = start();
    const user = await who({ authorization: "Bearer good" }, USER);
    assert.deepEqual(user, { username: "jane", groups: ["dev", "system:authenticated"] });
    assert.equal(asked.length, 0);
  });

  it("is whom the API server says a token belongs to, remembered for as long as the flag says, good or bad", async () => {
    const { clock, who, asked, metrics } = start({ tokenTtlMs: 5000 });
    for (let i = 0; i < 3; i++) {
      assert.equal(await who({ authorization: "bearer good" }).then((user) => user !== "invalid" && user.uid), "7");
      assert.equal(await who({ authorization: "Bearer bad" }), "invalid");
    }
    assert.equal(asked.length, 2);
    await clock.advance(5000);
    await who({ authorization: "Bearer good" });
    assert.equal(asked.length, 3);
    assert.equal(metrics.value("authentication_attempts", { result: "failure" }), 3);
    assert.equal(metrics.value("apiserver_delegated_authn_request_total", { code: "201" }), 3);
    const never = start({ tokenTtlMs: 0 });
    for (let i = 0; i < 3; i++) await never.who({ authorization: "Bearer good" });
    assert.equal(never.asked.length, 3);
  });
});

describe("what they may do", () => {
  const { signal } = new AbortController();
  const ttls = { allowedTtlMs: 10_000, deniedTtlMs: 2000 };

  it("is what the API server says of the whole user; a yes and a no are remembered for times of their own", async () => {
    const { clock, client, asked } = start();
    const authorize = createAuthorize({ client, clock, metrics: noMetrics, ...ttls });
    const scraper = { username: "scraper", uid: "1", groups: ["g"], extra: { a: ["b"] } };
    assert.equal(await authorize(scraper, "/metrics", "get", signal), true);
    assert.deepEqual(asked[0]?.spec, {
      user: "scraper",
      uid: "1",
      groups: ["g"],
      extra: { a: ["b"] },
      nonResourceAttributes: { path: "/metrics", verb: "get" },
    });
    assert.equal(await authorize({ username: "guest" }, "/metrics", "get", signal), false);
    await clock.advance(1999);
    await authorize(scraper, "/metrics", "get", signal);
    await authorize({ username: "guest" }, "/metrics", "get", signal);
    assert.equal(asked.length, 2);
    await clock.advance(1);
    await authorize(scraper, "/metrics", "get", signal);
    await authorize({ username: "guest" }, "/metrics", "get", signal);
    assert.equal(asked.length, 3);
  });

  it("is everything for system:masters, and for anybody what is always allowed: exactly, or by prefix", async () => {
    const { clock, client, asked } = start();
    const authorize = createAuthorize({ client, clock, metrics: noMetrics, ...ttls });
    assert.equal(await authorize({ username: "x", groups: ["system:masters"] }, "/configz", "get", signal), true);
    assert.equal(asked.length, 0);
    const rules = ["/healthz", "/debug/*"];
    const open = ["/healthz", "/healthz/x", "/debug/pprof", "/debug", "/metrics"].filter((path) => isOpen(path, rules));
    assert.deepEqual(open, ["/healthz", "/debug/pprof"]);
  });
});
