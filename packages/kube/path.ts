import type { KubeObject, ObjectRef, ResourceType } from "./types/meta.ts";

/** `/api/v1/namespaces/default/services/web/status`: the path of a resource, an object or a subresource. */
export function resourcePath<T extends KubeObject>(
  type: ResourceType<T>,
  ref: { readonly namespace?: string | undefined; readonly name?: string | undefined } | ObjectRef,
  subresource?: string,
): string {
  const base = type.group === "" ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
  const namespace = type.namespaced && ref.namespace ? `/namespaces/${encodeURIComponent(ref.namespace)}` : "";
  const name = ref.name ? `/${encodeURIComponent(ref.name)}` : "";
  return `${base}${namespace}/${type.plural}${name}${subresource ? `/${subresource}` : ""}`;
}

/** `?a=1&b=x`, without what is undefined, false or empty. */
export function queryText(values: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined || value === false || value === "") continue;
    parts.push(`${name}=${encodeURIComponent(String(value))}`);
  }
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
}
