import type { Scheduler } from "../api-call.ts";
import type { ReadOptions } from "../call.ts";
import { allPages } from "../paging.ts";
import { given, product } from "../request.ts";

/** A limit of the account, and how much of it is used. */
export interface Quota {
  readonly serviceType: string;
  readonly name: string;
  readonly description?: string | null;
  /** Numbers, written as texts. */
  readonly value: string;
  readonly used?: string | null;
}

export interface Quotas {
  /** Of a product in the client's region, such as "EIP". Follows the pages. */
  list(serviceType: string, options?: ReadOptions): Promise<readonly Quota[]>;
}

/** The quota centre: one for all regions. */
export function createQuotas(call: Scheduler, endpoint: string, region: string): Quotas {
  const quotas = product("quota", endpoint);
  return {
    list: (serviceType, options = {}) => {
      const query = given({ type: "QUOTA", serviceType, region });
      return allPages(call, quotas.read("list", "/v1/quota_center", query, options), "result");
    },
  };
}
