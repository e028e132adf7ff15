import type { KubeObject } from "@ccm/kube";
import { MANAGED_LABEL, TENANT_LABEL } from "./names.ts";

/** Whether two JSON values are equal; the order of keys, and keys whose value is undefined, do not count. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((one, i) => same(one, b[i]));
  }
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...keys].every((key) => same(left[key], right[key]));
}

const CONTENT = ["rules", "roleRef", "subjects", "spec", "data", "type"] as const;

/** What of an object the operator decides: drift in anything else is nobody's. */
export function contentOf(object: KubeObject): Readonly<Record<string, unknown>> {
  const whole = object as KubeObject & Readonly<Record<string, unknown>>;
  const { labels = {} } = object.metadata;
  return {
    ...Object.fromEntries(CONTENT.map((field) => [field, whole[field]])),
    labels: [labels[MANAGED_LABEL], labels[TENANT_LABEL]],
  };
}
