import type { Account } from "../account.ts";
import { type Delta, KEYS, TABLE_NAMES, type TableName, type Tables, type Topology } from "../console/data.ts";
import { createViews, type Views } from "./topology.ts";

/** What an account has in a region, and how that differs from the last look. */
export interface TopologyTracker {
  /** Looks again. Undefined when nothing has changed since the last look. */
  refresh(): Delta | undefined;
  /** As it was at the last look. */
  snapshot(): Topology;
}

export function createTopologyTracker(account: Account): TopologyTracker {
  const read = createViews(account);
  let last = read();
  return {
    refresh() {
      const next = read();
      const delta = deltaOf(last, next);
      last = next;
      return delta;
    },
    snapshot: () => ({ account: account.id, region: account.region, ...last }),
  };
}

/** Compares by identity: a view that is the same object says the same. */
function deltaOf(before: Views, after: Views): Delta | undefined {
  const set: [TableName, readonly Tables[TableName][]][] = [];
  const gone: [TableName, readonly string[]][] = [];
  for (const name of TABLE_NAMES) {
    const old = new Set<Tables[TableName]>(before[name]);
    const fresh = after[name].filter((view) => !old.has(view));
    if (fresh.length === 0 && before[name].length === after[name].length) continue;
    const ids = new Set(after[name].map((view) => idOf(name, view)));
    const missing = before[name].map((view) => idOf(name, view)).filter((id) => !ids.has(id));
    if (fresh.length > 0) set.push([name, fresh]);
    if (missing.length > 0) gone.push([name, missing]);
  }
  if (set.length + gone.length === 0) return undefined;
  return { set: Object.fromEntries(set), gone: Object.fromEntries(gone) };
}

function idOf(name: TableName, view: Tables[TableName]): string {
  return (view as unknown as Readonly<Record<string, string>>)[KEYS[name]] ?? "";
}
