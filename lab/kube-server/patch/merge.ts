/** JSON Merge Patch (RFC 7386). */
import { clone, type Fields, isFields, setOwn } from "../json.ts";

/** Returns the patched copy; `target` is untouched. */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return clone(patch);
  const result: Fields = isFields(target) ? clone(target) : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else setOwn(result, name, applyMergePatch(Object.hasOwn(result, name) ? result[name] : undefined, value));
  }
  return result;
}
