import { LOG_LEVELS, type LogLevel } from "@ccm/base";
import { formatDuration, parseDuration } from "./duration.ts";
import { parseGates } from "./feature-gates.ts";
import { UsageError } from "./usage-error.ts";

/** Reads a flag's value. Throws a UsageError that names the flag and says what was expected. */
type Parse<T> = (value: string, flag: string) => T;

export interface FlagSpec {
  /** Without dashes; in camel case, it is the field of ManagerConfig that it sets. */
  readonly name: string;
  readonly help: string;
  /** `before`: what the same flag gave earlier on the same command line; a list goes on from there, as in Go. */
  readonly parse: (value: string, before: unknown) => unknown;
  /** The default as `--help` shows it; empty for none. */
  readonly shown: string;
  /** May stand without a value, and is true then. */
  readonly boolean: boolean;
}

const single =
  <T>(parse: Parse<T>, show: (value: T) => string, boolean = false) =>
  (name: string, help: string, value: T): FlagSpec => ({
    name,
    help,
    parse: (given) => parse(given, name),
    shown: show(value),
    boolean,
  });

const listOf =
  (split: (value: string) => readonly string[]) =>
  (name: string, help: string, value: readonly string[]): FlagSpec => ({
    name,
    help,
    parse: (given, before) => [...(isList(before) ? before : []), ...split(given)],
    shown: value.join(","),
    boolean: false,
  });

export const text = single((value) => value, String);
export const toggle = single<boolean>(asBoolean, String, true);
export const integer = single<number>(asInteger, String);
export const number = single<number>(asNumber, String);
export const share = single<number>(asShare, String);
export const level = single<LogLevel>(asLogLevel, String);
/** Above zero. */
export const duration = single<number>(asDuration, formatDuration);
export const durationOrZero = single<number>(asDurationOrZero, formatDuration);
/** Comma-separated. */
export const list = listOf((value) =>
  value
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== ""),
);
/** One entry each time it is given: an entry may have commas. */
export const repeated = listOf((value) => (value === "" ? [] : [value]));
export const integers = (name: string, help: string, value: readonly number[]): FlagSpec => ({
  ...list(name, help, value.map(String)),
  parse: (given, before) => [
    ...(isList(before) ? before : []),
    ...given
      .split(",")
      .filter((part) => part !== "")
      .map((part) => asInteger(part, name)),
  ],
});
export const gates = (name: string, help: string): FlagSpec => ({
  name,
  help,
  parse: (given, before) => ({ ...(typeof before === "object" ? before : {}), ...parseGates(given) }),
  shown: "",
  boolean: false,
});

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function asBoolean(value: string, flag: string): boolean {
  if (/^(1|t|T|TRUE|true|True)$/.test(value)) return true;
  if (/^(0|f|F|FALSE|false|False)$/.test(value)) return false;
  throw wrong(flag, value, "true or false");
}

function asDurationOrZero(value: string, flag: string): number {
  const ms = parseDuration(value);
  if (ms === undefined) throw wrong(flag, value, 'a duration such as "30s" or "1m30s"');
  return ms;
}

function asDuration(value: string, flag: string): number {
  const ms = asDurationOrZero(value, flag);
  if (ms === 0) throw wrong(flag, value, 'a duration above zero, such as "30s" or "1m30s"');
  return ms;
}

export function asInteger(value: string, flag: string): number {
  if (!/^-?\d+$/.test(value)) throw wrong(flag, value, "a whole number");
  return Number(value);
}

function asNumber(value: string, flag: string): number {
  if (!/^-?\d*\.?\d+$/.test(value)) throw wrong(flag, value, "a number");
  return Number(value);
}

function asShare(value: string, flag: string): number {
  const share = /^\d*\.?\d+$/.test(value) ? Number(value) : Number.NaN;
  if (!(share >= 0 && share <= 1)) throw wrong(flag, value, "a number from 0 to 1");
  return share;
}

function asLogLevel(value: string, flag: string): LogLevel {
  const level = LOG_LEVELS.find((known) => known === value);
  if (!level) throw wrong(flag, value, `one of ${LOG_LEVELS.join(", ")}`);
  return level;
}

function wrong(flag: string, value: string, expected: string): UsageError {
  return new UsageError(`--${flag} "${value}": expected ${expected}`);
}
