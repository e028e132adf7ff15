import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inProcessTransport, readText, VirtualClock } from "@ccm/base";
import { memoryMetrics } from "../testing/harness.ts";
import { createWorld } from "./testing/world.ts";
import { createWebhookHandler, type Webhook } from "./webhooks.ts";

const REVIEW = { kind: "AdmissionReview", apiVersion: "admission.k8s.io/v1", request: { uid: "u-1", name: "n1" } };
const webhook = (review: Webhook["review"]): Webhook => ({ name: "nodes", path: "/nodes", review });

function start(review: Webhook["review"]) {
  const metrics = memoryMetrics();
  const send = inProcessTransport(
    createWebhookHandler({ webhooks: [webhook(review)], metrics, clock: new VirtualClock() }),
  );
  const post = async (body: unknown, type = "application/json", path = "/nodes") => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const response = await send({
      method: "POST",
      url: `https://ccm.test${path}`,
      headers: { "content-type": type },
      body: text,
    });
    return { status: response.status, text: (await readText(response.body)).trim() };
  };
  const counted = (code: string) =>
    metrics.value("cloud_provider_webhook_request_total", { code, webhook: "nodes" }) === 1 &&
    metrics.value("cloud_provider_webhook_request_duration_seconds", { code, webhook: "nodes" }) === 1;
  return { post, counted };
}

describe("an admission webhook", () => {
  it("is answered with what it says, for the request that was asked about, and counted (upstream counts only failures)", async () => {
    const { post, counted } = start(async ({ name }) => ({ allowed: name === "n1", uid: "other" }));
    const { status, text } = await post(REVIEW);
    assert.equal(status, 200);
    assert.deepEqual(JSON.parse(text), {
      kind: "AdmissionReview",
      apiVersion: "admission.k8s.io/v1",
      response: { allowed: true, uid: "u-1" },
    });
    assert.ok(counted("200"));
  });

  const bad: readonly [what: string, body: unknown, type: string, says: RegExp][] = [
    ["of another content type", REVIEW, "application/json; charset=utf-8", /expected application\/json/],
    ["without a body", "", "application/json", /empty body/],
    ["that is no JSON", "{", "application/json", /expected an AdmissionReview/],
    ["without a request", { kind: "AdmissionReview" }, "application/json", /with a request/],
  ];
  for (const [what, body, type, says] of bad) {
    it(`refuses a request ${what}`, async () => {
      const { post, counted } = start(async () => ({ allowed: true }));
      const { status, text } = await post(body, type);
      assert.equal(status, 400);
      assert.match(text, says);
      assert.ok(counted("400"));
    });
  }

  it("that throws, or says nothing, is a failure of the server", async () => {
    const broken = start(async () => {
      throw new Error("no quota");
    });
    assert.deepEqual(await broken.post(REVIEW), {
      status: 500,
      text: "error generating admission response: no quota",
    });
    const silent = start(async () => null as never);
    assert.deepEqual(await silent.post(REVIEW), { status: 500, text: "admission response cannot be nil" });
    assert.equal((await silent.post(REVIEW, "application/json", "/other")).status, 404);
  });
});

describe("the webhooks' server", () => {
  const gate = { featureGates: { CloudControllerManagerWebhook: true } };
  const cases: readonly [
    what: string,
    config: Parameters<ReturnType<typeof createWorld>["launch"]>[1],
    served: boolean,
  ][] = [
    ["with the gate and the flag", { config: { ...gate, webhooks: ["nodes"] } }, true],
    ["with the flag alone", { config: { webhooks: ["nodes"] } }, false],
    ["with the gate alone", { config: gate }, false],
    ["without a port", { config: { ...gate, webhooks: ["*"], webhookSecurePort: 0 } }, false],
  ];
  for (const [what, options, served] of cases) {
    it(`is ${served ? "there" : "not there"} ${what}`, async () => {
      const world = createWorld();
      const webhooks = [webhook(async () => ({ allowed: true }))];
      const manager = world.launch("one", { ...options, extensions: { webhooks } });
      await world.clock.advance(5000);
      assert.equal(
        manager.handlers.some(({ port }) => port === 10260),
        served,
      );
      await manager.terminate();
      assert.ok(manager.handlers.every(({ closed }) => closed));
      world.close();
    });
  }
});
