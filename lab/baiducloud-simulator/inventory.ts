import type { Account } from "./account.ts";
import { instancesOf } from "./products/bcc/records.ts";
import { blbsOf } from "./products/blb/records.ts";
import { eipsOf } from "./products/eip/records.ts";
import { routeRulesOf } from "./products/vpc/records.ts";

/** What exists, in a form to compare and to count. */
export interface Inventory {
  readonly blbs: readonly { readonly id: string; readonly name: string; readonly status: string }[];
  readonly eips: readonly { readonly eip: string; readonly status: string; readonly instanceId: string | null }[];
  readonly listeners: readonly { readonly blbId: string; readonly type: string; readonly port: number }[];
  readonly backends: readonly { readonly blbId: string; readonly instanceId: string; readonly weight: number }[];
  readonly routes: readonly { readonly id: string; readonly destination: string; readonly nexthopId: string }[];
  readonly instances: readonly { readonly id: string; readonly name: string; readonly status: string }[];
}

export function inventoryOf(account: Account): Inventory {
  const blbs = blbsOf(account).all();
  return {
    blbs: blbs.map(({ blbId, name, status }) => ({ id: blbId, name, status })),
    eips: eipsOf(account)
      .all()
      .map(({ eip, status, instanceId }) => ({ eip, status, instanceId })),
    listeners: blbs.flatMap(({ blbId, listeners }) =>
      listeners.map(({ listenerType: type, listenerPort: port }) => ({ blbId, type, port })),
    ),
    backends: blbs.flatMap(({ blbId, backends }) =>
      backends.map(({ instanceId, weight }) => ({ blbId, instanceId, weight })),
    ),
    routes: routeRulesOf(account)
      .all()
      .filter(({ nexthopType }) => nexthopType !== "sys")
      .map(({ routeRuleId, destinationAddress, nexthopId }) => ({
        id: routeRuleId,
        destination: destinationAddress,
        nexthopId,
      })),
    instances: instancesOf(account)
      .all()
      .map(({ id, name, status }) => ({ id, name, status })),
  };
}
