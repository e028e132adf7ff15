const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  us: 0.001,
  // U+00B5 and U+03BC: Go takes both.
  µs: 0.001,
  μs: 0.001,
  ns: 1e-6,
};

/** Go's duration syntax ("1m30s", "1.5h", "100ms", "0") in milliseconds. Undefined for anything else, and below zero. */
export function parseDuration(text: string): number | undefined {
  if (text === "0") return 0;
  const part = /([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)/y;
  let total = 0;
  let end = 0;
  for (let match = part.exec(text); match; match = part.exec(text)) {
    const [, number = "", unit = ""] = match;
    total += Number(number) * (UNITS[unit] ?? 0);
    end = part.lastIndex;
  }
  // Nanoseconds are the smallest that Go knows: what is left below is the fault of binary fractions.
  return text !== "" && end === text.length ? Math.round(total * 1e6) / 1e6 : undefined;
}

/** As Go prints it: "10s", "5m0s", "12h0m0s", "1.5s", "100ms". */
export function formatDuration(ms: number): string {
  if (ms < 1000) return ms === 0 ? "0s" : `${ms}ms`;
  const seconds = ms / 1000;
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const rest = `${Math.round((seconds % 60) * 1000) / 1000}s`;
  if (hours > 0) return `${hours}h${minutes}m${rest}`;
  return minutes > 0 ? `${minutes}m${rest}` : rest;
}
