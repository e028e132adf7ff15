#!/usr/bin/env node
// Runs main.ts on Node.js 24: the system's own when it is new enough, else the one the install brought.
import module from "node:module";
import { runOnNode24 } from "../../scripts/node24.mjs";

// kubectl starts this for each of its commands when a kubeconfig names it: code that is compiled already starts in a third of the time.
const { XDG_CACHE_HOME, HOME, NODE_COMPILE_CACHE } = process.env;
const folder = XDG_CACHE_HOME || (HOME && `${HOME}/.cache`);
if (folder && !NODE_COMPILE_CACHE) {
  process.env.NODE_COMPILE_CACHE = `${folder}/kubectl-baiducloud/code`;
  module.enableCompileCache?.(process.env.NODE_COMPILE_CACHE);
}
const [, self = "", ...words] = process.argv;
// As in main.ts, which does not see under which name it was started from here.
const isHelper = /[\\/]docker-credential-[^\\/]+$/.test(self);
await runOnNode24(
  new URL("./main.ts", import.meta.url),
  isHelper ? ["registry", "credential-helper", ...words] : words,
);
