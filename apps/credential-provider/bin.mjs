#!/usr/bin/env node
// Runs main.ts on Node.js 24: the system's own when it is new enough, else the one the install brought.
import { runOnNode24 } from "../../scripts/node24.mjs";

await runOnNode24(new URL("./main.ts", import.meta.url), process.argv.slice(2));
