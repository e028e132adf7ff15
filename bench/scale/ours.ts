/** Our framework with the cloud in memory, as a process of its own: what `npm run bench -- scale` measures. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { listen, openTransport, systemClock, systemRandom } from "@ccm/base/node";
import { parseFlags, runManager } from "@ccm/cloud-provider";
import { createKubeClient } from "@ccm/kube";
import { connectKube } from "@ccm/kube/node";
import { createStderrLogger } from "../../apps/cloud-controller-manager/logger.ts";
import { createPrometheusMetrics } from "../../apps/cloud-controller-manager/metrics.ts";
import { createMemoryCloud } from "./memory-cloud.ts";

const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();

const parsed = parseFlags(process.argv.slice(2), {
  command: "bench",
  description: "the framework with a cloud in memory",
  version: "0",
  cloudProvider: "bench",
});
if (parsed.kind === "print") throw new Error("expected flags of the manager");
const { config } = parsed;
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

const stop = new AbortController();
process.once("SIGTERM", () => stop.abort(new Error("ended by SIGTERM")));
const connection = await connectKube({ kubeconfig: config.kubeconfig, server: config.master });
const metrics = createPrometheusMetrics();
const logger = createStderrLogger(config.logLevel, "text");
const transport = openTransport(connection.tls);
const client = createKubeClient({
  baseUrl: connection.server,
  send: transport.send,
  authorize: connection.authorize,
  clock: systemClock,
  random: systemRandom,
  logger,
  metrics,
  userAgent: "bench",
  qps: config.kubeApiQps,
  burst: config.kubeApiBurst,
});
await runManager(
  config,
  cloud,
  { client, clock: systemClock, random: systemRandom, logger, metrics, hostname: "bench", listen },
  stop.signal,
);
await transport.close();
