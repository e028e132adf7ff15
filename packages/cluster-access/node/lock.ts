import { createHash } from "node:crypto";
import { open, readFile, rm, stat, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { type Clock, jitter, type Random, repeat, sleep } from "@ccm/base";

export interface LockMachine {
  readonly clock: Clock;
  readonly random: Random;
  /** Whether a process of this machine lives. Default: the system is asked. */
  readonly isAlive?: (pid: number) => boolean;
}

const POLL_MS = 20;
/** The holder shows this often that it lives, so that machines that share the folder know as well. */
const BEAT_MS = 2_000;
/** A lock that shows no life for so long is nobody's. kubectl holds its own for some milliseconds, and leaves them on a crash. */
const STALE_MS = 15_000;
/** One whose holder lives here may only be slow, on a machine with much to do; another process may have its number, though. */
const STALE_ALIVE_MS = 120_000;

/**
 * Runs `run` while this process holds the lock file. Node.js has no flock: the file is made exclusively, names its
 * holder, and is kept fresh. It is taken over from a process that has died, exactly once: who wants to do that must first
 * make a file named after the very lock that is to go. Rejects with the signal's reason.
 */
export async function withFileLock<T>(
  path: string,
  machine: LockMachine,
  run: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const { clock, random } = machine;
  const mine = JSON.stringify({ pid: process.pid, host: hostname(), id: random.uuid() });
  while (!(await make(path, mine))) {
    signal?.throwIfAborted();
    if (!(await takeAway(path, machine))) await sleep(clock, jitter(random, POLL_MS, 1), signal);
  }
  const ended = new AbortController();
  const beating = repeat(clock, BEAT_MS, ended.signal, async () => {
    const now = new Date(clock.now());
    await utimes(path, now, now).catch(() => {});
  });
  try {
    return await run();
  } finally {
    ended.abort();
    await beating;
    // Somebody may have thought us dead, after a sleep of the machine.
    if ((await content(path)) === mine) await rm(path, { force: true });
  }
}

async function make(path: string, text: string): Promise<boolean> {
  try {
    const file = await open(path, "wx", 0o600);
    try {
      await file.writeFile(text);
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

/** Removes a lock whose holder has died. Resolves to whether it is worth while to try at once. */
async function takeAway(path: string, machine: LockMachine): Promise<boolean> {
  const seen = await look(path);
  if (!seen) return true;
  if (!isDead(seen, machine)) return false;
  const name = createHash("sha256").update(`${seen.text} ${seen.made}`).digest("hex").slice(0, 16);
  const claim = `${path}.${name}`;
  if (!(await make(claim, ""))) {
    // Its maker died within two file operations.
    const other = await look(claim);
    if (other && machine.clock.now() - other.beat > STALE_MS) await rm(claim, { force: true });
    return false;
  }
  try {
    const now = await look(path);
    if (now && now.text === seen.text && now.made === seen.made) await rm(path, { force: true });
    return true;
  } finally {
    await rm(claim, { force: true });
  }
}

interface Lock {
  readonly text: string;
  /** When the file was made, and when it last showed life; milliseconds since the epoch. */
  readonly made: number;
  readonly beat: number;
}

async function look(path: string): Promise<Lock | undefined> {
  try {
    const { birthtimeMs, mtimeMs, ino } = await stat(path);
    const text = await content(path);
    return text === undefined ? undefined : { text, made: birthtimeMs + ino, beat: mtimeMs };
  } catch {
    return undefined;
  }
}

/** "" for one that cannot be read, as kubectl makes it without any permission. */
async function content(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    return code === "ENOENT" ? undefined : "";
  }
}

function isDead({ text, beat }: Lock, { clock, isAlive = lives }: LockMachine): boolean {
  const silentMs = clock.now() - beat;
  const [, pid, host] = /^\{"pid":(\d{1,10}),"host":("[^"]*")/.exec(text) ?? [];
  if (pid === undefined || host !== JSON.stringify(hostname())) return silentMs > STALE_MS;
  return !isAlive(Number(pid)) || silentMs > STALE_ALIVE_MS;
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
