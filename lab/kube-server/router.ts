/** Paths to resources. */
import type { Resource } from "./resource.ts";

export interface Route {
  readonly resource: Resource;
  readonly namespace: string | undefined;
  /** Absent: the collection. */
  readonly name: string | undefined;
  readonly subresource: string | undefined;
  /** The old form of a watch: `/api/v1/watch/…`. */
  readonly watch: boolean;
}

export interface ParsedPath {
  readonly watch: boolean;
  readonly group: string;
  readonly version: string;
  readonly namespace: string | undefined;
  readonly plural: string;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

/** The parts of `/api/v1/…` or `/apis/<group>/<version>/…` behind the version; undefined for any other path. */
export function parsePath(path: string): ParsedPath | undefined {
  // A slash within a name is no name of anything here.
  if (/%2f/i.test(path)) return undefined;
  const parts = path.split("/").slice(1).map(decodeURIComponent);
  if (parts.at(-1) === "") parts.pop();
  const core = parts[0] === "api" && parts[1] === "v1";
  const named = parts[0] === "apis" && /^v\d/.test(parts[2] ?? "");
  if (!core && !named) return undefined;
  const group = core ? "" : (parts[1] ?? "");
  const version = (core ? parts[1] : parts[2]) ?? "";
  const behind = parts.slice(core ? 2 : 3);
  const watch = behind[0] === "watch";
  const rest = watch ? behind.slice(1) : behind;
  // "namespaces/x/status" is about the namespace itself.
  const own = rest[0] === "namespaces" && (rest.length <= 2 || rest[2] === "status" || rest[2] === "finalize") && core;
  const inNamespace = rest[0] === "namespaces" && !own;
  const [plural, name, subresource, ...more] = inNamespace ? rest.slice(2) : rest;
  if (plural === undefined || more.length > 0) return undefined;
  return { watch, group, version, namespace: inNamespace ? rest[1] : undefined, plural, name, subresource };
}

/** Undefined when there is no such resource or the path does not fit it. */
export function routeOf(resources: readonly Resource[], path: ParsedPath): Route | undefined {
  const resource = resources.find(
    (one) => one.plural === path.plural && one.group === path.group && one.version === path.version,
  );
  if (!resource || (path.namespace !== undefined && !resource.namespaced)) return undefined;
  if (resource.namespaced && path.name !== undefined && path.namespace === undefined) return undefined;
  if (path.subresource && !resource.subresources.some((sub) => sub === path.subresource)) return undefined;
  const { watch, namespace, name, subresource } = path;
  return { resource, watch, namespace, name, subresource };
}
