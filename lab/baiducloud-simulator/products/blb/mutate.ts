import type { Account } from "../../account.ts";
import { denied, noSuchObject } from "../../api/fault.ts";
import { type Blb, blbsOf } from "./records.ts";

/** The transition to `available`. */
export const READY = "blb.ready";

export function getBlb(account: Account, id: string): Blb {
  const blb = blbsOf(account).get(id);
  if (!blb) throw noSuchObject(id);
  return blb;
}

/** Refuses unless available, then enters `updating` for a while: every change of a load balancer goes through here. */
export function mutateBlb(account: Account, id: string, change: (blb: Blb) => Partial<Blb>): void {
  const blb = getBlb(account, id);
  if (blb.status !== "available") throw denied(`load balancer ${id} is ${blb.status}: try again when it is available.`);
  blbsOf(account).patch(id, { ...change(blb), status: "updating" });
  account.changed();
  account.store.schedule(READY, id, account.timings.blbUpdate);
}
