/**
 * The operator of tenants in a large cluster: 500 tenants with 3,000 namespaces and 5,000 nodes. What the start costs, what
 * one change costs from the edit to the last write, what a quiet hour costs, and how many lists and watches there are. The
 * API server is in memory, without a network: the figures are the operator's own; time is the machine's.
 *
 *   npm run bench -- tenants [tenants] [namespaces] [nodes]
 */
import { seededRandom, silentLogger, VirtualClock } from "@ccm/base";
import { type KubeClient, NAMESPACES, NODES, SERVICE_ACCOUNTS } from "@ccm/kube";
import { createTenantOperator, TENANTS } from "@ccm/tenancy";
import { NETWORK_POLICIES, RESOURCE_QUOTAS, ROLE_BINDINGS } from "../packages/tenancy/resources.ts";
import { createMemoryKube } from "../packages/tenancy/testing/memory-kube.ts";
import { machine } from "./lib/machine.ts";

const [tenants = 500, namespaces = 3000, nodes = 5000] = process.argv.slice(2).map(Number);
const CHANGES = 50;
const TENANT = "tenancy.baidubce.com/tenant";

const kube = createMemoryKube();
let reads = 0;
const client: KubeClient = {
  ...kube,
  watch: (type, options) => {
    reads++;
    return kube.watch(type, options);
  },
  list: (type, options) => {
    reads++;
    return kube.list(type, options);
  },
};
const clock = new VirtualClock();
const settle = (ms = 5000) => clock.advance(ms);
const since = (start: number) => Math.round((performance.now() - start) * 10) / 10;

await kube.create(NAMESPACES, { metadata: { name: "tenant-system" } });
for (let i = 0; i < nodes; i++)
  await kube.create(NODES, { metadata: { name: `node-${i}`, labels: { pool: `p${i % 100}` } } });
for (let i = 0; i < namespaces; i++) {
  const name = `ns-${i}`;
  await kube.create(NAMESPACES, { metadata: { name, labels: { [TENANT]: `t${i % tenants}` } } });
  await kube.create(SERVICE_ACCOUNTS, { metadata: { name: "default", namespace: name } });
}
for (let i = 0; i < tenants; i++) {
  await kube.create(TENANTS, {
    metadata: { name: `t${i}` },
    spec: {
      owners: [{ kind: "User", name: `owner-${i}` }],
      quota: { hard: { pods: 100, "requests.cpu": 50 } },
      limits: [{ type: "Container", default: { cpu: "500m" } }],
      network: { isolation: "tenant" },
      ...(i < 100 ? { nodePools: { selector: { pool: `p${i}` }, dedicated: true } } : {}),
    },
  });
}

const stop = new AbortController();
const parts = {
  client,
  clock,
  random: seededRandom("bench"),
  logger: silentLogger,
  operatorNamespace: "tenant-system",
};
const operator = createTenantOperator(parts);
kube.writes.length = 0;
let start = performance.now();
const running = [operator.serve(stop.signal), operator.lead(stop.signal)];
await settle(60_000);
const startMs = since(start);
const startWrites = kube.writes.length;
const lists = reads;

/** The slowest and the middle of many: wall time until nothing is left to do. */
async function measure(change: (i: number) => Promise<unknown>) {
  const times: number[] = [];
  const before = kube.writes.length;
  for (let i = 0; i < CHANGES; i++) {
    start = performance.now();
    await change(i);
    await settle();
    times.push(since(start));
  }
  times.sort((a, b) => a - b);
  return { middleMs: times[CHANGES / 2], slowestMs: times.at(-1), writes: (kube.writes.length - before) / CHANGES };
}
const merge = (body: unknown) => ({ type: "merge", body }) as const;
const results = {
  owner: await measure((i) =>
    kube.patch(TENANTS, { name: `t${i}` }, merge({ spec: { owners: [{ kind: "User", name: `new-${i}` }] } })),
  ),
  namespace: await measure((i) =>
    kube.create(NAMESPACES, { metadata: { name: `more-${i}`, labels: { [TENANT]: `t${i}` } } }),
  ),
  quotaUse: await measure((i) => {
    const body = { status: { used: { pods: String(1 + i) } } };
    return kube.patch(RESOURCE_QUOTAS, { namespace: `ns-${i}`, name: "tenancy" }, merge(body), {
      subresource: "status",
    });
  }),
  drift: await measure((i) =>
    kube.patch(NETWORK_POLICIES, { namespace: `ns-${i}`, name: "tenancy" }, merge({ spec: { ingress: [{}] } })),
  ),
  node: await measure((i) => kube.create(NODES, { metadata: { name: `new-${i}`, labels: { pool: `p${i % 100}` } } })),
};
const quietWrites = kube.writes.length;
const quietReads = reads;
start = performance.now();
await settle(3_600_000);
const report = {
  machine: machine(),
  tenants,
  namespaces,
  nodes,
  start: { ms: startMs, writes: startWrites, objects: kube.all(ROLE_BINDINGS).length * 4, informers: lists },
  oneChange: results,
  quietHour: { ms: since(start), writes: kube.writes.length - quietWrites, reads: reads - quietReads },
  memoryMiB: Math.round(process.memoryUsage().heapUsed / 2 ** 20),
};
process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
stop.abort(new Error("the benchmark is over"));
await Promise.allSettled(running);
