import { BACKENDS_PER_BLB, type BackendChoice, chooseBackends } from "./backends.ts";
import type { ObservedLoadBalancer } from "./observed.ts";
import type { Draft, Step } from "./steps.ts";

/** Backends in one call: larger calls have timed out (kubernetes-retired/cloud-provider-baiducloud#68). */
const BACKEND_BATCH = 20;

/**
 * New ones come before old ones go, so that there is always somebody to answer; when the load balancer is full, a batch
 * of those that go makes room for the next batch of those that come.
 */
export function planBackends(
  choice: BackendChoice,
  blb: ObservedLoadBalancer | undefined,
  blbId: string,
  draft: Draft,
): void {
  const present = new Map((blb?.backends ?? []).map((backend) => [backend.instanceId, Number(backend.weight)]));
  const mayRemove = (id: string) => blb?.ours === true || blb?.clusterInstances.has(id) === true;
  const wanted = chooseBackends(choice, new Set(present.keys()));
  const facet = "backends" as const;
  const steps: Step[] = [];
  const weigh = [...wanted].filter(([id, weight]) => present.has(id) && present.get(id) !== weight);
  for (const [weight, entries] of Map.groupBy(weigh, ([, weight]) => weight)) {
    for (const instanceIds of batches(entries.map(([id]) => id))) {
      steps.push({ facet, do: "updateBackends", blbId, instanceIds, weight });
    }
  }
  const remove = [...present.keys()].filter((id) => !wanted.has(id) && mayRemove(id)).sort();
  const add = [...wanted].filter(([id]) => !present.has(id));
  // The last ones stay as long as nobody has come in their place.
  const last = add.length > 0 && remove.length === present.size ? ({ onlyWhenReplaced: true } as const) : {};
  let room = Math.max(0, BACKENDS_PER_BLB - present.size);
  while (add.length > 0) {
    const batch = add.splice(0, Math.min(BACKEND_BATCH, room));
    for (const [weight, entries] of Map.groupBy(batch, ([, weight]) => weight)) {
      steps.push({ facet, do: "addBackends", blbId, instanceIds: entries.map(([id]) => id), weight });
    }
    room -= batch.length;
    if (add.length === 0 || room > 0) continue;
    const leaving = remove.splice(0, BACKEND_BATCH);
    // Full of what others put there: the rest finds no room.
    if (leaving.length === 0) break;
    room = leaving.length;
    steps.push({ facet, do: "removeBackends", blbId, instanceIds: leaving });
  }
  for (const instanceIds of batches(remove)) steps.push({ facet, do: "removeBackends", blbId, instanceIds, ...last });
  draft.steps.push(...steps);
}

function batches(ids: readonly string[]): readonly (readonly string[])[] {
  const out: string[][] = [];
  for (let i = 0; i < ids.length; i += BACKEND_BATCH) out.push(ids.slice(i, i + BACKEND_BATCH));
  return out;
}
