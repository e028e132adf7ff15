import { errorText, type LogFields, type Logger, type LogLevel } from "@ccm/base";
import { pino } from "pino";

/** The least level that is written; it may change while the process runs. */
interface Threshold {
  level: LogLevel;
}

export interface AdjustableLogger extends Logger {
  setLevel(level: LogLevel): void;
}

/** Lines on stderr, as JSON (pino) or as text for people. An Error in a field is written as its text; its stack only at debug level. */
export function createStderrLogger(level: LogLevel, format: "json" | "text"): AdjustableLogger {
  const destination = pino.destination({ dest: 2, sync: true });
  const threshold: Threshold = { level };
  const logger =
    format === "text"
      ? textLogger(threshold, (line) => destination.write(`${line}\n`), {})
      : jsonLogger(
          threshold,
          pino(
            { level: "debug", base: null, timestamp: pino.stdTimeFunctions.isoTime, messageKey: "message" },
            destination,
          ),
        );
  return {
    ...logger,
    setLevel(next) {
      threshold.level = next;
    },
  };
}

const RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

function jsonLogger(threshold: Threshold, target: pino.Logger): Logger {
  const stacks = () => threshold.level === "debug";
  const write = (level: LogLevel) => (message: string, fields?: LogFields) => {
    if (RANK[level] >= RANK[threshold.level]) target[level](fields ? plain(fields, stacks()) : {}, message);
  };
  return {
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    with: (fields) => jsonLogger(threshold, target.child(plain(fields, stacks()))),
  };
}

function textLogger(threshold: Threshold, print: (line: string) => void, bound: LogFields): Logger {
  const write = (level: LogLevel) => (message: string, fields?: LogFields) => {
    if (RANK[level] < RANK[threshold.level]) return;
    const all = Object.entries(plain({ ...bound, ...fields }, threshold.level === "debug"));
    const tail = all.map(([key, value]) => ` ${key}=${quoted(value)}`).join("");
    print(`${new Date().toISOString()} ${level.toUpperCase().padEnd(5)} ${message}${tail}`);
  };
  return {
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    with: (fields) => textLogger(threshold, print, { ...bound, ...fields }),
  };
}

function plain(fields: LogFields, stacks: boolean): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    out[key] = value instanceof Error ? (stacks ? `${errorText(value)}\n${value.stack}` : errorText(value)) : value;
  }
  return out;
}

function quoted(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text === undefined ? "" : /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
}
