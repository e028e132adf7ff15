import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { type Clock, sleep } from "@ccm/base";
import { isAlive } from "./ports.ts";

const POLL_MS = 500;

/**
 * Runs `fn` while no other process of this machine runs one under the same lock file. `onWait` hears once that another
 * is at it. The lock of a dead process is taken over; should two take it over in the same moment, both run, so what
 * `fn` makes must appear by a rename.
 */
export async function withFileLock<T>(
  file: string,
  clock: Clock,
  onWait: () => void,
  fn: () => Promise<T>,
): Promise<T> {
  mkdirSync(dirname(file), { recursive: true });
  let told = false;
  while (!take(file)) {
    if (!told) onWait();
    told = true;
    await sleep(clock, POLL_MS);
  }
  try {
    return await fn();
  } finally {
    rmSync(file, { force: true });
  }
}

function take(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    if (isOrphaned(file)) rmSync(file, { force: true });
    return false;
  }
}

function isOrphaned(file: string): boolean {
  try {
    const owner = readFileSync(file, "utf8");
    // An empty one is being written.
    return owner !== "" && !isAlive(Number(owner));
  } catch {
    return false;
  }
}
