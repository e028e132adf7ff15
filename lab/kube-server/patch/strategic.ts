/**
 * Strategic merge patch: a merge patch in which lists of objects merge by a key, sets of texts unite, and directives
 * ($patch, $retainKeys, $deleteFromPrimitiveList/x, $setElementOrder/x) say the rest.
 * https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md
 */
import { clone, equal, type Fields, isFields, setOwn, textOf } from "../json.ts";
import { type Field, type Type, typeNamed } from "../schema.ts";
import { PatchError } from "./json.ts";

const DELETE_FROM = "$deleteFromPrimitiveList/";
const ORDER = "$setElementOrder/";

/** Returns the patched copy; `target` is untouched. Throws a PatchError. */
export function applyStrategicPatch(target: unknown, patch: unknown, type: Type | undefined): Fields {
  if (!isFields(patch)) throw new PatchError("a strategic merge patch must be an object");
  return mergeObject(isFields(target) ? clone(target) : {}, patch, type);
}

function mergeObject(target: Fields, patch: Fields, type: Type | undefined): Fields {
  const directive = patch.$patch;
  if (directive === "replace") return withoutDirectives(patch);
  if (directive === "delete") return {};
  if (directive !== undefined && directive !== "merge") throw unknownDirective(directive);
  if (Array.isArray(patch.$retainKeys)) {
    const keep = new Set(patch.$retainKeys.map(textOf));
    for (const name of Object.keys(target)) if (!keep.has(name)) delete target[name];
  }
  for (const [name, value] of Object.entries(patch)) {
    if (!name.startsWith("$")) mergeField(target, name, value, type?.fields.get(name), patch);
  }
  applySideDirectives(target, patch, type);
  return target;
}

function mergeField(target: Fields, name: string, value: unknown, field: Field | undefined, patch: Fields): void {
  const before = Object.hasOwn(target, name) ? target[name] : undefined;
  if (value === null) delete target[name];
  else if (isFields(value)) {
    if (value.$patch === "delete") delete target[name];
    else setOwn(target, name, mergeObject(isFields(before) ? before : {}, value, typeNamed(field?.type)));
  } else if (Array.isArray(value) && field?.mergeKey) {
    const list = Array.isArray(before) ? before : [];
    setOwn(target, name, mergeList(list, value, field.mergeKey, typeNamed(field.type), patch[ORDER + name]));
  } else if (Array.isArray(value) && field?.mergeSet) {
    const all = [...(Array.isArray(before) ? before : []), ...value];
    const unique = all.filter((item, index) => all.indexOf(item) === index);
    setOwn(
      target,
      name,
      ordered(unique, value, patch[ORDER + name], (item) => item),
    );
  } else setOwn(target, name, cleanList(value));
}

/** Directives beside a list that the patch itself does not contain. */
function applySideDirectives(target: Fields, patch: Fields, type: Type | undefined): void {
  for (const [name, value] of Object.entries(patch)) {
    if (!Array.isArray(value)) continue;
    if (name.startsWith(DELETE_FROM)) {
      const field = name.slice(DELETE_FROM.length);
      const list = target[field];
      if (Array.isArray(list)) target[field] = list.filter((item) => !value.includes(item));
    } else if (name.startsWith(ORDER)) {
      const field = name.slice(ORDER.length);
      const list = target[field];
      if (!Array.isArray(list) || field in patch) continue;
      const key = type?.fields.get(field)?.mergeKey;
      target[field] = ordered(list, [], value, key ? (item) => keyed(item, key) : (item) => item);
    }
  }
}

function mergeList(
  before: readonly unknown[],
  patch: readonly unknown[],
  key: string,
  type: Type | undefined,
  order: unknown,
) {
  const entries = patch.filter((item) => {
    if (!isFields(item)) throw new PatchError(`items of a list merged by "${key}" must be objects`);
    return true;
  }) as Fields[];
  const replace = entries.some((entry) => entry.$patch === "replace");
  let result: unknown[] = replace ? [] : [...before];
  for (const entry of entries) {
    const directive = entry.$patch;
    if (directive === "replace") continue;
    if (directive !== undefined && directive !== "delete" && directive !== "merge") throw unknownDirective(directive);
    if (entry[key] === undefined) throw new PatchError(`map does not contain declared merge key: ${key}`);
    const same = (item: unknown) => equal(keyed(item, key), entry[key]);
    if (directive === "delete") result = result.filter((item) => !same(item));
    else {
      const position = result.findIndex(same);
      if (position >= 0) result[position] = mergeObject(fieldsIn(result[position]), entry, type);
      else result.push(mergeObject({}, entry, type));
    }
  }
  const present = entries.filter((entry) => entry.$patch === undefined || entry.$patch === "merge");
  return ordered(result, present, order, (item) => keyed(item, key));
}

/**
 * Sorts a merged list by the order the patch asks for. Items it does not name keep their place relative to those before
 * them; without an order the list stays as it is.
 */
function ordered(
  list: unknown[],
  _patch: readonly unknown[],
  order: unknown,
  keyOf: (item: unknown) => unknown,
): unknown[] {
  if (!Array.isArray(order)) return list;
  const rank = (item: unknown): number => {
    const key = keyOf(item);
    return order.findIndex((entry) => equal(isFields(entry) ? keyOf(entry) : entry, key));
  };
  const named = list.filter((item) => rank(item) >= 0).sort((a, b) => rank(a) - rank(b));
  const result: unknown[] = [];
  // Unnamed items go right after the named item they followed, or to the front.
  const followers = new Map<unknown, unknown[]>();
  let last: unknown = followers;
  for (const item of list) {
    if (rank(item) >= 0) last = item;
    else followers.set(last, [...(followers.get(last) ?? []), item]);
  }
  result.push(...(followers.get(followers) ?? []));
  for (const item of named) result.push(item, ...(followers.get(item) ?? []));
  return result;
}

const fieldsIn = (value: unknown): Fields => (isFields(value) ? value : {});
const keyed = (item: unknown, key: string): unknown => (isFields(item) ? item[key] : undefined);
const unknownDirective = (directive: unknown) => new PatchError(`unknown patch directive: ${textOf(directive)}`);

/** A list taken whole: a "$patch: replace" item in it is only a mark. */
function cleanList(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return value
    .filter((item) => !(isFields(item) && item.$patch === "replace" && Object.keys(item).length === 1))
    .map(withoutAnyDirectives);
}

function withoutAnyDirectives(value: unknown): unknown {
  return isFields(value) ? withoutDirectives(value) : clone(value);
}

/** A new object made from a patch: null fields and directives have nothing to act on. */
function withoutDirectives(patch: Fields): Fields {
  const result: Fields = {};
  for (const [name, value] of Object.entries(patch)) {
    if (name.startsWith("$") || value === null) continue;
    if (Array.isArray(value)) setOwn(result, name, value.map(withoutAnyDirectives));
    else setOwn(result, name, withoutAnyDirectives(value));
  }
  return result;
}
