import type { Clock } from "@ccm/base";
import type { Scheduler } from "../api-call.ts";
import type { ReadOptions, Tag } from "../call.ts";
import { createIdBatches } from "../id-batches.ts";
import { broken, listAt } from "../paging.ts";
import { product } from "../request.ts";

/** A machine for AI work: `hpas-…`. It has no host name and no public address of its own. */
export interface HpasInstance {
  readonly hpasId: string;
  readonly name: string;
  /** Creating, Active, Starting, Stopping, Stopped, Reboot, Rebuild, Password, ChangeVpc, ChangeSubnet, Expired, Error. */
  readonly status: string;
  /** Such as llama2_7B_train. */
  readonly appType?: string | null;
  readonly appPerformanceLevel?: string | null;
  readonly internalIp: string;
  readonly zoneName: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly nicInfo?: readonly { readonly ipv6s?: readonly { readonly ipv6Address?: string }[] | null }[] | null;
  readonly tags?: readonly Tag[] | null;
}

export interface Hpas {
  /** Follows the pages. */
  list(filter?: { readonly vpcId?: string }, options?: ReadOptions): Promise<readonly HpasInstance[]>;
  /** By id; those of a moment share calls of 100. Unknown ids are left out of the answer. */
  listByIds(ids: readonly string[], options?: ReadOptions): Promise<readonly HpasInstance[]>;
}

const BATCH = 100;
const MAX_KEYS = 1000;
const MAX_PAGES = 1000;

/** HPAS has one path for all actions, and takes its markers in the body. */
export function createHpas(call: Scheduler, endpoint: string, clock: Clock): Hpas {
  const hpas = product("hpas", endpoint);
  const pages = async (filter: object, options: ReadOptions): Promise<readonly HpasInstance[]> => {
    const found: HpasInstance[] = [];
    const seen = new Set<string>();
    for (let marker = ""; seen.size < MAX_PAGES; ) {
      const body = { ...filter, ...(marker === "" ? {} : { marker }), maxKeys: MAX_KEYS };
      const query = [["action", "DescribeHPASInstances"]] as const;
      const request = { ...hpas.lookUp("list", "/", body, options), query };
      const answer = await call(request);
      // The field's name is spelt like this.
      for (const one of listAt<HpasInstance>(request, answer, "hpass")) found.push(one);
      if (answer.isTruncated !== true) return found;
      marker = typeof answer.nextMarker === "string" ? answer.nextMarker : "";
      if (marker === "" || seen.has(marker)) throw broken(request, "the list goes on, but not where");
      seen.add(marker);
    }
    throw broken({ operation: "hpas.list" }, "the list's pages do not end");
  };
  return {
    list: (filter = {}, options = {}) => pages(filter, options),
    listByIds: createIdBatches<HpasInstance>(
      clock,
      BATCH,
      ({ hpasId }) => hpasId,
      (hpasIds, lane) => pages({ hpasIds }, { lane }),
    ),
  };
}
