import { sleep, type Transport, TransportError } from "@ccm/base";
import { type KubeClient, LEASES } from "@ccm/kube";
import type { Link, World, WorldCcm } from "../world.ts";

/** As soon as a kubelet starts a container again that has just failed for the first time. */
const RESTART_MS = 1000;
/** How long a new leader may work before what its predecessor had sent arrives. */
const HEAD_START_MS = 3000;
const ELECTION = { namespace: "kube-system", name: "cloud-controller-manager" };
const LOOK_MS = 500;
const LONGEST_ELECTION_MS = 120_000;

/** The CCMs of a world, as a Deployment keeps them: one that has ended is started again. */
export interface Replicas {
  start(count: number): void;
  kill(ccm: string): void;
  isDead(ccm: string): boolean;
  /** Asks one to end (SIGTERM). Resolves when it has. */
  end(ccm: string): Promise<void>;
  /** Cuts the CCM off from its lease until another has had it for a while. */
  depose(ccm: string): Promise<void>;
  /** Ends all as `kubectl rollout restart` does, and starts as many again. */
  restart(): Promise<void>;
  stop(): Promise<void>;
  /** The replicas that are running. */
  readonly running: readonly WorldCcm[];
  /** What replicas ended with. */
  readonly failures: readonly unknown[];
  /** In every link: cuts off whoever is deposed. */
  readonly wire: (link: Link, transport: Transport) => Transport;
}

export function createReplicas(world: () => World): Replicas {
  const running = new Map<string, WorldCcm>();
  const dead = new Set<string>();
  const cutOff = new Set<string>();
  const failures: unknown[] = [];
  let stopping = false;

  const launch = (): void => {
    const ccm = world().startCcm();
    running.set(ccm.name, ccm);
    ccm.ended.then(() => {
      if (ccm.failure !== undefined) failures.push(ccm.failure);
      // What it had still to say ends with it.
      ccm.kill();
      gone(ccm.name);
    });
  };
  const gone = (name: string): void => {
    if (!running.delete(name) || stopping) return;
    world().clock.schedule(RESTART_MS, () => {
      if (!stopping) launch();
    });
  };
  const stop = async (): Promise<void> => {
    stopping = true;
    for (const ccm of [...running.values()]) {
      running.delete(ccm.name);
      await ccm.terminate();
    }
  };
  return {
    start(count) {
      for (let i = 0; i < count; i++) launch();
    },
    kill(name) {
      dead.add(name);
      running.get(name)?.kill();
      gone(name);
    },
    isDead: (name) => dead.has(name),
    end: async (name) => {
      running.get(name)?.end();
      // Ended as asked, or killed before.
      while (running.has(name)) await sleep(world().clock, LOOK_MS);
    },
    async depose(name) {
      const { clock, client } = world();
      cutOff.add(name);
      if (running.size < 2) launch();
      const end = clock.monotonic() + LONGEST_ELECTION_MS;
      while (clock.monotonic() < end && (await holder(client))?.startsWith(`${name}_`) !== false)
        await sleep(clock, LOOK_MS);
      await sleep(clock, HEAD_START_MS);
      cutOff.delete(name);
    },
    async restart() {
      const count = running.size;
      await stop();
      stopping = false;
      for (let i = 0; i < count; i++) launch();
    },
    stop,
    get running() {
      return [...running.values()];
    },
    failures,
    wire: (link, transport) => async (request, options) => {
      if (!cutOff.has(link.ccm) || !request.url.includes("/leases")) return transport(request, options);
      await sleep(world().clock, RESTART_MS, options?.signal);
      throw new TransportError("reset", "the connection was reset");
    },
  };
}

/** The identity that holds the lease: the replica's name, "_", and a UUID. */
export async function holder(client: KubeClient): Promise<string | undefined> {
  try {
    return (await client.get(LEASES, ELECTION)).spec?.holderIdentity ?? "";
  } catch {
    return undefined;
  }
}
