import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import type { Random } from "@ccm/base";
import { isAlive, takePort } from "./ports.ts";

/** Higher than any process ID that Linux or macOS gives. */
const DEAD = 2 ** 30;

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "ports-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Draws these numbers first, then counts up from the last. */
function draws(...first: readonly number[]): Random {
  const values = [...first];
  let last = 0;
  return {
    next() {
      last = values.shift() ?? last + 1;
      return (last + 0.5) / 12_000;
    },
    uuid: () => "",
  };
}

describe("taking a port", () => {
  it("gives each taker another one, until it is released", async (t) => {
    const folder = folderFor(t);
    const first = await takePort(draws(5000), folder);
    const second = await takePort(draws(5000), folder);
    assert.notEqual(first.port, second.port);
    first.release();
    const third = await takePort(draws(5000), folder);
    assert.equal(third.port, first.port);
    second.release();
    third.release();
    assert.deepEqual(readdirSync(folder), []);
  });

  it("passes over a port that somebody listens on", async (t) => {
    const folder = folderFor(t);
    const { port, release } = await takePort(draws(6000), folder);
    release();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    t.after(() => new Promise((resolve) => server.close(resolve)));
    const other = await takePort(draws(6000), folder);
    assert.notEqual(other.port, port);
  });

  it("stays below the ports of outgoing connections", async (t) => {
    const folder = folderFor(t);
    for (const drawn of [0, 11_999]) {
      const { port } = await takePort(draws(drawn, 1), folder);
      assert.ok(port >= 20_000 && port < 32_768, String(port));
    }
  });

  it("sweeps what a dead process has held, but not at once", async (t) => {
    const folder = folderFor(t);
    const { port, release } = await takePort(draws(7000), folder);
    release();
    const file = join(folder, String(port));
    writeFileSync(file, String(DEAD));
    assert.notEqual((await takePort(draws(7000, 1), folder)).port, port);
    assert.ok(existsSync(file));
    const longAgo = new Date(0);
    utimesSync(file, longAgo, longAgo);
    await takePort(draws(7000, 2), folder);
    assert.ok(!existsSync(file));
    assert.equal((await takePort(draws(7000), folder)).port, port);
  });
});

it("knows living processes from dead ones", () => {
  assert.ok(isAlive(process.pid));
  assert.ok(!isAlive(DEAD));
});
