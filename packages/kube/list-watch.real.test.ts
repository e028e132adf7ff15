/** The informer on a real API server: lists as streams where it can, in pages where it cannot. */
import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { silentLogger, sleep } from "@ccm/base";
import { systemClock, systemRandom } from "@ccm/base/node";
import { type ControlPlane, canHaveControlPlane, realControlPlane, startControlPlane } from "@ccm/control-plane/node";
import { createInformer } from "./list-watch.ts";
import { SERVICES, type Service } from "./types/core.ts";

const NAMES = ["a", "b", "c", "d", "e"];

async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = systemClock.monotonic() + 30_000;
  while (!holds()) {
    assert.ok(systemClock.monotonic() < deadline, `waited in vain until ${what}`);
    await sleep(systemClock, 20);
  }
}

/** Five Services, an informer that follows them, one more; then the requests that it took, as "<verb> <query>". */
async function follow(t: TestContext, plane: ControlPlane): Promise<readonly string[]> {
  const { client } = plane.admin;
  const create = (name: string) =>
    client.create<Service>(SERVICES, { metadata: { namespace: "default", name }, spec: { ports: [{ port: 80 }] } });
  await Promise.all(NAMES.map(create));
  const user = await plane.mintUser(`informer ${t.name}`, ["system:masters"]);
  const since = plane.auditPosition();
  const informer = createInformer<Service>({
    client: user.client,
    type: SERVICES,
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    namespace: "default",
    pageSize: 2,
  });
  const stop = new AbortController();
  const running = informer.run(stop.signal);
  await until("the list is there", () => informer.synced);
  assert.deepEqual(
    NAMES.filter((name) => !informer.get(`default/${name}`)),
    [],
  );
  await create("later");
  await until("the change is there", () => informer.get("default/later") !== undefined);
  stop.abort(new Error("over"));
  await running;
  return plane
    .auditEvents(since)
    .filter((event) => event.user.username === user.name)
    .map(({ verb, requestURI, responseStatus }) => {
      const query = new URL(requestURI, "https://x").searchParams;
      const shown = ["sendInitialEvents", "limit"]
        .filter((key) => query.has(key))
        .map((key) => `${key}=${query.get(key)}`);
      return [verb, ...shown, responseStatus?.code].join(" ");
    });
}

describe("an informer on a real API server", () => {
  it("takes its list and the changes after it from one stream", async (t) => {
    const plane = await realControlPlane(t);
    if (!plane) return;
    assert.deepEqual(new Set(await follow(t, plane)), new Set(["watch sendInitialEvents=true 200"]));
  });

  it("reads pages from a server that does not stream lists", async (t) => {
    if (!canHaveControlPlane(t)) return;
    const plane = await startControlPlane({ audit: true, featureGates: { WatchList: false, WatchListClient: false } });
    t.after(() => plane.stop());
    const requests = await follow(t, plane);
    assert.equal(requests[0], "watch sendInitialEvents=true 422");
    assert.ok(requests.filter((request) => request === "list limit=2 200").length >= 3, requests.join("; "));
    assert.ok(requests.includes("watch 200"), requests.join("; "));
  });
});
