import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "@ccm/base";
import { amount, type CloudAmount, NOTHING } from "./amount.ts";
import { createCloudLedger, type GrowthRequest, type Holder, type TenantAccount } from "./ledger.ts";
import { refusalText } from "./words.ts";

const SETTLE_MS = 50_000;
const ADDRESS = amount({ publicIps: 1, bandwidthMbps: 10 });

const holder = (uid: string, seen: CloudAmount, mayCome = NOTHING): Holder => ({
  uid,
  name: `default/${uid}`,
  seen,
  mayCome,
});
const asks = (uid: string, createdAt: number, by: CloudAmount, id = "address"): GrowthRequest => ({
  uid,
  name: `default/${uid}`,
  createdAt,
  has: NOTHING,
  growths: [{ id, by }],
  firstDecides: false,
});
const tenant = (limits: TenantAccount["limits"], ...holders: Holder[]): TenantAccount => ({
  name: "team-a",
  limits,
  holders,
});

function start() {
  const clock = new VirtualClock();
  const freed: string[] = [];
  const ledger = createCloudLedger({ clock, settleMs: SETTLE_MS, onFreed: (name) => void freed.push(name) });
  return { clock, ledger, freed };
}

describe("a request for something in the cloud", () => {
  it("is refused at the limit, in words that name the limit, the usage, who holds it and what to do", () => {
    const { ledger } = start();
    const full = tenant({ publicIps: 2 }, holder("a", ADDRESS), holder("b", ADDRESS));
    const [refusal] = ledger.ask(full, asks("c", 3, ADDRESS));
    assert.ok(refusal);
    assert.equal(
      refusalText("team-a", refusal),
      "tenant team-a may have 2 public addresses (spec.cloud.maxPublicIPs) and has 2, held by default/a, default/b; " +
        "this Service needs 1 public address more: free some, or have the limit raised",
    );
  });
  it("names no more than ten holders, the largest first", () => {
    const { ledger } = start();
    const many = Array.from({ length: 30 }, (_, i) => holder(`s${i + 10}`, amount({ bandwidthMbps: i + 1 })));
    const [refusal] = ledger.ask(tenant({ bandwidthMbps: 400 }, ...many), asks("c", 3, ADDRESS));
    assert.ok(refusal);
    const text = refusalText("team-a", refusal);
    assert.match(
      text,
      /held by default\/s39 30, default\/s38 29, .*default\/s30 21 and 20 more; this Service needs 10 Mbps/,
    );
    assert.ok(text.length < 600);
  });
  it("is granted at once below it, and counts from then on, also before the cloud shows it", () => {
    const { ledger } = start();
    assert.deepEqual(ledger.ask(tenant({ publicIps: 1 }), asks("a", 1, ADDRESS)), []);
    assert.equal(ledger.ask(tenant({ publicIps: 1 }), asks("b", 2, ADDRESS)).length, 1);
    assert.deepEqual(ledger.ask(tenant({ publicIps: 1 }), asks("a", 1, ADDRESS)), [], "its own is no other's");
  });
  it("leaves the other parts alone when one is refused, but for a load balancer's, which have no use without it", () => {
    const { ledger } = start();
    const growths = [
      { id: "blb", by: amount({ loadBalancers: 1 }) },
      { id: "address", by: ADDRESS },
    ] as const;
    const request = { ...asks("a", 1, ADDRESS), growths, firstDecides: true };
    const refused = (uid: string, limits: TenantAccount["limits"]) =>
      ledger.ask(tenant(limits), { ...request, uid }).map(({ id }) => id);
    assert.deepEqual(refused("a", { loadBalancers: 1, publicIps: 0 }), ["address"]);
    assert.deepEqual(refused("b", { loadBalancers: 1, publicIps: 0 }), ["blb"]);
  });
  it("may shrink, and stay as it is, where the tenant has more than it may", () => {
    const { ledger } = start();
    const over = tenant(
      { loadBalancers: 0, bandwidthMbps: 5 },
      holder("a", amount({ loadBalancers: 1, bandwidthMbps: 10 })),
    );
    assert.deepEqual(ledger.ask(over, { ...asks("a", 1, ADDRESS), growths: [] }), []);
    assert.deepEqual(ledger.ask(over, asks("b", 1, amount({ publicIps: 1 }))), [], "another kind is not limited");
  });
  it("is decided later when only what the manager before may have asked for stands against it", () => {
    const { ledger } = start();
    const limits = { publicIps: 1 };
    const request = asks("b", 2, ADDRESS);
    const [refusal] = ledger.ask(tenant(limits, holder("a", NOTHING, ADDRESS)), request);
    assert.equal(refusal?.unsettled, true);
    assert.match(refusalText("team-a", refusal), /before the change of leader may still come/);
    assert.deepEqual(ledger.wake(tenant(limits, holder("a", NOTHING))), ["b"]);
    assert.deepEqual(ledger.ask(tenant(limits, holder("a", NOTHING)), request), []);
  });
});

describe("what is granted", () => {
  const refuses = (ledger: ReturnType<typeof start>["ledger"]) =>
    ledger.ask(tenant({ publicIps: 1 }), asks("b", 2, ADDRESS)).length === 1;
  it("and does not show counts until it cannot come any more", async () => {
    const { clock, ledger, freed } = start();
    ledger.ask(tenant({ publicIps: 1 }), asks("a", 1, ADDRESS));
    ledger.looked("team-a", { uid: "a", name: "default/a" }, NOTHING);
    await clock.advance(SETTLE_MS - 1);
    assert.ok(refuses(ledger));
    await clock.advance(1);
    assert.deepEqual(freed, ["team-a"]);
    assert.ok(!refuses(ledger));
  });
  it("and was seen is free as soon as it is seen no more, or the Service has gone", () => {
    for (const end of ["looked", "gone"] as const) {
      const { ledger, freed } = start();
      ledger.ask(tenant({ publicIps: 1 }), asks("a", 1, ADDRESS));
      ledger.looked("team-a", { uid: "a", name: "default/a" }, ADDRESS);
      assert.ok(refuses(ledger));
      if (end === "gone") ledger.gone("a");
      else ledger.looked("team-a", { uid: "a", name: "default/a" }, NOTHING);
      assert.deepEqual(freed, ["team-a"]);
      assert.ok(!refuses(ledger));
    }
  });
});

describe("those that wait", () => {
  it("are told once, oldest first, as many as can have what they want", () => {
    const { ledger } = start();
    const full = tenant({ publicIps: 2 }, holder("x", ADDRESS), holder("y", ADDRESS));
    for (const [uid, at] of [
      ["new", 30],
      ["old", 10],
      ["mid", 20],
    ] as const)
      ledger.ask(full, asks(uid, at, ADDRESS));
    assert.deepEqual(ledger.wake(full), []);
    const free = tenant({ publicIps: 2 });
    assert.deepEqual(ledger.wake(free), ["old", "mid"]);
    assert.deepEqual(ledger.wake(free), [], "told already");
  });
  it("are not overtaken by younger ones", () => {
    const { ledger } = start();
    ledger.ask(tenant({ publicIps: 1 }, holder("x", ADDRESS)), asks("old", 10, ADDRESS));
    const [refusal] = ledger.ask(tenant({ publicIps: 1 }), asks("new", 20, ADDRESS));
    assert.ok(refusal);
    assert.match(refusalText("team-a", refusal), /older Services wait for what is left/);
    assert.deepEqual(ledger.ask(tenant({ publicIps: 1 }), asks("old", 10, ADDRESS)), []);
  });
  it("hold nothing back for which there is no room", () => {
    const { ledger } = start();
    const some = tenant({ bandwidthMbps: 50 }, holder("x", amount({ bandwidthMbps: 40 })));
    ledger.ask(some, asks("big", 10, amount({ bandwidthMbps: 100 })));
    assert.deepEqual(ledger.ask(some, asks("small", 20, ADDRESS)), []);
  });
  it("hold nothing back when they were told and did not come", async () => {
    const { clock, ledger } = start();
    ledger.ask(tenant({ publicIps: 1 }, holder("x", ADDRESS)), asks("lost", 5, ADDRESS));
    const free = tenant({ publicIps: 1 });
    assert.deepEqual(ledger.wake(free), ["lost"]);
    assert.equal(ledger.ask(free, asks("new", 20, ADDRESS)).length, 1);
    await clock.advance(SETTLE_MS + 1);
    assert.deepEqual(ledger.ask(free, asks("new", 20, ADDRESS)), []);
  });
});
