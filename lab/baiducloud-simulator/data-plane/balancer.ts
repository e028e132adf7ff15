import type { Target } from "./data-plane.ts";

/** Chooses a backend for a new connection among the healthy ones with weight. */
export interface Balancer {
  choose(targets: readonly Target[], scheduler: string, source: string): Target | undefined;
  /** A connection to the target began or ended. */
  count(instanceId: string, change: 1 | -1): void;
}

/** `Hash` is by the client's address, `RoundRobin` by weight; every other name means least connections for the weight. */
export function createBalancer(): Balancer {
  /** Smooth weighted round robin: each round all gain their weight, the highest is taken and pays the total. */
  const credit = new Map<string, number>();
  const connections = new Map<string, number>();
  const roundRobin = (targets: readonly Target[]): Target | undefined => {
    let total = 0;
    let best: Target | undefined;
    let most = Number.NEGATIVE_INFINITY;
    for (const target of targets) {
      total += target.weight;
      const mine = (credit.get(target.instanceId) ?? 0) + target.weight;
      credit.set(target.instanceId, mine);
      if (mine > most) {
        best = target;
        most = mine;
      }
    }
    if (best) credit.set(best.instanceId, most - total);
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
      if (scheduler === "Hash") return bySource(usable, source);
      return scheduler === "RoundRobin" ? roundRobin(usable) : leastConnections(usable);
    },
    count(instanceId, change) {
      const now = (connections.get(instanceId) ?? 0) + change;
      if (now > 0) connections.set(instanceId, now);
      else connections.delete(instanceId);
    },
  };
}

/**
 * Weighted rendezvous hashing: a source stays with its backend, and when a backend comes or goes only those sources move
 * that must. Backends get sources in proportion to their weights.
 */
function bySource(targets: readonly Target[], source: string): Target | undefined {
  let best: Target | undefined;
  let highest = Number.NEGATIVE_INFINITY;
  for (const target of targets) {
    const score = -target.weight / Math.log(unitHash(`${source} ${target.instanceId}`));
    if (score > highest) {
      best = target;
      highest = score;
    }
  }
  return best;
}

/** A number in (0, 1): FNV-1a, then the finaliser of MurmurHash3, as neighbours in the text must be far apart. */
function unitHash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (((h ^ (h >>> 16)) >>> 0) + 0.5) / 4294967296;
}
