import { createSimulator, type Quotas, type Simulator, type Timings } from "@ccm/baiducloud-simulator";
import { inProcessTransport, jsonResponse, Secret, seededRandom, silentLogger, VirtualClock } from "@ccm/base";
import { type BceClient, createBceClient, staticCredentials } from "@ccm/bce";
import { backendsOf, type FacetProblem, type LoadBalancerResult, type LoadBalancers } from "@ccm/cloud-provider";
import { createInformer, createKubeClient, type KubeClient, NODES, SERVICES, type Service } from "@ccm/kube";
import { createKubeServer } from "@ccm/kube-server";
import { createApply } from "../apply.ts";
import type { LoadBalancerDefaults } from "../desired.ts";
import { createLoadBalancers } from "../load-balancers.ts";
import { createObserver } from "../observe.ts";
import { createSubnetChooser } from "../subnet.ts";
import { createSurroundings, type Surroundings } from "../surroundings.ts";
import { createWaits } from "../wait.ts";

export const CLUSTER = "cce-lab";
export const PREFIX = "service.beta.kubernetes.io/";
export const OWN = "cloud-provider-baiducloud/";

const REST_MS = 10_000;

export interface LabOptions {
  readonly nodes?: number;
  readonly quotas?: Partial<Quotas>;
  readonly timings?: Partial<Timings>;
  readonly defaults?: LoadBalancerDefaults;
}

/** Load balancers on a simulated cloud and an embedded API server, without the framework: a test calls what it wants. */
export interface Lab {
  readonly clock: VirtualClock;
  readonly simulator: Simulator;
  readonly kube: KubeClient;
  /** What a person at the console can do. */
  readonly console: BceClient;
  readonly loadBalancers: LoadBalancers;
  /** What users were told, apart from problems. */
  readonly told: readonly string[];
  /** Requests of the load balancers to the cloud, as "PUT /v1/blb/lb-1? {…}". */
  readonly calls: string[];
  /** Makes the cloud refuse the requests that match, as that of `calls`, with this code; undefined: none any more. */
  refuse(pattern: RegExp | undefined, code?: string): void;
  /** Creates or changes a Service. */
  apply(
    name: string,
    more?: { annotations?: Record<string, string | null>; spec?: Partial<Service["spec"]> & object },
  ): Promise<Service>;
  addNode(name: string, zone: string): Promise<void>;
  get(name: string): Promise<Service>;
  /** As the load balancers see it. */
  shown(name: string): Promise<Service>;
  /** As the framework does: converges, and writes the status. */
  ensure(name: string, lane?: "user" | "resync"): Promise<LoadBalancerResult & { readonly reasons: readonly string[] }>;
  updateBackends(name: string): Promise<LoadBalancerResult>;
  /** Deletes the Service, and what was made for it. */
  remove(name: string): Promise<boolean>;
  /** A clientToken for a call at the console. */
  token(): { readonly clientToken: string };
  during<T>(promise: Promise<T>): Promise<T>;
  /** Forgets everything, as a restart does. */
  restart(): void;
  close(): Promise<void>;
}

export async function createLab(options: LabOptions = {}): Promise<Lab> {
  const clock = new VirtualClock();
  const random = (name: string) => seededRandom(name);
  const server = createKubeServer({ clock, random: random("kube") });
  const simulator = createSimulator({
    clock,
    random: random("cloud"),
    eipPool: "127.100.0.0/16",
    ...(options.timings ? { timings: options.timings } : {}),
    ...(options.quotas ? { quotas: options.quotas } : {}),
  });
  const kube = createKubeClient({
    baseUrl: "https://kubernetes.lab",
    send: inProcessTransport(server.handler),
    clock,
    random: random("client"),
  });
  const stopped = new AbortController();
  const { signal } = stopped;
  const informerParts = { client: kube, clock, random: random("informer"), logger: silentLogger };
  const services = createInformer({ ...informerParts, type: SERVICES });
  const nodes = createInformer({ ...informerParts, type: NODES });
  const running = [services.run(signal), nodes.run(signal)];
  const calls: string[] = [];
  const told: string[] = [];
  let tokens = 0;
  let refused: { readonly pattern: RegExp; readonly code: string; readonly message: string } | undefined;
  const { accessKeyId, secretAccessKey } = simulator.credentials;
  const bce = (record: boolean): BceClient => {
    const send = inProcessTransport(simulator.handler);
    return createBceClient({
      clock,
      random: random("bce"),
      region: simulator.region,
      endpoints: Object.fromEntries(["bcc", "blb", "eip", "cce"].map((product) => [product, "http://cloud.lab"])),
      credentials: staticCredentials({ accessKeyId, secretAccessKey: new Secret(secretAccessKey) }),
      send: async (request, sent) => {
        if (!record) return send(request, sent);
        const path = request.url.replace("http://cloud.lab", "").replace(/clientToken=[^&]*&?/, "");
        const call = `${request.method} ${path} ${request.body === undefined ? "" : String(request.body)}`;
        calls.push(call);
        if (!refused?.pattern.test(call)) return send(request, sent);
        const { pattern: _, ...fault } = refused;
        return inProcessTransport(async () => jsonResponse(403, { ...fault, requestId: "req-1" }))(request, sent);
      },
    });
  };
  const console = bce(false);
  const clusterInstances = () =>
    new Set(
      nodes
        .list()
        .map(({ spec }) => spec?.providerID?.replace("cce://", ""))
        .filter((id) => id !== undefined),
    );
  const during: Lab["during"] = async (promise) => {
    let settled = false;
    const mark = () => {
      settled = true;
    };
    promise.then(mark, mark);
    if (!(await clock.advanceUntil(() => settled, 3_600_000))) throw new Error("not settled within a simulated hour");
    return promise;
  };
  let launches = 0;
  const create = (): LoadBalancers => {
    launches++;
    let surroundings: Surroundings | undefined;
    const client = bce(true);
    const vpcId = async () => simulator.vpcId;
    const known = () => surroundings?.services.list() ?? [];
    const observer = createObserver({ client, clusterId: CLUSTER, clock, clusterInstances, services: known, vpcId });
    const parts = {
      client,
      clusterId: CLUSTER,
      observer,
      random: random(`apply ${launches}`),
      logger: silentLogger,
      vpcId,
    };
    const chooseSubnet = createSubnetChooser({ client, subnetId: "", vpcId, clusterInstances });
    const apply = createApply({ ...parts, waits: createWaits(client, clock), chooseSubnet });
    const made = createLoadBalancers({
      clusterId: CLUSTER,
      observer,
      apply,
      logger: silentLogger,
      ...(options.defaults ? { defaults: options.defaults } : {}),
      surroundings: () => surroundings,
    });
    const events = {
      event: (_type: unknown, _object: unknown, severity: string, reason: string, message: string) =>
        void told.push(`${severity} ${reason}: ${message}`),
    };
    const context = { client: kube, services, nodes, events, logger: silentLogger, clusterName: "lab", signal };
    surroundings = createSurroundings(context, { clock, random: random("around"), logger: silentLogger }, () => made);
    return made;
  };
  let loadBalancers = create();

  const ref = (name: string) => ({ namespace: "default", name });
  /** The API server of the lab knows IPv4 alone: other families are put into what the load balancers see. */
  const families = new Map<string, readonly ("IPv4" | "IPv6")[]>();
  const withFamilies = (name: string, service: Service): Service => {
    const ipFamilies = families.get(name);
    return ipFamilies ? { ...service, spec: { ...service.spec, ipFamilies } } : service;
  };
  const get = (name: string) => kube.get(SERVICES, ref(name));
  /** What informers show comes a moment later. */
  const seen = async (service: Service | undefined, name: string): Promise<void> => {
    const shown = () => services.get(`default/${name}`)?.metadata.resourceVersion === service?.metadata.resourceVersion;
    if (!(await clock.advanceUntil(shown, 60_000))) throw new Error(`${name} is not seen`);
  };
  const request = async (name: string, lane: "user" | "resync" | "backend" = "user") => {
    const service = await get(name);
    await seen(service, name);
    const chosen = backendsOf(nodes.list(), loadBalancers.nodeSelector?.(service));
    return { clusterName: "lab", service: withFamilies(name, service), nodes: chosen, lane, signal } as const;
  };
  const addNode = async (name: string, zone: string): Promise<void> => {
    const { id } = simulator.createInstance({ name, hostname: name });
    const labels = { "topology.kubernetes.io/zone": zone };
    const spec = { providerID: `cce://${id}` };
    await kube.create(NODES, { apiVersion: "v1", kind: "Node", metadata: { name, labels }, spec });
  };
  for (let i = 1; i <= (options.nodes ?? 3); i++) await addNode(`node-${i}`, `cn-bj-${"abd"[i % 3]}`);
  await clock.advanceUntil(() => nodes.list().length === (options.nodes ?? 3) && services.synced, 60_000);

  return {
    clock,
    simulator,
    kube,
    console,
    get loadBalancers() {
      return loadBalancers;
    },
    told,
    calls,
    refuse(pattern, code = "QuotaLimitExceeded") {
      refused = pattern && { pattern, code, message: "refused by the test." };
    },
    token: () => ({ clientToken: `console-${++tokens}` }),
    during,
    addNode,
    get,
    shown: async (name) => withFamilies(name, await get(name)),
    async apply(name, { annotations = {}, spec: asked = {} } = {}) {
      const { ipFamilies, ...spec } = asked;
      if (ipFamilies) families.set(name, ipFamilies);
      const known = services.get(`default/${name}`);
      const service = known
        ? await kube.patch(SERVICES, ref(name), { type: "merge", body: { metadata: { annotations }, spec } })
        : await kube.create(SERVICES, {
            apiVersion: "v1",
            kind: "Service",
            metadata: {
              ...ref(name),
              finalizers: ["service.kubernetes.io/load-balancer-cleanup"],
              annotations: annotations as Record<string, string>,
            },
            spec: { type: "LoadBalancer", ports: [{ name: "http", port: 80 }], ...spec },
          });
      await seen(service, name);
      return service;
    },
    async ensure(name, lane = "user") {
      const once = async () => {
        const result = await during(loadBalancers.ensure(await request(name, lane)));
        if (result.status) {
          const body = { status: { loadBalancer: result.status } };
          await kube.patch(SERVICES, ref(name), { type: "merge", body }, { subresource: "status" });
        }
        await seen(await get(name), name);
        return result;
      };
      let result = await once();
      // What waits for the status to be written comes next.
      if ((result.recheckAfterMs ?? REST_MS) < REST_MS) {
        await clock.advance(result.recheckAfterMs ?? 0);
        result = await once();
      }
      // The last change comes to rest.
      await clock.advance(REST_MS);
      return { ...result, reasons: result.problems.map(({ reason }: FacetProblem) => reason) };
    },
    updateBackends: async (name) => during(loadBalancers.updateBackends(await request(name, "backend"))),
    async remove(name) {
      await kube.delete(SERVICES, ref(name));
      const asked = await request(name);
      // There was no manager before.
      const existed = (await during(loadBalancers.ensureDeleted(asked))) === true;
      await kube.patch(SERVICES, ref(name), { type: "merge", body: { metadata: { finalizers: null } } });
      await seen(undefined, name);
      families.delete(name);
      return existed;
    },
    restart() {
      loadBalancers = create();
    },
    async close() {
      stopped.abort();
      await during(Promise.all(running));
      await server.close();
      await simulator.close();
    },
  };
}

/** Runs a test in a lab of its own. */
export async function inLab(test: (lab: Lab) => Promise<void>, options: LabOptions = {}): Promise<void> {
  const lab = await createLab(options);
  try {
    await test(lab);
  } finally {
    await lab.close();
  }
}

/** The words of those problems that are of this reason. */
export function problemsOf(result: LoadBalancerResult, reason: string): readonly string[] {
  return result.problems.filter((problem) => problem.reason === reason).map(({ message }) => message);
}

/** A load balancer as somebody else makes it. */
export async function foreignBlb(
  lab: Lab,
  name: string,
  desc = "",
  tags: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { simulator, console } = lab;
  const [subnetId = ""] = simulator.subnetIds;
  const pairs = Object.entries(tags).map(([tagKey, tagValue]) => ({ tagKey, tagValue }));
  const spec = { name, desc, vpcId: simulator.vpcId, subnetId, tags: pairs };
  const { blbId } = await lab.during(console.blb.create(spec, lab.token()));
  await lab.clock.advance(5000);
  return blbId;
}
