#!/usr/bin/env node
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline/promises";
import { openTransport, systemClock, systemRandom } from "@ccm/base/node";
import { privateFiles } from "@ccm/cluster-access/node";
import { connectKube } from "@ccm/kube/node";
import type { Io } from "./io.ts";
import { run } from "./program.ts";

const { stdin, stdout, stderr, env } = process;
const interrupted = new AbortController();
process.once("SIGINT", () => interrupted.abort(new Error("interrupted")));
process.once("SIGTERM", () => interrupted.abort(new Error("interrupted")));
// Whoever reads has had enough, as `| head` has.
stdout.on("error", () => process.exit());

const io: Io = {
  env,
  clock: systemClock,
  random: systemRandom,
  openTransport,
  connectKube,
  readFile: (path) => readFile(path, "utf8"),
  files: privateFiles({ clock: systemClock, random: systemRandom }),
  platform: process.platform,
  out: (text) => void stdout.write(text),
  err: (text) => void stderr.write(text),
  colors: stdout.isTTY === true && !env.NO_COLOR && env.TERM !== "dumb",
  async ask(question) {
    if (stdin.isTTY !== true) return undefined;
    const terminal = createInterface({ input: stdin, output: stderr });
    try {
      return await terminal.question(question, { signal: interrupted.signal });
    } finally {
      terminal.close();
    }
  },
  signal: interrupted.signal,
};

process.exitCode = await run(process.argv.slice(2), io);
// Calls that nobody waits for any more would keep the process alive.
if (interrupted.signal.aborted) process.exit();
