/**
 * What many kubelets of the lab take: memory of their process, calls per second, and how evenly these are spread. The API
 * server is the embedded one in a process of its own, or with --real etcd and kube-apiserver.
 *
 *   npm run bench -- kubelets [--nodes N] [--seconds N] [--real]
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { mapLimited, silentLogger, type TlsOptions, type Transport } from "@ccm/base";
import { openTransport, systemClock, systemRandom } from "@ccm/base/node";
import { startControlPlane } from "@ccm/control-plane/node";
import { createKubeClient, LEASES } from "@ccm/kube";
import { createKubelets } from "@ccm/nodes";
import { machine } from "./lib/machine.ts";

const STARTING_AT_ONCE = 32;

// As the programs have it: what lives is 26 MB, the rest would be room for garbage that V8 takes because there is enough.
setFlagsFromString("--semi-space-growth-factor=1");

const { values } = parseArgs({
  options: {
    nodes: { type: "string", default: "5000" },
    seconds: { type: "string", default: "60" },
    real: { type: "boolean", default: false },
  },
});
const nodes = Number(values.nodes);
const seconds = Number(values.seconds);

interface ApiServer {
  readonly url: string;
  readonly tls: TlsOptions;
  close(): Promise<void> | boolean;
}

async function startEmbedded(): Promise<ApiServer> {
  const server = fork(new URL("./kubelets/server.ts", import.meta.url));
  const [url] = await once(server, "message");
  return { url: String(url), tls: {}, close: () => server.kill() };
}

async function startReal(): Promise<ApiServer> {
  const plane = await startControlPlane();
  return { url: plane.server, tls: plane.admin.connection.tls, close: () => plane.stop() };
}

const server = await (values.real ? startReal() : startEmbedded());
const say = (text: string) => process.stdout.write(`${text}\n`);

const transport = openTransport(server.tls);
/** Calls begun in each second since `countFrom`. */
let perSecond: number[] = [];
let countFrom = performance.now();
const send: Transport = (request, options) => {
  const second = Math.floor((performance.now() - countFrom) / 1000);
  perSecond[second] = (perSecond[second] ?? 0) + 1;
  return transport.send(request, options);
};
const client = createKubeClient({ baseUrl: server.url, send, clock: systemClock, random: systemRandom });
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
const problemsAtWork = problems;
kubelets.close();
await transport.close();
await server.close();
say(
  `${Math.round(total / seconds)} calls/s, the fewest in a second ${Math.min(...whole)}, the most ${Math.max(...whole)}`,
);
say(
  JSON.stringify({
    bench: "kubelets",
    server: values.real ? "etcd and kube-apiserver" : "embedded",
    nodes,
    seconds,
    registerSeconds: Math.round(registerSeconds * 10) / 10,
    callsPerSecond: { mean: Math.round(total / seconds), least: Math.min(...whole), most: Math.max(...whole) },
    leases: items.length,
    oldestLeaseSeconds: Math.round((ages.at(-1) ?? 0) / 100) / 10,
    problems: problemsAtWork,
    rssMiB: Math.round(rss / 2 ** 20),
    cpuPercent: Math.round((user + system) / seconds / 1e4),
    machine: machine(),
  }),
);
