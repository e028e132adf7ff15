// Finds and starts a Node.js that can run this project's code. Runs on the system's Node.js (20 or newer): plain JavaScript.
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";

const NEEDED = 24;
const BROUGHT = fileURLToPath(new URL("../node_modules/.bin/node", import.meta.url));
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];

/** Whether the running Node.js is new enough itself. */
export function isNode24() {
  return Number(process.versions.node.split(".")[0]) >= NEEDED;
}

/** Path of a Node.js 24 or newer: the running one, the one the install brought, or one called `node` on PATH. Undefined if there is none. */
export function findNode24() {
  if (isNode24()) return process.execPath;
  return [BROUGHT, "node"].find((candidate) => {
    if (candidate === BROUGHT && !existsSync(candidate)) return false;
    const major = /^v(\d+)\./.exec(spawnSync(candidate, ["--version"], { encoding: "utf8" }).stdout ?? "")?.[1];
    return Number(major) >= NEEDED;
  });
}

/** The same, or one clear line and exit code 1. */
export function node24() {
  const found = findNode24();
  if (found) return found;
  process.stderr.write(
    `Node.js ${NEEDED} or newer is needed, this is ${process.version}: run "npm install" in the project (it brings one for ` +
      "Linux and macOS), or put one on PATH\n",
  );
  process.exit(1);
}

/** Runs a program with the terminal's streams, hands signals on, and resolves to its exit code. */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: "inherit", ...options });
    const forward = SIGNALS.map((signal) => {
      // Ctrl-C reaches the child by itself; a signal sent to this process alone does not.
      const handler = () => void child.kill(signal);
      process.on(signal, handler);
      return [signal, handler];
    });
    const end = (code) => {
      for (const [signal, handler] of forward) process.off(signal, handler);
      resolve(code);
    };
    child.once("error", (error) => {
      process.stderr.write(`${command} could not be started: ${error.message}\n`);
      end(1);
    });
    child.once("close", (code, signal) => end(code ?? (signal === "SIGINT" ? 130 : 143)));
  });
}

/** For the commands of the workspace: runs a TypeScript main program, in this process if it can. */
export async function runOnNode24(main, args) {
  if (isNode24()) {
    process.argv = [process.argv[0], fileURLToPath(main), ...args];
    await import(pathToFileURL(fileURLToPath(main)).href);
    return;
  }
  process.exitCode = await run(node24(), [fileURLToPath(main), ...args]);
}
