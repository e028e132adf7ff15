import type { Account } from "../../account.ts";
import { ANY_TEXT, PAGING, pageOf } from "../../api/common.ts";
import { noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { integer, object, oneOf, optional, text } from "../../api/schema.ts";
import { passThrough } from "./binding.ts";
import { roomForEips } from "./create.ts";
import { type Eip, eipsOf, type RecycledEip, recycledEipsOf } from "./records.ts";

/** How long an address stays. The real time is not published. */
const KEPT_MS = 7 * 24 * 3_600_000;
const FORGET = "eip.forget";

const OPERATIONS = operations({
  ListRecycleEip: {
    summary: "The released addresses that can be had back.",
    method: "GET",
    path: "/v1/eip/recycle",
    query: { ...PAGING, eip: ANY_TEXT, name: ANY_TEXT },
    answer: pageOf(
      "eipList",
      object({
        name: text(),
        eip: text(),
        eipId: text(),
        status: text(),
        routeType: text(),
        bandwidthInMbps: integer(),
        paymentTiming: oneOf("Prepaid", "Postpaid"),
        billingMethod: optional(text()),
        recycleTime: text(),
        scheduledDeleteTime: text(),
      }),
    ),
  },
  RestoreRecycleEip: {
    summary: "Takes an address out of the recycle bin, as it was.",
    method: "PUT",
    path: "/v1/eip/recycle/{eip}",
    when: "restore",
    delay: "eipCreate",
    errors: ["NoSuchObject", "QuotaLimitExceeded"],
  },
  DeleteRecycleEip: {
    summary: "Gives an address in the recycle bin back for good.",
    method: "DELETE",
    path: "/v1/eip/recycle/{eip}",
    errors: ["NoSuchObject"],
  },
});

/** Keeps an address that is being released. */
export function recycle(account: Account, eip: Eip): void {
  const until = new Date(account.clock.now() + KEPT_MS).toISOString().replace(/\.\d+Z$/, "Z");
  recycledEipsOf(account).set(eip.eip, { eip, recycleTime: account.time(), scheduledDeleteTime: until });
  account.store.schedule(FORGET, eip.eip, KEPT_MS, { until });
}

export const recycleBin = part(OPERATIONS, (account) => {
  const all = recycledEipsOf(account);
  // The address may have been restored and released again since.
  account.store.on(FORGET, (address, { until }) => {
    if (all.get(address)?.scheduledDeleteTime === until) all.delete(address);
  });
  const get = (address: string): RecycledEip => {
    const found = all.get(address);
    if (!found) throw noSuchObject(`${address} in the recycle bin`);
    return found;
  };
  return {
    ListRecycleEip({ query }) {
      const chosen = all
        .all()
        .filter(({ eip }) => (!query.eip || eip.eip === query.eip) && (!query.name || eip.name === query.name));
      const views = chosen.map(({ eip, recycleTime, scheduledDeleteTime }) => {
        const { name, eip: address, eipId, routeType, bandwidthInMbps, paymentTiming, billingMethod } = eip;
        const what = { name, eip: address, eipId, routeType, bandwidthInMbps, paymentTiming, billingMethod };
        return { ...what, status: "unavailable", recycleTime, scheduledDeleteTime };
      });
      return page(query, "eipList", views, ({ eipId }) => eipId);
    },
    RestoreRecycleEip({ params }) {
      const { eip } = get(params.eip);
      roomForEips(account, 1);
      all.delete(eip.eip);
      eipsOf(account).set(eip.eip, { ...eip, shareGroupId: "" });
      passThrough(account, eip.eip, "creating", "available", account.timings.eipCreate);
      return {};
    },
    DeleteRecycleEip({ params }) {
      all.delete(get(params.eip).eip.eip);
      return {};
    },
  };
});
