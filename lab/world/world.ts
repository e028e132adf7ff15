import { type CloudChanges, changeBetween, createBaiduCloud, parseCloudConfig } from "@ccm/baiducloud";
import { createSimulator, type Quotas, type Simulator, type Timings } from "@ccm/baiducloud-simulator";
import {
  type Clock,
  type HttpHandler,
  inProcessTransport,
  type Logger,
  type Metrics,
  noMetrics,
  Secret,
  type ServerRequest,
  seededRandom,
  silentLogger,
  sleep,
  type Transport,
  VirtualClock,
} from "@ccm/base";
import { type BceClient, createBceClient } from "@ccm/bce";
import { type CloudProvider, defaultConfig, type ManagerConfig, runManager } from "@ccm/cloud-provider";
import { createInformer, createKubeClient, type KubeClient, SERVICES } from "@ccm/kube";
import { type CustomKind, createKubeServer } from "@ccm/kube-server";
import { createLabNodes, type LabNodes, noNetwork } from "@ccm/nodes";
import { createProcess } from "./process.ts";
import { createRows, type Rows } from "./rows.ts";
import { createTrace, type Trace } from "./trace.ts";

export interface WorldOptions {
  readonly seed: number | string;
  readonly nodes?: number;
  readonly timings?: Partial<Timings>;
  readonly quotas?: Partial<Quotas>;
  readonly config?: Partial<ManagerConfig>;
  /** Whether the provider makes routes. Default: true. */
  readonly routes?: boolean;
  /** Keys of the cloud config besides those that every world needs. */
  readonly cloudConfig?: Readonly<Record<string, unknown>>;
  /** Kinds that the API server has besides its own. */
  readonly customKinds?: readonly CustomKind[];
  /** How long each call of the cloud takes. Default: 2 to 20 ms, by chance. */
  readonly cloudLatencyMs?: number;
  /** Stands between a CCM and the servers: what it sends, and what it hears. */
  readonly wire?: (link: Link, transport: Transport) => Transport;
  /** Called when a server has carried out a request of a CCM, before the answer leaves. */
  readonly onEffect?: (link: Link, request: ServerRequest, status: number) => void;
  /** Puts something around the client of the cloud, or the provider, of each CCM. */
  readonly aroundClient?: (client: BceClient, world: World) => BceClient;
  readonly aroundProvider?: (provider: CloudProvider, world: World) => CloudProvider;
  /** What the CCMs log. */
  readonly logger?: (ccm: string) => Logger;
  readonly metrics?: (ccm: string) => Metrics;
}

/** Who sends to whom. */
export interface Link {
  readonly ccm: string;
  readonly to: "kube" | "cloud";
}

/** A running cloud controller manager of the world. */
export interface WorldCcm {
  readonly name: string;
  /** Resolves when it has ended by itself or as asked; never after a kill. */
  readonly ended: Promise<void>;
  /** SIGTERM. */
  end(): void;
  /** SIGTERM: lets time pass until it has ended. */
  terminate(): Promise<void>;
  /** SIGKILL: nothing of it happens any more. */
  kill(): void;
  /** Gives it some keys of its cloud config anew, while it runs. */
  changeCloudConfig(keys: Readonly<Record<string, unknown>>): void;
  /** What it ended with; undefined while it runs. */
  readonly failure: unknown;
}

/** The API server, the cloud, the nodes and the CCM in one process, without sockets, under one virtual clock. */
export interface World {
  readonly clock: VirtualClock;
  /** Straight to the API server, not in the trace. */
  readonly client: KubeClient;
  readonly simulator: Simulator;
  readonly machines: LabNodes;
  readonly trace: Trace;
  /** What the cloud keeps. */
  readonly rows: Rows;
  /** Registers another node: a machine in the cloud, and its kubelet. Returns the machine's id. */
  addNode(name: string): Promise<string>;
  /** The same, where time passes already. */
  joinNode(name: string): Promise<string>;
  startCcm(): WorldCcm;
  /** Gives some keys of the cloud config anew to those that run, and to those that start later. */
  changeCloudConfig(keys: Readonly<Record<string, unknown>>, running: readonly WorldCcm[]): void;
  /** What the clocks of the CCMs' machines say beyond the true time, in milliseconds; may change at any moment. */
  skewMs: number;
  /** The access key that the CCMs have. When the cloud has another, they are refused until this is called. */
  renewAccessKey(): void;
  /** Lets time pass until the promise settles. */
  during<T>(promise: Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const CLUSTER_ID = "cce-world";
const FASTEST_MS = 1;
const LATENCY_SPREAD_MS = 9;
const LONGEST_MS = 2 * 3_600_000;

export async function createWorld(options: WorldOptions): Promise<World> {
  const { seed, nodes = 3 } = options;
  const clock = new VirtualClock();
  const random = (name: string) => seededRandom(`${seed} ${name}`);
  const trace = createTrace(clock);
  const rows = createRows();
  const server = createKubeServer({
    clock,
    random: random("kube-server"),
    ...(options.customKinds ? { customKinds: options.customKinds } : {}),
  });
  const simulator = createSimulator({
    clock,
    random: random("cloud"),
    eipPool: "127.100.0.0/16",
    backend: rows.backend,
    ...(options.timings ? { timings: options.timings } : {}),
    ...(options.quotas ? { quotas: options.quotas } : {}),
  });
  /** Every request and every answer takes a little time: what was atomic by chance is not. */
  const latency = (name: string) => {
    const chance = random(`latency ${name}`);
    return () => sleep(clock, FASTEST_MS + chance.next() * LATENCY_SPREAD_MS);
  };
  const slow = (name: string, handler: Parameters<typeof inProcessTransport>[0], fixedMs?: number): Transport => {
    const delay = fixedMs === undefined ? latency(name) : () => sleep(clock, fixedMs / 2);
    return inProcessTransport(handler, { before: delay, after: delay });
  };
  const client = createKubeClient({
    baseUrl: "https://kubernetes.world",
    send: inProcessTransport(server.handler),
    clock,
    random: random("client"),
  });
  const stopped = new AbortController();
  const services = createInformer({ client, type: SERVICES, clock, random: random("nodes"), logger: silentLogger });
  const informer = services.run(stopped.signal);
  const machines = createLabNodes({ client, services, network: noNetwork, clock, logger: silentLogger });
  let launches = 0;
  let nodeCount = 0;
  let configured: Readonly<Record<string, unknown>> = {};
  let accessKey = simulator.credentials;

  const world: World = {
    clock,
    client,
    simulator,
    machines,
    trace,
    rows,
    skewMs: 0,
    renewAccessKey() {
      accessKey = simulator.credentials;
    },
    changeCloudConfig(keys, running) {
      configured = { ...configured, ...keys };
      for (const ccm of running) ccm.changeCloudConfig(configured);
    },
    addNode: (name) => world.during(world.joinNode(name)),
    async joinNode(name) {
      const count = ++nodeCount;
      const { id, internalIp } = simulator.createInstance({ name, hostname: name });
      const podCidr = `10.${244 + (count >> 8)}.${count & 255}.0/24`;
      await machines.add({ name, internalIp, host: internalIp, podCidr });
      return id;
    },
    startCcm() {
      const name = `ccm-${++launches}`;
      const process = createProcess(clock);
      const chance = random(name);
      const connect = (link: Link, handler: HttpHandler, fixedMs?: number): Transport => {
        const told: HttpHandler = async (request) => {
          const response = await handler(request);
          options.onEffect?.(link, request, response.status);
          return response;
        };
        const recorded = trace.record(name, link.to, slow(`${name} ${link.to}`, told, fixedMs));
        return process.wrap(options.wire?.(link, recorded) ?? recorded);
      };
      const kube = connect({ ccm: name, to: "kube" }, server.handler);
      const cloud = connect({ ccm: name, to: "cloud" }, simulator.handler, options.cloudLatencyMs);
      const config: ManagerConfig = {
        ...defaultConfig("cce"),
        clusterName: CLUSTER_ID,
        clusterCidr: "10.240.0.0/12",
        ...options.config,
      };
      const skewed: Clock = { ...process.clock, now: () => process.clock.now() + world.skewMs };
      const parts = { clock: skewed, random: chance, logger: options.logger?.(name) ?? silentLogger };
      const client = createBceClient({
        ...parts,
        send: cloud,
        region: simulator.region,
        endpoints: {
          bcc: "http://cloud.world",
          blb: "http://cloud.world",
          eip: "http://cloud.world",
          cce: "http://cloud.world",
        },
        credentials: async () => ({
          accessKeyId: accessKey.accessKeyId,
          secretAccessKey: new Secret(accessKey.secretAccessKey),
        }),
      });
      const bce = options.aroundClient?.(client, world) ?? client;
      const cloudConfig = (changes: Readonly<Record<string, unknown>> = {}) =>
        parseCloudConfig(
          JSON.stringify({
            ClusterId: CLUSTER_ID,
            Region: simulator.region,
            AccessKeyID: simulator.credentials.accessKeyId,
            SecretAccessKey: simulator.credentials.secretAccessKey,
            VpcId: simulator.vpcId,
            ...options.cloudConfig,
            ...changes,
          }),
          "the world's cloud config",
        );
      let present = cloudConfig(configured);
      let tell: Parameters<CloudChanges["onChange"]>[0] = () => {};
      const onChange: CloudChanges["onChange"] = (listener) => {
        tell = listener;
      };
      const plain = createBaiduCloud({
        ...parts,
        client: bce,
        routes: options.routes ?? true,
        config: present,
        changes: { onChange, release: () => {} },
      });
      const provider = options.aroundProvider?.(plain, world) ?? plain;
      const env = {
        ...parts,
        client: createKubeClient({ ...parts, baseUrl: "https://kubernetes.world", send: kube }),
        metrics: options.metrics?.(name) ?? noMetrics,
        hostname: name,
      };
      let failure: unknown;
      const ended = runManager(config, provider, env, process.signal).catch((error: unknown) => {
        failure = error;
      });
      return {
        name,
        ended,
        end: () => process.terminate(),
        async terminate() {
          process.terminate();
          await world.during(ended);
        },
        kill: () => process.kill(),
        changeCloudConfig(keys) {
          const config = cloudConfig(keys);
          tell({ config, client: bce }, changeBetween(present, config));
          present = config;
        },
        get failure() {
          return failure;
        },
      };
    },
    async during(promise) {
      let settled = false;
      const mark = () => {
        settled = true;
      };
      promise.then(mark, mark);
      if (!(await clock.advanceUntil(() => settled, LONGEST_MS)))
        throw new Error("not settled within two simulated hours");
      return promise;
    },
    async close() {
      stopped.abort();
      await world.during(Promise.all([informer, machines.close()]));
      await server.close();
      await simulator.close();
    },
  };
  for (let i = 1; i <= nodes; i++) await world.addNode(`node-${i}`);
  return world;
}
