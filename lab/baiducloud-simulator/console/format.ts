const WHOLE = new Intl.NumberFormat("en");
const FINE = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

/** 12,345; below 100 with a decimal when there is one. */
export function formatCount(value: number): string {
  return Math.abs(value) < 100 ? FINE.format(value) : WHOLE.format(Math.round(value));
}

export function formatPercent(share: number): string {
  return `${FINE.format(share * 100)} %`;
}

/** Milliseconds: "0.4 ms", "12 ms", "1.2 s". */
export function formatLatency(ms: number): string {
  if (ms >= 1000) return `${FINE.format(ms / 1000)} s`;
  return `${ms < 10 ? FINE.format(ms) : Math.round(ms)} ms`;
}

/** The time of day of an RFC 3339 text, as its server wrote it: "12:03:05.120". */
export function formatTime(time: string): string {
  return /T([0-9:.]+)/.exec(time)?.[1] ?? time;
}

/** The points of a line through values, for an SVG of 100 × 24: the newest is at the right. */
export function sparkline(values: readonly number[], capacity: number): string {
  const top = Math.max(...values, Number.MIN_VALUE);
  const offset = capacity - values.length;
  return values
    .map((value, index) => {
      const x = ((offset + index) / Math.max(1, capacity - 1)) * 100;
      return `${FINE.format(x)},${FINE.format(23 - (value / top) * 22)}`;
    })
    .join(" ");
}
