/** How a clock is asked for: `real`, `scaled:60`, `stepped`, `stepped:2026-01-01T00:00:00Z`. */
export interface ClockSpec {
  readonly pace: number;
  /** Wall-clock milliseconds; undefined: now. */
  readonly startMs?: number;
}

const MAX_PACE = 100_000;
export const CLOCK_SPEC_HINT = `real, scaled:N (N from 1 to ${MAX_PACE}), stepped or stepped:TIME (such as 2026-01-01T00:00:00Z)`;

/** Undefined for what is none. */
export function parseClockSpec(text: string): ClockSpec | undefined {
  if (text === "real") return { pace: 1 };
  if (text === "stepped") return { pace: 0 };
  const [, kind, value = ""] = /^(scaled|stepped):(.+)$/.exec(text) ?? [];
  if (kind === "scaled") {
    const pace = Number(value);
    return /^\d+(\.\d+)?$/.test(value) && pace >= 1 && pace <= MAX_PACE ? { pace } : undefined;
  }
  const startMs = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(value) ? Date.parse(value) : Number.NaN;
  return kind === "stepped" && Number.isFinite(startMs) ? { pace: 0, startMs } : undefined;
}
