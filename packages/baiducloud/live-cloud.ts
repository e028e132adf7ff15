import { errorText, repeat, SingleFlight } from "@ccm/base";
import type { BceClient } from "@ccm/bce";
import type { KubeClient } from "@ccm/kube";
import type { CloudConfig } from "./cloud-config.ts";
import { type ConfigChange, changeBetween } from "./cloud-config-change.ts";
import {
  type CloudConnection,
  type CloudConnectionOptions,
  connectCloud,
  readAuthorities,
} from "./cloud-connection.ts";

/** The cloud as one cloud config leads to it. It never changes: another config makes another one. */
export interface Cloud {
  readonly config: CloudConfig;
  readonly client: BceClient;
}

export interface LiveCloudOptions extends Omit<CloudConnectionOptions, "latest" | "authorities"> {
  /** Reads the cloud config again; throws a CloudConfigError. */
  readonly reload: () => Promise<CloudConfig>;
}

/** What is told to those who live with a changing cloud config. */
export interface CloudChanges {
  /** Calls `listener` with each cloud that replaces the one before; who listens also has to `release`. */
  onChange(listener: (next: Cloud, change: ConfigChange) => void): void;
  /** The last operation that began with this cloud has ended. */
  release(cloud: Cloud): void;
}

export interface LiveCloud extends CloudChanges {
  /** What holds now. Whoever begins something takes it, and keeps to it to the end. */
  readonly now: Cloud;
  /** From now on, Secrets that hold credentials can be read. */
  useKubernetes(client: Pick<KubeClient, "get">): void;
  /** Looks at the files now, as it does by itself every ten seconds. Never rejects. */
  look(): Promise<void>;
  close(): Promise<void>;
}

/** How often the files are looked at: Kubernetes itself takes up to a minute to bring a changed Secret to them. */
const PERIOD_MS = 10_000;

/** A connection, and who uses it: several configs may differ in nothing that matters to it. */
interface Link {
  readonly connection: CloudConnection;
  readonly authorities: string;
  readonly users: Set<CloudConfig>;
  /** The newest config that led to it. */
  config: CloudConfig;
}

/**
 * Connects to the cloud, and follows the cloud config and the file with the authorities. What changes takes effect at
 * once and as a whole (`FOLLOWING` says how); what cannot be used, or must not be followed, is told once and changes
 * nothing. A connection that was replaced is closed when nobody uses it.
 */
export async function followCloud(options: LiveCloudOptions): Promise<LiveCloud> {
  const { reload, clock, logger, readFile } = options;
  const listeners: ((next: Cloud, change: ConfigChange) => void)[] = [];
  /** By the config of the cloud that they are part of. */
  const links = new Map<CloudConfig, Link>();
  const flights = new SingleFlight<void>();
  const stop = new AbortController();
  let kube: Pick<KubeClient, "get"> | undefined;
  let told = "";

  const open = async (config: CloudConfig, authorities: string): Promise<Link> => {
    const latest = async () => {
      await look();
      // Of one that was replaced meanwhile: its own, to the end.
      return link.config;
    };
    const connection = await connectCloud({ ...options, config, authorities, latest });
    const link: Link = { connection, authorities, users: new Set(), config };
    if (kube) connection.useKubernetes(kube);
    return link;
  };
  const enter = (config: CloudConfig, to: Link): Cloud => {
    const cloud = { config, client: to.connection.client };
    to.users.add(config);
    links.set(config, to);
    return cloud;
  };
  const tell = (message: string, error: string): void => {
    if (`${message} ${error}` !== told) logger.warn(message, { error });
    told = `${message} ${error}`;
  };
  const warnAboutUnknown = (before: CloudConfig, { unknownKeys }: CloudConfig): void => {
    const keys = unknownKeys.join(", ");
    if (keys !== "" && keys !== before.unknownKeys.join(", ")) logger.warn("cloud config has unknown keys", { keys });
  };

  const take = async (): Promise<void> => {
    const next = await reload();
    const change = changeBetween(current.config, next);
    if (change.refused !== "") {
      tell("the changed cloud config is refused, going on with the one before", change.refused);
      return;
    }
    const authorities = await readAuthorities(next, readFile);
    const renewed = authorities !== current.authorities;
    const reconnect = change.connection || renewed;
    const after = reconnect ? await open(next, authorities) : current;
    told = "";
    if (stop.signal.aborted) {
      if (reconnect) await after.connection.close();
      return;
    }
    warnAboutUnknown(current.config, next);
    const keys = [...change.keys, ...(renewed && !change.keys.includes("Tls") ? ["the file of Tls.CaFile"] : [])];
    if (keys.length > 0) logger.info("the changed cloud config is in use", { changed: keys.join(", ") });
    after.config = next;
    current = after;
    if (!reconnect && !change.provider) return;
    now = enter(next, after);
    for (const listener of listeners) listener(now, change);
  };
  const look = (): Promise<void> =>
    flights.run("", () =>
      take().catch((error: unknown) => {
        tell("the changed cloud config cannot be used, going on with the one before", errorText(error));
      }),
    );

  let current = await open(options.config, await readAuthorities(options.config, readFile));
  let now = enter(options.config, current);
  void repeat(clock, PERIOD_MS, stop.signal, look);

  return {
    get now() {
      return now;
    },
    onChange: (listener) => void listeners.push(listener),
    release({ config }) {
      const of = links.get(config);
      if (!of || config === now.config) return;
      links.delete(config);
      of.users.delete(config);
      if (of.users.size === 0 && of !== current) void of.connection.close();
    },
    useKubernetes(client) {
      kube = client;
      for (const { connection } of new Set(links.values())) connection.useKubernetes(client);
    },
    look,
    async close() {
      stop.abort();
      await Promise.all([...new Set(links.values())].map(({ connection }) => connection.close()));
    },
  };
}
