/** What users read, in both languages of the reference. */
export interface Words {
  readonly en: string;
  readonly zh: string;
}

export type Group = "load-balancer" | "listeners" | "backends" | "address" | "recorded";

export interface AnnotationAbout {
  readonly group: Group;
  /** The entire key. */
  readonly key: string;
  readonly effect: Words;
  /** What it is without the annotation. Default: nothing. */
  readonly byDefault?: Words;
}

/** One annotation: how its value is read, and what the reference and the JSON Schema say of it. */
export interface Annotation<T> extends AnnotationAbout {
  /** The trimmed value's meaning; undefined: not allowed. */
  readonly parse: (value: string) => T | undefined;
  /** Without the annotation, or with a value that is not allowed. */
  readonly fallback: T;
  readonly allowed: Words;
  /** JSON Schema of the value, which is always a string. */
  readonly schema: Readonly<Record<string, unknown>>;
}

const code = (names: readonly string[], comma: string) => names.map((name) => `\`${name}\``).join(comma);

export function flag(about: AnnotationAbout): Annotation<boolean> {
  return {
    ...about,
    parse: (value) => (value === "true" ? true : value === "false" ? false : undefined),
    fallback: false,
    allowed: { en: "`true` or `false`", zh: "`true` 或 `false`" },
    schema: { enum: ["true", "false"] },
    byDefault: about.byDefault ?? { en: "`false`", zh: "`false`" },
  };
}

/** "": not said. */
export function oneOf<const T extends string>(about: AnnotationAbout, values: readonly T[]): Annotation<T | ""> {
  return {
    ...about,
    parse: (value) => values.find((candidate) => candidate === value),
    fallback: "",
    allowed: { en: `one of ${code(values, ", ")}`, zh: `${code(values, "、")} 之一` },
    schema: { enum: values },
  };
}

/** 0: not said, unless there is another fallback. */
export function integer(about: AnnotationAbout, min: number, max: number, fallback = 0): Annotation<number> {
  return {
    ...about,
    parse: (value) => {
      const number = Number(value);
      return /^\d{1,9}$/.test(value) && number >= min && number <= max ? number : undefined;
    },
    fallback,
    allowed: { en: `a whole number from ${min} to ${max}`, zh: `${min} 到 ${max} 的整数` },
    schema: { pattern: "^[0-9]{1,9}$", description: `${min} to ${max}` },
    byDefault: about.byDefault ?? { en: String(fallback), zh: String(fallback) },
  };
}

/** "": not said. */
export function text(about: AnnotationAbout, pattern: RegExp, allowed: Words, fallback = ""): Annotation<string> {
  return {
    ...about,
    parse: (value) => (pattern.test(value) ? value : undefined),
    fallback,
    allowed,
    schema: { pattern: pattern.source },
  };
}

/** An id of the cloud: `lb-…`. */
export function id(about: AnnotationAbout, prefix: string, what: Words): Annotation<string> {
  const allowed = { en: `${what.en} (\`${prefix}-…\`)`, zh: `${what.zh}（\`${prefix}-…\`）` };
  return text(about, new RegExp(`^${prefix}-[A-Za-z0-9-]{1,60}$`), allowed);
}

export type Pairs = Readonly<Record<string, string>>;

/** `key=value,key=value`. */
export function pairs(about: AnnotationAbout, key: RegExp, value: RegExp, allowed: Words): Annotation<Pairs> {
  return {
    ...about,
    parse: (written) => {
      if (written.length > 4096) return undefined;
      const entries = written.split(",").map((entry) => {
        const at = entry.indexOf("=");
        return at < 0 ? undefined : ([entry.slice(0, at).trim(), entry.slice(at + 1).trim()] as const);
      });
      const good = entries.filter((entry) => entry !== undefined && key.test(entry[0]) && value.test(entry[1]));
      const found = good.filter((entry) => entry !== undefined);
      if (found.length < entries.length || new Set(found.map(([name]) => name)).size < found.length) return undefined;
      return Object.fromEntries(found);
    },
    fallback: {},
    allowed,
    schema: { pattern: "^[^=,]+=[^,]*(,[^=,]+=[^,]*)*$" },
  };
}
