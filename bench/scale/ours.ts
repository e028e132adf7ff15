/** Our framework with the cloud in memory, as a process of its own: what `npm run bench -- scale` measures. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { systemClock } from "@ccm/base/node";
import { runProgram } from "@ccm/cloud-provider/node";
import { createMemoryCloud } from "./memory-cloud.ts";

const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();

const number = (name: string, otherwise: number) => Number(process.env[name] ?? otherwise);
const cloud = createMemoryCloud(systemClock, {
  metadataMs: number("BENCH_METADATA_MS", 100),
  ensureMs: number("BENCH_ENSURE_MS", 2000),
  updateMs: number("BENCH_UPDATE_MS", 500),
});
process.on("SIGUSR2", () => {
  const longestStallMs = Math.round(delay.max / 1e6);
  delay.reset();
  process.stdout.write(`${JSON.stringify({ calls: cloud.calls, lookedUp: cloud.lookedUp, longestStallMs })}\n`);
});

await runProgram({
  command: "bench",
  description: "the framework with a cloud in memory",
  version: "0",
  cloudProvider: "bench",
  createProvider: () => cloud,
});
