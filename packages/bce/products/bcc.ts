import type { Clock } from "@ccm/base";
import type { Scheduler } from "../api-call.ts";
import type { Lane, ReadOptions, Tag } from "../call.ts";
import { isBceError } from "../error.ts";
import { createIdBatches } from "../id-batches.ts";
import { allPages } from "../paging.ts";
import { batches, given, objectOf, product } from "../request.ts";

/** The fields of a server (BCC, EBC) that this project reads. Source: `/v2/instance`. */
export interface Instance {
  readonly id: string;
  readonly name: string;
  readonly hostname?: string | null;
  /** Running, Starting, Stopping, Stopped, Deleted, Scaling, Expired, Error, Recycled … */
  readonly status: string;
  /** Family: N5, G1 … null for dedicated hosts. */
  readonly instanceType?: string | null;
  /** Such as bcc.g5.c2m8. */
  readonly spec?: string | null;
  readonly internalIp: string;
  readonly publicIp?: string | null;
  readonly ipv6?: string | null;
  readonly ipv6Addresses?: readonly string[] | null;
  readonly zoneName: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly gpuCard?: string | null;
  /** A number as a text. */
  readonly cardCount?: string | null;
  readonly tags?: readonly Tag[] | null;
}

export interface Bcc {
  /** Follows the pages. Filters are combined with AND; `ids` and `names` are sent in batches of 100. */
  list(
    filter?: {
      readonly vpcId?: string;
      /** Only together with vpcId. */
      readonly privateIps?: readonly string[];
      readonly ids?: readonly string[];
      readonly names?: readonly string[];
      readonly internalIp?: string;
    },
    options?: ReadOptions,
  ): Promise<readonly Instance[]>;
  /** Throws a BceError of kind "absent" for an unknown id. */
  get(id: string, options?: ReadOptions): Promise<Instance>;
  /** By id; those of a moment share calls of 100. Unknown ids are left out of the answer. */
  listByIds(ids: readonly string[], options?: ReadOptions): Promise<readonly Instance[]>;
}

/** The API takes at most this many ids or names in one call. */
const BATCH = 100;

export function createBcc(call: Scheduler, endpoint: string, clock: Clock): Bcc {
  const bcc = product("bcc", endpoint);
  const askByIds = async (instanceIds: readonly string[], lane: Lane): Promise<readonly Instance[]> => {
    const request = bcc.lookUp("listByIds", "/v2/instance/listByInstanceId", { instanceIds }, { lane });
    try {
      return await allPages<Instance>(call, request, "instances");
    } catch (error) {
      if (!isBceError(error, "absent")) throw error;
      // Seen in the logs of Baidu's CNI: one unknown id makes it refuse all. The list leaves unknown ids out.
      const listed = bcc.read("list", "/v2/instance", [["instanceIds", instanceIds.join(",")]], { lane });
      return await allPages<Instance>(call, listed, "instances");
    }
  };
  return {
    async list(filter = {}, options = {}) {
      const { vpcId, privateIps, ids, names, internalIp } = filter;
      const found: Instance[] = [];
      for (const instanceIds of joinedBatches(ids)) {
        for (const instanceNames of joinedBatches(names)) {
          for (const ips of joinedBatches(privateIps)) {
            const query = given({ vpcId, internalIp, instanceIds, instanceNames, privateIps: ips });
            const request = bcc.read("list", "/v2/instance", query, options);
            found.push(...(await allPages<Instance>(call, request, "instances")));
          }
        }
      }
      return found;
    },
    get: (id, options = {}) =>
      objectOf<Instance>(call, bcc.read("get", `/v2/instance/${id}`, [], options), "id", "instance"),
    listByIds: createIdBatches<Instance>(clock, BATCH, ({ id }) => id, askByIds),
  };
}

/** Comma lists of at most 100; one undefined for a filter that was not given, nothing for one that is empty. */
function joinedBatches(values: readonly string[] | undefined): readonly (string | undefined)[] {
  return values ? batches([...new Set(values)], BATCH).map((group) => group.join(",")) : [undefined];
}
