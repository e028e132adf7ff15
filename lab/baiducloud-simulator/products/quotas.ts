import type { Account } from "../account.ts";
import { page } from "../api/paging.ts";
import type { Router } from "../api/router.ts";
import type { Blbs } from "./blbs.ts";
import type { Eips } from "./eips.ts";
import type { Network } from "./network.ts";

/** The quota centre, as far as it is read. How the real one names quotas is not published: these names are our own. */
export function createQuotas(account: Account, router: Router, blbs: Blbs, eips: Eips, network: Network): void {
  const { quotas, region } = account;
  router.on("GET", "/v1/quota_center", (input) => {
    const all: readonly (readonly [serviceType: string, name: string, value: number, used: number])[] = [
      ["BLB", "loadBalancers", quotas.blbs, blbs.all.size],
      ["EIP", "addresses", quotas.eips, eips.all.size],
      ["VPC", "routeRules", quotas.routeRules, network.routes.size],
    ];
    const wanted = input.param("serviceType");
    const here = (input.param("region") ?? region) === region;
    const entries = all
      .filter(([serviceType]) => here && (!wanted || wanted === serviceType))
      .map(([serviceType, name, value, used]) => ({
        productType: serviceType,
        serviceType,
        type: "QUOTA",
        region,
        name,
        description: name,
        value: String(value),
        used: String(used),
      }));
    return page(input, "result", entries, ({ name }) => name);
  });
}
