import { get } from "node:http";
import { fileURLToPath } from "node:url";
import type { GivenWorld, SimulatorEvent } from "@ccm/baiducloud-simulator";
import { createLogger, type Logger } from "@ccm/base";
import { systemClock, systemRandom } from "@ccm/base/node";
import {
  createInformer,
  type Informer,
  type KubeClient,
  NODES,
  type Node,
  SECRETS,
  SERVICES,
  type Service,
} from "@ccm/kube";
import { VERSION } from "@ccm/kube-server";
import { createLabNodes, type LabNodes } from "@ccm/nodes";
import { socketNetwork } from "@ccm/nodes/node";
import { type CcmProcess, startCcm } from "./ccm-process.ts";
import { type Cloud, cloudConfigFor, startCloud } from "./cloud.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { machinesOfWorld, newMachines } from "./lab-machines.ts";
import { chooseLoopback, freePort } from "./loopback.ts";
import { createRunFolder } from "./run-folder.ts";
import { createStory, type Story } from "./story.ts";

/** Seen from the workspace, or from a bundle under dist/. */
const EXAMPLE_PATH = import.meta.url.endsWith(".mjs") ? "../examples/nginx.yaml" : "../../examples/nginx.yaml";
export const EXAMPLE = fileURLToPath(new URL(EXAMPLE_PATH, import.meta.url));
export const CLUSTER_ID = "cce-cloudlab";
const POD_CIDR = "10.244.0.0/16";

export interface Lab {
  readonly client: KubeClient;
  readonly nodes: Informer<Node>;
  readonly services: Informer<Service>;
  readonly machines: LabNodes;
  readonly cloud: Cloud;
  readonly controlPlane: ControlPlane;
  readonly kubeconfig: string;
  /** That of the CCM. */
  readonly cloudConfig: string;
  readonly story: Story;
  readonly ccm: CcmProcess;
  readonly ccmUrl: string;
  /** Starts a new CCM process, after the former one has ended. */
  restartCcm(): CcmProcess;
  close(): Promise<void>;
}

export interface LabOptions {
  /** New machines, where no world has any. */
  readonly nodeCount: number;
  /** What the cloud begins with. The machines in its first VPC are the nodes. */
  readonly world?: GivenWorld | undefined;
  readonly print: (line: string) => void;
  /** Ports of the API server and of the simulator; 0 picks free ones. */
  readonly kubePort?: number;
  readonly cloudPort?: number;
  /** Hears of each change of the cloud, at the moment it happens. */
  readonly onCloud?: (event: SimulatorEvent) => void;
}

/** Brings up the API server, the simulator, the CCM process and the nodes. What fails on the way is taken down again. */
export async function startLab(options: LabOptions): Promise<Lab> {
  const undo: (() => Promise<void> | void)[] = [];
  const close = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    return await start(options, undo, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function start(
  { nodeCount, world, print, kubePort = 0, cloudPort = 0, onCloud }: LabOptions,
  undo: (() => Promise<void> | void)[],
  close: () => Promise<void>,
): Promise<Lab> {
  const clock = systemClock;
  const random = systemRandom;
  const logger = warnings(print);
  const story = createStory(clock, print);
  const folder = createRunFolder();
  undo.push(() => folder.remove());
  const loopback = await chooseLoopback(random);

  const controlPlane = await startControlPlane({ port: kubePort, clock, random, logger });
  undo.push(() => controlPlane.close());
  const cloud = await startCloud({
    port: cloudPort,
    ...(world ? { world } : {}),
    eips: loopback.eips,
    vips: loopback.vips,
    clock,
    random,
    logger,
    clusterAccess: controlPlane.accessFor(CLUSTER_ID),
    onChange: (event) => {
      story.onCloud(event);
      onCloud?.(event);
    },
  });
  undo.push(() => cloud.close());
  cloud.simulator.registerCluster({ id: CLUSTER_ID, name: "cloudlab", version: VERSION.gitVersion.slice(1) });

  const kubeconfig = folder.write("kubeconfig", await controlPlane.kubeconfigFor("admin"));
  const ccmKubeconfig = folder.write(
    "ccm-kubeconfig",
    await controlPlane.kubeconfigFor("system:serviceaccount:kube-system:cloud-controller-manager"),
  );
  const cloudConfigFile = folder.write("cloud.config", cloudConfigFor(cloud, CLUSTER_ID));

  const client = controlPlane.client;
  // Where deploy/deployment.yaml has it, and kubectl-baiducloud looks for it.
  await client.create(SECRETS, {
    metadata: { name: "cloud-config", namespace: "kube-system" },
    data: { "cloud.yaml": Buffer.from(cloudConfigFor(cloud, CLUSTER_ID)).toString("base64") },
  });
  const stopped = new AbortController();
  const informerParts = { client, clock, random, logger };
  const nodes = createInformer({ ...informerParts, type: NODES });
  const services = createInformer({ ...informerParts, type: SERVICES });
  const running = Promise.all([nodes.run(stopped.signal), services.run(stopped.signal)]);
  undo.push(async () => {
    stopped.abort();
    await running;
  });
  await Promise.all([nodes.waitForSync(stopped.signal), services.waitForSync(stopped.signal)]);
  story.follow(nodes, services);

  const securePort = await freePort();
  const launch = () =>
    startCcm(
      [
        `--kubeconfig=${ccmKubeconfig}`,
        `--cloud-config=${cloudConfigFile}`,
        `--cluster-name=${CLUSTER_ID}`,
        `--cluster-cidr=${POD_CIDR}`,
        "--allocate-node-cidrs=true",
        "--bind-address=127.0.0.1",
        `--secure-port=${securePort}`,
        "--logging-format=text",
      ],
      `${folder.path}/ccm.log`,
    );
  let ccm = launch();
  undo.push(() => ccm.stop());

  const machines = createLabNodes({ client, services, network: socketNetwork, clock, logger, random });
  undo.push(() => machines.close());
  const { simulator } = cloud;
  const rented = world
    ? machinesOfWorld(simulator, world.name, loopback.nodeHost)
    : newMachines(simulator, nodeCount, loopback.nodeHost);
  for (const [i, { isOn, ...machine }] of rented.entries()) {
    await machines.add({ ...machine, podCidr: `10.244.${i}.0/24` });
    if (!isOn) await machines.powerOff(machine.name);
  }
  story.onMachine((name, on) => (on ? machines.powerOn(name) : machines.powerOff(name)));

  return {
    client,
    nodes,
    services,
    machines,
    cloud,
    controlPlane,
    kubeconfig,
    cloudConfig: cloudConfigFile,
    story,
    get ccm() {
      return ccm;
    },
    ccmUrl: `https://127.0.0.1:${securePort}`,
    restartCcm() {
      ccm = launch();
      return ccm;
    },
    close,
  };
}

/** Only what a person should look at; the rest is in the programs' own logs. */
function warnings(print: (line: string) => void): Logger {
  return createLogger((level, message, fields) => {
    if (level === "warn" || level === "error") print(`         ${level}: ${message} ${JSON.stringify(fields)}`);
  });
}

/** GET, on a connection of its own, so that the load balancer chooses anew. Resolves to the body's text. */
export function fetchOnce(url: string, timeoutMs = 3000): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false, timeout: timeoutMs }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => resolve(text));
      response.on("error", reject);
    });
    request.on("timeout", () => request.destroy(new Error(`${url}: no answer within ${timeoutMs} ms`)));
    request.on("error", reject);
  });
}
