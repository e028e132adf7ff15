import type { Clock } from "@ccm/base";

/** Tells apart what users should hear from what they have heard already. */
export interface RepeatFilter {
  /** Whether `text` is new for `key`: never said, other words, or said so long ago that its Event is about to expire. */
  isNews(key: string, text: string): boolean;
  /** Healed, or gone: the next one is news whatever it says. True when something was forgotten. */
  forget(key: string): boolean;
}

/** The API server keeps an Event for one hour: what still holds is said again before that. */
const REPEAT_AFTER_MS = 45 * 60_000;

export function createRepeatFilter(clock: Clock, repeatAfterMs = REPEAT_AFTER_MS): RepeatFilter {
  const said = new Map<string, { readonly text: string; readonly at: number }>();
  return {
    isNews(key, text) {
      const before = said.get(key);
      if (before?.text === text && clock.monotonic() - before.at < repeatAfterMs) return false;
      said.set(key, { text, at: clock.monotonic() });
      return true;
    },
    forget: (key) => said.delete(key),
  };
}
