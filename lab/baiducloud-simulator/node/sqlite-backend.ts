import { closeSync, openSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { setImmediate } from "node:timers/promises";
import type { Backend, Row } from "../store/backend.ts";

/** A store in a file of SQLite. What `commit` has written survives the process, and the machine. */
export interface SqliteBackend extends Backend {
  /** A text that goes with the file: the one that is there, or what `make` says the first time. */
  remember(name: string, make: () => string): string;
  /** The text that was kept last. */
  recall(name: string): string | undefined;
  keep(name: string, value: string): void;
  /** How often it has been asked for this, over all processes, this time included. */
  count(name: string): number;
}

/** "CCMS": tells our files from others' of SQLite. */
const APPLICATION = 0x43434d53;
const VERSION = 1;
const SCHEMA = `
  CREATE TABLE rows (place INTEGER PRIMARY KEY, name TEXT NOT NULL, id TEXT NOT NULL, record TEXT NOT NULL, UNIQUE (name, id));
  CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
  PRAGMA application_id = ${APPLICATION};
  PRAGMA user_version = ${VERSION};
`;

/** Opens the file, or makes it. Throws an Error of one line for a file that is no state, a later version's, or in use. */
export function openSqliteBackend(file: string): SqliteBackend {
  const database = open(file);
  const upsert = database.prepare(
    "INSERT INTO rows (name, id, record) VALUES (?, ?, ?) ON CONFLICT (name, id) DO UPDATE SET record = excluded.record",
  );
  const remove = database.prepare("DELETE FROM rows WHERE name = ? AND id = ?");
  const settings = database.prepare("SELECT value FROM settings WHERE name = ?");
  const recall = (name: string): string | undefined => {
    const known = settings.get(name);
    return known ? String(known.value) : undefined;
  };
  const set = database.prepare(
    "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
  );
  const keep = (name: string, value: string): void => void set.run(name, value);
  return {
    *load(): Generator<Row> {
      const all = database.prepare("SELECT name, id, record FROM rows ORDER BY place");
      for (const { name, id, record } of all.iterate()) {
        yield { table: String(name), id: String(id), record: JSON.parse(String(record)) };
      }
    },
    commit(changes) {
      database.exec("BEGIN");
      try {
        for (const { table, id, record } of changes) {
          if (record === undefined) remove.run(table, id);
          else upsert.run(table, id, JSON.stringify(record));
        }
        database.exec("COMMIT");
      } catch (error) {
        // Where the disk is full, SQLite has taken it back already.
        if (database.isTransaction) database.exec("ROLLBACK");
        throw error;
      }
    },
    // All requests that have come in by now are done first: the disk is waited for once for all of them.
    gather: () => setImmediate(),
    remember(name, make) {
      const known = recall(name);
      if (known !== undefined) return known;
      const value = make();
      keep(name, value);
      return value;
    },
    recall,
    keep,
    count(name) {
      const counted = database.prepare(
        "INSERT INTO settings (name, value) VALUES (?, '1') ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
      );
      return Number(counted.get(name)?.value);
    },
    close: () => database.close(),
  };
}

function open(file: string): DatabaseSync {
  const { DatabaseSync } = quietly(() => process.getBuiltinModule("node:sqlite"));
  let database: DatabaseSync | undefined;
  try {
    // It holds keys: only its owner reads it, and what SQLite puts beside it. A file that is there stays as it is.
    makePrivate(file);
    database = new DatabaseSync(file);
    // One process at a time; each commit is on the disk when it returns.
    database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
    const pragma = (name: string) => Number(Object.values(database?.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
    const tables = database.prepare("SELECT count(*) AS count FROM sqlite_schema").get()?.count;
    if (tables === 0) database.exec(SCHEMA);
    else if (pragma("application_id") !== APPLICATION) throw new Error("it is a database of something else");
    else if (pragma("user_version") > VERSION) throw new Error("it was written by a later version");
    // Takes the lock now and not with the first change.
    database.exec("BEGIN IMMEDIATE; COMMIT;");
    return database;
  } catch (error) {
    database?.close();
    throw new Error(`state file ${file}: ${reasonOf(error)}`);
  }
}

function makePrivate(file: string): void {
  try {
    closeSync(openSync(file, "a", 0o600));
  } catch {
    // SQLite is about to say why in its own words.
  }
}

function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  if (/locked/.test(text)) return "another process uses it";
  if (/not a database/.test(text)) return "it is no SQLite database";
  return text.replace(/\s+/g, " ");
}

/** Node.js 24 warns that its SQLite is new; whoever starts the simulator cannot do anything about it. */
function quietly<T>(load: () => T): T {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return load();
  } finally {
    process.emitWarning = emitWarning;
  }
}
