import type { Transport } from "@ccm/base";
import type { BceClient } from "@ccm/bce";
import type { CloudProvider, ManagerConfig } from "@ccm/cloud-provider";
import type { Link, World } from "../world.ts";

/**
 * A bug that a CCM could have, put into the real one from outside: around the cloud's client, the provider, the network. The
 * enumeration has to find it; a bug that it does not see is a hole in the oracles.
 */
export interface Mutation {
  readonly name: string;
  /** What is wrong, in a sentence. */
  readonly bug: string;
  /** Where to look first; after these, in all others. */
  readonly scenarios: readonly string[];
  readonly client?: (client: BceClient, world: World) => BceClient;
  readonly provider?: (provider: CloudProvider, world: World) => CloudProvider;
  readonly transport?: (link: Link, transport: Transport, world: World) => Transport;
  readonly config?: Partial<ManagerConfig>;
  readonly replicas?: number;
}

/** The same object with some functions replaced. */
export function replaced<T extends object>(original: T, changes: Partial<T>): T {
  return { ...original, ...changes };
}
