import { type CloudConfig, createBaiduCloud, followCloud, parseCloudConfig } from "@ccm/baiducloud";
import { createSimulator, type Quotas, type Simulator } from "@ccm/baiducloud-simulator";
import {
  createLogger,
  type HttpRequest,
  type HttpResponse,
  inProcessTransport,
  jsonResponse,
  Secret,
  seededRandom,
  VirtualClock,
} from "@ccm/base";
import { createBceClient, staticCredentials } from "@ccm/bce";
import type { CloudProvider } from "@ccm/cloud-provider";
import {
  createEventRecorder,
  createInformer,
  createKubeClient,
  EVENTS,
  type Event,
  type KubeClient,
  NODES,
  type Node,
  SERVICES,
} from "@ccm/kube";
import { createKubeServer } from "@ccm/kube-server";
import type { World } from "./world.ts";

export interface SceneOptions {
  readonly clusterId?: string;
  readonly cloudConfig?: Readonly<Record<string, unknown>>;
  readonly quotas?: Partial<Quotas>;
}

/** The provider alone, without controllers: on the simulated cloud and the embedded API server, under a virtual clock. */
export interface ProviderScene {
  readonly clock: VirtualClock;
  readonly simulator: Simulator;
  readonly provider: CloudProvider;
  readonly config: CloudConfig;
  readonly client: KubeClient;
  /** Calls to the cloud so far, each as method, host, path and query without paging: "GET bcc/v2/instance?vpcId=…". */
  readonly calls: string[];
  readonly logs: readonly string[];
  /** Answers calls to the cloud instead of the simulator while it returns something. */
  intercept: ((call: string, request: HttpRequest) => HttpResponse | undefined) | undefined;
  /** Creates a Node, and returns it as the API server has it. */
  addNode(node: Partial<Node> & { readonly name: string }): Promise<Node>;
  nodes(): Promise<readonly Node[]>;
  events(): Promise<readonly Event[]>;
  /** Writes some keys of the cloud config file anew, and has the provider look at it. Takes no time. */
  changeCloudConfig(keys: Readonly<Record<string, unknown>>): Promise<void>;
  closedConnections(): number;
  /** Lets time pass until the promise settles. */
  during<T>(promise: Promise<T>): Promise<T>;
  /** The calls that `promise` makes. */
  callsOf(promise: () => Promise<unknown>): Promise<readonly string[]>;
}

const PRODUCTS = ["bcc", "blb", "eip", "cce", "bbc", "hpas", "sts"];

export async function createProviderScene(options: SceneOptions = {}): Promise<ProviderScene> {
  const clock = new VirtualClock();
  const random = (name: string) => seededRandom(`scene ${name}`);
  const logs: string[] = [];
  const logger = createLogger((level, message, fields) => logs.push(`${level} ${message} ${JSON.stringify(fields)}`));
  const simulator = createSimulator({
    clock,
    random: random("cloud"),
    eipPool: "127.100.0.0/16",
    ...(options.quotas ? { quotas: options.quotas } : {}),
  });
  const server = createKubeServer({ clock, random: random("kube-server") });
  const client = createKubeClient({
    baseUrl: "https://kubernetes.scene",
    send: inProcessTransport(server.handler),
    clock,
    random: random("client"),
  });
  const calls: string[] = [];
  const cloud = inProcessTransport(simulator.handler);
  const { accessKeyId, secretAccessKey } = simulator.credentials;
  let changed: Readonly<Record<string, unknown>> = {};
  const readConfig = () =>
    parseCloudConfig(
      JSON.stringify({
        ClusterId: options.clusterId ?? "cce-scene",
        Region: simulator.region,
        AccessKeyID: accessKeyId,
        SecretAccessKey: secretAccessKey,
        Endpoints: Object.fromEntries(PRODUCTS.map((product) => [product, `http://${product}.scene`])),
        ...options.cloudConfig,
        ...changed,
      }),
      "the scene's cloud config",
    );
  const config = readConfig();
  const closed: number[] = [];
  const connection = await followCloud({
    config,
    reload: async () => readConfig(),
    openTransport: () => ({
      send: async (request, sending) => {
        const [, product = "", target = ""] = /^http:\/\/(\w+)\.scene(.*)$/.exec(request.url) ?? [];
        const call = `${request.method} ${product}${target.replace(/[?&](maxKeys|pageNo|pageSize|clientToken)=[^&]*/g, "")}`;
        calls.push(call);
        const answer = scene.intercept?.(call, request);
        return answer ?? cloud(request, sending);
      },
      close: async () => void closed.push(clock.monotonic()),
    }),
    readFile: () => Promise.reject(new Error("no files")),
    clock,
    random: random("bce"),
    logger,
  });
  const provider = createBaiduCloud({
    ...connection.now,
    changes: connection,
    clock,
    random: random("provider"),
    logger,
    version: "1.2.3",
    onKubernetes: connection.useKubernetes,
  });
  const stop = new AbortController();
  const parts = { client, clock, random: random("informers"), logger };
  const nodes = createInformer({ ...parts, type: NODES });
  const services = createInformer({ ...parts, type: SERVICES });
  void nodes.run(stop.signal);
  void services.run(stop.signal);
  let waiting = 0;
  let pump: Promise<boolean> | undefined;
  const during = async <T>(promise: Promise<T>): Promise<T> => {
    waiting++;
    const done = () => void waiting--;
    promise.then(done, done);
    // One of those who wait moves the time for all: a promise may itself wait for others.
    pump ??= clock
      .advanceUntil(() => waiting === 0, 3_600_000)
      .finally(() => {
        pump = undefined;
      });
    const late = pump.then((settled): Promise<T> => {
      if (settled) return promise;
      throw new Error("not settled within a simulated hour");
    });
    try {
      return await Promise.race([promise, late]);
    } finally {
      if (waiting === 0) await pump;
    }
  };
  const scene: ProviderScene = {
    clock,
    simulator,
    provider,
    config,
    client,
    calls,
    logs,
    intercept: undefined,
    async addNode({ name, metadata, ...rest }) {
      const node: Node = { apiVersion: "v1", kind: "Node", ...rest, metadata: { ...metadata, name } };
      return during(client.create(NODES, node));
    },
    nodes: async () => (await during(client.list(NODES))).items,
    async events() {
      await clock.advance(1000);
      return (await during(client.list(EVENTS))).items;
    },
    async changeCloudConfig(changes) {
      changed = { ...changed, ...changes };
      await connection.look();
    },
    closedConnections: () => closed.length,
    during,
    async callsOf(run) {
      const before = calls.length;
      await during(run());
      return calls.slice(before);
    },
  };
  await during(Promise.all([nodes.waitForSync(stop.signal), services.waitForSync(stop.signal)]));
  const events = createEventRecorder({ ...parts, component: "test" });
  const context = { client, nodes, services, events, logger, clusterName: "kubernetes", signal: stop.signal };
  await during(provider.initialize?.(context) ?? Promise.resolve());
  calls.length = 0;
  return scene;
}

/** A refusal in the cloud's words. */
export function refusal(status: number, code: string): HttpResponse {
  return jsonResponse(status, { code, message: `about ${code}`, requestId: "req-1" });
}

/** As somebody else makes a rule, in the console or with another tool. */
export async function foreignRule(
  scene: Pick<World, "simulator" | "clock" | "during">,
  rule: {
    readonly destinationAddress: string;
    readonly nexthopId: string;
    readonly description?: string;
    readonly sourceAddress?: string;
  },
): Promise<() => Promise<void>> {
  const { simulator, clock } = scene;
  const random = seededRandom(`${JSON.stringify(rule)} ${clock.monotonic()}`);
  const { vpc } = createBceClient({
    region: "bj",
    clock,
    random,
    send: inProcessTransport(simulator.handler),
    credentials: staticCredentials({
      accessKeyId: simulator.credentials.accessKeyId,
      secretAccessKey: new Secret(simulator.credentials.secretAccessKey),
    }),
  });
  const write = () => ({ clientToken: random.uuid() });
  const { routeTableId } = await scene.during(vpc.routeTable(simulator.vpcId));
  const defaults = { routeTableId, sourceAddress: "0.0.0.0/0", nexthopType: "custom", description: "by hand" } as const;
  const { routeRuleId } = await scene.during(vpc.createRouteRule({ ...defaults, ...rule }, write()));
  return () => scene.during(vpc.deleteRouteRule(routeRuleId, write()));
}
