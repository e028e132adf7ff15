#!/usr/bin/env node
// A docker credential helper: docker and podman start it where their config names "baiducloud".
import { runOnNode24 } from "../../../scripts/node24.mjs";

await runOnNode24(new URL("../main.ts", import.meta.url), ["registry", "credential-helper", ...process.argv.slice(2)]);
