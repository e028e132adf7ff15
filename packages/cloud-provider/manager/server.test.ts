import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inProcessTransport, noMetrics, readText, seededRandom, silentLogger, VirtualClock } from "@ccm/base";
import { createKubeClient } from "@ccm/kube";
import { createKubeServer } from "@ccm/kube-server";
import { createAuthenticate } from "./authentication.ts";
import { createAuthorize } from "./authorization.ts";
import { defaultConfig } from "./config.ts";
import { createHealthChecks } from "./health.ts";
import { createManagerHandler } from "./server.ts";

function start(down = false) {
  const clock = new VirtualClock();
  const random = seededRandom(1);
  const account = (user: string, ...groups: string[]) => ({ user, groups });
  const server = createKubeServer({
    clock,
    random,
    tokens: new Map([
      ["admin", account("admin", "system:masters")],
      ["scraper", account("scraper")],
      ["guest", account("guest")],
    ]),
    authorize: (question) =>
      JSON.stringify(question).includes("scraper") && JSON.stringify(question).includes("/metrics"),
  });
  const reviews: string[] = [];
  const send = inProcessTransport(server.handler, {
    async before(request) {
      if (down) throw new Error("down");
      reviews.push(new URL(request.url).pathname.split("/").at(-1) ?? "");
    },
  });
  const authorize = async () => ({ authorization: "Bearer admin" });
  const client = createKubeClient({ baseUrl: "https://kubernetes.test", send, clock, random, authorize });
  const config = defaultConfig("fake");
  const health = createHealthChecks(silentLogger);
  const review = { client, clock, metrics: noMetrics };
  const nobody = { vouchesFor: () => false };
  const noProxies = { usernameHeaders: [], uidHeaders: [], groupHeaders: [], extraHeadersPrefix: [], allowedNames: [] };
  const authorities = { current: () => ({ clients: nobody, proxies: { ...nobody, ...noProxies }, pem: "" }) };
  const handler = createManagerHandler({
    health,
    metrics: noMetrics,
    config,
    logger: silentLogger,
    debug: {},
    authenticate: createAuthenticate({ ...review, authorities, tokenTtlMs: 10_000 }),
    authorize: createAuthorize({ ...review, allowedTtlMs: 10_000, deniedTtlMs: 10_000 }),
  });
  const ask = inProcessTransport(handler);
  return {
    clock,
    reviews,
    async get(path: string, token?: string, method = "GET") {
      const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
      const { status, body } = await ask({ method, url: `https://ccm.test${path}`, headers });
      return { status, text: await readText(body) };
    },
  };
}

describe("the manager's server", () => {
  it("tells anybody how it is, all together and check by check, without asking the API server", async () => {
    const { get, reviews } = start(true);
    for (const path of ["/healthz", "/livez?verbose", "/readyz", "/healthz/ping"]) {
      assert.equal((await get(path)).status, 200, path);
    }
    assert.deepEqual(reviews, []);
  });

  it("shows metrics to those who may read them, and refuses others in the API's own form", async () => {
    const { get } = start();
    assert.equal((await get("/metrics", "scraper")).status, 200);
    assert.equal((await get("/metrics", "admin")).status, 200);
    assert.equal((await get("/configz", "scraper")).status, 403);
    const refused = await get("/metrics", "guest");
    assert.equal(refused.status, 403);
    assert.deepEqual((({ kind, status, reason, code }) => ({ kind, status, reason, code }))(JSON.parse(refused.text)), {
      kind: "Status",
      status: "Failure",
      reason: "Forbidden",
      code: 403,
    });
    assert.equal((await get("/metrics", "nonsense")).status, 401);
    assert.equal((await get("/metrics")).status, 403);
  });

  it("asks about the same token and path once in ten seconds", async () => {
    const { get, reviews, clock } = start();
    for (let i = 0; i < 5; i++) await get("/metrics", "scraper");
    assert.deepEqual(reviews, ["tokenreviews", "subjectaccessreviews"]);
    await clock.advance(10_000);
    await get("/metrics", "scraper");
    assert.equal(reviews.length, 4);
  });

  it("shows its configuration as upstream's does, to who may see it", async () => {
    const { get } = start();
    const shown = JSON.parse((await get("/configz", "admin")).text)["cloudcontrollermanager.config.k8s.io"];
    assert.equal(shown.kind, "CloudControllerManagerConfiguration");
    assert.equal(shown.KubeCloudShared.RouteReconciliationPeriod, "10s");
    assert.equal(shown.Generic.LeaderElection.leaseDuration, "15s");
    assert.equal(shown.NodeStatusUpdateFrequency, "5m0s");
  });

  it("has nothing else, and nothing to write", async () => {
    const { get } = start();
    assert.equal((await get("/secrets", "admin")).status, 404);
    assert.equal((await get("/healthz", "admin", "POST")).status, 405);
  });

  it("refuses when nobody can be asked", async () => {
    const { get, clock } = start(true);
    const answer = get("/metrics", "admin");
    await clock.advance(60_000);
    assert.equal((await answer).status, 500);
  });
});
