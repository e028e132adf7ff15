import type { FacetProblem } from "@ccm/cloud-provider";
import type { Annotation } from "./annotation-kinds.ts";
import { ANNOTATIONS, PREFIX, type ServiceSettings, type SettingName } from "./annotation-table.ts";
import { OWN_PREFIX } from "./own-annotations.ts";

const NAMES = Object.keys(ANNOTATIONS) as readonly SettingName[];

/** The keys, by what they set. */
export const ANNOTATION = Object.fromEntries(NAMES.map((name) => [name, ANNOTATIONS[name].key])) as {
  readonly [K in SettingName]: string;
};

const KEYS: ReadonlySet<string> = new Set(Object.values(ANNOTATION));

/** A new address without an annotation, when the cloud config says nothing: both published limits allow it. */
export const DEFAULT_BANDWIDTH_MBPS = 200;

/** Longer values are cut in messages: an annotation may have a quarter of a megabyte. */
const SHOWN = 64;

/** Reads the annotations. A bad value is a problem that names key, value and what is allowed; its default is used. */
export function readAnnotations(annotations: Readonly<Record<string, string>>): {
  readonly settings: ServiceSettings;
  readonly problems: readonly FacetProblem[];
} {
  const problems: FacetProblem[] = [];
  const problem = (reason: string, message: string): void => {
    problems.push({ facet: "annotations", reason, message, retryable: false });
  };
  const read = (name: SettingName): unknown => {
    const { key, parse, fallback, allowed }: Annotation<unknown> = ANNOTATIONS[name];
    const written = annotations[key];
    if (written === undefined) return fallback;
    const value = parse(written.trim());
    if (value !== undefined) return value;
    const expected = allowed.en.replaceAll("`", "");
    problem(
      "InvalidAnnotation",
      `annotation ${key}: "${shown(written)}" is not allowed: expected ${expected}; the default is used until it is corrected`,
    );
    return fallback;
  };
  const settings = Object.fromEntries(NAMES.map((name) => [name, read(name)])) as unknown as ServiceSettings;
  if (settings.eipBilling === "ByBandwidth" && settings.eipBandwidth > 500) {
    problem(
      "InvalidAnnotation",
      `annotation ${ANNOTATION.eipBandwidth}: "${settings.eipBandwidth}" is not allowed: expected at most 500 when billed ` +
        "by bandwidth; the default is used until it is corrected",
    );
    return { settings: { ...settings, eipBandwidth: 0 }, problems: [...problems, ...unknown(annotations)] };
  }
  return { settings, problems: [...problems, ...unknown(annotations)] };
}

/** Keys that look as if they meant something here, and mean nothing. */
function unknown(annotations: Readonly<Record<string, string>>): readonly FacetProblem[] {
  return Object.keys(annotations)
    .filter((key) => (key.startsWith(`${PREFIX}cce-`) || key.startsWith(OWN_PREFIX)) && !KEYS.has(key))
    .map((key) => ({
      facet: "annotations",
      reason: "UnknownAnnotation",
      message: `annotation ${shown(key)} is not known and does nothing: did you mean ${nearest(key)}?`,
      retryable: false,
    }));
}

/** The known key that fewest edits away. */
function nearest(key: string): string {
  const limited = key.slice(0, 128);
  const ranked = [...KEYS].map((known) => [distance(limited, known), known] as const);
  return ranked.reduce((best, next) => (next[0] < best[0] ? next : best))[1];
}

/** Levenshtein's: the least insertions, deletions and replacements from one to the other. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

function shown(value: string): string {
  const text = value.replace(/[\p{Cc}\p{Cf}\s]+/gu, " ");
  const letters = [...text];
  return letters.length <= SHOWN ? text : `${letters.slice(0, SHOWN).join("")}… (${value.length} characters)`;
}
