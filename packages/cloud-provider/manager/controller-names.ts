export interface ControllerName {
  readonly canonical: string;
  readonly alias: string;
}

export const CONTROLLER_NAMES = [
  { canonical: "cloud-node-controller", alias: "cloud-node" },
  { canonical: "cloud-node-lifecycle-controller", alias: "cloud-node-lifecycle" },
  { canonical: "node-route-controller", alias: "route" },
  { canonical: "service-lb-controller", alias: "service" },
] as const satisfies readonly ControllerName[];

export type CanonicalName = (typeof CONTROLLER_NAMES)[number]["canonical"];

/** The first entry of --controllers that matches decides: `*` all, `x` on, `-x` off. Nothing matches: off. */
export function isControllerEnabled(canonical: CanonicalName, controllers: readonly string[]): boolean {
  for (const entry of controllers) {
    if (resolve(entry) === canonical) return true;
    if (entry.startsWith("-") && resolve(entry.slice(1)) === canonical) return false;
    if (entry === "*") return true;
  }
  return false;
}

/** The entries that name no controller. */
export function unknownControllers(controllers: readonly string[]): readonly string[] {
  const known = new Set<string>(CONTROLLER_NAMES.map(({ canonical }) => canonical));
  return controllers.filter((entry) => entry !== "*" && !known.has(resolve(entry.replace(/^-/, ""))));
}

function resolve(name: string): string {
  return CONTROLLER_NAMES.find(({ alias }) => alias === name)?.canonical ?? name;
}
