import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The program beside this one: a source file in the workspace, a bundle under dist/. */
const BUNDLED = import.meta.url.endsWith(".mjs");
const MAIN = fileURLToPath(
  new URL(BUNDLED ? "./cloud-controller-manager.mjs" : "../cloud-controller-manager/main.ts", import.meta.url),
);
const STOP_GRACE_MS = 8000;

export interface CcmProcess {
  readonly pid: number;
  readonly logFile: string;
  /** Resolves when the process has ended, for whatever reason, with a text that says how. */
  readonly ended: Promise<string>;
  /** The newest lines of its log. */
  tail(): string;
  /** SIGTERM, and SIGKILL when it has not ended 8 s later. */
  stop(): Promise<void>;
  /** Without a chance to clean up. */
  kill(): Promise<void>;
}

/** Starts the cloud controller manager as a process of its own, exactly as a production cluster runs it. */
export function startCcm(args: readonly string[], logFile: string): CcmProcess {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "ignore", "pipe"] });
  const log = createWriteStream(logFile, { flags: "a", mode: 0o600 });
  // The folder of the log may be gone before its last line is.
  log.on("error", () => {});
  const last: string[] = [];
  createInterface({ input: child.stderr }).on("line", (line) => {
    log.write(`${line}\n`);
    last.push(line);
    if (last.length > 12) last.shift();
  });
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(`could not be started: ${error.message}`));
    child.once("close", (code, signal) => {
      log.end();
      resolve(signal ? `was ended by ${signal}` : `ended with exit code ${code}`);
    });
  });
  const killNow = () => void child.kill("SIGKILL");
  process.on("exit", killNow);
  void ended.then(() => process.off("exit", killNow));
  return {
    pid: child.pid ?? 0,
    logFile,
    ended,
    tail: () => last.join("\n"),
    async stop() {
      child.kill("SIGTERM");
      const timer = setTimeout(killNow, STOP_GRACE_MS);
      await ended;
      clearTimeout(timer);
    },
    async kill() {
      killNow();
      await ended;
    },
  };
}
