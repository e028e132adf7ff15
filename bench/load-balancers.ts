/**
 * Load balancers under the limits of the cloud: Services with three ports each on a cluster, from the apply to the last
 * address; what they cost; what idling costs; what a node costs that comes, and one that is replaced. On the simulator
 * under a virtual clock: each call takes 100 ms, each change of a load balancer 2 s, and the client keeps to its limits, so
 * that the figures are the same on every machine. The bound is what those limits allow at best.
 *
 *   npm run bench -- load-balancers [services] [nodes]
 */
import { limitOf } from "@ccm/bce";
import { NODES, SERVICES } from "@ccm/kube";
import { createWorld } from "@ccm/world";
import { machine } from "./lib/machine.ts";

const [services = 200, nodes = 100] = process.argv.slice(2).map(Number);
const PORTS = [80, 443, 8080];
const CALL_SECONDS = 0.1;
const CHANGE_SECONDS = 2;
/** After it the periodic looks begin. */
const DRIFT_PERIOD_MS = 720_000;
const PATIENCE_MS = 1_800_000;
/** The provider's: at most so many backends, in batches of so many. */
const BACKENDS = 50;
const BATCH = 20;

const started = performance.now();
const world = await createWorld({
  seed: "bench",
  nodes,
  routes: false,
  cloudLatencyMs: CALL_SECONDS * 1000,
  timings: { blbCreate: CHANGE_SECONDS * 1000, blbUpdate: CHANGE_SECONDS * 1000 },
  quotas: { blbs: services + 1, eips: services + 1, routeRules: nodes + 10 },
});
const { client, clock, simulator, machines, trace } = world;
const until = async (what: string, done: () => boolean): Promise<void> => {
  if (!(await clock.advanceUntil(done, PATIENCE_MS))) throw new Error(`not reached: ${what}`);
};
/** Calls of the cloud since a line of the trace, without those that only look for machines. */
const calls = (since: number, pattern = / /) =>
  trace.lines.slice(since).filter((line) => line.includes("→ cloud ") && pattern.test(line)).length;
const WRITES = / → cloud (POST|PUT|DELETE) (?!\/v\d\/instance\/listByInstanceId)/;
const settled = () => {
  const { eips, listeners, backends } = simulator.inventory();
  const bound = eips.filter(({ status }) => status === "binded").length;
  return (
    bound === services &&
    listeners.length === services * PORTS.length &&
    backends.length === services * Math.min(nodes, BACKENDS)
  );
};
const addresses = async () =>
  (await client.list(SERVICES)).items.filter(({ status }) => status?.loadBalancer?.ingress?.[0]?.ip).length;

world.startCcm();
let initialised = 0;
for (let i = 0; initialised < nodes && i < 60; i++) {
  await clock.advance(10_000);
  initialised = (await client.list(NODES)).items.filter(({ spec }) => spec?.providerID).length;
}

// ---- from the apply to the last address
let mark = trace.lines.length;
const begin = clock.monotonic();
for (let i = 0; i < services; i++) {
  await client.create(SERVICES, {
    apiVersion: "v1",
    kind: "Service",
    metadata: { namespace: "default", name: `web-${i}` },
    spec: { type: "LoadBalancer", ports: PORTS.map((port) => ({ name: `p${port}`, port })) },
  });
}
await until("all load balancers are complete", settled);
for (let i = 0; (await addresses()) < services && i < 600; i++) await clock.advance(100);
const seconds = (clock.monotonic() - begin) / 1000;
await clock.advance(10_000);
const spent = calls(mark);

// ---- idle
const perMinute = async (minutes: number): Promise<number> => {
  mark = trace.lines.length;
  await clock.advance(minutes * 60_000);
  return round(calls(mark) / minutes);
};
await clock.advance(DRIFT_PERIOD_MS);
const idle = [await perMinute(20), await perMinute(20)];

// ---- one node more, one node replaced
const backendsOf = () => {
  const all = new Map<string, string>();
  for (const { blbId, instanceId } of simulator.inventory().backends)
    all.set(blbId, `${all.get(blbId) ?? ""} ${instanceId}`);
  return all;
};
const addNode = async (name: string): Promise<void> => {
  const { internalIp } = simulator.createInstance({ name, hostname: name });
  await world.during(machines.add({ name, internalIp, host: internalIp, podCidr: "10.250.1.0/24" }));
};
const during = async (change: () => Promise<void>) => {
  const before = backendsOf();
  mark = trace.lines.length;
  await change();
  await clock.advance(60_000);
  const after = backendsOf();
  return {
    servicesChanged: [...after].filter(([id, ids]) => before.get(id) !== ids).length,
    backendWrites: calls(mark, /(POST|PUT) \/v1\/blb\/[^/]+\/backendserver/),
    otherWrites: calls(mark, WRITES) - calls(mark, /(POST|PUT) \/v1\/blb\/[^/]+\/backendserver/),
  };
};
const nodeAdded = await during(() => addNode("late"));
const nodeReplaced = await during(async () => {
  const [victim] = simulator.inventory().instances.filter(({ name }) => name === "node-7");
  if (victim) {
    simulator.deleteInstance(victim.id);
    await world.during(machines.powerOff(victim.name));
  }
  await addNode("instead");
  await clock.advance(120_000);
});
await world.close();

// ---- what the limits allow
/** Writes that each Service cannot do without. */
const needed: Readonly<Record<string, number>> = {
  "blb.create": 1,
  "blb.createListener": PORTS.length,
  "blb.addBackends": Math.ceil(Math.min(nodes, BACKENDS) / BATCH),
  "eip.create": 1,
  "eip.bind": 1,
};
const byRate = Object.entries(needed).map(([operation, each]) => {
  const { perSecond, burst } = limitOf(operation, {});
  return Math.max(0, services * each - burst) / perSecond + CALL_SECONDS;
});
const changes = (needed["blb.createListener"] ?? 0) + (needed["blb.addBackends"] ?? 0);
// One after the other on each load balancer; for the last change nobody has to wait.
const byChain = (1 + changes) * CALL_SECONDS + changes * CHANGE_SECONDS;
const boundSeconds = Math.max(byChain, ...byRate);

process.stdout.write(
  `${JSON.stringify({
    bench: "load-balancers",
    services,
    ports: PORTS.length,
    nodes: initialised,
    seconds: round(seconds),
    boundSeconds: round(boundSeconds),
    ratioToBound: round(seconds / boundSeconds),
    callsPerService: round(spent / services),
    writesPerServiceAtLeast: Object.values(needed).reduce((sum, each) => sum + each, 0),
    idleCallsPerMinute: idle,
    nodeAdded,
    nodeReplaced,
    realSeconds: round((performance.now() - started) / 1000),
    machine: machine(),
  })}\n`,
);

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
