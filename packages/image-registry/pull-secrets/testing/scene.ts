/** For tests of the controller: an API server, the cloud with a registry, and controllers that can be killed. */
import {
  type Clock,
  inProcessTransport,
  type Metrics,
  noMetrics,
  Secret,
  seededRandom,
  silentLogger,
  type Transport,
} from "@ccm/base";
import {
  CONFIG_MAPS,
  type ConfigMap,
  createEventRecorder,
  createKubeClient,
  EVENTS,
  type Event,
  hasCode,
  NAMESPACES,
  type Namespace,
  SECRETS,
  SERVICE_ACCOUNTS,
  type Secret as SecretObject,
  type ServiceAccount,
} from "@ccm/kube";
import { createKubeServer } from "@ccm/kube-server";
import { readDockerConfig } from "../../docker-config.ts";
import type { LoginApiOf } from "../../registries/login.ts";
import { createRegistryLab, until } from "../../registries/testing/lab.ts";
import { CONFIG_KEY, createPullSecretController } from "../controller.ts";
import { DOCKER_CONFIG } from "../objects.ts";

const HOME = { namespace: "kube-system", name: "pull-secrets" };
export const NAME = "ccr-pull";

/** What a call does besides what it should: the process dies before it, or after it. */
export type Fate = "before" | "after" | undefined;

export interface SceneOptions {
  /** What happens at the nth call of any controller, to the API server or the cloud. */
  readonly fate?: (nth: number) => Fate;
  /** Throws what the cloud does instead of answering. */
  readonly cloud?: (operation: string) => void;
}

export async function createScene({ fate = () => undefined, cloud = () => {} }: SceneOptions = {}) {
  let calls = 0;
  const dying: { now: () => void } = { now: () => {} };
  /** Every call of the living process passes here. */
  const through = async <T>(go: () => Promise<T>): Promise<T> => {
    const what = fate(calls++);
    if (what === undefined) return go();
    if (what === "after") await go().catch(() => {});
    dying.now();
    return new Promise<T>(() => {});
  };
  const lab = await createRegistryLab();
  const { clock } = lab;
  const server = createKubeServer({ clock, random: seededRandom("server") });
  const direct = inProcessTransport(server.handler);
  const parts = { baseUrl: "https://kubernetes.test", clock };
  const user = createKubeClient({ ...parts, send: direct, random: seededRandom("user") });
  const during = <T>(promise: Promise<T>) => until(clock, promise);
  const requests: string[] = [];
  const api: LoginApiOf = async (region) => {
    const ccr = await lab.api(region);
    const guarded = <A extends readonly unknown[], R>(name: string, call: (...args: A) => Promise<R>) => {
      return (...args: A) =>
        through(async () => {
          cloud(name);
          return call(...args);
        });
    };
    return {
      loginName: guarded("loginName", ccr.loginName),
      temporaryPassword: guarded("temporaryPassword", ccr.temporaryPassword),
      personal: {
        userName: guarded("userName", ccr.personal.userName),
        temporaryPassword: guarded("personal", ccr.personal.temporaryPassword),
      },
    };
  };

  /** A process with the controller. Killed, nothing of it happens any more. */
  const launch = (name = "one") => {
    let alive = true;
    const stop = new AbortController();
    const living: Clock = {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      schedule: (ms, fn) => clock.schedule(ms, () => alive && fn()),
    };
    const send: Transport = async (request, more) => {
      if (!alive) return new Promise(() => {});
      const { pathname, searchParams } = new URL(request.url);
      const isWatch = searchParams.has("watch");
      if (!isWatch && !pathname.includes("/events")) requests.push(`${request.method} ${pathname}`);
      // Watches are no steps of the work; those of a dead process are cut.
      const response = isWatch ? await direct(request, more) : await through(() => direct(request, more));
      return alive ? response : new Promise(() => {});
    };
    const client = createKubeClient({ ...parts, clock: living, send, random: seededRandom(name) });
    const metrics = memoryMetrics();
    const shared = { client, clock: living, random: seededRandom(name), logger: silentLogger };
    const controller = createPullSecretController({
      ...shared,
      api: async (region) => (alive ? api(region) : new Promise(() => {})),
      metrics,
      events: createEventRecorder({ ...shared, component: "pull-secret-controller" }),
    });
    const running = controller.run(stop.signal);
    running.catch(() => {});
    const kill = () => {
      alive = false;
    };
    dying.now = kill;
    return {
      metrics,
      get alive() {
        return alive;
      },
      kill,
      async end(): Promise<void> {
        stop.abort(new Error("the test is over"));
        if (alive) await during(running);
      },
    };
  };

  return {
    ...lab,
    user,
    during,
    launch,
    /** Of controllers, to the API server, but for watches and Events. */
    requests,
    calls: lab.calls,
    /** How often something was called that `fate` is asked about. */
    steps: () => calls,
    passwords: () => lab.calls.filter((call) => call.endsWith("/credential 200")).length,
    async configure(text: string): Promise<void> {
      const data = { [CONFIG_KEY]: text };
      const known = await during(user.get<ConfigMap>(CONFIG_MAPS, HOME).catch(unlessThere));
      if (known) await during(user.update(CONFIG_MAPS, { ...known, data }));
      else await during(user.create(CONFIG_MAPS, { metadata: HOME, data }));
    },
    async addNamespace(name: string, metadata: Namespace["metadata"] = {}): Promise<void> {
      await during(user.create(NAMESPACES, { metadata: { name, ...metadata } }));
      // Made by a controller of Kubernetes, of which there is none here.
      await during(user.create<ServiceAccount>(SERVICE_ACCOUNTS, { metadata: { namespace: name, name: "default" } }));
    },
    secret: (namespace: string, name = NAME) =>
      during(user.get<SecretObject>(SECRETS, { namespace, name }).catch(unlessThere)),
    account: (namespace: string) => during(user.get<ServiceAccount>(SERVICE_ACCOUNTS, { namespace, name: "default" })),
    /** What becomes of a pull with a namespace's Secret, as the kubelet reads it. */
    async pullIn(namespace: string): Promise<string> {
      const secret = await during(user.get<SecretObject>(SECRETS, { namespace, name: NAME }).catch(unlessThere));
      if (!secret) return "no secret";
      const text = Buffer.from(secret.data?.[DOCKER_CONFIG] ?? "", "base64").toString("utf8");
      const entry = readDockerConfig(text, namespace).find(({ key }) => key === lab.host);
      return lab.pull(entry?.credential ?? { username: "", password: new Secret("") });
    },
    async events(reason: string): Promise<readonly string[]> {
      const { items } = await during(user.list<Event>(EVENTS));
      return items.filter((event) => event.reason === reason).map(({ message = "" }) => message);
    },
  };
}

export type Scene = Awaited<ReturnType<typeof createScene>>;

function unlessThere(error: unknown): undefined {
  if (!hasCode(error, "not_found")) throw error;
}

function memoryMetrics(): Metrics & { value(name: string, labels?: Readonly<Record<string, string>>): number } {
  const values = new Map<string, number>();
  const slot = (name: string, labels: Readonly<Record<string, string>> = {}) => `${name} ${JSON.stringify(labels)}`;
  return {
    ...noMetrics,
    counter: ({ name }) => ({
      inc: (labels, by = 1) => void values.set(slot(name, labels), (values.get(slot(name, labels)) ?? 0) + by),
    }),
    gauge: ({ name }) => ({ set: (value, labels) => void values.set(slot(name, labels), value) }),
    value: (name, labels) => values.get(slot(name, labels)) ?? 0,
  };
}
