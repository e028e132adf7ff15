import { createHash } from "node:crypto";
import type { Target } from "./data-plane.ts";

/** Chooses a backend for a new connection among the healthy ones with weight. */
export interface Balancer {
  choose(targets: readonly Target[], scheduler: string, source: string): Target | undefined;
  /** A connection to the target began or ended. */
  count(instanceId: string, change: 1 | -1): void;
}

export function createBalancer(): Balancer {
  /** Smooth weighted round robin: each round all gain their weight, the highest is taken and pays the total. */
  const credit = new Map<string, number>();
  const connections = new Map<string, number>();
  const roundRobin = (targets: readonly Target[]): Target | undefined => {
    const total = targets.reduce((sum, { weight }) => sum + weight, 0);
    let best: Target | undefined;
    for (const target of targets) {
      const mine = (credit.get(target.instanceId) ?? 0) + target.weight;
      credit.set(target.instanceId, mine);
      if (!best || mine > (credit.get(best.instanceId) ?? 0)) best = target;
    }
    if (best) credit.set(best.instanceId, (credit.get(best.instanceId) ?? 0) - total);
    return best;
  };
  const leastConnections = (targets: readonly Target[]): Target | undefined => {
    const load = (target: Target) => (connections.get(target.instanceId) ?? 0) / target.weight;
    const least = Math.min(...targets.map(load));
    return roundRobin(targets.filter((target) => load(target) === least));
  };
  return {
    choose(targets, scheduler, source) {
      const usable = targets.filter(({ weight }) => weight > 0);
      if (usable.length === 0) return undefined;
      if (scheduler === "Hash") {
        const rank = (id: string) => createHash("sha1").update(`${source} ${id}`).digest("hex");
        return usable.reduce((a, b) => (rank(a.instanceId) > rank(b.instanceId) ? a : b));
      }
      return scheduler === "RoundRobin" ? roundRobin(usable) : leastConnections(usable);
    },
    count(instanceId, change) {
      connections.set(instanceId, Math.max(0, (connections.get(instanceId) ?? 0) + change));
    },
  };
}
