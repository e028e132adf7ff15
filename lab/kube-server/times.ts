/** Times as Kubernetes reads and writes them: metav1.Time in seconds, metav1.MicroTime in microseconds. */

const SECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const MICROSECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)$/;
const FORMATS = {
  time: "2006-01-02T15:04:05Z07:00",
  microTime: "2006-01-02T15:04:05.000000Z07:00",
} as const;

/** In the words of Go's time package; undefined for a good one. */
export function timeProblem(text: string, form: keyof typeof FORMATS): string | undefined {
  const good = (form === "time" ? SECONDS : MICROSECONDS).test(text) && !Number.isNaN(Date.parse(text));
  if (good) return undefined;
  const format = FORMATS[form];
  const fraction = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.exec(text);
  const [rest, wanted] =
    fraction && form === "microTime" ? [text.slice(fraction[0].length), ".000000"] : [text, format.slice(0, 4)];
  return `parsing time ${JSON.stringify(text)} as ${JSON.stringify(format)}: cannot parse ${JSON.stringify(rest)} as ${JSON.stringify(wanted)}`;
}

/** A good time in UTC, as precise as its form. */
export function wireTime(text: string, form: keyof typeof FORMATS): string {
  const seconds = `${new Date(Date.parse(text)).toISOString().slice(0, 19)}`;
  return form === "time" ? `${seconds}Z` : `${seconds}.${/\.(\d{6})/.exec(text)?.[1] ?? "000000"}Z`;
}
