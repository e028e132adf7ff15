import type { Cancel } from "@ccm/base";
import { type Io, NAME } from "./io.ts";

/** Tells on stderr what is going on, once that takes longer than people wait without asking. */
export interface Progress {
  step(what: string): void;
  stop(): void;
}

const PATIENCE_MS = 2000;
const AGAIN_MS = 5000;

export function createProgress({ clock, err }: Pick<Io, "clock" | "err">): Progress {
  const startedAt = clock.monotonic();
  let what = "starting";
  let told = "";
  const tell = () => {
    const seconds = Math.round((clock.monotonic() - startedAt) / 1000);
    told = what;
    err(`${NAME}: ${what} … (${seconds} s)\n`);
    cancel = clock.schedule(AGAIN_MS, tell);
  };
  let cancel: Cancel = clock.schedule(PATIENCE_MS, tell);
  return {
    step(next) {
      what = next;
      const late = told !== "" && next !== told;
      if (!late) return;
      cancel();
      tell();
    },
    stop: () => cancel(),
  };
}
