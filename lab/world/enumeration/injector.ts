import type { Clock, Transport } from "@ccm/base";
import type { Link } from "../world.ts";
import { type Effect, isEffect, pathOf } from "./effects.ts";
import { type Hands, type Mode, send } from "./modes.ts";

/** What goes wrong, and where. */
export interface Fault {
  /** The effect, counted from where the scenario acts. */
  readonly at: number;
  readonly mode: Mode;
}

/** Stands in every link of the world: counts effects, and does the faults. */
export interface Injector {
  readonly wire: (link: Link, transport: Transport) => Transport;
  /** From now on effects count. */
  arm(): void;
  disarm(): void;
  /** In the order in which they were sent, since `arm`. */
  readonly effects: readonly Effect[];
  /** The faults that were done, each with its effect. */
  readonly fired: readonly (Fault & { readonly effect: Effect; readonly firedAt: number })[];
  /** Requests that are on their way still, although their sender has given up. */
  readonly onTheWay: number;
  /** Requests that a CCM sent which was dead: there must be none. */
  readonly ghosts: readonly string[];
}

export function createInjector(
  faults: readonly Fault[],
  clock: () => Clock,
  hands: { kill(ccm: string): void; depose(ccm: string): Promise<void>; isDead(ccm: string): boolean },
  onSend: (effect: Effect) => void,
): Injector {
  let armed = false;
  const effects: Effect[] = [];
  const fired: Injector["fired"][number][] = [];
  const ghosts: string[] = [];
  let onTheWay = 0;
  const late = (arrival: Promise<unknown>): void => {
    onTheWay++;
    void arrival.then(() => onTheWay--);
  };
  return {
    arm() {
      armed = true;
    },
    disarm() {
      armed = false;
    },
    effects,
    fired,
    ghosts,
    get onTheWay() {
      return onTheWay;
    },
    wire: (link, transport) => async (request, options) => {
      const { ccm } = link;
      const path = pathOf(request.url);
      if (hands.isDead(ccm)) ghosts.push(`${ccm} → ${link.to} ${request.method} ${path}`);
      if (!isEffect(link, request)) return transport(request, options);
      const effect: Effect = {
        index: armed ? effects.length + 1 : 0,
        ccm,
        to: link.to,
        method: request.method,
        path,
        body: request.body === undefined ? "" : String(request.body),
        sentAt: clock().monotonic(),
      };
      onSend(effect);
      if (!armed) return transport(request, options);
      effects.push(effect);
      const fault = faults.find(({ at }) => at === effect.index);
      if (!fault) return transport(request, options);
      fired.push({ ...fault, effect, firedAt: clock().monotonic() });
      const own: Hands = { clock: clock(), kill: () => hands.kill(ccm), depose: () => hands.depose(ccm), late };
      return send(fault.mode, link, [request, options], transport, own);
    },
  };
}
