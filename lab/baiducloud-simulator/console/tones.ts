import type { Share, Tone } from "./tree.ts";

const INSTANCE: Readonly<Record<string, Tone>> = {
  Running: "good",
  Active: "good",
  Stopped: "idle",
  Recycled: "idle",
  Deleted: "bad",
  Error: "bad",
  Expired: "bad",
};
const HEALTH: Readonly<Record<string, readonly [word: string, tone: Tone]>> = {
  A: ["alive", "good"],
  D: ["dead", "bad"],
  U: ["unknown", "idle"],
};

/** States on the way to another one are busy. */
export function instanceTone(status: string): Tone {
  return INSTANCE[status] ?? "busy";
}

export function balancerTone(status: string): Tone {
  return status === "available" ? "good" : "busy";
}

export function eipTone(status: string): Tone {
  if (status === "binded") return "good";
  return status === "available" ? "idle" : "busy";
}

/** A letter of a listener's health, in words. */
export function healthOf(letter: string | undefined): { readonly word: string; readonly tone: Tone } {
  const [word, tone] = HEALTH[letter ?? ""] ?? ["not served", "idle"];
  return { word, tone };
}

/** Answers by status; 0 is an answer that was lost. */
export function callTone(status: number): Tone {
  if (status === 0 || status >= 500) return "bad";
  return status >= 400 ? "busy" : "good";
}

const ORDER: readonly Tone[] = ["good", "busy", "bad", "idle"];

export function sharesOf(tones: Iterable<Tone>): readonly Share[] {
  const counts = new Map<Tone, number>();
  for (const tone of tones) counts.set(tone, (counts.get(tone) ?? 0) + 1);
  return ORDER.flatMap((tone) => {
    const count = counts.get(tone);
    return count === undefined ? [] : [{ tone, count }];
  });
}
