import type { Clock } from "@ccm/base";
import {
  type CloudAmount,
  type CloudLimits,
  DIMENSIONS,
  type Dimension,
  isNothing,
  isWithin,
  minus,
  most,
  NOTHING,
  plus,
} from "./amount.ts";

/** What of a tenant has, or may have, something in the cloud. */
export interface Holder {
  readonly uid: string;
  /** For people: `namespace/name` of a Service, or what was left of one. */
  readonly name: string;
  /** What the cloud shows of it. */
  readonly seen: CloudAmount;
  /** What a manager before this one may have asked for it, and the cloud does not show yet. */
  readonly mayCome: CloudAmount;
}

export interface TenantAccount {
  readonly name: string;
  readonly limits: CloudLimits;
  /** All that exist; those that the ledger knows besides are added to them. */
  readonly holders: readonly Holder[];
}

/** Something that is about to be made or enlarged. */
export interface Growth<Id extends string = string> {
  readonly id: Id;
  readonly by: CloudAmount;
}

export interface GrowthRequest<Id extends string = string> {
  readonly uid: string;
  readonly name: string;
  /** Milliseconds. Of those that wait the oldest comes first. */
  readonly createdAt: number;
  /** What it has now, seen a moment ago. */
  readonly has: CloudAmount;
  /** In this order. When the first of `all` is refused, so are the others: they have no use without it. */
  readonly growths: readonly Growth<Id>[];
  readonly firstDecides: boolean;
}

export interface Refusal<Id extends string = string> {
  readonly id: Id;
  readonly dimension: Dimension;
  readonly limit: number;
  /** Of all of the tenant, without this request. */
  readonly used: number;
  /** When `used` leaves room for it, Services that are older wait for that. */
  readonly wanted: number;
  readonly holders: readonly { readonly name: string; readonly amount: number }[];
  /** Only what a manager before this one may have asked for stands against it: it may be gone in a moment. */
  readonly unsettled: boolean;
}

interface Entry {
  tenant: string;
  name: string;
  /** What it may have, as far as this manager knows: what it was seen with last, or what it was granted since. */
  held: CloudAmount;
  /** As long as what was granted was not seen: what was. */
  confirmed: CloudAmount | undefined;
  /** It has been deleted. */
  gone: boolean;
  /** Ends the wait for what was granted and does not show. */
  expiry: (() => void) | undefined;
}

interface Waiting {
  readonly tenant: string;
  readonly request: GrowthRequest;
  /** It was refused for the sake of what may come. */
  readonly unsettled: boolean;
  woken: boolean;
}

export interface CloudLedger {
  /**
   * Grants or refuses, at once: what is granted counts from now on. Growths of no consequence to a limit are always
   * granted. Returns what was refused.
   */
  ask<Id extends string>(tenant: TenantAccount, request: GrowthRequest<Id>): readonly Refusal<Id>[];
  /** What a Service had when it was last looked at, after all that was granted has been done or has failed. */
  looked(tenant: string, service: Pick<GrowthRequest, "uid" | "name">, has: CloudAmount): void;
  /** Everything of it was removed. */
  gone(uid: string): void;
  /** What of the tenant counts, each for itself. */
  countOf(
    tenant: Pick<TenantAccount, "name" | "holders">,
  ): readonly { readonly name: string; readonly amount: CloudAmount }[];
  /**
   * Those that could have some of what they want by now, oldest first; each is told once, until it has asked again.
   * `settled`: what a manager before may have asked for has come, or never comes: who was refused for its sake is told, too.
   */
  wake(tenant: TenantAccount, settled?: boolean): readonly string[];
  readonly waiting: readonly string[];
  /** A Service that wants nothing any more. */
  forget(uid: string): void;
}

export interface CloudLedgerOptions {
  readonly clock: Clock;
  /** After this long, what was asked of the cloud and is not seen does not come any more. */
  readonly settleMs: number;
  /** Something of this tenant may be free now. */
  readonly onFreed?: (tenant: string) => void;
}

/**
 * Who has what, of all tenants, in the one manager that leads. Exact as everything that grows is granted here first, in one
 * turn: between a look at the sum and the reservation nothing else runs. What it holds in memory is only what the cloud does not
 * show yet; the rest is counted from what exists.
 */
export function createCloudLedger({ clock, settleMs, onFreed = () => {} }: CloudLedgerOptions): CloudLedger {
  const entries = new Map<string, Entry>();
  const waiting = new Map<string, Waiting>();

  const counted = (
    { name, holders }: Pick<TenantAccount, "name" | "holders">,
    unsettled: boolean,
  ): Map<string, Counted> => {
    const all = new Map<string, Counted>();
    for (const { uid, name, seen, mayCome } of holders) {
      all.set(uid, { name, amount: unsettled ? most(seen, mayCome) : seen });
    }
    for (const [uid, { tenant, name: known, held }] of entries) {
      const there = all.get(uid);
      if (there) there.amount = most(there.amount, held);
      else if (tenant === name) all.set(uid, { name: known, amount: held });
    }
    return all;
  };
  const setEntry = (uid: string, change: Partial<Entry> & Pick<Entry, "tenant" | "name">): Entry => {
    const fresh: Entry = { held: NOTHING, confirmed: undefined, gone: false, expiry: undefined, ...change };
    const entry = Object.assign(entries.get(uid) ?? fresh, change);
    entries.set(uid, entry);
    return entry;
  };
  const set = (uid: string, entry: Entry, to: CloudAmount): void => {
    const less = !isWithin(entry.held, to);
    entry.held = to;
    entry.confirmed = undefined;
    entry.expiry?.();
    entry.expiry = undefined;
    if (entry.gone) entries.delete(uid);
    if (less) onFreed(entry.tenant);
  };
  const settle = (uid: string, entry: Entry, has: CloudAmount): void => {
    // What was seen in full, and is less now, was taken away. What never showed may still be on its way.
    if (entry.confirmed === undefined || isWithin(entry.held, has)) {
      set(uid, entry, has);
      return;
    }
    entry.confirmed = has;
    entry.expiry ??= clock.schedule(settleMs, () => {
      entry.expiry = undefined;
      if (entries.get(uid) === entry && entry.confirmed) set(uid, entry, entry.confirmed);
    });
  };

  /** In the order of their age. */
  const queue = (tenant: string): readonly Waiting[] =>
    [...waiting.values()].filter((one) => one.tenant === tenant).sort((a, b) => byAge(a.request, b.request));
  /** It wants nothing any more: nothing is kept for it. */
  const leave = (uid: string): void => {
    const one = waiting.get(uid);
    if (!one) return;
    waiting.delete(uid);
    onFreed(one.tenant);
  };
  /** Who was told, and does not come, wants nothing any more. */
  const expect = (one: Waiting): void => {
    one.woken = true;
    clock.schedule(settleMs, () => {
      if (waiting.get(one.request.uid) === one) leave(one.request.uid);
    });
  };

  const decide = <Id extends string>(tenant: TenantAccount, request: GrowthRequest<Id>, unsettled: boolean) => {
    const all = counted(tenant, unsettled);
    const others = new Map(all);
    const own = most(entries.get(request.uid)?.held ?? NOTHING, request.has);
    others.delete(request.uid);
    let reserved = sum(others);
    // Nobody takes what an older one waits for and can have.
    for (const { request: older } of queue(tenant.name)) {
      if (byAge(older, request) >= 0) break;
      const base = most(all.get(older.uid)?.amount ?? NOTHING, older.has);
      const { total } = take(tenant.limits, minus(plus(reserved, own), base), base, older, NOBODY);
      reserved = plus(reserved, minus(total, base));
    }
    return take(tenant.limits, reserved, own, request, others);
  };

  return {
    ask(tenant, request) {
      const { refusals, total } = decide(tenant, request, true);
      const held = entries.get(request.uid)?.held ?? NOTHING;
      const grows = !isWithin(total, request.has);
      const entry = setEntry(request.uid, { tenant: tenant.name, name: request.name, gone: false });
      entry.held = most(held, total);
      if (grows) {
        entry.confirmed = request.has;
        entry.expiry?.();
        entry.expiry = undefined;
      }
      if (refusals.length === 0) {
        waiting.delete(request.uid);
        return [];
      }
      const settled = decide(tenant, request, false).refusals;
      const told = refusals.map((one) => settled.find(({ id }) => id === one.id) ?? { ...one, unsettled: true });
      const unsettled = told.some((one) => one.unsettled);
      waiting.set(request.uid, { tenant: tenant.name, request, unsettled, woken: false });
      return told;
    },
    looked(tenant, { uid, name }, has) {
      const entry = setEntry(uid, { tenant, name });
      settle(uid, entry, has);
    },
    gone(uid) {
      const entry = entries.get(uid);
      if (entry) {
        entry.gone = true;
        settle(uid, entry, NOTHING);
      }
      leave(uid);
    },
    countOf: (tenant) => [...counted(tenant, false).values()].filter(({ amount }) => !isNothing(amount)),
    wake(tenant, settled = false) {
      const all = counted(tenant, true);
      let used = sum(all);
      const woken: string[] = [];
      for (const one of queue(tenant.name)) {
        const { uid, has } = one.request;
        const base = most(all.get(uid)?.amount ?? NOTHING, has);
        const { refusals, total } = take(tenant.limits, minus(used, base), base, one.request, NOBODY);
        used = plus(used, minus(total, base));
        // With nothing more than what it was granted before there is no reason to look at it.
        const inVain = isWithin(total, base) && refusals.length > 0;
        if (one.woken || (inVain && !(settled && one.unsettled))) continue;
        expect(one);
        woken.push(uid);
      }
      return woken;
    },
    get waiting() {
      return [...waiting.keys()];
    },
    forget: leave,
  };
}

const NOBODY: ReadonlyMap<string, Counted> = new Map();

interface Counted {
  readonly name: string;
  amount: CloudAmount;
}

/** Gives to a request what fits beside what the others have. */
function take<Id extends string>(
  limits: CloudLimits,
  others: CloudAmount,
  own: CloudAmount,
  { name, has, growths, firstDecides }: GrowthRequest<Id>,
  holders: ReadonlyMap<string, Counted>,
): { readonly refusals: readonly Refusal<Id>[]; readonly total: CloudAmount } {
  const refusals: Refusal<Id>[] = [];
  let total = has;
  for (const { id, by } of growths) {
    if (firstDecides && refusals.length > 0 && refusals[0]?.id === growths[0]?.id) break;
    const next = plus(total, by);
    // What it was granted before is its own already.
    const short = DIMENSIONS.find((key) => {
      const limit = limits[key];
      return limit !== undefined && by[key] > 0 && next[key] > own[key] && others[key] + next[key] > limit;
    });
    if (short === undefined) {
      total = next;
      continue;
    }
    const names = [...holders.values(), { name, amount: total }].map((one) => ({
      name: one.name,
      amount: one.amount[short],
    }));
    refusals.push({
      id,
      dimension: short,
      limit: limits[short] ?? 0,
      used: names.reduce((all, one) => all + one.amount, 0),
      wanted: by[short],
      holders: names
        .filter(({ amount }) => amount > 0)
        .sort((a, b) => b.amount - a.amount || (a.name < b.name ? -1 : 1)),
      unsettled: false,
    });
  }
  return { refusals, total: most(own, total) };
}

function sum(all: ReadonlyMap<string, Counted>): CloudAmount {
  return [...all.values()].reduce((total, { amount }) => plus(total, amount), NOTHING);
}

function byAge(a: GrowthRequest, b: GrowthRequest): number {
  return a.createdAt - b.createdAt || (a.uid < b.uid ? -1 : a.uid > b.uid ? 1 : 0);
}
