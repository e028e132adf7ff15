import type { Cancel, Clock } from "@ccm/base";
import { type Backend, memoryBackend } from "./backend.ts";

/** Records by id, in the order in which they were added. A record is plain JSON and never changed in place: use `set` or `patch`. */
export interface Table<T> {
  readonly size: number;
  get(id: string): T | undefined;
  has(id: string): boolean;
  set(id: string, record: T): void;
  /** Replaces some fields. Returns the new record; undefined when there is none. */
  patch(id: string, change: Partial<T>): T | undefined;
  delete(id: string): boolean;
  all(): readonly T[];
  ids(): readonly string[];
  /** The oldest ids. */
  first(count: number): readonly string[];
}

export type TransitionHandler = (id: string, data: Readonly<Record<string, unknown>>) => void;

/** The tables and the pending transitions of one scope: an account, or an account in a region. */
export interface Store {
  table<T>(name: string): Table<T>;
  /** The next number of a sequence, from 1. */
  next(sequence: string): number;
  /** Says what a transition does. It must look whether its object is still there and still waits for it. */
  on(transition: string, handler: TransitionHandler): void;
  /** Runs the transition of an object `delayMs` from now; it is a record too, so it outlives the process. */
  schedule(transition: string, id: string, delayMs: number, data?: Readonly<Record<string, unknown>>): void;
  /** Whether a table of any scope has this id. */
  isTaken(id: string): boolean;
  /** Changes the records with this id in all tables of this scope, whatever they are. Returns how many there were. */
  patchAll(
    id: string,
    change: (record: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>,
  ): number;
}

/** What becomes of a transition that is asked for: it is held until its holder is gone, or runs at once, or later, or its object fails instead. */
export type Detour =
  | { readonly heldBy: string }
  | { readonly now: true }
  | { readonly addMs: number }
  | { readonly status: string };
export type Gate = (transition: string, id: string) => Detour | undefined;

/** All scopes over one backend. */
export interface RootStore extends Store {
  scope(name: string): Store;
  /** Arms the transitions that were pending when the process ended. After all handlers are registered. */
  resume(): void;
  /** Writes what changed since the last time, in one transaction. */
  flush(): void;
  /**
   * Before an answer leaves: what changed so far is written when it resolves, in one transaction with what others change in
   * the same moment. Undefined where there is nothing to wait for. A read waits too, so that nobody hears of what may be lost.
   */
  durable(): Promise<void> | undefined;
  close(): void;
  /** Asked for each transition that is scheduled; undefined: nobody is. */
  setGate(gate: Gate | undefined): void;
  /** Lets go on what a detour holds: at its time, or at once where that is past. A holder does not outlive the process. */
  release(holder: string): void;
}

interface Pending {
  readonly transition: string;
  readonly id: string;
  /** Wall-clock milliseconds. */
  readonly dueMs: number;
  readonly data: Readonly<Record<string, unknown>>;
  /** The object is in this state in the end, instead of what the transition does. */
  readonly failed?: { readonly scope: string; readonly status: string };
  readonly heldBy?: string;
}

const PENDING = "transitions";
const SEQUENCES = "sequences";

export function createStore(clock: Clock, backend: Backend = memoryBackend): RootStore {
  const tables = new Map<string, Map<string, unknown>>();
  const dirty = new Map<string, { readonly table: string; readonly id: string }>();
  const handlers = new Map<string, TransitionHandler>();
  const timers = new Map<string, Cancel>();
  const rowsOf = (table: string): Map<string, unknown> => {
    const rows = tables.get(table) ?? new Map<string, unknown>();
    tables.set(table, rows);
    return rows;
  };
  for (const { table, id, record } of backend.load()) rowsOf(table).set(id, record);

  const tableOf = <T>(name: string): Table<T> => {
    const rows = rowsOf(name) as Map<string, T>;
    const touch = (id: string) => void dirty.set(`${name}\n${id}`, { table: name, id });
    const set = (id: string, record: T): void => {
      rows.set(id, record);
      touch(id);
    };
    return {
      get size() {
        return rows.size;
      },
      get: (id) => rows.get(id),
      has: (id) => rows.has(id),
      set,
      patch(id, change) {
        const before = rows.get(id);
        if (before === undefined) return undefined;
        const after = { ...before, ...change };
        set(id, after);
        return after;
      },
      delete(id) {
        const had = rows.delete(id);
        if (had) touch(id);
        return had;
      },
      all: () => [...rows.values()],
      ids: () => [...rows.keys()],
      first: (count) => [...rows.keys().take(count)],
    };
  };
  const pending = tableOf<Pending>(PENDING);
  const sequences = tableOf<{ readonly value: number }>(SEQUENCES);
  const next = (sequence: string): number => {
    const value = (sequences.get(sequence)?.value ?? 0) + 1;
    sequences.set(sequence, { value });
    return value;
  };
  const flush = (): void => {
    if (dirty.size === 0) return;
    const changes = [...dirty.values()].map(({ table, id }) => ({ table, id, record: tables.get(table)?.get(id) }));
    backend.commit(changes);
    dirty.clear();
  };
  let gathering: Promise<void> | undefined;
  const durable = (): Promise<void> | undefined => {
    if (dirty.size > 0 && backend.gather)
      gathering ??= backend.gather().then(() => {
        gathering = undefined;
        flush();
      });
    else flush();
    return gathering;
  };
  let gate: Gate | undefined;
  const patchAll = (prefix: string, id: string, change: Parameters<Store["patchAll"]>[1]): number => {
    let found = 0;
    for (const [name, rows] of tables) {
      const record = rows.get(id);
      if (!name.startsWith(prefix) || typeof record !== "object" || record === null) continue;
      tableOf(name).set(id, { ...record, ...change(record as Readonly<Record<string, unknown>>) });
      found++;
    }
    return found;
  };
  const arm = (key: string, { transition, id, dueMs, data, failed }: Pending): void => {
    const cancel = clock.schedule(Math.max(0, dueMs - clock.now()), () => {
      timers.delete(key);
      pending.delete(key);
      if (failed) patchAll(failed.scope, id, (record) => statusChange(record, failed.status));
      else handlers.get(transition)?.(id, data);
      flush();
    });
    timers.set(key, cancel);
  };
  const scope = (prefix: string): Store => ({
    table: (name) => tableOf(prefix + name),
    next: (sequence) => next(prefix + sequence),
    on: (transition, handler) => void handlers.set(prefix + transition, handler),
    schedule(transition, id, delayMs, data = {}) {
      const detour = gate?.(transition, id);
      if (detour && "now" in detour) {
        handlers.get(prefix + transition)?.(id, data);
        return;
      }
      const key = String(next(PENDING));
      const dueMs = clock.now() + delayMs + (detour && "addMs" in detour ? detour.addMs : 0);
      const failed = detour && "status" in detour ? { failed: { scope: prefix, status: detour.status } } : {};
      const entry = { transition: prefix + transition, id, dueMs, data, ...failed };
      const isHeld = detour && "heldBy" in detour;
      pending.set(key, isHeld ? { ...entry, heldBy: detour.heldBy } : entry);
      if (!isHeld) arm(key, entry);
    },
    isTaken: (id) => tables.values().some((rows) => rows.has(id)),
    patchAll: (id, change) => patchAll(prefix, id, change),
  });
  return {
    ...scope(""),
    scope: (name) => scope(`${name}/`),
    resume() {
      for (const key of pending.ids()) {
        const entry = pending.get(key);
        if (entry && !timers.has(key)) arm(key, entry);
      }
    },
    flush,
    durable,
    setGate(next) {
      gate = next;
    },
    release(holder) {
      for (const key of pending.ids()) {
        const { heldBy, ...entry } = pending.get(key) ?? {};
        if (heldBy !== holder) continue;
        pending.set(key, entry as Pending);
        arm(key, entry as Pending);
      }
      flush();
    },
    close() {
      for (const cancel of timers.values()) cancel();
      timers.clear();
      flush();
      backend.close();
    },
  };
}

/** Most objects have a status; those of CCE a phase. */
function statusChange(record: Readonly<Record<string, unknown>>, status: string): Readonly<Record<string, unknown>> {
  const field = ["status", "phase", "clusterPhase", "instancePhase"].find((name) => typeof record[name] === "string");
  return field ? { [field]: status } : {};
}
