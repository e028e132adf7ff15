import type { Scheduler } from "../api-call.ts";
import type { Tag, WriteOptions } from "../call.ts";
import { product } from "../request.ts";

/** Load balancers by `lb-…`, addresses by `ip-…`. */
export type TaggedService = "BLB" | "EIP";

/**
 * Tags of what exists already. Those of new objects go with the call that creates them; the products themselves cannot
 * change them later, and their lists show them.
 */
export interface Tags {
  /** Adds a tag, or gives the tag that has its key another value. The others stay. */
  assign(
    target: { readonly service: TaggedService; readonly resourceId: string },
    tag: Tag,
    options: WriteOptions,
  ): Promise<void>;
}

/** One service for all regions; what it tags is named with its region. */
export function createTags(call: Scheduler, endpoint: string, region: string): Tags {
  const tags = product("tag", endpoint);
  return {
    async assign({ service, resourceId }, { tagKey, tagValue }, options) {
      const resources = [{ resourceId, serviceType: service, region }];
      const body = { tagKey, tagValue, serviceType: service, resources };
      await call(tags.write("assign", "POST", "/v1/resource", options, { body }));
    },
  };
}
