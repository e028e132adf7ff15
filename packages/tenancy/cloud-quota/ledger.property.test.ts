import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { KeyedMutex, type Random, seededRandom, sleep, VirtualClock } from "@ccm/base";
import fc from "fast-check";
import { amount, type CloudAmount, type CloudLimits, DIMENSIONS, isNothing, minus, NOTHING, plus } from "./amount.ts";
import { type CloudLedger, createCloudLedger, type TenantAccount } from "./ledger.ts";

/** What is asked of the cloud is carried out within this time, and shows in its lists within that one. */
const TRAVEL_MS = 20_000;
const LAG_MS = 30_000;
const SETTLE_MS = TRAVEL_MS + LAG_MS;

interface Wish {
  readonly uid: string;
  readonly createdAt: number;
  readonly publicIps: number;
  readonly bandwidthMbps: number;
}

/** A cloud whose lists are late, and which may carry out what nobody waits for any more. */
function createCloud(clock: VirtualClock, random: Random, limits: CloudLimits) {
  const made = new Map<string, { uid: string; amount: CloudAmount; visibleAt: number }>();
  const byUid = new Map<string, Set<string>>();
  let total = NOTHING;
  const carryOut = (uid: string, key: string, what: CloudAmount): void => {
    // The same clientToken makes one.
    if (made.has(key)) return;
    made.set(key, { uid, amount: what, visibleAt: clock.monotonic() + random.next() * LAG_MS });
    byUid.set(uid, (byUid.get(uid) ?? new Set()).add(key));
    total = plus(total, what);
    for (const dimension of DIMENSIONS) {
      const limit = limits[dimension];
      if (limit !== undefined) assert.ok(total[dimension] <= limit, `${total[dimension]} of ${limit} ${dimension}`);
    }
  };
  return {
    total: () => total,
    /** What the lists show; `known`: and what is known to be there besides. */
    shown(uid: string, known?: ReadonlySet<string>): CloudAmount {
      let sum = NOTHING;
      for (const key of byUid.get(uid) ?? []) {
        const one = made.get(key);
        if (one && (one.visibleAt <= clock.monotonic() || known?.has(key))) sum = plus(sum, one.amount);
      }
      return sum;
    },
    /** Throws when the answer is lost, or the cloud refuses. */
    async create(uid: string, key: string, what: CloudAmount): Promise<void> {
      const fate = random.next();
      const travel = random.next() * TRAVEL_MS;
      if (fate < 0.1) {
        clock.schedule(travel, () => carryOut(uid, key, what));
        await sleep(clock, random.next() * 1000);
        throw new Error("no answer");
      }
      await sleep(clock, travel / 10);
      if (fate < 0.15) throw new Error("refused");
      carryOut(uid, key, what);
    },
    remove(uid: string): void {
      for (const key of byUid.get(uid) ?? []) {
        total = minus(total, made.get(key)?.amount ?? NOTHING);
        made.delete(key);
      }
      byUid.delete(uid);
    },
  };
}

/** A manager with the ledger: looks, asks, makes, looks again, until it is killed. */
function createManager(
  clock: VirtualClock,
  cloud: ReturnType<typeof createCloud>,
  limits: CloudLimits,
  wishes: Map<string, Wish>,
) {
  let alive = true;
  const startedAt = clock.monotonic();
  const inherited = new Set(wishes.keys());
  const woken: string[] = [];
  /** What it made itself it knows, whatever the lists show. */
  const own = new Map<string, Set<string>>();
  const has = (uid: string): CloudAmount => cloud.shown(uid, own.get(uid));
  /** When a create last had no answer. */
  const unanswered = new Map<string, number>();
  const alone = new KeyedMutex();
  const tenant = (): TenantAccount => ({
    name: "team",
    limits,
    holders: [...wishes.values()].map(({ uid, publicIps, bandwidthMbps }) => ({
      uid,
      name: uid,
      seen: cloud.shown(uid),
      mayCome:
        inherited.has(uid) && clock.monotonic() - startedAt < SETTLE_MS
          ? { loadBalancers: 1, publicIps, bandwidthMbps }
          : NOTHING,
    })),
  });
  const ledger: CloudLedger = createCloudLedger({ clock, settleMs: SETTLE_MS, onFreed: () => wake() });
  const converge = async (uid: string): Promise<void> => {
    for (let attempt = 0; attempt < 20; attempt++) {
      const wish = wishes.get(uid);
      if (!alive || !wish) return;
      const now = has(uid);
      const growths = [
        { id: "blb", by: amount({ loadBalancers: 1 }) },
        { id: "eip", by: amount({ publicIps: wish.publicIps, bandwidthMbps: wish.bandwidthMbps }) },
      ].filter(({ id }) => (id === "blb" ? now.loadBalancers === 0 : wish.publicIps > 0 && now.publicIps === 0));
      const firstDecides = growths[0]?.id === "blb";
      const refused = ledger.ask(tenant(), {
        uid,
        name: uid,
        createdAt: wish.createdAt,
        has: now,
        growths,
        firstDecides,
      });
      let failed = false;
      for (const { id, by } of growths) {
        if (refused.some((one) => one.id === id) || (id === "eip" && refused.some((one) => one.id === "blb"))) continue;
        try {
          await cloud.create(uid, `${uid}/${id}`, by);
          if (!alive) return;
          own.set(uid, (own.get(uid) ?? new Set()).add(`${uid}/${id}`));
        } catch {
          failed = true;
          unanswered.set(uid, clock.monotonic());
          break;
        }
      }
      if (!alive) return;
      if (wishes.has(uid)) ledger.looked("team", { uid, name: uid }, has(uid));
      if (!failed) return;
      await sleep(clock, 5000);
    }
  };
  const ensure = (uid: string): Promise<void> => alone.run(uid, () => converge(uid));
  const wake = (): void => {
    if (!alive) return;
    for (const uid of ledger.wake(tenant())) {
      woken.push(uid);
      void ensure(uid);
    }
  };
  clock.schedule(SETTLE_MS, wake);
  return {
    ledger,
    woken,
    tenant,
    ensure,
    wake,
    kill() {
      alive = false;
    },
    async remove(uid: string): Promise<void> {
      wishes.delete(uid);
      await alone.run(uid, async () => {
        // As the provider has it: a Service is not gone before nothing can come to be for it any more.
        const late = (unanswered.get(uid) ?? Number.NEGATIVE_INFINITY) + TRAVEL_MS - clock.monotonic();
        if (late > 0) await sleep(clock, late);
        cloud.remove(uid);
        ledger.gone(uid);
      });
    },
  };
}

const settled = (clock: VirtualClock) => clock.advance(4 * 3_600_000);

describe("the ledger of what tenants have in the cloud", () => {
  it("never lets 200 Services at once have more than the limit, whatever fails and whenever a manager dies", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          seed: fc.integer(),
          lbs: fc.option(fc.integer({ min: 0, max: 150 }), { nil: undefined }),
          ips: fc.option(fc.integer({ min: 0, max: 150 }), { nil: undefined }),
          mbps: fc.option(fc.integer({ min: 0, max: 2000 }), { nil: undefined }),
          deaths: fc.array(fc.integer({ min: 0, max: 90_000 }), { maxLength: 3 }),
        }),
        async ({ seed, lbs, ips, mbps, deaths }) => {
          const clock = new VirtualClock();
          const random = seededRandom(String(seed));
          const limits: CloudLimits = { loadBalancers: lbs, publicIps: ips, bandwidthMbps: mbps };
          const cloud = createCloud(clock, random, limits);
          const wishes = new Map<string, Wish>();
          for (let i = 0; i < 200; i++) {
            const uid = `s${String(i).padStart(3, "0")}`;
            const publicIps = random.next() < 0.8 ? 1 : 0;
            wishes.set(uid, { uid, createdAt: i, publicIps, bandwidthMbps: publicIps * Math.ceil(random.next() * 40) });
          }
          const start = () => {
            const manager = createManager(clock, cloud, limits, wishes);
            // Each looks at them in an order of its own.
            const order = [...wishes.keys()].map((uid) => ({ uid, at: random.next() })).sort((a, b) => a.at - b.at);
            for (const { uid } of order) void manager.ensure(uid);
            return manager;
          };
          let manager = start();
          for (const after of deaths) {
            await clock.advance(after);
            manager.kill();
            manager = start();
          }
          await settled(clock);
          const total = cloud.total();
          if (lbs !== undefined) assert.equal(total.loadBalancers, Math.min(200, lbs), "what may be had is had");
          // Something is freed: those that wait have it.
          const holders = [...wishes.keys()].filter((uid) => !isNothing(cloud.shown(uid))).slice(0, 20);
          for (const uid of holders) void manager.remove(uid);
          await settled(clock);
          if (lbs !== undefined) assert.equal(cloud.total().loadBalancers, Math.min(wishes.size, lbs));
          assert.equal(new Set(manager.woken).size <= wishes.size + holders.length, true);
        },
      ),
      { numRuns: 25 },
    );
  });
});
