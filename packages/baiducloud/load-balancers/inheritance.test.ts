import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "@ccm/base";
import type { Service } from "@ccm/kube";
import { createInheritance } from "./inheritance.ts";

const TRAVEL_MS = 60_000;

function start() {
  const clock = new VirtualClock();
  const { promise: synced, resolve: sync } = Promise.withResolvers<void>();
  const present: Service[] = [];
  const services = { list: () => present, waitForSync: () => synced };
  const add = (uid: string) => present.push({ metadata: { name: uid, uid } } as Service);
  const inheritance = createInheritance(services, clock, new AbortController().signal);
  return { clock, sync, add, lateMs: (uid: string) => inheritance.lateMs(uid, TRAVEL_MS) };
}

describe("what another manager may have sent", () => {
  it("may arrive for a Service that was there before, for as long as a request may travel", async () => {
    const { clock, sync, add, lateMs } = start();
    add("old");
    sync();
    await clock.advance(20_000);
    assert.equal(lateMs("old"), 40_000);
    await clock.advance(39_999);
    assert.equal(lateMs("old"), 1);
    await clock.advance(1);
    assert.equal(lateMs("old"), 0);
  });

  it("is nothing of a Service that came later", async () => {
    const { clock, sync, add, lateMs } = start();
    sync();
    await clock.advance(1000);
    add("new");
    assert.equal(lateMs("new"), 0);
  });

  it("may be of any Service as long as nobody knows which were there", async () => {
    const { clock, lateMs } = start();
    await clock.advance(1000);
    assert.equal(lateMs("any"), 59_000);
  });
});
