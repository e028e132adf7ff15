import { errorText } from "@ccm/base";
import { systemClock } from "@ccm/base/node";
import { addressOf, runCheck } from "./check.ts";
import { CLUSTER_ID, EXAMPLE, type Lab, startLab } from "./lab.ts";
import { applyManifest } from "./manifests.ts";
import { worldFrom } from "./world-file.ts";

export interface UpOptions {
  readonly check: boolean;
  readonly nodes: number;
  /** A file of what the cloud begins with. */
  readonly world?: string;
  readonly kubePort: number;
  readonly cloudPort: number;
}

/** `cloudlab up`: everything on this machine, until Ctrl-C. Resolves to the exit code. */
export async function up(options: UpOptions): Promise<number> {
  const startedAt = systemClock.monotonic();
  const print = (line: string) => void process.stdout.write(`${line}\n`);
  const interrupted = nextInterrupt();
  let lab: Lab;
  try {
    lab = await startLab({
      nodeCount: options.nodes,
      world: options.world === undefined ? undefined : worldFrom(options.world),
      print,
      kubePort: options.kubePort,
      cloudPort: options.cloudPort,
    });
  } catch (error) {
    process.stderr.write(`cloudlab: ${errorText(error)}\n`);
    return 1;
  }
  try {
    printAddresses(lab, print);
    if (options.check) return await check(lab, print, startedAt, interrupted);
    await applyManifest(lab.client, EXAMPLE);
    lab.story.announce(lab.services, "default/nginx", (service) => curlLine(addressOf(service), service?.spec?.ports));
    const end = await Promise.race([interrupted, lab.ccm.ended]);
    if (end === INTERRUPTED) {
      print("\nStopping: the processes, their ports and the temporary folder go.");
      return 0;
    }
    process.stderr.write(`cloudlab: the cloud controller manager ${end}\n${lab.ccm.tail()}\n`);
    return 1;
  } finally {
    await lab.close();
  }
}

async function check(
  lab: Lab,
  print: (line: string) => void,
  startedAt: number,
  interrupted: Promise<typeof INTERRUPTED>,
): Promise<number> {
  try {
    const result = await Promise.race([runCheck(lab, print, startedAt), interrupted]);
    if (result === INTERRUPTED) throw new Error("interrupted");
    await lab.close();
    print(JSON.stringify(result));
    return 0;
  } catch (error) {
    const tail = lab.ccm.tail();
    await lab.close();
    process.stderr.write(`${tail}\ncloudlab: check failed: ${errorText(error)}\n`);
    print(JSON.stringify({ ok: false, failed: errorText(error) }));
    return 1;
  }
}

function printAddresses(lab: Lab, print: (line: string) => void): void {
  print("");
  print(`  Kubernetes API   ${lab.controlPlane.url}`);
  print(`  kubectl          export KUBECONFIG=${lab.kubeconfig}`);
  print(`  Baidu AI Cloud   ${lab.cloud.url}   (simulator)`);
  print(`  look into it     ${lab.cloud.consoleUrl}`);
  print(`  CCE cluster      ${CLUSTER_ID}, with the keys in ${lab.cloudConfig}`);
  print(`  CCM              pid ${lab.ccm.pid}, ${lab.ccmUrl}/healthz, log ${lab.ccm.logFile}`);
  print("");
}

function curlLine(address: string | undefined, ports: readonly { readonly port: number }[] | undefined): string {
  return `curl http://${address}:${ports?.[0]?.port}/`;
}

const INTERRUPTED = Symbol("interrupted");

/** The first SIGINT or SIGTERM resolves it; a second one ends the process at once (exit hooks still clean up). */
function nextInterrupt(): Promise<typeof INTERRUPTED> {
  return new Promise((resolve) => {
    let first = true;
    const onSignal = () => {
      if (!first) process.exit(130);
      first = false;
      resolve(INTERRUPTED);
    };
    process.on("SIGINT", onSignal);
    process.on("SIGTERM", onSignal);
    process.on("SIGHUP", onSignal);
  });
}
