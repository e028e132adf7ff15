import type { Listener } from "@ccm/bce";
import type { Desired, WantedListener } from "./desired.ts";
import { isOwnListener, listenerKey, type ObservedLoadBalancer, transportKey } from "./observed.ts";
import { complain, type Draft } from "./steps.ts";

export function planListeners(
  desired: Pick<Desired, "listeners">,
  blb: ObservedLoadBalancer | undefined,
  blbId: string,
  draft: Draft,
): void {
  const wanted = new Map(desired.listeners.map((listener) => [listenerKey(listener), listener]));
  const present = blb?.listeners ?? [];
  const stale = present.filter((listener) => !wanted.has(listenerKey(listener)) && blb && isOwnListener(blb, listener));
  if (stale.length > 0) {
    const listeners = stale.map(({ listenerType, listenerPort }) => ({ listenerType, listenerPort }));
    draft.steps.push({ facet: "listeners", do: "deleteListeners", blbId, listeners });
  }
  const foreign = new Map(
    present
      .filter((listener) => blb && !isOwnListener(blb, listener))
      .map((listener) => [transportKey(listener), listener]),
  );
  for (const [key, listener] of wanted) {
    const other = foreign.get(transportKey(listener));
    const current = present.find((candidate) => listenerKey(candidate) === key);
    if (other && blb) {
      const text = `port ${listenerKey(other)} of load balancer ${blb.id} belongs to somebody else; choose another port`;
      complain(draft, "listeners", "PortInUse", text);
    } else if (!current) draft.steps.push({ facet: "listeners", do: "createListener", blbId, listener });
    else if (differences(listener, current).length > 0) {
      draft.steps.push({ facet: "listeners", do: "updateListener", blbId, listener });
    }
  }
}

/** Fields that we decide about and that are not as we want them; what we leave to the cloud's defaults may be anything. */
export function differences(wanted: WantedListener, current: Listener): readonly (keyof Listener)[] {
  return (Object.keys(wanted) as (keyof Listener)[]).filter((field) => {
    if (field === "scheduler") return canonical(wanted.scheduler) !== canonical(current.scheduler);
    // Off is what the cloud does when it says nothing.
    if (wanted[field] === false) return Boolean(current[field]);
    return JSON.stringify(wanted[field]) !== JSON.stringify(current[field]);
  });
}

/** The API has two names for one algorithm, and returns the one that was stored. */
function canonical(scheduler: string): string {
  return scheduler === "WeightLeastConn" ? "LeastConnection" : scheduler;
}
