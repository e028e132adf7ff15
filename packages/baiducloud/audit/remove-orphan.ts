import type { Clock, Random } from "@ccm/base";
import { type BceClient, clientToken, isBceError } from "@ccm/bce";
import { createWaits } from "../load-balancers/wait.ts";
import type { Orphan } from "./orphans.ts";

/** In this order: an address has to leave its load balancer before that goes, a security group after it. */
const ORDER: readonly Orphan["kind"][] = ["address", "load balancer", "security group", "route"];

export function inDeletionOrder(orphans: readonly Orphan[]): readonly Orphan[] {
  return [...orphans].sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
}

/** Deletes one, and waits until it is gone; one that is gone already is a success. Throws what the cloud says. */
export function createOrphanRemover(
  client: BceClient,
  parts: { readonly clock: Clock; readonly random: Random },
): (orphan: Orphan, signal: AbortSignal) => Promise<void> {
  const waits = createWaits(client, parts.clock);
  return async ({ kind, id, kept, boundTo }, signal) => {
    if (kept !== "") throw new Error(`${kind} ${id} stays: ${kept}`);
    const once = (what: string) => ({ signal, clientToken: clientToken("orphan", what, id, parts.random.uuid()) });
    try {
      switch (kind) {
        case "address":
          if (boundTo !== "") {
            await client.eip.unbind(id, once("unbind"));
            await waits.eipIs(id, "available", signal);
          }
          return await client.eip.release(id, once("release"));
        case "load balancer":
          await client.blb.delete(id, once("delete"));
          await waits.blbGone(id, signal);
          return;
        case "security group":
          return await client.securityGroups.delete(id, once("delete"));
        case "route":
          return await client.vpc.deleteRouteRule(id, once("delete"));
      }
    } catch (error) {
      if (!isBceError(error, "absent")) throw error;
    }
  };
}
