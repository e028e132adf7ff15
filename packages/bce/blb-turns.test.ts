import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { jsonResponse, sleep } from "@ccm/base";
import { isBceError } from "./error.ts";
import { fakeCloud, refuse } from "./fake-cloud.ts";

const BUSY_MS = 2000;
const tcp = (listenerPort: number) =>
  ({ listenerType: "TCP", listenerPort, backendPort: 30080, scheduler: "RoundRobin" }) as const;
const token = (n: number) => ({ clientToken: `t${n}` });

/** Load balancers that are updating for two seconds after each change, and refuse the next meanwhile. */
function busyCloud(code = "LastOperationNotFinished") {
  const until = new Map<string, number>();
  let refused = 0;
  const cloud = fakeCloud(async ({ target, query }) => {
    await sleep(cloud.clock, 20);
    const id = /\/v1\/blb\/([^/?]+)/.exec(target)?.[1] ?? "";
    const busy = (until.get(id) ?? 0) > cloud.clock.monotonic();
    if (!query.has("clientToken")) return jsonResponse(200, { blbId: id, status: busy ? "updating" : "available" });
    if (busy) {
      refused++;
      return refuse(409, code);
    }
    until.set(id, cloud.clock.monotonic() + BUSY_MS);
    return jsonResponse(200, {});
  });
  return { ...cloud, until, refused: () => refused };
}

describe("row 36: changes of one load balancer", () => {
  it("go one after the other, each when it is available again; the cloud refuses none", async () => {
    const cloud = busyCloud();
    const writes = [1, 2, 3].map((n) => cloud.client.blb.createListener("lb-1", tcp(n), token(n)));
    assert.equal((await cloud.settled(Promise.all(writes))).error, undefined);
    assert.equal(cloud.refused(), 0);
    const sent = cloud.asked.filter(({ query }) => query.has("clientToken")).map(({ at }) => at);
    assert.ok(sent.every((at, i) => i === 0 || at - (sent[i - 1] ?? 0) >= BUSY_MS));
    assert.ok((sent.at(-1) ?? 0) < 2 * (BUSY_MS + 1500), `waited too long: ${sent}`);
  });

  it("do not wait for those of another load balancer", async () => {
    const cloud = busyCloud();
    const ids = ["lb-1", "lb-2", "lb-3"];
    await cloud.settled(Promise.all(ids.map((id, n) => cloud.client.blb.createListener(id, tcp(80), token(n)))));
    assert.ok(cloud.clock.monotonic() < 100);
    assert.equal(cloud.asked.length, 3);
  });

  it("let a deletion go first", async () => {
    const cloud = busyCloud();
    const { blb } = cloud.client;
    const writes = [
      blb.createListener("lb-1", tcp(1), token(1)),
      blb.addBackends("lb-1", [{ instanceId: "i-1", weight: 1 }], token(2)),
      blb.createListener("lb-1", tcp(3), token(3)),
      blb.delete("lb-1", token(4)),
    ];
    await cloud.settled(Promise.all(writes));
    const order = cloud.asked.map(({ query }) => query.get("clientToken")).filter(Boolean);
    assert.deepEqual([...new Set(order)], ["t1", "t4", "t3", "t2"]);
  });

  it("cost no extra look when the caller has just seen it available", async () => {
    const cloud = busyCloud();
    const { blb } = cloud.client;
    await cloud.settled(blb.createListener("lb-1", tcp(1), token(1)));
    await cloud.clock.advance(BUSY_MS);
    await cloud.settled(blb.get("lb-1"));
    await cloud.settled(blb.createListener("lb-1", tcp(2), token(2)));
    assert.equal(cloud.asked.length, 3);
  });

  it("are sent again after a refusal because of somebody else's change, in both of the cloud's words for it", async () => {
    for (const code of ["LastOperationNotFinished", "OperationDenied"]) {
      const cloud = busyCloud(code);
      cloud.until.set("lb-1", 1000);
      assert.equal((await cloud.settled(cloud.client.blb.createListener("lb-1", tcp(1), token(1)))).error, undefined);
      assert.equal(cloud.refused(), 1);
    }
  });

  it("are not sent again when it is at rest and refuses all the same", async () => {
    const cloud = fakeCloud(({ query }) =>
      query.has("clientToken")
        ? refuse(409, "OperationDenied")
        : jsonResponse(200, { blbId: "lb-1", status: "available" }),
    );
    const { error } = await cloud.settled(cloud.client.blb.delete("lb-1", token(1)));
    assert.ok(isBceError(error, "conflict"));
    assert.equal(cloud.asked.filter(({ query }) => query.has("clientToken")).length, 1);
  });

  it("give the worker back with a conflict when it does not come to rest, and are not sent", async () => {
    const cloud = busyCloud();
    await cloud.settled(cloud.client.blb.createListener("lb-1", tcp(1), token(1)));
    cloud.until.set("lb-1", Number.POSITIVE_INFINITY);
    const { error } = await cloud.settled(cloud.client.blb.createListener("lb-1", tcp(2), token(2)));
    assert.ok(isBceError(error, "conflict"));
    assert.equal(error.message, "blb.createListener: load balancer lb-1 is still updating after 60 s");
    assert.ok(!cloud.asked.some(({ query }) => query.get("clientToken") === "t2"));
  });

  it("are left by who aborts, and go on for the others", async () => {
    const cloud = busyCloud();
    const leaves = new AbortController();
    const first = cloud.client.blb.createListener("lb-1", tcp(1), token(1));
    const gone = cloud.client.blb.createListener("lb-1", tcp(2), { ...token(2), signal: leaves.signal });
    const last = cloud.client.blb.createListener("lb-1", tcp(3), token(3));
    gone.catch(() => {});
    await cloud.clock.advance(50);
    leaves.abort(new Error("stop"));
    assert.match(String((await cloud.settled(gone)).error), /stop/);
    assert.equal((await cloud.settled(Promise.all([first, last]))).error, undefined);
  });
});
