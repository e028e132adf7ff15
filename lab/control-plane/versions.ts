/** What the Go program in go/ is built from. Its go.mod is the one place that names versions; the rest is derived. */
export interface Versions {
  /** Without "v": "1.37.2". */
  readonly kubernetes: string;
  readonly etcd: string;
}

/** Reads go/go.mod. Throws when a version is missing. */
export function versionsOf(goMod: string): Versions {
  const required = (module: string) => {
    const version = new RegExp(`^\\s*${module.replaceAll(".", "\\.")} v(\\S+)`, "m").exec(goMod)?.[1];
    if (!version) throw new Error(`go.mod: expected a line "${module} vX.Y.Z"`);
    return version;
  };
  return { kubernetes: required("k8s.io/kubernetes"), etcd: required("go.etcd.io/etcd/server/v3") };
}

/** "1.37" of "1.37.2". */
export function seriesOf(version: string): string {
  return version.split(".").slice(0, 2).join(".");
}

/**
 * Linker flags that make the program say its version at /version and in its user agent, as Kubernetes' own build does:
 * these variables are empty in the modules.
 */
export function versionLinkerFlags(kubernetes: string): string {
  const [major, minor] = kubernetes.split(".");
  const base = "k8s.io/component-base/version";
  const variables = {
    [`${base}.gitVersion`]: `v${kubernetes}`,
    [`${base}.gitMajor`]: major,
    [`${base}.gitMinor`]: minor,
    [`${base}.gitTreeState`]: "clean",
    "k8s.io/client-go/pkg/version.gitVersion": `v${kubernetes}`,
  };
  return Object.entries(variables)
    .map(([name, value]) => `-X ${name}=${value}`)
    .join(" ");
}

/** -1, 0 or 1, by number: 1.9.0 is before 1.10.0. A pre-release is before its release. */
export function compareVersions(a: string, b: string): number {
  const parts = (version: string) => version.split(/[.-]/).slice(0, 3).map(Number);
  const [left, right] = [parts(a), parts(b)];
  for (let i = 0; i < 3; i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return Number(b.includes("-")) - Number(a.includes("-"));
}
