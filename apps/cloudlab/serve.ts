import { errorText, silentLogger } from "@ccm/base";
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

/** `cloudlab baiducloud`: one JSON line with endpoints, credentials, the admin address with its token and that of the page, then serves until a signal. */
export function serveCloud({ port }: { readonly port: number }): Promise<number> {
  return serve(async () => {
    const { eips, vips } = await chooseLoopback(systemRandom);
    const cloud = await startCloud({ port, eips, vips, ...parts });
    const { simulator, url } = cloud;
    const ready = {
      endpoints: { bcc: url, vpc: url, blb: url, eip: url, cce: url },
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
