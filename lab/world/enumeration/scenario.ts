import { inProcessTransport, Secret, seededRandom, sleep } from "@ccm/base";
import { type BceClient, createBceClient, staticCredentials } from "@ccm/bce";
import { hasCode, SERVICES, type Service } from "@ccm/kube";
import type { World, WorldOptions } from "../world.ts";
import type { ForeignRow } from "./oracles.ts";
import type { Replicas } from "./replicas.ts";
import type { Weather } from "./weather.ts";

/** A short program, and how the world is in which it runs. */
export interface Scenario {
  readonly name: string;
  /** One sentence. */
  readonly summary: string;
  readonly world?: Partial<WorldOptions>;
  /** Default 1. */
  readonly replicas?: number;
  /** What is there before anything can go wrong. */
  readonly setup?: (scene: Scene) => Promise<void>;
  /** What is done while things go wrong. */
  readonly act: (scene: Scene) => Promise<void>;
  /** Virtual milliseconds from the last fault within which everything must be as if nothing had happened. Default 180 s. */
  readonly recoveryMs?: number;
  /** So long after the act, the undisturbed run may be without a sign of life and go on. Default 0. */
  readonly settleMs?: number;
  /** The cloud is asked over and over, as long as the world is so: only writes are signs of life. */
  readonly polls?: boolean;
  /** A restart forgets what the cloud has refused, and may try it once more: what is refused then is no change. */
  readonly triesAgain?: boolean;
  /** Of its effects, every so-many-th is disturbed: where they are alike. Default 1: all. */
  readonly every?: number;
  /** Of the state, lines for which this holds may differ from the undisturbed run's: why, must be said beside it. */
  readonly mayDiffer?: (line: string) => boolean;
}

/** What a scenario's program can do. */
export interface Scene {
  readonly world: World;
  readonly replicas: Replicas;
  /** Lets virtual time pass. */
  pause(ms: number): Promise<void>;
  /** Resolves when the condition holds; rejects after more than six virtual minutes: longer than what is refused for good is left alone. */
  until(what: string, holds: () => boolean | Promise<boolean>): Promise<void>;
  /** Creates a LoadBalancer Service in "default" with one TCP port 80, or as `spec` says. */
  service(name: string, options?: ServiceOptions): Promise<void>;
  /** A merge patch, sent again while it conflicts. */
  edit(name: string, patch: unknown): Promise<void>;
  remove(name: string): Promise<void>;
  exists(name: string): Promise<boolean>;
  addressOf(name: string): Promise<string | undefined>;
  /** The cloud as the user has it, in the console or with another tool. */
  readonly cloud: BceClient;
  /** For each write of the user: a token that no other has. */
  token(): { readonly clientToken: string };
  /** Says that a row is somebody else's: whoever changes it, other than through this scene, breaks a law. */
  foreign(row: ForeignRow): void;
  /** Says that a row is the user's: it may be used, and has to be there when all is deleted. */
  keeps(row: ForeignRow): void;
  readonly weather: Weather;
}

export interface ServiceOptions {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly spec?: Partial<NonNullable<Service["spec"]>>;
  readonly namespace?: string;
}

const LONGEST_WAIT_MS = 400_000;
const LOOK_MS = 500;

export function createScene(
  world: World,
  replicas: Replicas,
  weather: Weather,
  watched: { foreign(row: ForeignRow): void; keeps(row: ForeignRow): void },
): Scene {
  const { clock, client, simulator } = world;
  const random = seededRandom("a user of the cloud");
  const cloud = createBceClient({
    region: simulator.region,
    clock,
    random,
    send: inProcessTransport(simulator.handler),
    credentials: staticCredentials({
      accessKeyId: simulator.credentials.accessKeyId,
      secretAccessKey: new Secret(simulator.credentials.secretAccessKey),
    }),
  });
  const ref = (name: string) => ({ namespace: "default", name });
  return {
    world,
    replicas,
    pause: (ms) => sleep(clock, ms),
    async until(what, holds) {
      const end = clock.monotonic() + LONGEST_WAIT_MS;
      while (!(await holds())) {
        if (clock.monotonic() > end) throw new Error(`waited in vain until ${what}`);
        await sleep(clock, LOOK_MS);
      }
    },
    async service(name, { annotations, spec, namespace = "default" } = {}) {
      await client.create<Service>(SERVICES, {
        metadata: { name, namespace, ...(annotations ? { annotations } : {}) },
        spec: { type: "LoadBalancer", ports: [{ name: "http", port: 80 }], ...spec },
      });
    },
    async edit(name, patch) {
      await client.patch(SERVICES, ref(name), { type: "merge", body: patch });
    },
    async remove(name) {
      await client.delete(SERVICES, ref(name)).catch(ignoreAbsent);
    },
    exists: (name) =>
      client.get(SERVICES, ref(name)).then(
        () => true,
        (error: unknown) => {
          ignoreAbsent(error);
          return false;
        },
      ),
    addressOf: async (name) => (await client.get(SERVICES, ref(name))).status?.loadBalancer?.ingress?.[0]?.ip,
    cloud,
    token: () => ({ clientToken: random.uuid() }),
    ...watched,
    weather,
  };
}

function ignoreAbsent(error: unknown): void {
  if (!hasCode(error, "not_found")) throw error;
}
