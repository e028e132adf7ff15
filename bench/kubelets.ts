/**
 * What many kubelets of the lab take: memory of their process, calls per second, and how evenly these are spread. The API
 * server is the embedded one in a process of its own, or that of a kubeconfig's URL without TLS, given as the third argument.
 *
 *   npm run bench -- kubelets [nodes] [seconds] [url]
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { mapLimited, silentLogger, type Transport } from "@ccm/base";
import { openTransport, systemClock, systemRandom } from "@ccm/base/node";
import { createKubeClient, LEASES } from "@ccm/kube";
import { createKubelets } from "@ccm/nodes";
import { machine } from "./lib/machine.ts";

const [nodes = 5000, seconds = 60] = process.argv.slice(2, 4).map(Number);
const STARTING_AT_ONCE = 32;

const server = process.argv[4] ? undefined : fork(new URL("./kubelets/server.ts", import.meta.url));
const url = process.argv[4] ?? String((await once(server ?? process, "message"))[0]);
const say = (text: string) => process.stdout.write(`${text}\n`);

const transport = openTransport({});
/** Calls begun in each second since `countFrom`. */
let perSecond: number[] = [];
let countFrom = performance.now();
const send: Transport = (request, options) => {
  const second = Math.floor((performance.now() - countFrom) / 1000);
  perSecond[second] = (perSecond[second] ?? 0) + 1;
  return transport.send(request, options);
};
const client = createKubeClient({ baseUrl: url, send, clock: systemClock, random: systemRandom });
let problems = 0;
const logger = { ...silentLogger, warn: () => void problems++ };
const kubelets = createKubelets({ client, clock: systemClock, random: systemRandom, logger });

const started = performance.now();
await mapLimited(
  Array.from({ length: nodes }, (_, i) => i),
  STARTING_AT_ONCE,
  (i) =>
    kubelets.start({
      name: `node-${i}`,
      internalIp: `10.${100 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`,
      host: "127.0.0.1",
      podCidr: `10.${i >> 8}.${i & 255}.0/24`,
    }),
);
const registerSeconds = (performance.now() - started) / 1000;
say(`${nodes} nodes registered in ${Math.round(registerSeconds)} s`);

perSecond = [];
countFrom = performance.now();
const cpu = process.cpuUsage();
let rss = 0;
for (let i = 0; i < seconds; i++) {
  await new Promise((resolve) => setTimeout(resolve, 1000));
  rss = Math.max(rss, process.memoryUsage.rss());
}
const { user, system } = process.cpuUsage(cpu);
const whole = perSecond.slice(0, seconds).map((calls) => calls ?? 0);
const total = whole.reduce((sum, calls) => sum + calls, 0);
const newest = Date.now();
const { items } = await client.list(LEASES, { namespace: "kube-node-lease" });
const ages = items.map(({ spec }) => newest - Date.parse(spec?.renewTime ?? "")).sort((a, b) => a - b);
kubelets.close();
await transport.close();
server?.kill();
say(
  `${Math.round(total / seconds)} calls/s, the fewest in a second ${Math.min(...whole)}, the most ${Math.max(...whole)}`,
);
say(
  JSON.stringify({
    bench: "kubelets",
    nodes,
    seconds,
    registerSeconds: Math.round(registerSeconds * 10) / 10,
    callsPerSecond: { mean: Math.round(total / seconds), least: Math.min(...whole), most: Math.max(...whole) },
    leases: items.length,
    oldestLeaseSeconds: Math.round((ages.at(-1) ?? 0) / 100) / 10,
    problems,
    rssMb: Math.round(rss / 1e6),
    cpuPercent: Math.round((user + system) / seconds / 1e4),
    machine: machine(),
  }),
);
