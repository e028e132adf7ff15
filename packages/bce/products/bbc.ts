import type { Clock } from "@ccm/base";
import type { Scheduler } from "../api-call.ts";
import type { ReadOptions, Tag } from "../call.ts";
import { createIdBatches } from "../id-batches.ts";
import { allPages, listAt } from "../paging.ts";
import { batches, objectOf, product } from "../request.ts";

/** A bare metal server. Its id looks like that of a BCC: only asking tells them apart. */
export interface BareMetal {
  readonly id: string;
  readonly name: string;
  readonly hostname?: string | null;
  /** Running, Starting, Stopping, Stopped, Deleted, Expired, Error, ImageProcessing, ChangeVpc, Recycled, Recharging. */
  readonly status: string;
  /** Such as BBC-G4-PDDAS. */
  readonly flavorId?: string | null;
  readonly internalIp: string;
  readonly publicIp?: string | null;
  /** Such as cn-bj-a; called zoneName everywhere else. */
  readonly zone: string;
  readonly tags?: readonly Tag[] | null;
}

export interface BareMetalNetwork {
  readonly bbcId: string;
  readonly vpc: { readonly vpcId: string };
  readonly subnet: { readonly subnetId: string; readonly zoneName?: string | null };
}

export interface Bbc {
  /** All of the account's; follows the pages. */
  list(options?: ReadOptions): Promise<readonly BareMetal[]>;
  /** Throws a BceError of kind "absent" for an unknown id. */
  get(id: string, options?: ReadOptions): Promise<BareMetal>;
  /** By id; those of a moment share calls of 100. Unknown ids are left out of the answer. */
  listByIds(ids: readonly string[], options?: ReadOptions): Promise<readonly BareMetal[]>;
  /** Where they are: the other answers do not say. */
  networks(ids: readonly string[], options?: ReadOptions): Promise<readonly BareMetalNetwork[]>;
}

const BATCH = 100;

export function createBbc(call: Scheduler, endpoint: string, clock: Clock): Bbc {
  const bbc = product("bbc", endpoint);
  const byIds = createIdBatches<BareMetal>(
    clock,
    BATCH,
    ({ id }) => id,
    (instanceIds, lane) =>
      allPages(call, bbc.lookUp("listByIds", "/v1/instance/listByInstanceId", { instanceIds }, { lane }), "instances"),
  );
  return {
    list: (options = {}) => allPages(call, bbc.read("list", "/v1/instance", [], options), "instances"),
    get: (id, options = {}) => objectOf(call, bbc.read("get", `/v1/instance/${id}`, [], options), "id"),
    listByIds: byIds,
    async networks(ids, options = {}) {
      const found: BareMetalNetwork[] = [];
      for (const bbcIds of batches([...new Set(ids)], BATCH)) {
        const request = bbc.lookUp("networks", "/v1/vpcSubnet", { bbcIds }, options);
        found.push(...listAt<BareMetalNetwork>(request, await call(request), "networkInfo"));
      }
      return found;
    },
  };
}
