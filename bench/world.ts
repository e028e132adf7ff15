/**
 * The whole system in one process: N nodes and M Services until all have their address, then ten quiet minutes. Counts
 * calls, which do not depend on the machine; times are given with the machine they were taken on.
 *
 *   npm run bench -- world [nodes] [services]
 */
import { cpus } from "node:os";
import { SERVICES } from "@ccm/kube";
import { createWorld } from "@ccm/world";

const [nodes = 50, services = 20] = process.argv.slice(2).map(Number);
const QUIET_MS = 600_000;
const SETTLE_MS = 300_000;

const started = performance.now();
const world = await createWorld({
  seed: "bench",
  nodes,
  quotas: { blbs: services, eips: services, routeRules: nodes },
});
world.startCcm();
for (let i = 0; i < services; i++) {
  await world.client.create(SERVICES, {
    apiVersion: "v1",
    kind: "Service",
    metadata: { namespace: "default", name: `web-${i}` },
    spec: { type: "LoadBalancer", ports: [{ name: "http", port: 80 }] },
  });
}
const addressed = () => world.simulator.inventory().eips.filter(({ status }) => status === "binded").length;
const begin = world.clock.monotonic();
const done = await world.clock.advanceUntil(
  () => addressed() === services && world.simulator.inventory().routes.length === nodes,
  SETTLE_MS,
);
const simulatedSeconds = Math.round((world.clock.monotonic() - begin) / 100) / 10;
const count = (to: string) => world.trace.lines.filter((line) => line.includes(`→ ${to} `)).length;
const atWork = { kube: count("kube"), cloud: count("cloud") };
await world.clock.advance(60_000);
const before = { kube: count("kube"), cloud: count("cloud") };
await world.clock.advance(QUIET_MS);
const quiet = { kube: count("kube") - before.kube, cloud: count("cloud") - before.cloud };
const realSeconds = Math.round((performance.now() - started) / 10) / 100;
await world.close();

process.stdout.write(
  `${JSON.stringify({
    bench: "world",
    nodes,
    services,
    settled: done,
    simulatedSeconds,
    calls: atWork,
    callsInTenQuietMinutes: quiet,
    realSeconds,
    rssMb: Math.round(process.memoryUsage().rss / 1e6),
    machine: { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version },
  })}\n`,
);
