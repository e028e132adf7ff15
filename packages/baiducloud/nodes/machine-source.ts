import type { Machine } from "./machine.ts";

/** What asking for one machine by its id gave. */
export type Found =
  | { readonly machine: Machine }
  /** In the cloud's own words. */
  | { readonly absent: string }
  /** Nobody can say, with the reason. */
  | { readonly unknown: string };

/** Where machines are looked up. Throws BceErrors. */
export interface MachineSource {
  /** Every machine that a Node without a provider ID may be. A list that lacks one proves nothing. */
  list(): Promise<readonly Machine[]>;
  /** One answer for each id. */
  find(ids: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, Found>>;
}
