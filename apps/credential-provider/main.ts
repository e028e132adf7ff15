#!/usr/bin/env node
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { openTransport, systemClock, systemRandom } from "@ccm/base/node";
import { run } from "./program.ts";

const { stdin, stdout, stderr, env } = process;
const stopped = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => stopped.abort(new Error(`ended by ${signal}`)));
}

process.exitCode = await run(process.argv.slice(2), {
  env,
  clock: systemClock,
  random: systemRandom,
  openTransport,
  readFile: (path) => readFile(path, "utf8"),
  readInput: async () => (stdin.isTTY === true ? undefined : text(stdin)),
  out: (line) => void stdout.write(line),
  err: (line) => void stderr.write(line),
  signal: stopped.signal,
});
