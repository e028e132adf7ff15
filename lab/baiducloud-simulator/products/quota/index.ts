import { PAGING, pageOf } from "../../api/common.ts";
import { operations, type Product, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { object, optional, text } from "../../api/schema.ts";
import { blbsOf } from "../blb/records.ts";
import { eipsOf } from "../eip/records.ts";
import { routeRulesOf } from "../vpc/records.ts";

const OPERATIONS = operations({
  ListQuotas: {
    summary: "Quotas and how much of them is used.",
    method: "GET",
    path: "/v1/quota_center",
    query: { ...PAGING, serviceType: optional(text()), region: optional(text()) },
    answer: pageOf(
      "result",
      object({
        productType: text(),
        serviceType: text(),
        type: text(),
        region: text(),
        name: text(),
        description: text(),
        value: text(),
        used: text(),
      }),
    ),
  },
});

/** The quota centre, as far as it is read. How the real one names quotas is not published: these names are our own. */
const centre = part(OPERATIONS, (account) => ({
  ListQuotas({ query }) {
    const { quotas, region } = account;
    const routes = routeRulesOf(account)
      .all()
      .filter(({ nexthopType }) => nexthopType !== "sys").length;
    const all: readonly (readonly [serviceType: string, name: string, value: number, used: number])[] = [
      ["BLB", "loadBalancers", quotas.blbs, blbsOf(account).size],
      ["EIP", "addresses", quotas.eips, eipsOf(account).size],
      ["VPC", "routeRules", quotas.routeRules, routes],
    ];
    const here = (query.region || region) === region;
    const entries = all
      .filter(([serviceType]) => here && (!query.serviceType || query.serviceType === serviceType))
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
    return page(query, "result", entries, ({ name }) => name);
  },
}));

export const QUOTA: Product = { name: "quota-center", title: "Quota centre", hosts: ["quota-center"], parts: [centre] };
