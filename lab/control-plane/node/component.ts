import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import type { Socket } from "node:net";

/**
 * Starts a program that cannot outlive us. The shell forks a watcher and then becomes the program. The watcher waits
 * for the end of a pipe whose only other end is ours: the kernel closes that one however we die, SIGKILL included, and
 * then the watcher kills the program and removes the folder. It is in the program's process group, so the group's
 * number, which is the program's process ID, cannot go to another process while the watcher lives.
 */
const SUPERVISOR = `folder=$1; shift
(
  trap "" TERM INT HUP
  read -r _ <&3
  kill -KILL $$
  rm -rf "$folder" || { sleep 1; rm -rf "$folder"; }
) </dev/null >/dev/null 2>&1 &
exec "$@" 3<&-`;

export interface ComponentOptions {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  /** Removed when this process dies without having stopped the component. */
  readonly folder: string;
  /** Gets what the program writes, appended. */
  readonly logFile: string;
}

export interface Component {
  readonly name: string;
  readonly pid: number;
  /** Resolves when it has ended, for whatever reason, with a text that says how. */
  readonly ended: Promise<string>;
  hasEnded(): boolean;
  log(): string;
  /** SIGTERM, and SIGKILL when it has not ended within `graceMs`. */
  stop(graceMs: number): Promise<void>;
  kill(): Promise<void>;
}

/** Does not keep this process alive. */
export function startComponent({ name, file, args, folder, logFile }: ComponentOptions): Component {
  const log = openSync(logFile, "a", 0o600);
  const child = spawn("/bin/sh", ["-c", SUPERVISOR, "sh", folder, file, ...args], {
    detached: true,
    stdio: ["ignore", log, log, "pipe"],
  });
  closeSync(log);
  const lifeline = child.stdio[3] as Socket;
  lifeline.on("error", () => {});
  lifeline.unref();
  child.unref();
  let over = false;
  const ended = new Promise<string>((resolve) => {
    const end = (how: string) => {
      over = true;
      // The watcher is what is left of the group.
      signal(-(child.pid ?? 0), "SIGKILL");
      lifeline.destroy();
      resolve(how);
    };
    child.once("error", (error) => end(`could not be started: ${error.message}`));
    child.once("exit", (code, by) => end(by ? `was ended by ${by}` : `ended with exit code ${code}`));
  });
  const send = (what: NodeJS.Signals) => {
    if (!over) signal(child.pid ?? 0, what);
  };
  /** While somebody waits for the end, this process must not end first. */
  const wait = async () => {
    child.ref();
    await ended;
  };
  return {
    name,
    pid: child.pid ?? 0,
    ended,
    hasEnded: () => over,
    log: () => readFileSync(logFile, "utf8"),
    async stop(graceMs) {
      send("SIGTERM");
      const timer = setTimeout(() => send("SIGKILL"), graceMs);
      await wait();
      clearTimeout(timer);
    },
    async kill() {
      send("SIGKILL");
      await wait();
    },
  };
}

function signal(pid: number, what: NodeJS.Signals): void {
  // 0 and -0 are this process's own group.
  if (pid === 0) return;
  try {
    process.kill(pid, what);
  } catch {
    // It has gone already.
  }
}
