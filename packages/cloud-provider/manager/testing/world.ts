/** For this folder's tests: managers as processes that can be killed, around one embedded API server, under a virtual clock. */
import {
  type Clock,
  type HttpHandler,
  inProcessTransport,
  jsonResponse,
  type Listen,
  readText,
  type ServerTls,
  seededRandom,
  silentLogger,
  type Transport,
  VirtualClock,
} from "@ccm/base";
import { createKubeClient, LEASES, type Lease } from "@ccm/kube";
import { createKubeServer } from "@ccm/kube-server";
import type { CloudProvider } from "../../contract.ts";
import { FakeProvider } from "../../fake-provider.ts";
import { memoryMetrics, until } from "../../testing/harness.ts";
import { defaultConfig, type ManagerConfig } from "../config.ts";
import type { ManagerEnvironment, ManagerExtensions } from "../environment.ts";
import { runManager } from "../manager.ts";

const LEASE = { namespace: "kube-system", name: "cloud-controller-manager" };
export const CONFIG: ManagerConfig = { ...defaultConfig("fake"), clusterCidr: "10.244.0.0/16" };

/** `guarded`: the API server knows one user, with the token "admin"; reviews answer no for everybody else. */
export function createWorld({ guarded = false } = {}) {
  const clock = new VirtualClock();
  const admin = { user: "admin", groups: ["system:masters"] };
  const server = createKubeServer({
    clock,
    random: seededRandom("server"),
    ...(guarded ? { tokens: new Map([["admin", admin]]), authorize: () => false } : {}),
  });
  const authorize = async () => ({ authorization: "Bearer admin" });
  const send = inProcessTransport(server.handler);
  const parts = { baseUrl: "https://kubernetes.test", clock, ...(guarded ? { authorize } : {}) };
  const user = createKubeClient({ ...parts, send, random: seededRandom("user") });
  let cut = false;
  let forbidden: RegExp | undefined;
  const paths: string[] = [];
  const asked: string[] = [];

  /** A process: killed, nothing of it happens any more. */
  const launch = (
    name: string,
    options: {
      config?: Partial<ManagerConfig>;
      provider?: Partial<CloudProvider>;
      env?: Partial<ManagerEnvironment>;
      extensions?: ManagerExtensions;
    } = {},
  ) => {
    let alive = true;
    const living: Clock = {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      schedule: (ms, fn) => clock.schedule(ms, () => alive && fn()),
    };
    const network: Transport = async (request, more) => {
      if (cut && alive) throw new Error("no route to host");
      const { pathname } = new URL(request.url);
      paths.push(pathname);
      asked.push(`${request.method} ${pathname} ${request.headers.accept}`);
      if (forbidden?.test(pathname))
        return jsonResponse(403, { kind: "Status", reason: "Forbidden", message: "not you" });
      const response = alive ? await send(request, more) : undefined;
      return alive && response ? response : new Promise(() => {});
    };
    const cloud = new FakeProvider({ clock });
    const provider: CloudProvider = Object.assign(cloud, options.provider);
    const stop = new AbortController();
    const metrics = memoryMetrics();
    const handlers: { handler: HttpHandler; port: number; closed: boolean; tls: (ServerTls | undefined)[] }[] = [];
    const listen: Listen = async ({ handler, port, tls }) => {
      const entry = { handler, port, closed: false, tls: [tls] };
      handlers.push(entry);
      return {
        port,
        close: async () => {
          entry.closed = true;
        },
        renew: (fresh) => void entry.tls.push(fresh),
      };
    };
    const random = seededRandom(name);
    const env = {
      client: createKubeClient({ ...parts, clock: living, send: network, random }),
      clock: living,
      random,
      logger: silentLogger,
      metrics,
      hostname: name,
      listen,
      ...options.env,
    };
    let outcome: unknown = "running";
    const ended = runManager({ ...CONFIG, ...options.config }, provider, env, stop.signal, options.extensions).then(
      () => {
        outcome = "ended";
      },
      (error: unknown) => {
        outcome = error;
      },
    );
    return {
      cloud,
      metrics,
      handlers,
      get outcome() {
        return outcome;
      },
      kill() {
        alive = false;
      },
      /** What the server on `port` answers: "<status> <text>". */
      async get(path: string, port = 10258, method = "GET", token?: string, text?: string) {
        const entry = handlers.find((one) => one.port === port);
        if (!entry) throw new Error(`nothing is served on port ${port}`);
        const ask = inProcessTransport(entry.handler);
        const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
        const { status, body } = await until(
          clock,
          ask({ method, url: `https://ccm.test${path}`, headers, ...(text ? { body: text } : {}) }),
        );
        return `${status} ${await readText(body)}`;
      },
      async terminate() {
        stop.abort(new Error("SIGTERM"));
        await until(clock, ended);
      },
    };
  };
  return {
    clock,
    user,
    launch,
    /** What managers asked for: method, path, and the forms of answer they take. */
    asked,
    during: <T>(promise: Promise<T>) => until(clock, promise),
    holder: async (name = LEASE.name) =>
      (await until(clock, user.get<Lease>(LEASES, { ...LEASE, name }))).spec?.holderIdentity ?? "",
    /** Somebody else takes a lease, rightly or not. */
    async hold(name: string, holderIdentity: string, leaseDurationSeconds: number) {
      const ref = { ...LEASE, name };
      const spec = { holderIdentity, leaseDurationSeconds, leaseTransitions: 0 };
      const known = await until(
        clock,
        user.get<Lease>(LEASES, ref).catch(() => undefined),
      );
      await until(
        clock,
        known ? user.update(LEASES, { ...known, spec }) : user.create<Lease>(LEASES, { metadata: ref, spec }),
      );
    },
    /** The network between the managers and the API server. */
    set network(up: boolean) {
      cut = !up;
    },
    /** What the managers asked the API server for. */
    paths,
    /** Paths that the API server refuses to managers. */
    set forbid(pattern: RegExp) {
      forbidden = pattern;
    },
    close: () => server.close(),
  };
}
export type Manager = ReturnType<ReturnType<typeof createWorld>["launch"]>;
export const runs = (manager: Manager): number =>
  manager.metrics.value("running_managed_controllers", { name: "service", manager: "cloud-controller-manager" });
