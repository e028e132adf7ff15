import type { ServerRequest } from "@ccm/base";
import type { Link, World } from "../world.ts";
import { isWrite } from "./effects.ts";
import { type Copies, madeFor } from "./oracles.ts";

/** States that all runs together must have visited: an oracle that never saw them proves nothing. */
export const SOMETIMES = [
  "a cloud object is there while its Service is being deleted",
  "a cloud object is there before its Service has an address",
  "a Node is deleted because its machine is gone",
  "a Node is kept although its machine is gone",
  "a Node has the taint of a machine that is off",
  "a create is sent again with the same client token",
  "a write is refused",
  "a write arrives when another replica has the lease",
  "a load balancer that had no marks gets ours",
  "an address goes over to another Service",
  "an address of the user's is bound",
  "an address is bound to a load balancer that is not of its Service",
  "a load balancer serves without a public address",
  "a route leads to a machine that is gone",
] as const;
export type Sometimes = (typeof SOMETIMES)[number];

/** Which of them were never visited. */
export function unvisited(visited: Iterable<string>): readonly Sometimes[] {
  const seen = new Set(visited);
  return SOMETIMES.filter((state) => !seen.has(state));
}

interface BlbRow {
  readonly blbId: string;
  readonly name: string;
  readonly tags: readonly { readonly tagKey: string; readonly tagValue: string }[];
  readonly listeners: readonly unknown[];
  readonly backends: readonly unknown[];
}
interface EipRow {
  readonly eip: string;
  readonly name: string;
  readonly instanceId: string | null;
  readonly tags: BlbRow["tags"];
}
interface MachineRow {
  readonly status: string;
}

/** Looks for the states; `visit` is called with each, as often as it is seen. */
export function createVisits(world: World, copies: Copies, visit: (state: Sometimes) => void) {
  const tokens = new Set<string>();
  const unmarked = new Set<string>();
  const owners = new Map<string, string>();
  const machine = (id: string) => world.rows.table<MachineRow>("instances").get(id);
  const isGone = (id: string): boolean => (machine(id)?.status ?? "Deleted") === "Deleted";
  const lookAtBlbs = (): void => {
    const bound = new Set([...world.rows.table<EipRow>("eips").values()].map(({ instanceId }) => instanceId));
    for (const blb of world.rows.table<BlbRow>("blbs").values()) {
      const owner = madeFor(blb);
      if (owner === undefined) unmarked.add(blb.blbId);
      else if (unmarked.has(blb.blbId)) visit("a load balancer that had no marks gets ours");
      if (owner !== undefined && blb.listeners.length > 0 && blb.backends.length > 0 && !bound.has(blb.blbId))
        visit("a load balancer serves without a public address");
    }
  };
  const lookAtEips = (): void => {
    const blbs = world.rows.table<BlbRow>("blbs");
    for (const eip of world.rows.table<EipRow>("eips").values()) {
      const owner = madeFor(eip);
      const before = owners.get(eip.eip);
      if (owner !== undefined && before !== undefined && before !== owner)
        visit("an address goes over to another Service");
      if (owner !== undefined) owners.set(eip.eip, owner);
      const blb = blbs.get(eip.instanceId ?? "");
      if (blb && owner === undefined) visit("an address of the user's is bound");
      if (blb && owner !== undefined && madeFor(blb) !== owner)
        visit("an address is bound to a load balancer that is not of its Service");
    }
  };
  const lookAtNodes = (): void => {
    for (const { spec } of copies.nodes()) {
      const id = spec?.providerID?.split("/").at(-1);
      if (id && isGone(id)) visit("a Node is kept although its machine is gone");
      if (spec?.taints?.some(({ key }) => key === "node.cloudprovider.kubernetes.io/shutdown"))
        visit("a Node has the taint of a machine that is off");
    }
    for (const { nexthopId } of world.rows.table<{ readonly nexthopId: string }>("routeRules").values())
      if (nexthopId.startsWith("i-") && isGone(nexthopId)) visit("a route leads to a machine that is gone");
  };
  return {
    onEffect(link: Link, request: ServerRequest, status: number): void {
      if (!isWrite({ to: link.to, method: request.method, path: request.target })) return;
      if (status >= 400) visit("a write is refused");
      const token = /[?&]clientToken=([^&]+)/.exec(request.target)?.[1];
      if (token !== undefined && tokens.has(token)) visit("a create is sent again with the same client token");
      if (token !== undefined && request.method === "POST") tokens.add(token);
      const holder = copies.lease()?.spec?.holderIdentity;
      if (holder && !holder.startsWith(`${link.ccm}_`)) visit("a write arrives when another replica has the lease");
    },
    look(): void {
      lookAtBlbs();
      lookAtEips();
      lookAtNodes();
    },
  };
}
