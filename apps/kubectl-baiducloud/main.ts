#!/usr/bin/env node
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline/promises";
import { text } from "node:stream/consumers";
import { openTransport, systemClock, systemRandom } from "@ccm/base/node";
import { privateFiles } from "@ccm/cluster-access/node";
import type { Io } from "./io.ts";

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
  connectKube: async (options) => (await import("@ccm/kube/node")).connectKube(options),
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
  input: () => text(stdin),
  signal: interrupted.signal,
};

const [, self = "", ...words] = process.argv;
// Docker knows its helpers by their names: a link to this program that has one is one.
const argv = /[\\/]docker-credential-[^\\/]+$/.test(self) ? ["registry", "credential-helper", ...words] : words;
// kubectl waits for this one at each of its commands: the others' code would take longer to load than it takes to answer.
process.exitCode =
  argv[0] === "credential"
    ? await (await import("./kubeconfig/credential-program.ts")).runCredential(argv, io)
    : await (await import("./program.ts")).run(argv, io);
// Calls that nobody waits for any more would keep the process alive.
if (interrupted.signal.aborted) process.exit();
