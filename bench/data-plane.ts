/**
 * What the simulator's data plane carries: requests through one TCP listener with keep-alive, 5,000 connections open at
 * once, and 50 load balancers with ten listeners each. Client, proxy and backend are a process each. Beside them the same
 * requests without the proxy, which is what client and backend can do together.
 *
 *   npm run bench -- data-plane [requests]
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { Forwarding } from "@ccm/baiducloud-simulator";
import { machine } from "./lib/machine.ts";

const [requests = 200_000] = process.argv.slice(2).map(Number);
const FRONT = "127.97.1.1";
const BACKEND = "127.97.2.1";
const BACKEND_PORT = 20080;
const ASKING = 64;
const MANY = 5000;

type Answer = Readonly<Record<string, number>> & { readonly latencies: readonly number[] };

const start = (name: string, ...args: string[]): ChildProcess =>
  fork(new URL(`./data-plane/${name}.ts`, import.meta.url), args);

async function tell(child: ChildProcess, message: object): Promise<Answer> {
  const answer = once(child, "message");
  child.send(message);
  return (await answer)[0] as Answer;
}

function listener(blbId: string, port: number, addresses: readonly string[]): Forwarding {
  return {
    blbId,
    protocol: "TCP",
    port,
    addresses,
    scheduler: "RoundRobin",
    timeoutMs: 900_000,
    health: {
      type: "TCP",
      port: undefined,
      timeoutMs: 3000,
      intervalMs: 3000,
      unhealthyThreshold: 3,
      healthyThreshold: 3,
      probe: "",
      uri: "/",
      host: "",
      normalStatus: "http_2xx",
    },
    targets: [{ instanceId: "i-1", host: BACKEND, port: BACKEND_PORT, weight: 100, running: true }],
  };
}

const backend = start("backend", BACKEND, String(BACKEND_PORT));
await once(backend, "message");

async function round(proxy: ChildProcess | undefined, connections: number) {
  const client = start("client");
  const usage = async (child: ChildProcess | undefined) =>
    child ? await tell(child, {}) : { cpuMicroseconds: 0, rssBytes: 0 };
  const before = [await usage(proxy), await usage(backend)] as const;
  const place = proxy ? { host: FRONT, port: 80 } : { host: BACKEND, port: BACKEND_PORT };
  const result = await tell(client, { ...place, connections, requests, asking: ASKING });
  const after = [await usage(proxy), await usage(backend)] as const;
  await tell(client, {});
  client.kill();
  const total = requests + connections;
  const each = (microseconds = 0) => Math.round((microseconds / total) * 10) / 10;
  const percentile = (part: number) => {
    const milliseconds = result.latencies[Math.floor(result.latencies.length * part)] ?? 0;
    return Math.round(milliseconds * 100) / 100;
  };
  return {
    connections,
    requests,
    errors: result.errors,
    requestsPerSecond: Math.round(requests / (result.seconds ?? 1)),
    latencyMs: { p50: percentile(0.5), p99: percentile(0.99) },
    secondsToOpen: Math.round((result.openMilliseconds ?? 0) / 10) / 100,
    cpuMicrosecondsPerRequest: {
      client: each(result.cpuMicroseconds),
      proxy: each((after[0].cpuMicroseconds ?? 0) - (before[0].cpuMicroseconds ?? 0)),
      backend: each((after[1].cpuMicroseconds ?? 0) - (before[1].cpuMicroseconds ?? 0)),
    },
    proxyRssMb: Math.round((after[0].rssBytes ?? 0) / 1e6),
  };
}

const say = (text: string) => process.stdout.write(`${text}\n`);
const spoken = ({ requestsPerSecond, connections, errors, proxyRssMb }: Awaited<ReturnType<typeof round>>) =>
  `${requestsPerSecond} requests/s on ${ASKING} of ${connections} connections, ${errors} errors, proxy ${proxyRssMb} MB`;

const direct = await round(undefined, ASKING);
say(`without a proxy: ${spoken(direct)}`);

const proxy = start("proxy");
await tell(proxy, { apply: [listener("lb-1", 80, [FRONT])] });
await round(proxy, ASKING);
const one = await round(proxy, ASKING);
say(`one listener: ${spoken(one)}`);
const many = await round(proxy, MANY);
say(`${MANY} connections: ${spoken(many)}`);
proxy.kill();

const fleet = start("proxy");
const idle = await tell(fleet, {});
const listeners = Array.from({ length: 500 }, (_, i) => {
  const blb = Math.floor(i / 10);
  return listener(`lb-${blb}`, 8000 + (i % 10), [`127.97.3.${blb + 1}`]);
});
const opened = await tell(fleet, { apply: listeners });
const full = await tell(fleet, {});
const fleetResult = {
  loadBalancers: 50,
  listeners: opened.open,
  millisecondsToOpen: Math.round(opened.milliseconds ?? 0),
  moreRssMb: Math.round(((full.rssBytes ?? 0) - (idle.rssBytes ?? 0)) / 1e5) / 10,
};
say(`50 load balancers: ${fleetResult.listeners} listeners open after ${fleetResult.millisecondsToOpen} ms`);
fleet.kill();
backend.kill();
say(JSON.stringify({ bench: "data-plane", direct, one, many, fleet: fleetResult, machine: machine() }));
