import { mkdirSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { integer, type Random } from "@ccm/base";

/** Below the ports that systems give to outgoing connections (from 32768), which take any free one at any moment. */
const FIRST = 20_000;
const COUNT = 12_000;
const TRIES = 100;
/** A file of a dead process is swept after this; until then another port is as good, and nobody sweeps a fresh one. */
const STALE_MS = 3_600_000;

export interface TakenPort {
  readonly port: number;
  release(): void;
}

/**
 * A free port on 127.0.0.1 that no other process of this kind takes as well: a file per port names its owner until it is
 * released or its owner is dead. Throws when a hundred tries find none.
 */
export async function takePort(random: Random, folder = portsFolder()): Promise<TakenPort> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (let i = 0; i < TRIES; i++) {
    const port = FIRST + integer(random, COUNT);
    const file = join(folder, String(port));
    if (!claim(file)) continue;
    if (await isFree(port)) return { port, release: () => rmSync(file, { force: true }) };
    rmSync(file, { force: true });
  }
  throw new Error(`no free port on 127.0.0.1 among ${TRIES} tried from ${FIRST} to ${FIRST + COUNT - 1}`);
}

/** One per user, so that nobody needs to write to another's. */
function portsFolder(): string {
  return join(tmpdir(), `control-plane-ports-${userInfo().username}`);
}

function claim(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: "wx", mode: 0o600 });
    return true;
  } catch {
    sweep(file);
    return false;
  }
}

function sweep(file: string): void {
  try {
    const isOld = Date.now() - statSync(file).mtimeMs > STALE_MS;
    if (isOld && !isAlive(Number(readFileSync(file, "utf8")))) unlinkSync(file);
  } catch {
    // Another process was quicker.
  }
}

/** Whether a process with this ID runs, whoever's it is. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen({ host: "127.0.0.1", port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
