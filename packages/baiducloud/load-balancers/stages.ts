import type { Step } from "./steps.ts";

type Queue = "listeners" | "backends" | "address";

/** The facets that do not wait for each other. */
function queueOf(step: Step): Queue | undefined {
  const { facet } = step;
  if (facet === "listeners" || facet === "backends" || facet === "address") return facet;
  return step.do === "assignTag" && step.service === "EIP" ? "address" : undefined;
}

/**
 * Steps in stages that come one after the other; the lanes of a stage go at the same time. A load balancer takes one change
 * after the other, so its listeners and backends share a lane, in turns: many Services at once then use the limits of
 * both calls, and no listener is long without backends. Within a facet the order is the plan's.
 */
export function stagesOf(steps: readonly Step[]): readonly (readonly (readonly Step[])[])[] {
  const stages: (readonly (readonly Step[])[])[] = [];
  let open: Record<Queue, Step[]> | undefined;
  const close = (): void => {
    if (open) stages.push([inTurns(open.backends, open.listeners), open.address]);
    open = undefined;
  };
  for (const step of steps) {
    const queue = queueOf(step);
    if (queue === undefined) {
      close();
      stages.push([[step]]);
    } else {
      open ??= { listeners: [], backends: [], address: [] };
      open[queue].push(step);
    }
  }
  close();
  return stages;
}

function inTurns(a: readonly Step[], b: readonly Step[]): readonly Step[] {
  const longest = Math.max(a.length, b.length);
  return Array.from({ length: longest }, (_, i) => [a[i], b[i]])
    .flat()
    .filter((step) => step !== undefined);
}
