/** For this room's tests: an API server, a fake cloud and the controllers between them, under a virtual clock. */
import {
  type Histogram,
  type HttpResponse,
  inProcessTransport,
  type Labels,
  type Metrics,
  noMetrics,
  seededRandom,
  silentLogger,
  sleep,
  type Transport,
  VirtualClock,
} from "@ccm/base";
import {
  createEventRecorder,
  createInformer,
  createKubeClient,
  EVENTS,
  type Event,
  NODES,
  type Node,
  SERVICES,
  type Service,
} from "@ccm/kube";
import { createKubeServer } from "@ccm/kube-server";
import type { Controller, ControllerContext } from "../context.ts";
import { FakeProvider, type FakeProviderOptions } from "../fake-provider.ts";

export interface Recorded {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly contentType: string;
  readonly at: number;
  readonly status: number;
}

export interface HarnessOptions extends Omit<FakeProviderOptions, "clock"> {
  /** How long the API server takes for a write. Default 0. */
  readonly writeMs?: number;
  /** The controllers' own limit of calls to the API server. Default: none. */
  readonly qps?: number;
  readonly burst?: number;
}

export interface Harness extends Awaited<ReturnType<typeof createHarness>> {}

export async function createHarness(options: HarnessOptions = {}) {
  const clock = new VirtualClock();
  const server = createKubeServer({ clock, random: seededRandom("server") });
  const requests: Recorded[] = [];
  const send = inProcessTransport(server.handler);
  const { writeMs = 0, qps, burst } = options;
  const refusals: { matches: (method: string, path: string) => boolean; reason: string; times: number }[] = [];
  const hooks: { method: string; path: RegExp; fn: () => Promise<unknown> }[] = [];
  const recorded: Transport = async (request, more) => {
    const path = new URL(request.url).pathname;
    const body = typeof request.body === "string" ? request.body : "";
    if (writeMs > 0 && request.method !== "GET") await sleep(clock, writeMs, more?.signal);
    const hook = hooks.findIndex(({ method, path: wanted }) => method === request.method && wanted.test(path));
    if (hook >= 0) await hooks.splice(hook, 1)[0]?.fn();
    const refusal = refusals.find(({ matches, times }) => times > 0 && matches(request.method, path));
    if (refusal) refusal.times--;
    const response = refusal ? refused(refusal.reason) : await send(request, more);
    // Reads and Events are not what tests count.
    if (request.method !== "GET" && !path.includes("/events")) {
      const contentType = request.headers?.["content-type"] ?? "";
      const { method } = request;
      requests.push({ method, path, body, contentType, at: clock.monotonic(), status: response.status });
    }
    return response;
  };
  const parts = { baseUrl: "https://kubernetes.test", clock, random: seededRandom("client") };
  /** What a user does. */
  const user = createKubeClient({ ...parts, send });
  /** What the controllers do: recorded. */
  const client = createKubeClient({ ...parts, send: recorded, ...(qps ? { qps } : {}), ...(burst ? { burst } : {}) });
  const cloud = new FakeProvider({ clock, ...options });
  const metrics = memoryMetrics();
  const stop = new AbortController();
  const running: Promise<unknown>[] = [];

  const context = async (component: string): Promise<ControllerContext> => {
    const shared = { client, clock, random: seededRandom(component), logger: silentLogger };
    const nodes = createInformer<Node>({ ...shared, type: NODES });
    const services = createInformer<Service>({ ...shared, type: SERVICES });
    running.push(nodes.run(stop.signal), services.run(stop.signal));
    await until(clock, Promise.all([nodes.waitForSync(stop.signal), services.waitForSync(stop.signal)]));
    return { ...shared, nodes, services, metrics, events: createEventRecorder({ ...shared, component }) };
  };
  return {
    clock,
    server,
    user,
    client,
    cloud,
    metrics,
    requests,
    signal: stop.signal,
    /** The API server refuses the controllers' next `times` calls that fit, for this reason ("Conflict", "Forbidden" …). */
    refuse(method: string, path: RegExp, reason: keyof typeof REFUSALS, times = 1): void {
      refusals.push({ matches: (one, at) => one === method && path.test(at), reason, times });
    },
    /** What happens at the API server right before the controllers' next call that fits. Use `user` there, without `during`. */
    before(method: string, path: RegExp, fn: () => Promise<unknown>): void {
      hooks.push({ method, path, fn });
    },
    /** Builds a controller over synced caches and runs it until close(). */
    async run(component: string, build: (context: ControllerContext) => Controller): Promise<void> {
      running.push(build(await context(component)).run(stop.signal));
    },
    /** "<type> <reason>: <message> (×<count>)" of the Events about an object, in the order they were written last. */
    async events(name: string, reason?: string): Promise<readonly string[]> {
      const { items } = await until(clock, user.list<Event>(EVENTS));
      const written = (event: Event) => Number(event.metadata.resourceVersion);
      return [...items]
        .sort((a, b) => written(a) - written(b))
        .filter((event) => event.involvedObject.name === name && (reason === undefined || event.reason === reason))
        .map(({ type, reason: why, message, count = 1 }) => {
          return `${type} ${why}: ${message}${count > 1 ? ` (×${count})` : ""}`;
        });
    },
    during: <T>(promise: Promise<T>) => until(clock, promise),
    async close(): Promise<void> {
      stop.abort(new Error("the test is over"));
      await until(clock, Promise.all(running));
      server.close();
    },
  };
}

const REFUSALS = { Conflict: 409, Forbidden: 403, NotFound: 404, InternalError: 500 } as const;

function refused(reason: string): HttpResponse {
  const code = REFUSALS[reason as keyof typeof REFUSALS];
  const status = { kind: "Status", apiVersion: "v1", status: "Failure", reason, code, message: `refused: ${reason}` };
  async function* body() {
    yield Buffer.from(JSON.stringify(status));
  }
  return { status: code, headers: { "content-type": "application/json" }, body: body() };
}

/** Lets time pass until the promise settles. */
export async function until<T>(clock: VirtualClock, promise: Promise<T>): Promise<T> {
  let settled = false;
  const mark = () => {
    settled = true;
  };
  promise.then(mark, mark);
  if (!(await clock.advanceUntil(() => settled, 3_600_000))) throw new Error("not settled within a simulated hour");
  return promise;
}

/** Metrics that a test can read. */
export function memoryMetrics(): Metrics & { value(name: string, labels?: Labels): number; names(): string[] } {
  const values = new Map<string, number>();
  const slot = (name: string, labels: Labels = {}) => `${name}${JSON.stringify(labels)}`;
  const histogram: (name: string) => Histogram = (name) => ({
    observe: (_value, labels) => void values.set(slot(name, labels), (values.get(slot(name, labels)) ?? 0) + 1),
  });
  return {
    counter: ({ name }) => ({
      inc: (labels, by = 1) => void values.set(slot(name, labels), (values.get(slot(name, labels)) ?? 0) + by),
    }),
    gauge: ({ name }) => ({ set: (value, labels) => void values.set(slot(name, labels), value) }),
    histogram: ({ name }) => histogram(name),
    expose: noMetrics.expose,
    value: (name, labels) => values.get(slot(name, labels)) ?? 0,
    names: () => [...values.keys()],
  };
}

export function newNode(name: string, more: Partial<Pick<Node, "spec" | "status">> & Node["metadata"] = {}): Node {
  const { spec, status, ...metadata } = more;
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, ...metadata },
    ...(spec ? { spec } : {}),
    ...(status ? { status } : {}),
  };
}

export function newService(name: string, spec: Service["spec"] = {}, metadata: Service["metadata"] = {}): Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { namespace: "default", name, ...metadata },
    spec: { type: "LoadBalancer", ports: [{ name: "http", port: 80 }], ...spec },
  };
}

export const READY = { type: "Ready", status: "True" } as const;
export const NOT_READY = { type: "Ready", status: "False" } as const;
export const UNINITIALIZED = {
  key: "node.cloudprovider.kubernetes.io/uninitialized",
  value: "true",
  effect: "NoSchedule",
} as const;
