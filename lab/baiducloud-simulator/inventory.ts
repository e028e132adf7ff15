import type { Blbs } from "./products/blbs.ts";
import type { Eips } from "./products/eips.ts";
import type { Instances } from "./products/instances.ts";
import type { Network } from "./products/network.ts";

/** What exists, in a form to compare and to count. */
export interface Inventory {
  readonly blbs: readonly { readonly id: string; readonly name: string; readonly status: string }[];
  readonly eips: readonly { readonly eip: string; readonly status: string; readonly instanceId: string | null }[];
  readonly listeners: readonly { readonly blbId: string; readonly type: string; readonly port: number }[];
  readonly backends: readonly { readonly blbId: string; readonly instanceId: string; readonly weight: number }[];
  readonly routes: readonly { readonly id: string; readonly destination: string; readonly nexthopId: string }[];
  readonly instances: readonly { readonly id: string; readonly name: string; readonly status: string }[];
}

export function inventoryOf(blbs: Blbs, eips: Eips, network: Network, instances: Instances): Inventory {
  const all = [...blbs.all.values()];
  return {
    blbs: all.map(({ blbId, name, status }) => ({ id: blbId, name, status })),
    eips: [...eips.all.values()].map(({ eip, status, instanceId }) => ({ eip, status, instanceId })),
    listeners: all.flatMap(({ blbId, listeners }) =>
      [...listeners.values()].map(({ listenerType, listenerPort }) => ({
        blbId,
        type: listenerType,
        port: listenerPort,
      })),
    ),
    backends: all.flatMap(({ blbId, backends }) =>
      [...backends].map(([instanceId, weight]) => ({ blbId, instanceId, weight })),
    ),
    routes: [...network.routes.values()].map(({ routeRuleId, destinationAddress, nexthopId }) => ({
      id: routeRuleId,
      destination: destinationAddress,
      nexthopId,
    })),
    instances: [...instances.all.values()].map(({ id, name, status }) => ({ id, name, status })),
  };
}
