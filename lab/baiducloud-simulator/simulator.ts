import { type Clock, type HttpHandler, type Logger, type Random, silentLogger } from "@ccm/base";
import { type Account, DEFAULT_QUOTAS, DEFAULT_TIMINGS, type Quotas, type Timings } from "./account.ts";
import { createConsoleApi } from "./admin/console-api.ts";
import { createAdmin } from "./admin.ts";
import type { GatewayToken } from "./api/access.ts";
import { createServer, type Interceptor, type LoggedCall } from "./api/serve.ts";
import type { AccessKey } from "./api/signature.ts";
import { createQuietDataPlane, type DataPlane } from "./data-plane/data-plane.ts";
import type { SimulatorEvent } from "./events.ts";
import { createFaultEngine, type Faults } from "./faults/engine.ts";
import { type Change, createMutations } from "./faults/mutations.ts";
import { type Inventory, inventoryOf } from "./inventory.ts";
import {
  createInstance,
  deleteInstance,
  type NewInstance,
  placeInstance,
  setInstanceStatus,
  startInstance,
  stopInstance,
} from "./products/bcc/lifecycle.ts";
import type { InstanceStatus, SimulatedInstance } from "./products/bcc/records.ts";
import type { ClusterAccess } from "./products/cce/cluster-access.ts";
import { addLabCluster, type LabCluster } from "./products/cce/lab-cluster.ts";
import { addEipGroup } from "./products/eip/group-members.ts";
import { createAuthorizer } from "./products/iam/authorize.ts";
import { PRODUCTS } from "./products/index.ts";
import { createRegistry, isRegistryHost } from "./products/registry/index.ts";
import { addRouteTable } from "./products/vpc/create.ts";
import { subnetsOf, vpcsOf } from "./products/vpc/records.ts";
import { removeRoute } from "./products/vpc/routes.ts";
import type { Backend } from "./store/backend.ts";
import { createWorld, type NewAccount, type World } from "./world.ts";
import type { GivenWorld } from "./worlds/world-text.ts";

export interface SimulatorOptions {
  readonly clock: Clock;
  /**
   * What the clocks of clients show: signatures are checked against it, and the live page beats to it. Default: `clock`; the
   * machine's where the cloud's own time is scaled or stepped, as clients sign by that.
   */
  readonly clientClock?: Clock;
  readonly random: Random;
  readonly logger?: Logger;
  /** Default: the one that the state, or else the world, begins with; "bj". */
  readonly region?: string;
  readonly timings?: Partial<Timings>;
  readonly quotas?: Partial<Quotas>;
  /** Of the account "lab", which is always there. Default: made from `random`. */
  readonly credentials?: AccessKey;
  /** A CIDR of loopback addresses. */
  readonly eipPool?: string;
  readonly dataPlane?: DataPlane;
  /** Whether TCP and UDP may share a port: a switch of the account. Default true. */
  readonly samePortForTwoProtocols?: boolean;
  readonly onChange?: (event: SimulatorEvent) => void;
  /** Where everything is kept. Default: in memory. What it holds already is taken up again. */
  readonly backend?: Backend;
  /** What an empty state begins with, of `readWorld`. Default: the account "lab" with one VPC. Mistakes are thrown, all at once. */
  readonly worldFile?: GivenWorld;
  /** Other regions than `region`, by their host names. Default: the cloud's. */
  readonly regions?: readonly string[];
  /** Stand around every operation, the first outermost: faults, recorders. */
  readonly interceptors?: readonly Interceptor[];
  /** Called after each call of the signed API. */
  readonly onCall?: (call: LoggedCall) => void;
  /** Issues credentials for the API servers behind the clusters of CCE. Default: for none, by an authority of each cluster. */
  readonly clusterAccess?: ClusterAccess;
  /** Whether an answer that is not as its schema says is an internal error: for tests. Default false. */
  readonly checkAnswers?: boolean;
}

export interface Simulator {
  /** The signed API of all products: which one, the host name says, or else the path. */
  readonly handler: HttpHandler;
  /** The signed API of what one host serves, for a port of its own: "blb", "bcc" (with the VPCs), "vpc", …; "registry" for docker. */
  readonly products: Readonly<Record<string, HttpHandler>>;
  /** Unsigned pages and switches for the lab, under /admin. */
  readonly admin: HttpHandler;
  /** As they are now: see rotateCredentials. */
  readonly credentials: AccessKey;
  /** Gives the account another key; the one before is refused from now on. */
  rotateCredentials(): AccessKey;
  /** Lets CCE's gateway take calls with this token, and no longer with the one before. */
  issueGatewayToken(): GatewayToken;
  readonly region: string;
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
  createInstance(instance: NewInstance): SimulatedInstance;
  deleteInstance(id: string): void;
  startInstance(id: string): void;
  stopInstance(id: string): void;
  setInstanceStatus(id: string, status: InstanceStatus): void;
  /** Says at which address the ports of a machine really are. */
  placeInstance(id: string, host: string): SimulatedInstance;
  /** A cluster of CCE whose API server is there already (`clusterAccess`), and whose nodes are these machines. */
  registerCluster(cluster: LabCluster): void;
  /** Another route table of the VPC. Returns its id. */
  createRouteTable(): string;
  removeRoute(routeRuleId: string): void;
  /** Shared bandwidth, with this id ("eg-…"), so that a test can name it before it is there. */
  createEipGroup(id: string): void;
  /** The rules by which it misbehaves. Without any, it behaves. */
  readonly faults: Faults;
  /** Changes something behind the client's back. Throws a Fault for what cannot be changed. */
  mutate(change: Change): void;
  inventory(): Inventory;
  /** Another account besides "lab". Returns its key. */
  addAccount(account: NewAccount): AccessKey;
  /** Everything: accounts, regions, the store. After a change made through it, call `world.store.flush()`. */
  readonly world: World;
  close(): Promise<void>;
}

/** The account that all of the above is about, unless a world's file has others. */
export const FIRST_ACCOUNT = "lab";

const REGIONS = ["bj", "bd", "gz", "su", "hkg", "fwh", "fsh", "sin", "cd", "nj", "yq"];
const LOGGED_CALLS = 500;

/** Baidu AI Cloud: one account with one VPC to begin with, more on demand. */
export function createSimulator(options: SimulatorOptions): Simulator {
  const { clock, random, logger = silentLogger } = options;
  const dataPlane = options.dataPlane ?? createQuietDataPlane();
  const world = createWorld({
    clock,
    clientClock: options.clientClock ?? clock,
    random,
    products: PRODUCTS,
    region: options.region,
    timings: { ...DEFAULT_TIMINGS, ...options.timings },
    quotas: { ...DEFAULT_QUOTAS, ...options.quotas },
    eipPool: options.eipPool,
    dataPlane,
    samePortForTwoProtocols: options.samePortForTwoProtocols ?? true,
    emit: (event) => options.onChange?.(event),
    backend: options.backend,
    clusterAccess: options.clusterAccess,
    first: { id: FIRST_ACCOUNT, ...(options.credentials ? { credentials: options.credentials } : {}) },
    file: options.worldFile,
  });
  const { access, store, region, firstAccount } = world;
  const lab = world.account(firstAccount);
  const log: LoggedCall[] = [];
  const console = createConsoleApi(options.clientClock ?? clock, world, firstAccount);
  const mutate = createMutations(world, PRODUCTS, firstAccount);
  const faults = createFaultEngine(clock, mutate, store.release);
  store.setGate(faults.gate);
  const onCall = (call: LoggedCall): void => {
    log.push(call);
    if (log.length > LOGGED_CALLS) log.shift();
    console.onCall(call);
    options.onCall?.(call);
  };
  const server = createServer({
    world,
    products: PRODUCTS,
    clock,
    random,
    logger,
    region,
    regions: [region, ...world.opened().map((one) => one.region), ...(options.regions ?? REGIONS)],
    // Innermost: faults come first, as they do in front of the real one.
    interceptors: [...(options.interceptors ?? []), faults.interceptor, createAuthorizer(world)],
    markOf: faults.markOf,
    checkAnswers: options.checkAnswers ?? false,
    onCall,
  });
  const registry = createRegistry({
    world,
    clock,
    random,
    logger,
    region,
    onCall,
    around: faults.interceptor,
    markOf: faults.markOf,
  });
  const shared = server();
  /** What is done from outside the API lasts as well. */
  const lasting =
    <Args extends readonly unknown[], Result>(change: (account: Account, ...args: Args) => Result) =>
    (...args: Args): Result => {
      try {
        return change(lab, ...args);
      } finally {
        store.flush();
      }
    };
  const [vpcId = ""] = vpcsOf(lab).first(1);
  const hosts = new Set(PRODUCTS.flatMap(({ name, hosts }) => [name, ...hosts]));
  const simulator: Omit<Simulator, "admin"> = {
    handler: faults.wrap((request) => (isRegistryHost(request.headers.host) ? registry : shared)(request)),
    products: Object.fromEntries([
      ...[...hosts].map((host) => [host, faults.wrap(server(host))] as const),
      ["registry", faults.wrap(registry)],
    ]),
    get credentials() {
      return access.credentialsOf(lab.id);
    },
    rotateCredentials: lasting(({ id }) => access.rotate(id)),
    issueGatewayToken: lasting(({ id }) => access.issueGatewayToken(id)),
    region,
    vpcId,
    subnetIds: subnetsOf(lab)
      .all()
      .filter((subnet) => subnet.vpcId === vpcId)
      .map(({ subnetId }) => subnetId),
    createInstance: lasting(createInstance),
    deleteInstance: lasting(deleteInstance),
    startInstance: lasting(startInstance),
    stopInstance: lasting(stopInstance),
    setInstanceStatus: lasting(setInstanceStatus),
    placeInstance: lasting(placeInstance),
    registerCluster: lasting(addLabCluster),
    createRouteTable: lasting((account) => {
      const vpc = vpcsOf(account).get(vpcId);
      if (!vpc) throw new RangeError(`VPC ${vpcId} is gone`);
      return addRouteTable(account, vpc, account.newId("rt"), "main");
    }),
    removeRoute: lasting(removeRoute),
    createEipGroup: lasting((account, id: string) => addEipGroup(account, id)),
    faults,
    mutate,
    inventory: () => inventoryOf(lab),
    addAccount: lasting((_account, account: NewAccount) => world.addAccount(account)),
    world,
    async close() {
      store.close();
      await dataPlane.close();
    },
  };
  return Object.assign(simulator, { admin: createAdmin(simulator, log, PRODUCTS, console, clock) });
}
