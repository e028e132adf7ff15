// Installs the dependencies when they are missing or out of date. Runs on the system's Node.js (20 or newer): plain JavaScript.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const STAMP = `${ROOT}node_modules/.installed`;
const LOCK = `${ROOT}.install.lock`;
/** An install that takes longer has died. */
const LOCK_STALE_MS = 10 * 60_000;

/** Returns when everything is there. Says what it does; says nothing when there is nothing to do. Ends the process when it fails. */
export function install() {
  const wanted = fingerprint();
  if (isInstalled(wanted)) return;
  if (!takeLock()) {
    process.stderr.write("waiting for another install of this project to finish\n");
    while (!takeLock()) pause(500);
  }
  try {
    // Another process may have finished it while this one waited.
    if (isInstalled(wanted)) return;
    process.stderr.write("installing dependencies (about 60 packages, 250 MB; a minute at most, once)\n");
    // A hand-made node_modules that fits is kept by npm; scripts of packages are not needed by any that we use.
    const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    const npm = process.platform === "win32" ? "npm.cmd" : "npm";
    const result = spawnSync(npm, args, { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"] });
    if (result.error || result.status !== 0) {
      const why = result.error
        ? `npm cannot be started (${result.error.message})`
        : `npm ended with code ${result.status}`;
      fail(`the dependencies could not be installed: ${why}; is the package registry reachable?`);
    }
    writeFileSync(STAMP, wanted);
  } finally {
    rmSync(LOCK, { recursive: true, force: true });
  }
}

/** Changes when another set of packages is wanted, or the same folder is used on another kind of machine. */
function fingerprint() {
  const lock = readFileSync(`${ROOT}package-lock.json`);
  return createHash("sha256").update(lock).update(`${process.platform} ${process.arch}`).digest("hex");
}

function isInstalled(wanted) {
  return existsSync(STAMP) && readFileSync(STAMP, "utf8") === wanted;
}

/** Making a folder either works for one process or fails for the other: a lock that needs no help. */
function takeLock() {
  try {
    mkdirSync(LOCK);
    process.on("exit", () => rmSync(LOCK, { recursive: true, force: true }));
    return true;
  } catch {
    const age = existsSync(LOCK) ? Date.now() - statSync(LOCK).mtimeMs : 0;
    if (age > LOCK_STALE_MS) rmSync(LOCK, { recursive: true, force: true });
    return false;
  }
}

function pause(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  rmSync(LOCK, { recursive: true, force: true });
  process.exit(1);
}
