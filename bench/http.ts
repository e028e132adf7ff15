/**
 * What one HTTP request costs: `listen` and `openTransport` against each other over loopback, in one process, so CPU time
 * is that of both sides. One request after the other (latency), then 32 at a time (throughput).
 */
import { jsonResponse, readText } from "@ccm/base";
import { createAuthority, listen, openTransport, systemClock } from "@ccm/base/node";
import { machine } from "./lib/machine.ts";

const HOST = "127.0.0.1";
const WARM_UP = 500;
const REQUESTS = 6000;

/** About as large as a small Node object. */
const ANSWER = { kind: "Node", metadata: { name: "node-1", labels: { filler: "x".repeat(2000) } } };

interface Result {
  readonly requestsPerSecond: number;
  readonly cpuMicrosecondsPerRequest: number;
}

async function measure(tls: boolean, concurrency: number): Promise<Result> {
  const authority = await createAuthority({ commonName: "bench", clock: systemClock });
  const issued = await authority.issue({ commonName: "bench", ipAddresses: [HOST], server: true });
  const server = await listen({
    host: HOST,
    port: 0,
    handler: async () => jsonResponse(200, ANSWER),
    ...(tls ? { tls: { cert: issued.certPem, key: issued.keyPem } } : {}),
  });
  const { send, close } = openTransport({ ca: authority.certPem });
  const url = `${tls ? "https" : "http"}://${HOST}:${server.port}/api/v1/nodes/node-1`;
  const run = async (requests: number) => {
    let left = requests;
    const worker = async () => {
      while (left-- > 0) await readText((await send({ method: "GET", url, headers: {} })).body);
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
  };
  await run(WARM_UP);
  const started = performance.now();
  const cpu = process.cpuUsage();
  await run(REQUESTS);
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - started) / 1000;
  await close();
  await server.close();
  return {
    requestsPerSecond: Math.round(REQUESTS / seconds),
    cpuMicrosecondsPerRequest: Math.round((user + system) / REQUESTS),
  };
}

const results: Record<string, Result> = {};
for (const tls of [false, true]) {
  for (const concurrency of [1, 32]) {
    const name = `${tls ? "https" : "http"}, ${concurrency === 1 ? "one at a time" : `${concurrency} at a time`}`;
    const result = await measure(tls, concurrency);
    results[name] = result;
    process.stdout.write(
      `${name}: ${result.requestsPerSecond} requests/s, ${result.cpuMicrosecondsPerRequest} µs CPU each\n`,
    );
  }
}
process.stdout.write(`${JSON.stringify({ bench: "http", requests: REQUESTS, results, machine: machine() })}\n`);
