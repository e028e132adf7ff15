import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { seededRandom, VirtualClock } from "@ccm/base";
import { createSimulator } from "../simulator.ts";
import { openSqliteBackend } from "./sqlite-backend.ts";

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "sqlite-backend-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

describe("a store in a file", () => {
  it("gives the rows back in the order in which they were first written, changed and deleted ones too", () => {
    const file = join(folder, "rows.db");
    const first = openSqliteBackend(file);
    const row = (id: string, record: unknown) => ({ table: "t", id, record });
    first.commit([row("b", { n: 1 }), row("a", { n: 2 }), row("c", { n: 3 })]);
    first.commit([row("b", { n: 4 }), row("a", undefined)]);
    first.close();
    const second = openSqliteBackend(file);
    assert.deepEqual([...second.load()], [row("b", { n: 4 }), row("c", { n: 3 })]);
    second.close();
  });

  it("changes all of a commit or nothing", () => {
    const backend = openSqliteBackend(join(folder, "atomic.db"));
    const loop: Record<string, unknown> = {};
    loop.self = loop;
    assert.throws(() =>
      backend.commit([
        { table: "t", id: "1", record: {} },
        { table: "t", id: "2", record: loop },
      ]),
    );
    assert.deepEqual([...backend.load()], []);
    backend.close();
  });

  it("remembers a text", () => {
    const file = join(folder, "text.db");
    const first = openSqliteBackend(file);
    assert.equal(
      first.remember("pool", () => "one"),
      "one",
    );
    first.close();
    const second = openSqliteBackend(file);
    assert.equal(
      second.remember("pool", () => "another"),
      "one",
    );
    second.close();
  });

  it("keeps the latest text of a name", () => {
    const file = join(folder, "kept.db");
    const first = openSqliteBackend(file);
    assert.equal(first.recall("clock"), undefined);
    first.keep("clock", "one");
    first.keep("clock", "two");
    first.close();
    const second = openSqliteBackend(file);
    assert.equal(second.recall("clock"), "two");
    second.close();
  });

  it("refuses a file of a later version, and a database of something else", () => {
    const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
    const edit = (name: string, sql: string) => {
      const file = join(folder, name);
      const database = new DatabaseSync(file);
      database.exec(sql);
      database.close();
      return file;
    };
    openSqliteBackend(join(folder, "later.db")).close();
    const later = edit("later.db", "PRAGMA user_version = 99");
    assert.throws(() => openSqliteBackend(later), /^Error: state file .*later\.db: it was written by a later version$/);
    const other = edit("other.db", "CREATE TABLE songs (title TEXT)");
    assert.throws(() => openSqliteBackend(other), /^Error: state file .*: it is a database of something else$/);
  });

  it("is its owner's alone, as it holds keys", () => {
    const file = join(folder, "private.db");
    const backend = openSqliteBackend(file);
    backend.commit([{ table: "t", id: "1", record: {} }]);
    const modes = [file, `${file}-wal`].map((name) => statSync(name).mode & 0o077);
    backend.close();
    assert.deepEqual(modes, [0, 0]);
  });

  it("counts over all processes", () => {
    const file = join(folder, "count.db");
    const counts = [1, 2, 3].map(() => {
      const backend = openSqliteBackend(file);
      const count = backend.count("starts");
      backend.close();
      return count;
    });
    assert.deepEqual(counts, [1, 2, 3]);
  });

  it("says in one line what is wrong with a file", () => {
    const text = join(folder, "text.txt");
    writeFileSync(text, "no database, but long enough to be looked at as one ".repeat(20));
    assert.throws(() => openSqliteBackend(text), /^Error: state file .*text\.txt: it is no SQLite database$/);
    assert.throws(
      () => openSqliteBackend(join(folder, "no", "such", "folder.db")),
      /^Error: state file .*: unable to open/,
    );
    const used = openSqliteBackend(join(folder, "used.db"));
    assert.throws(() => openSqliteBackend(join(folder, "used.db")), /another process uses it$/);
    used.close();
  });

  it("lets a cloud go on where it ended, with its keys, its objects and what was about to happen", async () => {
    const file = join(folder, "cloud.db");
    const clock = new VirtualClock();
    const options = { clock, eipPool: "127.100.0.0/16", timings: { blbCreate: 60_000 } };
    const first = createSimulator({ ...options, random: seededRandom("first"), backend: openSqliteBackend(file) });
    const { id } = first.createInstance({ name: "node-1" });
    const { credentials, vpcId } = first;
    await first.close();
    const second = createSimulator({ ...options, random: seededRandom("second"), backend: openSqliteBackend(file) });
    assert.deepEqual(second.credentials, credentials);
    assert.equal(second.vpcId, vpcId);
    assert.deepEqual(
      second.inventory().instances.map((instance) => instance.id),
      [id],
    );
    await second.close();
  });
});

/** Makes machines as fast as it can, and says which ones it was told of. */
const WRITER = fileURLToPath(new URL("./testing/writer.ts", import.meta.url));

describe("a process with a store in a file", () => {
  it("loses nothing that it has acknowledged when it is killed, and leaves nothing half done", async () => {
    const file = join(folder, "killed.db");
    const acknowledged = new Set<string>();
    for (const enough of [1, 7, 40]) {
      const child: ChildProcess = spawn(process.execPath, [WRITER, file], { stdio: ["ignore", "pipe", "inherit"] });
      const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
      if (!child.stdout) throw new Error("no output");
      const already = acknowledged.size;
      for await (const line of createInterface({ input: child.stdout })) {
        acknowledged.add(line);
        if (acknowledged.size - already === enough) child.kill("SIGKILL");
      }
      await closed;
    }
    const clock = new VirtualClock();
    const backend = openSqliteBackend(file);
    const simulator = createSimulator({ clock, random: seededRandom("reader"), backend });
    const there = new Set(simulator.inventory().instances.map(({ id }) => id));
    assert.deepEqual(
      [...acknowledged].filter((id) => !there.has(id)),
      [],
    );
    const addresses = [...backend.load()].filter(({ table }) => table.endsWith("/takenIps"));
    assert.equal(addresses.length, there.size, "as many addresses as machines");
    await simulator.close();
  });
});
