/**
 * What `cloudlab baiducloud --state FILE` costs against memory, by the real command over HTTP: calls per second one at a time
 * and 16 at a time, what reaches the disk for one change, the size of the file, and how long a start takes.
 *
 *   npm run bench -- simulator-state [--machines N] [--calls N]
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, fdatasyncSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { readText, Secret } from "@ccm/base";
import { openTransport } from "@ccm/base/node";
import { authorization } from "@ccm/bce";
import { machine } from "./lib/machine.ts";

const COMMAND = fileURLToPath(new URL("../apps/cloudlab/main.ts", import.meta.url));
const AT_ONCE = 16;
/** So many machines one call may order. */
const BATCH = 100;
/** Every fourth call of the mixture is a change. */
const READS = 3;

const { values } = parseArgs({
  options: { machines: { type: "string", default: "10000" }, calls: { type: "string", default: "3000" } },
});
const [machines, calls] = [Number(values.machines), Number(values.calls)];
const folder = mkdtempSync(join(tmpdir(), "simulator-state-"));
const file = join(folder, "state.db");
const say = (text: string) => process.stdout.write(`${text}\n`);

const running = new Set<ChildProcess>();

type Json = Readonly<Record<string, unknown>>;

interface Cloud {
  readonly startMs: number;
  readonly vpcId: string;
  call(method: string, path: string, body?: unknown, query?: readonly (readonly [string, string])[]): Promise<Json>;
  /** Bytes that its process has sent to the disk so far; undefined where the system does not tell. */
  written(): number | undefined;
  stop(): Promise<void>;
}

async function startCloud(...args: readonly string[]): Promise<Cloud> {
  const began = performance.now();
  const child = spawn(process.execPath, [COMMAND, "baiducloud", ...args], { stdio: ["ignore", "pipe", "inherit"] });
  running.add(child);
  const exited = once(child, "close").finally(() => running.delete(child));
  const [line] = await once(createInterface({ input: child.stdout }), "line");
  const startMs = performance.now() - began;
  const { endpoints, credentials, vpcId } = JSON.parse(String(line));
  const { send, close } = openTransport({});
  const secretAccessKey = new Secret(credentials.secretAccessKey);
  const host = new URL(endpoints.bcc).host;
  return {
    startMs,
    vpcId,
    async call(method, path, body, query = []) {
      const signed = { method, path, query, headers: { host } };
      const key = { accessKeyId: credentials.accessKeyId, secretAccessKey, time: Date.now() };
      const text = query.map(([name, value]) => `${name}=${value}`).join("&");
      const answer = await send({
        method,
        url: `${endpoints.bcc}${path}?${text}`,
        headers: { host, authorization: authorization(signed, key) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const json = JSON.parse(await readText(answer.body));
      if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(json)}`);
      return json;
    },
    written() {
      try {
        return Number(/^write_bytes: (\d+)$/m.exec(readFileSync(`/proc/${child.pid}/io`, "utf8"))?.[1]);
      } catch {
        return undefined;
      }
    },
    async stop() {
      await close();
      child.kill("SIGTERM");
      await exited;
    },
  };
}

async function perSecond(count: number, atOnce: number, one: (n: number) => Promise<unknown>): Promise<number> {
  let next = 0;
  const began = performance.now();
  const worker = async () => {
    while (next < count) await one(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return Math.round((count * 1000) / (performance.now() - began));
}

interface Speed {
  readonly readsPerSecond: number;
  readonly changesPerSecond: number;
  readonly changesPerSecond16: number;
  readonly mixedPerSecond16: number;
  readonly writtenPerChange: number | undefined;
  readonly writtenPerChange16: number | undefined;
}

/** Reads and changes of machines, once warm. */
async function speedOf(cloud: Cloud): Promise<Speed> {
  const ids = await order(cloud, AT_ONCE);
  const pathOf = (n: number) => `/v2/instance/${ids[n % ids.length]}`;
  const read = (n: number) => cloud.call("GET", pathOf(n));
  const change = (n: number) => cloud.call("PUT", pathOf(n), { name: `bench-${n}` }, [["modifyAttribute", ""]]);
  await perSecond(500, AT_ONCE, (n) => (n % 2 ? read(n) : change(n)));
  const counted = async (run: () => Promise<number>) => {
    const before = cloud.written();
    const speed = await run();
    const after = cloud.written();
    return {
      speed,
      bytes: before === undefined || after === undefined ? undefined : Math.round((after - before) / calls),
    };
  };
  const readsPerSecond = await perSecond(calls, 1, read);
  const alone = await counted(() => perSecond(calls, 1, change));
  const together = await counted(() => perSecond(calls, AT_ONCE, change));
  return {
    readsPerSecond,
    changesPerSecond: alone.speed,
    changesPerSecond16: together.speed,
    mixedPerSecond16: await perSecond(calls, AT_ONCE, (n) => (n % (READS + 1) === 0 ? change(n) : read(n))),
    writtenPerChange: alone.bytes,
    writtenPerChange16: together.bytes,
  };
}

/** New machines, as many in one call as may be. */
async function order(cloud: Cloud, count: number): Promise<readonly string[]> {
  const { subnets } = await cloud.call("GET", "/v1/subnet", undefined, [["vpcId", cloud.vpcId]]);
  const all = subnets as readonly { readonly subnetId: string; readonly zoneName: string }[];
  const ids: string[] = [];
  while (ids.length < count) {
    const subnet = all[(ids.length / BATCH) % all.length];
    const { instanceIds } = await cloud.call("POST", "/v2/instanceBySpec", {
      imageId: "m-lab00000",
      spec: "bcc.g5.c2m8",
      billing: { paymentTiming: "Postpaid" },
      zoneName: subnet?.zoneName,
      subnetId: subnet?.subnetId,
      purchaseCount: Math.min(BATCH, count - ids.length),
      name: "bench",
    });
    ids.push(...(instanceIds as readonly string[]));
  }
  return ids;
}

/** What the disk itself can do: a page, and wait until it is there. */
function syncsPerSecond(): number {
  const descriptor = openSync(join(folder, "sync"), "w");
  const page = Buffer.alloc(4096, 1);
  const began = performance.now();
  let count = 0;
  while (performance.now() - began < 1000) {
    writeSync(descriptor, page, 0, page.length, 0);
    fdatasyncSync(descriptor);
    count++;
  }
  closeSync(descriptor);
  return count;
}

async function timed(job: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await job();
  return performance.now() - began;
}

async function run() {
  const memory = await startCloud();
  const inMemory = await speedOf(memory);
  const memoryFillMs = await timed(() => order(memory, machines - AT_ONCE));
  await memory.stop();

  const first = await startCloud("--state", file);
  const inFile = await speedOf(first);
  await first.stop();
  const emptyBytes = statSync(file).size;
  const second = await startCloud("--state", file);
  const fileFillMs = await timed(() => order(second, machines - AT_ONCE));
  await second.stop();
  const bytes = statSync(file).size;
  const third = await startCloud("--state", file);
  const disk = syncsPerSecond();
  await third.stop();

  const ratio = (a: number, b: number) => Number((a / b).toFixed(2));
  return {
    bench: "simulator-state",
    ratios: {
      reads: ratio(inFile.readsPerSecond, inMemory.readsPerSecond),
      changes: ratio(inFile.changesPerSecond, inMemory.changesPerSecond),
      changes16: ratio(inFile.changesPerSecond16, inMemory.changesPerSecond16),
      mixed16: ratio(inFile.mixedPerSecond16, inMemory.mixedPerSecond16),
      changes16PerSyncOfTheDisk: ratio(inFile.changesPerSecond16, disk),
      fill: ratio(memoryFillMs, fileFillMs),
      startFullToEmpty: ratio(third.startMs, first.startMs),
    },
    machines,
    kilobytesPer1000Machines: Math.round((bytes - emptyBytes) / machines),
    startMs: { memory: Math.round(memory.startMs), empty: Math.round(first.startMs), full: Math.round(third.startMs) },
    fillMs: { memory: Math.round(memoryFillMs), file: Math.round(fileFillMs) },
    diskSyncsPerSecond: disk,
    memory: inMemory,
    file: inFile,
    machine: machine(),
  };
}

try {
  const result = await run();
  for (const [name, value] of Object.entries(result.ratios)) say(`${name}: ${value}`);
  say(JSON.stringify(result));
} finally {
  for (const child of running) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
}
