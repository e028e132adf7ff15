import type { Clock, Random } from "@ccm/base";
import { type Account, createAccount, type Quotas, type Timings } from "./account.ts";
import { type Access, createAccess } from "./api/access.ts";
import type { AnyHandler, Product } from "./api/operation.ts";
import type { AccessKey } from "./api/signature.ts";
import type { DataPlane } from "./data-plane/data-plane.ts";
import { createEipPool } from "./eip-pool.ts";
import type { SimulatorEvent } from "./events.ts";
import type { ClusterAccess } from "./products/cce/cluster-access.ts";
import { eipsOf, recycledEipsOf } from "./products/eip/records.ts";
import { forwardingsOf } from "./products/forwardings.ts";
import { addDefaultNetwork } from "./products/vpc/create.ts";
import type { Backend } from "./store/backend.ts";
import { createStore, type RootStore } from "./store/store.ts";
import { applyWorld } from "./worlds/apply.ts";
import { type GivenWorld, WorldFileError } from "./worlds/world-text.ts";

export interface NewAccount {
  readonly id: string;
  /** Default: made by chance. */
  readonly credentials?: AccessKey;
  /** Where they differ from the world's. */
  readonly quotas?: Partial<Quotas>;
}

export interface WorldOptions {
  readonly clock: Clock;
  /** Signatures are checked against it. */
  readonly clientClock: Clock;
  readonly random: Random;
  readonly products: readonly Product[];
  /** Default: the one that the store, or else the file, begins with; "bj". */
  readonly region: string | undefined;
  readonly timings: Timings;
  readonly quotas: Quotas;
  readonly eipPool: string | undefined;
  readonly dataPlane: DataPlane;
  readonly samePortForTwoProtocols: boolean;
  readonly emit: (event: SimulatorEvent) => void;
  readonly backend: Backend | undefined;
  readonly clusterAccess: ClusterAccess | undefined;
  /** Made when the store is empty, and no file says otherwise. */
  readonly first: NewAccount;
  /** What an empty store begins with. */
  readonly file: GivenWorld | undefined;
}

const FIRST_REGION = "bj";

/** Accounts and their regions, over one store. */
export interface World {
  readonly store: RootStore;
  readonly access: Access;
  /** Returns the key of the new account. */
  addAccount(account: NewAccount): AccessKey;
  readonly accountIds: readonly string[];
  /** The account that was there first. */
  readonly firstAccount: string;
  /** Where accounts are when nothing else is said. */
  readonly region: string;
  /**
   * An account in a region (default: the world's). The first time, it gets a VPC with a subnet in each zone, unless
   * `network` is false. Throws a RangeError for an account that is not there.
   */
  account(id: string, region?: string, network?: boolean): Account;
  /** Everything that was opened so far. */
  opened(): readonly Account[];
  handler(account: Account, product: Product, part: number, name: string): AnyHandler;
}

interface AccountRecord {
  readonly id: string;
  readonly quotas: Partial<Quotas>;
}

export function createWorld(options: WorldOptions): World {
  const { clock, random, products, dataPlane } = options;
  const store = createStore(clock, options.backend);
  const access = createAccess({ clock, clientClock: options.clientClock, random, store });
  const accounts = store.table<AccountRecord>("accounts");
  const places = store.table<{ readonly accountId: string; readonly region: string }>("places");
  const opened = new Map<string, Account>();
  const handlers = new Map<Account, ReadonlyMap<Product, readonly Readonly<Record<string, AnyHandler>>[]>>();

  const isNew = accounts.size === 0;
  const { file } = options;
  if (file && !isNew) {
    const ids = accounts.ids().join(", ");
    throw new WorldFileError([`${file.name}: a world begins with an empty state, this one has the accounts ${ids}`]);
  }
  const [beginning] = file?.file?.accounts ?? [];
  const firstAccount = beginning?.id ?? accounts.first(1)[0] ?? options.first.id;
  const home = beginning?.regions?.[0]?.name ?? places.all().find((place) => place.accountId === firstAccount)?.region;
  const defaultRegion = options.region ?? home ?? FIRST_REGION;
  /** While a file is applied, nobody hears of it. */
  let isQuiet = false;
  const emit = (event: SimulatorEvent): void => {
    if (!isQuiet) options.emit(event);
  };
  const changed = (): void => {
    if (!isQuiet) dataPlane.apply([...opened.values()].flatMap(forwardingsOf));
  };
  const isPublicIpTaken = (address: string): boolean =>
    [...opened.values()].some((one) => eipsOf(one).has(address) || recycledEipsOf(one).has(address));
  const account = (id: string, region = defaultRegion, network = true): Account => {
    const key = `${id}/${region}`;
    const known = opened.get(key);
    if (known) return known;
    const record = accounts.get(id);
    if (!record) throw new RangeError(`account "${id}": expected one of ${accounts.ids().join(", ")}`);
    const made = createAccount({
      id,
      region,
      clock,
      random,
      timings: options.timings,
      quotas: { ...options.quotas, ...record.quotas },
      samePortForTwoProtocols: options.samePortForTwoProtocols,
      store: store.scope(key),
      shared: store.scope(id),
      access,
      dataPlane,
      nextPublicIp: () => nextPublicIp(isPublicIpTaken),
      isPublicIpTaken,
      inRegion: (other) => account(id, other),
      sibling: (other) => (accounts.has(other) ? account(other, region) : undefined),
      clusterAccess: options.clusterAccess,
      emit,
      changed,
    });
    opened.set(key, made);
    handlers.set(made, new Map(products.map((product) => [product, product.parts.map((part) => part.start(made))])));
    if (!places.has(key)) {
      places.set(key, { accountId: id, region });
      const isFirst = id === firstAccount && region === defaultRegion;
      if (network) addDefaultNetwork(made, isFirst ? "lab" : "default");
    }
    return made;
  };
  const addAccount = ({ id, credentials, quotas = {} }: NewAccount): AccessKey => {
    if (accounts.has(id)) throw new RangeError(`account "${id}" is there already`);
    accounts.set(id, { id, quotas });
    return access.addKey({ accountId: id, kind: "account" }, credentials);
  };
  const nextPublicIp = createEipPool(options.eipPool, random, () => store.next("publicIps"));
  const world: World = {
    store,
    access,
    addAccount,
    get accountIds() {
      return accounts.ids();
    },
    firstAccount,
    region: defaultRegion,
    account,
    opened: () => [...opened.values()],
    handler(one, product, part, name) {
      const handler = handlers.get(one)?.get(product)?.[part]?.[name];
      if (!handler) throw new Error(`operation ${name} of ${product.name} has no handler`);
      return handler;
    },
  };
  if (file) {
    isQuiet = true;
    applyWorld(world, file, products);
    isQuiet = false;
  } else if (isNew) addAccount(options.first);
  else for (const place of places.all()) account(place.accountId, place.region);
  account(firstAccount);
  if (!isNew) store.resume();
  if (!isNew || file) changed();
  store.flush();
  return world;
}
