import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import {
  type ClockSpec,
  createBudgetMeter,
  operationsOf,
  PRODUCTS,
  parseBudget,
  parseFaultsFile,
  type World,
} from "@ccm/baiducloud-simulator";
import { openSqliteBackend } from "@ccm/baiducloud-simulator/node";
import { errorText, seededRandom, silentLogger } from "@ccm/base";
import { systemClock, systemRandom } from "@ccm/base/node";
import { isLoopback, startCloud } from "./cloud.ts";
import { createCloudClock } from "./cloud-clock.ts";
import type { CloudFlags } from "./cloud-flags.ts";
import { startControlPlane } from "./control-plane.ts";
import { endpointOverrides } from "./endpoints.ts";
import { chooseLoopback } from "./loopback.ts";
import { createRunFolder } from "./run-folder.ts";
import { worldFrom } from "./world-file.ts";

const parts = { clock: systemClock, random: systemRandom, logger: silentLogger };

/** `cloudlab kube`: one JSON line `{server, kubeconfig}` on stdout, then serves until a signal. */
export function serveKube({ port }: { readonly port: number }): Promise<number> {
  return serve(async (folder) => {
    const controlPlane = await startControlPlane({ port, ...parts });
    const kubeconfig = folder.write("kubeconfig", await controlPlane.kubeconfigFor("admin"));
    return { ready: { server: controlPlane.url, kubeconfig }, close: () => controlPlane.close().then(() => 0) };
  });
}

/**
 * `cloudlab baiducloud`: one JSON line with the endpoint of each product, credentials, the admin address with its token and
 * that of the page, then serves until a signal.
 */
export function serveCloud(options: CloudFlags): Promise<number> {
  return serve(async () => {
    const { port, host, state, seed, region, portsPerProduct } = options;
    const world = options.world === undefined ? undefined : worldFrom(options.world);
    const faults = options.faults === undefined ? [] : fromFile(options.faults, parseFaultsFile);
    const meter = createBudgetMeter(
      options.budget === undefined ? NO_BUDGET : fromFile(options.budget, (text) => parseBudget(text, callNames())),
    );
    const recording = options.record === undefined ? undefined : openRecording(options.record);
    const backend = state === undefined ? undefined : openSqliteBackend(state);
    // Apart from the ids, which do not depend on it then.
    const loopback = await chooseLoopback(seed === undefined ? systemRandom : seededRandom(`${seed}/loopback`));
    // The addresses of a file's objects are in the range that it began with.
    const { eips, vips } = backend
      ? (JSON.parse(backend.remember("loopback", () => JSON.stringify(loopback))) as typeof loopback)
      : loopback;
    // Another start of the same file must not make the ids of what was deleted before.
    const start = backend ? backend.count("starts") : 1;
    const random = seed === undefined ? systemRandom : seededRandom(`${seed}/${start}`);
    const cloud = await startCloud({
      port,
      host,
      ...(region === undefined ? {} : { region }),
      ...(world ? { world } : {}),
      portsPerProduct,
      eips,
      vips,
      ...parts,
      cloudClock: createCloudClock(
        systemClock,
        seed === undefined ? options.clock : repeatable(options.clock),
        backend,
      ),
      random,
      // A seed is no secret.
      adminToken: systemRandom.uuid(),
      ...(backend ? { backend } : {}),
      ...(recording ? { record: recording.write } : {}),
      onCall: meter.onCall,
    });
    const { simulator, url } = cloud;
    for (const rule of faults) simulator.faults.add(rule);
    if (!isLoopback(host))
      warn(`listening on ${host}: everybody who reaches it can read and change the simulated cloud`);
    if (options.endpoints) process.stderr.write(endpointOverrides(cloud));
    const ready = {
      endpoints: cloud.endpoints,
      region: simulator.region,
      credentials: simulator.credentials,
      ...keysOfOthers(simulator.world),
      vpcId: simulator.vpcId,
      admin: `${url}/admin`,
      adminToken: cloud.adminToken,
      console: cloud.consoleUrl,
    };
    return {
      ready,
      async close() {
        await cloud.close();
        recording?.close();
        const exceeded = meter.exceeded();
        for (const line of exceeded) warn(line);
        return exceeded.length > 0 ? BUDGET_EXCEEDED : 0;
      },
    };
  });
}

/** Time that stands still is the same each time where ids are. */
function repeatable(spec: ClockSpec): ClockSpec {
  return spec.pace === 0 ? { startMs: SEEDED_START, ...spec } : spec;
}

const SEEDED_START = Date.UTC(2026, 0, 1);
/** Not that of a failed start. */
const BUDGET_EXCEEDED = 3;
const NO_BUDGET = { products: {}, operations: {} };

function warn(line: string): void {
  process.stderr.write(`cloudlab: ${line}\n`);
}

/** Throws an Error of one line that names the file. */
function fromFile<T>(file: string, parse: (text: string) => T): T {
  try {
    return parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new Error(`${file}: ${errorText(error)}`);
  }
}

/** Of a cloud with several accounts: of each its keys, as the one above is of the first only. */
function keysOfOthers({ accountIds, access }: World) {
  if (accountIds.length < 2) return {};
  return { accounts: Object.fromEntries(accountIds.map((id) => [id, access.credentialsOf(id)])) };
}

/** Only its owner reads it. Each line is in the file before the next call. */
function openRecording(file: string): { write(line: string): void; close(): void } {
  const descriptor = openSync(file, "w", 0o600);
  return { write: (line) => void writeSync(descriptor, line), close: () => closeSync(descriptor) };
}

function callNames(): ReadonlySet<string> {
  return new Set(
    PRODUCTS.flatMap((product) => [product.name, ...operationsOf(product).map(([name]) => `${product.name}/${name}`)]),
  );
}

async function serve(
  start: (folder: ReturnType<typeof createRunFolder>) => Promise<{ ready: unknown; close(): Promise<number> }>,
): Promise<number> {
  const ended = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve());
  });
  const folder = createRunFolder();
  try {
    const { ready, close } = await start(folder);
    process.stdout.write(`${JSON.stringify(ready)}\n`);
    await ended;
    return await close();
  } catch (error) {
    process.stderr.write(`cloudlab: ${errorText(error)}\n`);
    return 1;
  } finally {
    folder.remove();
  }
}
