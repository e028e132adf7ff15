import { createBaiduCloud, parseCloudConfig } from "@ccm/baiducloud";
import { createSimulator, type Simulator } from "@ccm/baiducloud-simulator";
import {
  type HttpRequest,
  type HttpResponse,
  inProcessTransport,
  noMetrics,
  Secret,
  seededRandom,
  silentLogger,
  TransportError,
  VirtualClock,
} from "@ccm/base";
import { type BceClient, createBceClient, staticCredentials } from "@ccm/bce";
import { defaultConfig, runManager } from "@ccm/cloud-provider";
import { createKubeClient, type KubeClient, NODES, type Node, SECRETS, SERVICES, type Service } from "@ccm/kube";
import { createKubeServer } from "@ccm/kube-server";
import { TENANTS } from "@ccm/tenancy";
import type { Io } from "../io.ts";
import { run } from "../program.ts";
import { memoryFiles } from "./memory-files.ts";

export const CLUSTER = "cce-scene";
const KUBE = "https://kubernetes.scene";
const PRODUCTS = ["bcc", "blb", "eip", "cce"];

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  /** What a person types when asked; undefined: there is no terminal. */
  readonly answer?: string | (() => Promise<string>);
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
}

/** The API server, the cloud, and the CCM when asked for, in one process under a virtual clock; and the command. */
export interface Scene {
  readonly clock: VirtualClock;
  readonly kube: KubeClient;
  readonly simulator: Simulator;
  /** What a person at the cloud's console can do. */
  readonly console: BceClient;
  readonly configText: string;
  /** What commands have written for their user alone. */
  readonly privateFiles: Map<string, string>;
  /** Requests of commands that would change something, as "POST /v1/blb". */
  readonly writes: readonly string[];
  /** Answers the command's requests in place of the cloud and the API server while it returns something; may throw. */
  intercept: ((request: HttpRequest) => HttpResponse | undefined) | undefined;
  kubectl(argv: string, options?: RunOptions): Promise<Ran>;
  /** The same command many times at once. */
  parallel(count: number, argv: string, options?: RunOptions): Promise<readonly Ran[]>;
  /** The same, and its JSON. Throws when it is none. */
  json<T>(
    argv: string,
    options?: RunOptions,
  ): Promise<{ readonly code: number; readonly data: T; readonly err: string }>;
  startCcm(): { stop(): Promise<void> };
  addNode(name: string, more?: Partial<NonNullable<Node["spec"]>>): Promise<string>;
  service(name: string, more?: Partial<Service["metadata"]>, spec?: Service["spec"]): Promise<Service>;
  /** Until the Service has an address. */
  addressed(name: string): Promise<string>;
  /** A load balancer as an earlier controller, or somebody else, makes it. */
  blb(name: string, desc: string, tags?: Readonly<Record<string, string>>): Promise<string>;
  token(): { readonly clientToken: string };
  during<T>(promise: Promise<T>): Promise<T>;
}

export async function inScene(test: (scene: Scene) => Promise<void>): Promise<void> {
  const { scene, close } = await createScene();
  try {
    await test(scene);
  } finally {
    await close();
  }
}

async function createScene(): Promise<{ readonly scene: Scene; close(): Promise<void> }> {
  const clock = new VirtualClock(Date.UTC(2026, 0, 2, 3, 4, 5));
  const random = (name: string) => seededRandom(`kubectl ${name}`);
  const server = createKubeServer({ clock, random: random("kube-server"), customKinds: [TENANTS] });
  const simulator = createSimulator({ clock, random: random("cloud"), eipPool: "127.100.0.0/16" });
  const kubeSend = inProcessTransport(server.handler);
  const cloudSend = inProcessTransport(simulator.handler);
  const { accessKeyId, secretAccessKey } = simulator.credentials;
  const configText = JSON.stringify({
    ClusterId: CLUSTER,
    Region: simulator.region,
    VpcId: simulator.vpcId,
    AccessKeyID: accessKeyId,
    SecretAccessKey: secretAccessKey,
    Endpoints: Object.fromEntries(PRODUCTS.map((product) => [product, `http://${product}.scene`])),
  });
  const parts = (name: string) => ({ clock, random: random(name), logger: silentLogger });
  const kube = createKubeClient({ ...parts("client"), baseUrl: KUBE, send: kubeSend });
  const bce = (name: string) =>
    createBceClient({
      ...parts(name),
      region: simulator.region,
      endpoints: { bcc: "http://bcc.scene", blb: "http://blb.scene", eip: "http://eip.scene", cce: "http://cce.scene" },
      credentials: staticCredentials({ accessKeyId, secretAccessKey: new Secret(secretAccessKey) }),
      send: cloudSend,
    });
  const writes: string[] = [];
  const privateFiles = new Map<string, string>();
  const filesOfUser = memoryFiles(privateFiles);
  const endings: (() => Promise<void>)[] = [];
  let count = 0;
  const during = async <T>(promise: Promise<T>): Promise<T> => {
    let settled = false;
    const mark = () => {
      settled = true;
    };
    promise.then(mark, mark);
    if (!(await clock.advanceUntil(() => settled, 3_600_000))) throw new Error("not settled within a simulated hour");
    return promise;
  };
  const ioFor = (ran: { out: string; err: string }, { answer, env = {}, files = {} }: RunOptions): Io => ({
    ...parts(`run ${++count}`),
    env: { KUBECONFIG: "/kubeconfig", ...env },
    colors: false,
    signal: new AbortController().signal,
    openTransport: () => ({
      async send(request, options) {
        const answered = scene.intercept?.(request);
        if (answered) return answered;
        const path = new URL(request.url).pathname;
        // Reviews, and HPAS's look-ups, are questions.
        const asks = request.method === "GET" || path.endsWith("accessreviews") || path === "/";
        if (!asks) writes.push(`${request.method} ${path}`);
        return (request.url.startsWith(KUBE) ? kubeSend : cloudSend)(request, options);
      },
      close: async () => {},
    }),
    connectKube: async () => ({ server: KUBE, tls: {}, authorize: async () => ({}) }),
    files: filesOfUser,
    platform: "linux",
    async readFile(path) {
      const text = files[path];
      if (text !== undefined) return text;
      throw Object.assign(new Error("no such file"), { code: "ENOENT" });
    },
    out: (text) => {
      ran.out += text;
    },
    err: (text) => {
      ran.err += text;
    },
    ask: async () => (typeof answer === "function" ? answer() : answer),
  });
  const begin = async (argv: string, options: RunOptions): Promise<Ran> => {
    const ran = { out: "", err: "" };
    const words = argv.split(" ").filter((word) => word !== "");
    const code = await run(words, ioFor(ran, options));
    return { code, ...ran };
  };
  const kubectl: Scene["kubectl"] = (argv, options = {}) => during(begin(argv, options));
  const scene: Scene = {
    clock,
    kube,
    simulator,
    console: bce("console"),
    configText,
    privateFiles,
    writes,
    intercept: undefined,
    kubectl,
    parallel: (count, argv, options = {}) =>
      during(Promise.all(Array.from({ length: count }, () => begin(argv, options)))),
    async json<T>(argv: string, options: RunOptions = {}) {
      const { code, out, err } = await kubectl(`${argv} -o json`, options);
      return { code, err, data: JSON.parse(out) as T };
    },
    startCcm() {
      const stopped = new AbortController();
      const name = `ccm-${++count}`;
      const config = { ...defaultConfig("cce"), clusterCidr: "10.240.0.0/12", allocateNodeCidrs: true };
      const provider = createBaiduCloud({
        ...parts(name),
        client: bce(name),
        config: parseCloudConfig(configText, "scene"),
      });
      const env = { ...parts(name), client: kube, metrics: noMetrics, hostname: name };
      const ended = runManager(config, provider, env, stopped.signal).catch(() => {});
      const stop = async () => {
        stopped.abort();
        await during(ended);
      };
      endings.push(stop);
      return { stop };
    },
    async addNode(name, more = {}) {
      const { id } = simulator.createInstance({ name, hostname: name });
      const spec = { providerID: `cce://${id}`, ...more };
      await during(kube.create(NODES, { apiVersion: "v1", kind: "Node", metadata: { name }, spec }));
      return id;
    },
    service: (name, metadata = {}, spec = {}) =>
      during(
        kube.create(SERVICES, {
          apiVersion: "v1",
          kind: "Service",
          metadata: { name, namespace: "default", ...metadata },
          spec: { type: "LoadBalancer", ports: [{ port: 80 }], ...spec },
        }),
      ),
    async addressed(name) {
      for (let second = 0; second < 300; second++) {
        const { status } = await during(kube.get(SERVICES, { namespace: "default", name }));
        const ready = status?.conditions?.some(({ type, status: is }) => type === "LoadBalancerReady" && is === "True");
        const ip = status?.loadBalancer?.ingress?.[0]?.ip;
        if (ip && ready) return ip;
        await clock.advance(1000);
      }
      throw new Error(`${name} has no address within five simulated minutes`);
    },
    async blb(name, desc, tags = {}) {
      const [subnetId = ""] = simulator.subnetIds;
      const pairs = Object.entries(tags).map(([tagKey, tagValue]) => ({ tagKey, tagValue }));
      const spec = { name, desc, vpcId: simulator.vpcId, subnetId, ...(pairs.length > 0 ? { tags: pairs } : {}) };
      const { blbId } = await during(scene.console.blb.create(spec, scene.token()));
      await clock.advance(5000);
      return blbId;
    },
    token: () => ({ clientToken: `console-${++count}` }),
    during,
  };
  await during(
    kube.create(SECRETS, {
      metadata: { name: "cloud-config", namespace: "kube-system" },
      data: { "cloud.yaml": Buffer.from(configText).toString("base64") },
    }),
  );
  return {
    scene,
    async close() {
      for (const end of endings.reverse()) await end();
      await server.close();
      await simulator.close();
    },
  };
}

/** For `intercept`: nobody is there. */
export function refuseConnections(request: HttpRequest): HttpResponse | undefined {
  if (request.url.startsWith(KUBE)) return undefined;
  throw new TransportError("refused", `${new URL(request.url).host}: connection refused`);
}
