import type { Clock } from "@ccm/base";
import type { Amounts } from "../quantity.ts";

/** What was seen, and has gone before anybody counted it: it came, so nobody waits for it any more. */
export interface Departed {
  note(uid: string, amounts: Amounts): void;
  /** What it used; undefined when it was not seen, or went longer than `keepMs` ago. */
  get(uid: string): Amounts | undefined;
}

export function createDeparted(clock: Clock, keepMs: number): Departed {
  /** In the order in which they went. */
  const gone = new Map<string, { readonly amounts: Amounts; readonly at: number }>();
  const prune = (): void => {
    for (const [uid, { at }] of gone) {
      if (clock.monotonic() - at < keepMs) return;
      gone.delete(uid);
    }
  };
  return {
    note(uid, amounts) {
      prune();
      gone.set(uid, { amounts, at: clock.monotonic() });
    },
    get(uid) {
      prune();
      return gone.get(uid)?.amounts;
    },
  };
}
