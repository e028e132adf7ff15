import type { Clock } from "@ccm/base";

/** Tells apart what users should hear from what they have heard already. */
export interface RepeatFilter {
  /** Whether it is new for `key`: never said, other words (but for request ids), or said so long ago that its Event is about to expire. */
  isNews(key: string, words: string): boolean;
  /** Healed, or gone: the next one is news whatever it says. True when something was forgotten. */
  forget(key: string): boolean;
}

/** The API server keeps an Event for one hour: what still holds is said again before that. */
const REPEAT_AFTER_MS = 45 * 60_000;

/** Clouds quote the id of each request in their errors: it alone makes no news. */
const REQUEST_ID = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi;

export function withoutRequestIds(words: string): string {
  return words.replace(REQUEST_ID, "");
}

export function createRepeatFilter(clock: Clock, repeatAfterMs = REPEAT_AFTER_MS): RepeatFilter {
  const said = new Map<string, { readonly text: string; readonly at: number }>();
  return {
    isNews(key, words) {
      const text = withoutRequestIds(words);
      const before = said.get(key);
      if (before?.text === text && clock.monotonic() - before.at < repeatAfterMs) return false;
      said.set(key, { text, at: clock.monotonic() });
      return true;
    },
    forget: (key) => said.delete(key),
  };
}
