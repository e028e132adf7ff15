import type { BlbView, ListenerView } from "./data.ts";
import { balancerTone, healthOf, sharesOf } from "./tones.ts";
import { type TopologyState, tallyOf } from "./topology-state.ts";
import type { Item, Tone } from "./tree.ts";

/** Load balancer → listeners → backends with their health. */
export function balancerItems(state: TopologyState): readonly Item[] {
  const addressOf = publicAddresses(state);
  return [...state.blbs.values()].map((blb): Item => {
    const address = addressOf.get(blb.blbId);
    const shares = sharesOf(blb.listeners.flatMap((listener) => tonesOf(listener)));
    return {
      key: `blb/${blb.blbId}`,
      kind: blb.product.toUpperCase(),
      label: blb.name,
      detail: address ?? blb.address,
      status: blb.status,
      tone: balancerTone(blb.status),
      search: `${blb.name} ${blb.blbId} ${blb.address} ${address ?? ""} ${blb.status}`.toLowerCase(),
      shares,
      isOpen: false,
      childCount: blb.listeners.length,
      children: () => blb.listeners.map((listener) => listenerItem(state, blb, listener)),
    };
  });
}

/** By what they are bound to. */
export function publicAddresses(state: TopologyState): ReadonlyMap<string, string> {
  const bound = [...state.eips.values()].filter(({ instanceId }) => instanceId !== "");
  return new Map(bound.map(({ instanceId, eip }) => [instanceId, eip]));
}

export function listenerName({ protocol, port }: Pick<ListenerView, "protocol" | "port">): string {
  return `${protocol}:${port}`;
}

function listenerItem(state: TopologyState, blb: BlbView, listener: ListenerView): Item {
  const name = listenerName(listener);
  const key = `listener/${blb.blbId}/${name}`;
  const { alive, dead } = tallyOf(listener.health);
  // The backends of this listener, each with its letter.
  const own = blb.backends.flatMap((backend, index) => {
    const letter = listener.health[index] ?? "-";
    return letter === "-" ? [] : [{ ...backend, letter }];
  });
  return {
    key,
    kind: "Listener",
    label: name,
    detail: `to port ${listener.backendPort}, ${listener.scheduler}`,
    status: listenerStatus(own.length, alive),
    tone: listenerTone(own.length, alive, dead),
    search: `${name} ${listener.backendPort}`.toLowerCase(),
    shares: sharesOf(tonesOf(listener)),
    isOpen: true,
    childCount: own.length,
    children: () =>
      own.map(({ instanceId, weight, letter }): Item => {
        const instance = state.instances.get(instanceId);
        const { word, tone } = healthOf(letter);
        const label = instance?.name ?? instanceId;
        const address = `${instance?.internalIp ?? "gone"}:${listener.backendPort}`;
        return {
          key: `backend/${blb.blbId}/${name}/${instanceId}`,
          kind: "Backend",
          label,
          detail: `${address}, weight ${weight}`,
          status: word,
          tone,
          search: `${label} ${instanceId} ${address} ${word}`.toLowerCase(),
          shares: [],
          isOpen: false,
          childCount: 0,
          children: () => [],
        };
      }),
  };
}

function tonesOf({ health }: ListenerView): readonly Tone[] {
  return [...health].filter((letter) => letter !== "-").map((letter) => healthOf(letter).tone);
}

function listenerStatus(backends: number, alive: number): string {
  return backends === 0 ? "no backends" : `${alive} of ${backends} alive`;
}

function listenerTone(backends: number, alive: number, dead: number): Tone {
  if (backends === 0) return "idle";
  if (alive === 0 && dead > 0) return "bad";
  return dead > 0 || alive === 0 ? "busy" : "good";
}
