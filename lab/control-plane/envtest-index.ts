import { parse } from "yaml";
import { compareVersions, seriesOf } from "./versions.ts";

/** As Go names them: "linux", "amd64". */
export interface Platform {
  readonly os: string;
  readonly arch: string;
}

/** One tar.gz of envtest: kube-apiserver, etcd and kubectl. */
export interface EnvtestArchive {
  /** Without "v". */
  readonly version: string;
  readonly url: string;
  /** Lower-case hexadecimal. */
  readonly sha512: string;
}

/**
 * The archive for this platform with the newest release of a series ("1.37"), from the text of an envtest index:
 * `releases: {v1.37.2: {envtest-v1.37.2-linux-amd64.tar.gz: {hash, selfLink}}}`. Undefined when the index has none.
 * Throws when the text is no such index.
 */
export function chooseArchive(index: string, series: string, platform: Platform): EnvtestArchive | undefined {
  const releases = mapping(mapping(parse(index), "the index").releases, "releases");
  const versions = Object.keys(releases)
    .map((name) => name.replace(/^v/, ""))
    .filter((version) => seriesOf(version) === series && !version.includes("-"))
    .sort(compareVersions);
  for (const version of versions.reverse()) {
    const name = `envtest-v${version}-${platform.os}-${platform.arch}.tar.gz`;
    const archives = mapping(releases[`v${version}`], `releases.v${version}`);
    if (archives[name] === undefined) continue;
    const { hash, selfLink } = mapping(archives[name], name);
    if (typeof hash !== "string" || !/^[0-9a-f]{128}$/i.test(hash)) {
      throw new Error(`${name}: hash: expected a SHA-512 as 128 hexadecimal digits`);
    }
    if (typeof selfLink !== "string" || !/^https?:\/\//.test(selfLink)) {
      throw new Error(`${name}: selfLink: expected a URL`);
    }
    return { version, url: selfLink, sha512: hash.toLowerCase() };
  }
  return undefined;
}

function mapping(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new Error(`${what}: expected a mapping as in an envtest index`);
}
