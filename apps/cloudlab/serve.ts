import { openSqliteBackend } from "@ccm/baiducloud-simulator/node";
import { errorText, seededRandom, silentLogger } from "@ccm/base";
import { systemClock, systemRandom } from "@ccm/base/node";
import { startCloud } from "./cloud.ts";
import { startControlPlane } from "./control-plane.ts";
import { chooseLoopback } from "./loopback.ts";
import { createRunFolder } from "./run-folder.ts";

const parts = { clock: systemClock, random: systemRandom, logger: silentLogger };

/** `cloudlab kube`: one JSON line `{server, kubeconfig}` on stdout, then serves until a signal. */
export function serveKube({ port }: { readonly port: number }): Promise<number> {
  return serve(async (folder) => {
    const controlPlane = await startControlPlane({ port, ...parts });
    const kubeconfig = folder.write("kubeconfig", await controlPlane.kubeconfigFor("admin"));
    return { ready: { server: controlPlane.url, kubeconfig }, close: () => controlPlane.close() };
  });
}

export interface CloudOptions {
  readonly port: number;
  /** A file that keeps everything. Default: nothing is kept. */
  readonly state?: string;
  /** The same seed makes the same ids. Default: by chance. */
  readonly seed?: string;
}

/**
 * `cloudlab baiducloud`: one JSON line with the endpoint of each product, credentials, the admin address with its token and
 * that of the page, then serves until a signal.
 */
export function serveCloud({ port, state, seed }: CloudOptions): Promise<number> {
  return serve(async () => {
    const backend = state === undefined ? undefined : openSqliteBackend(state);
    const loopback = await chooseLoopback(systemRandom);
    // The addresses of a file's objects are in the range that it began with.
    const { eips, vips } = backend
      ? (JSON.parse(backend.remember("loopback", () => JSON.stringify(loopback))) as typeof loopback)
      : loopback;
    // Another start of the same file must not make the ids of what was deleted before.
    const start = backend ? backend.count("starts") : 1;
    const random = seed === undefined ? systemRandom : seededRandom(`${seed}/${start}`);
    const cloud = await startCloud({ port, eips, vips, ...parts, random, ...(backend ? { backend } : {}) });
    const { simulator, url } = cloud;
    const ready = {
      endpoints: Object.fromEntries(Object.keys(simulator.products).map((product) => [product, url])),
      region: simulator.region,
      credentials: simulator.credentials,
      vpcId: simulator.vpcId,
      admin: `${url}/admin`,
      adminToken: cloud.adminToken,
      console: cloud.consoleUrl,
    };
    return { ready, close: () => cloud.close() };
  });
}

async function serve(
  start: (folder: ReturnType<typeof createRunFolder>) => Promise<{ ready: unknown; close(): Promise<void> }>,
): Promise<number> {
  const ended = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve());
  });
  const folder = createRunFolder();
  try {
    const { ready, close } = await start(folder);
    process.stdout.write(`${JSON.stringify(ready)}\n`);
    await ended;
    await close();
    return 0;
  } catch (error) {
    process.stderr.write(`cloudlab: ${errorText(error)}\n`);
    return 1;
  } finally {
    folder.remove();
  }
}
