import type { Clock } from "@ccm/base";
import type { Informer, Service } from "@ccm/kube";

/**
 * What the manager before this one has left. It may have died, or lost the lease, with a request on its way: that one is
 * carried out when nobody waits for it any more, and what it makes would be nobody's.
 */
export interface Inheritance {
  /** For how long such a request may still change something of the Service, when none takes longer than `travelMs`. 0: not any more. */
  lateMs(uid: string, travelMs: number): number;
}

/** Nobody has led before, or what is done here is no manager's: there is nothing to inherit. */
export const NOTHING_INHERITED: Inheritance = { lateMs: () => 0 };

/** Starts when this manager begins to lead: Services that are there by then may have been worked on by another. */
export function createInheritance(
  services: Pick<Informer<Service>, "list" | "waitForSync">,
  clock: Clock,
  signal: AbortSignal,
): Inheritance {
  const since = clock.monotonic();
  let inherited: ReadonlySet<string> | undefined;
  services.waitForSync(signal).then(
    () => {
      inherited = new Set(services.list().map(({ metadata }) => metadata.uid ?? ""));
    },
    // Nothing is worked on without the list.
    () => {},
  );
  return {
    lateMs(uid, travelMs) {
      const left = since + travelMs - clock.monotonic();
      return left > 0 && (inherited?.has(uid) ?? true) ? left : 0;
    },
  };
}
