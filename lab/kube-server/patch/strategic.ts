/**
 * Strategic merge patch: a merge patch in which lists of objects merge by a key, sets of texts unite, and directives
 * ($patch, $retainKeys, $deleteFromPrimitiveList/x, $setElementOrder/x) say the rest.
 * https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md
 */
import { clone, equal, type Fields, goText, isFields, setOwn, textOf } from "../json.ts";
import { type Field, type Type, typeNamed } from "../schema.ts";
import { PatchError } from "./json.ts";

const DELETE_FROM = "$deleteFromPrimitiveList/";
const ORDER = "$setElementOrder/";

/** A patch in which a field has the wrong form. */
export class PatchTypeError extends PatchError {}

/** Returns the patched copy; `target` is untouched. Throws a PatchError. */
export function applyStrategicPatch(target: unknown, patch: unknown, type: Type | undefined): Fields {
  if (!isFields(patch)) throw new PatchError("a strategic merge patch must be an object");
  return mergeObject(isFields(target) ? clone(target) : {}, patch, type);
}

function mergeObject(target: Fields, patch: Fields, type: Type | undefined): Fields {
  const directive = patch.$patch;
  if (directive === "replace") return withoutDirectives(patch);
  if (directive === "delete") return {};
  if (directive !== undefined && directive !== "merge") throw unknownDirective(directive, patch);
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
  checkForm(value, field);
  if (value === null) delete target[name];
  else if (isFields(value)) {
    if (value.$patch === "delete") delete target[name];
    else setOwn(target, name, mergeObject(isFields(before) ? before : {}, value, typeNamed(field?.type)));
  } else if (Array.isArray(value) && Array.isArray(before) && field?.mergeKey) {
    setOwn(target, name, mergeList(before, value, field.mergeKey, typeNamed(field.type), patch[ORDER + name]));
  } else if (Array.isArray(value) && Array.isArray(before) && field?.mergeSet) {
    const list = before;
    const all = [...list, ...value];
    const unique = all.filter((item, index) => all.indexOf(item) === index);
    const same = (item: unknown) => item;
    setOwn(target, name, ordered(unique, value, list, patch[ORDER + name], same));
  } else setOwn(target, name, cleanList(value));
}

/** Directives beside a list that the patch itself does not contain. */
function applySideDirectives(target: Fields, patch: Fields, type: Type | undefined): void {
  for (const [name, value] of Object.entries(patch)) {
    if (!name.startsWith(DELETE_FROM) && !name.startsWith(ORDER)) continue;
    if (!Array.isArray(value)) {
      throw new PatchError(
        `expected a []interface {}, but received a ${isFields(value) ? "map[string]interface {}" : goKind(value)}`,
      );
    }
    if (name.startsWith(DELETE_FROM)) {
      const field = name.slice(DELETE_FROM.length);
      const list = target[field];
      if (Array.isArray(list)) target[field] = list.filter((item) => !value.includes(item));
    } else {
      const field = name.slice(ORDER.length);
      const list = target[field];
      if (!Array.isArray(list) || field in patch) continue;
      const key = type?.fields.get(field)?.mergeKey;
      target[field] = ordered(list, [], list, value, key ? (item) => keyed(item, key) : (item) => item);
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
    if (directive !== undefined && directive !== "delete" && directive !== "merge")
      throw unknownDirective(directive, entry);
    if (entry[key] === undefined) {
      throw new PatchError(`map: ${goText(entry)} does not contain declared merge key: ${key}`);
    }
    const same = (item: unknown) => equal(keyed(item, key), entry[key]);
    if (directive === "delete") result = result.filter((item) => !same(item));
    else {
      const position = result.findIndex(same);
      if (position >= 0) result[position] = mergeObject(fieldsIn(result[position]), entry, type);
      else result.push(mergeObject({}, entry, type));
    }
  }
  const present = entries.filter((entry) => entry.$patch === undefined || entry.$patch === "merge");
  return ordered(result, present, before, order, (item) => keyed(item, key));
}

/**
 * Sorts a merged list: items of the patch in the order that is asked for, or else in the patch's own; the others keep
 * theirs and go, as far as the list before tells, in front of the items they stood in front of.
 */
function ordered(
  merged: readonly unknown[],
  patch: readonly unknown[],
  before: readonly unknown[],
  order: unknown,
  keyOf: (item: unknown) => unknown,
): unknown[] {
  const place = (list: readonly unknown[], item: unknown): number =>
    list.findIndex((entry) => equal(isFields(entry) ? keyOf(entry) : entry, keyOf(item)));
  const wanted = Array.isArray(order) ? order : patch;
  const named = merged.filter((item) => place(wanted, item) >= 0);
  named.sort((a, b) => place(wanted, a) - place(wanted, b));
  const others = merged.filter((item) => place(wanted, item) < 0);
  const result: unknown[] = [];
  while (named.length > 0 || others.length > 0) {
    const [left, right] = [place(before, others[0]), place(before, named[0])];
    const leftFirst = named.length === 0 || (others.length > 0 && left >= 0 && right >= 0 && left < right);
    result.push(leftFirst ? others.shift() : named.shift());
  }
  return result;
}

/** Where a list or an object belongs, nothing else may stand. */
function checkForm(value: unknown, field: Field | undefined): void {
  if (value === null || (field?.form !== "list" && field?.form !== "object")) return;
  if (field.form === "list" ? Array.isArray(value) : isFields(value)) return;
  const what = Array.isArray(value) ? "slice" : isFields(value) ? "map" : goKind(value);
  throw new PatchTypeError(
    field.form === "list" ? `cannot restore slice from ${what}` : `cannot restore struct from: ${what}`,
  );
}

const goKind = (value: unknown): string =>
  typeof value === "number"
    ? Number.isInteger(value)
      ? "int64"
      : "float64"
    : typeof value === "boolean"
      ? "bool"
      : "string";

const fieldsIn = (value: unknown): Fields => (isFields(value) ? value : {});
const keyed = (item: unknown, key: string): unknown => (isFields(item) ? item[key] : undefined);
const unknownDirective = (directive: unknown, patch: Fields) =>
  new PatchError(`unknown patch type: ${textOf(directive)} in map: ${goText(patch)}`);

/** A list taken whole, as where there was none before: items of one key stay apart, and marks have nothing to act on. */
function cleanList(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return value
    .filter((item) => !(isFields(item) && (item.$patch === "replace" || item.$patch === "delete")))
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
