import {
  type Clock,
  inProcessTransport,
  type Metrics,
  type Random,
  seededRandom,
  silentLogger,
  VirtualClock,
} from "@ccm/base";
import { createKubeClient, EVENTS, type Event, type KubeClient, NODES, type Node } from "@ccm/kube";
import { createKubeServer } from "@ccm/kube-server";
import type { CloudProvider } from "../contract.ts";
import { defaultConfig, type ManagerConfig } from "../manager/config.ts";
import type { ManagerExtensions } from "../manager/environment.ts";
import { runManager } from "../manager/manager.ts";
import { memoryMetrics, READY, UNINITIALIZED, until } from "./harness.ts";

export interface TestClusterOptions extends ManagerExtensions {
  /** What is to be tested. It must take its time from this clock. */
  createProvider(parts: { readonly clock: Clock; readonly random: Random }): CloudProvider;
  /** As the flags would say it. Default: the flags' defaults, cluster CIDR 10.244.0.0/16, no leader election. */
  readonly config?: Partial<ManagerConfig>;
}

export interface TestCluster {
  /** Time passes only when it is told to, and then all that is due happens: `await cluster.clock.advance(60_000)`. */
  readonly clock: VirtualClock;
  /** A user who may do everything. */
  readonly client: KubeClient;
  readonly metrics: Metrics & { value(name: string, labels?: Readonly<Record<string, string>>): number };
  /** Lets time pass until the promise settles: for calls of `client`. */
  during<T>(promise: Promise<T>): Promise<T>;
  /** A Ready node as a kubelet registers it: with the uninitialized taint, and with a Pod CIDR when one is given. */
  addNode(name: string, podCidr?: string): Promise<Node>;
  setReady(name: string, ready: boolean): Promise<void>;
  /** "<type> <reason>: <message>" of all Events about an object. */
  events(name: string): Promise<readonly string[]>;
  /** Ends the manager as SIGTERM does, and then the API server. Rejects with what the manager failed with. */
  end(): Promise<void>;
}

/** For a provider's tests: an API server and the manager with the provider, in one process and under a clock that jumps. */
export function startTestCluster(options: TestClusterOptions): TestCluster {
  const clock = new VirtualClock();
  const server = createKubeServer({ clock, random: seededRandom("server") });
  const random = seededRandom("manager");
  const send = inProcessTransport(server.handler);
  const client = createKubeClient({ baseUrl: "https://kubernetes.test", send, clock, random });
  const provider = options.createProvider({ clock, random });
  const metrics = memoryMetrics();
  const defaults = { ...defaultConfig(provider.name), clusterCidr: "10.244.0.0/16", leaderElect: false };
  const stop = new AbortController();
  const env = { client, clock, random, logger: silentLogger, metrics, hostname: "test" };
  const running = runManager({ ...defaults, ...options.config }, provider, env, stop.signal, options);
  // Told by end(), whenever it happens.
  running.catch(() => {});
  const during = <T>(promise: Promise<T>) => until(clock, promise);
  return {
    clock,
    client,
    metrics,
    during,
    addNode: (name, podCidr) =>
      during(
        client.create(NODES, {
          metadata: { name },
          spec: { taints: [UNINITIALIZED], ...(podCidr ? { podCIDR: podCidr, podCIDRs: [podCidr] } : {}) },
          status: { conditions: [READY] },
        }),
      ),
    async setReady(name, ready) {
      const body = { status: { conditions: [{ ...READY, status: ready ? "True" : "False" }] } };
      await during(client.patch(NODES, { name }, { type: "strategic", body }, { subresource: "status" }));
    },
    async events(name) {
      const { items } = await during(client.list<Event>(EVENTS));
      const about = items.filter(({ involvedObject }) => involvedObject.name === name);
      return about.map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
    },
    async end() {
      stop.abort(new Error("the test is over"));
      await during(running);
      server.close();
    },
  };
}
