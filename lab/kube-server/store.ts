/** Objects by key with a revision history: what etcd and the watch cache are for a real API server. */
import type { Stored } from "./json.ts";

export interface Change {
  readonly revision: number;
  readonly key: string;
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  /** The state after the change; for DELETED the last state, with the revision of the deletion. */
  readonly object: Stored;
  readonly previous: Stored | undefined;
}

/** The objects of one resource as they were at one revision, in order of key. */
export interface Snapshot {
  readonly keys: readonly string[];
  get(key: string): Stored | undefined;
}

interface Table {
  readonly objects: Map<string, Stored>;
  /** Sorted, so that lists and pages need no sorting. */
  readonly keys: string[];
  history: Change[];
  /** The newest revision whose change is forgotten. */
  forgotten: number;
  readonly watchers: Set<(change: Change) => void>;
}

export class Store {
  #revision = 1;
  readonly #historySize: number;
  readonly #tables = new Map<string, Table>();
  readonly #observers: ((table: string, change: Change) => void)[] = [];

  /** `historySize`: changes remembered per resource; older watches and pages get "gone". */
  constructor(historySize: number) {
    this.#historySize = historySize;
  }

  /** The revision of the newest write. */
  get revision(): number {
    return this.#revision;
  }

  get(table: string, key: string): Stored | undefined {
    return this.#tables.get(table)?.objects.get(key);
  }

  /** Whether everything after `revision` is still remembered. */
  remembers(table: string, revision: number): boolean {
    return revision >= (this.#tables.get(table)?.forgotten ?? 0);
  }

  /** `object` is kept as given, with the new resourceVersion in its metadata. */
  put(table: string, key: string, object: Stored): Stored {
    const rows = this.#table(table);
    const previous = rows.objects.get(key);
    const revision = ++this.#revision;
    const stored: Stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
    rows.objects.set(key, stored);
    if (!previous) rows.keys.splice(lowerBound(rows.keys, key), 0, key);
    this.#record(table, rows, { revision, key, type: previous ? "MODIFIED" : "ADDED", object: stored, previous });
    return stored;
  }

  /** `last`: the state to show in the deletion, when it is not the stored one. */
  remove(table: string, key: string, last?: Stored): Stored | undefined {
    const rows = this.#table(table);
    const previous = rows.objects.get(key);
    if (!previous) return undefined;
    const revision = ++this.#revision;
    rows.objects.delete(key);
    rows.keys.splice(lowerBound(rows.keys, key), 1);
    const shown = last ?? previous;
    const object: Stored = { ...shown, metadata: { ...shown.metadata, resourceVersion: String(revision) } };
    this.#record(table, rows, { revision, key, type: "DELETED", object, previous });
    return object;
  }

  /** The state now, or at an earlier revision; undefined when that is no longer known. */
  snapshot(table: string, revision?: number): Snapshot | undefined {
    const rows = this.#table(table);
    if (revision === undefined) return { keys: rows.keys, get: (key) => rows.objects.get(key) };
    if (revision < rows.forgotten) return undefined;
    const undone = new Map<string, Stored | undefined>();
    for (let i = rows.history.length - 1; i >= 0; i--) {
      const change = rows.history[i] as Change;
      if (change.revision <= revision) break;
      undone.set(change.key, change.previous);
    }
    if (undone.size === 0) return { keys: rows.keys, get: (key) => rows.objects.get(key) };
    const get = (key: string) => (undone.has(key) ? undone.get(key) : rows.objects.get(key));
    const gone = [...undone.keys()].filter((key) => !rows.objects.has(key));
    const keys = [...rows.keys, ...gone].filter((key) => get(key) !== undefined).sort(compare);
    return { keys, get };
  }

  /** What happened after `revision`, oldest first. Only complete if `remembers` says so. */
  since(table: string, revision: number): readonly Change[] {
    const history = this.#table(table).history;
    let low = 0;
    let high = history.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((history[middle] as Change).revision > revision) high = middle;
      else low = middle + 1;
    }
    return history.slice(low);
  }

  /** Calls `fn` synchronously for each change of one resource. Returns a function that ends it. */
  watch(table: string, fn: (change: Change) => void): () => void {
    const { watchers } = this.#table(table);
    watchers.add(fn);
    return () => watchers.delete(fn);
  }

  /** Calls `fn` synchronously for each change of any resource, before watchers see it. */
  observe(fn: (table: string, change: Change) => void): void {
    this.#observers.push(fn);
  }

  #table(name: string): Table {
    let table = this.#tables.get(name);
    if (!table) {
      table = { objects: new Map(), keys: [], history: [], forgotten: 0, watchers: new Set() };
      this.#tables.set(name, table);
    }
    return table;
  }

  #record(name: string, table: Table, change: Change): void {
    table.history.push(change);
    // Trimmed in blocks, so that a write stays constant time.
    if (table.history.length >= this.#historySize * 2) {
      const dropped = table.history.length - this.#historySize;
      table.forgotten = (table.history[dropped - 1] as Change).revision;
      table.history = table.history.slice(dropped);
    }
    for (const fn of this.#observers) fn(name, change);
    for (const fn of table.watchers) fn(change);
  }
}

/** Keys compare by code unit, as bytes do in etcd for ASCII names. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Index of the first key that is not before `key`. */
export function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keys[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
