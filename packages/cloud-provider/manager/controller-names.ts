export interface ControllerName {
  readonly canonical: string;
  /** Names that mean the same on the command line. */
  readonly aliases?: readonly string[];
}

/** Upstream's four, with the names they had before Kubernetes 1.28. */
export const CONTROLLER_NAMES = [
  { canonical: "cloud-node-controller", aliases: ["cloud-node"] },
  { canonical: "cloud-node-lifecycle-controller", aliases: ["cloud-node-lifecycle"] },
  { canonical: "node-route-controller", aliases: ["route"] },
  { canonical: "service-lb-controller", aliases: ["service"] },
] as const satisfies readonly ControllerName[];

export type CanonicalName = (typeof CONTROLLER_NAMES)[number]["canonical"];

/** What a controller's name has to look like. */
export const NAME_PATTERN = /^[a-z]([-a-z]*[a-z])?$/;

/** The entries of --controllers (or --webhooks) with their canonical names, in order; a leading "-" stays. */
export function canonicalNames(entries: readonly string[], known: readonly ControllerName[]): readonly string[] {
  const resolve = (name: string): string => known.find(({ aliases = [] }) => aliases.includes(name))?.canonical ?? name;
  return entries.map((entry) => (entry.startsWith("-") ? `-${resolve(entry.slice(1))}` : resolve(entry)));
}

/**
 * The first entry that matches decides: `*` all, `x` on, `-x` off. Nothing matches: off. `offByDefault`: `*` does not
 * mean it.
 */
export function isEnabled(canonical: string, entries: readonly string[], offByDefault = false): boolean {
  if (entries.includes(canonical) || entries.includes(`-${canonical}`)) {
    return entries.find((entry) => entry === canonical || entry === `-${canonical}`) === canonical;
  }
  return entries.includes("*") && !offByDefault;
}

/** The entries that name nothing, as they were given. */
export function unknownNames(entries: readonly string[], known: readonly ControllerName[]): readonly string[] {
  const names = new Set(known.map(({ canonical }) => canonical));
  return entries.filter((entry) => {
    const [name = ""] = canonicalNames([entry.replace(/^-/, "")], known);
    return entry !== "*" && !names.has(name);
  });
}
