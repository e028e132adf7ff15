/** JSON Patch (RFC 6902). */
import { clone, equal, type Fields, isFields, setOwn } from "../json.ts";

/** A patch that does not fit the document, or is not a patch. */
export class PatchError extends Error {
  override readonly name = "PatchError";
}

/** Returns the patched copy; `document` is untouched. Throws a PatchError. */
export function applyJsonPatch(document: unknown, operations: unknown): unknown {
  if (!Array.isArray(operations)) throw new PatchError("a JSON patch must be a list of operations");
  let result = clone(document);
  for (const operation of operations) {
    if (!isFields(operation)) throw new PatchError("a JSON patch operation must be an object");
    result = applyOne(result, operation);
  }
  return result;
}

function applyOne(document: unknown, operation: Fields): unknown {
  const path = pointer(operation.path, "path");
  const value = () => {
    if (!("value" in operation)) throw new PatchError(`${operation.op} ${operation.path}: value is missing`);
    return clone(operation.value);
  };
  switch (operation.op) {
    case "add":
      return add(document, path, value());
    case "remove":
      return remove(document, path);
    case "replace":
      // As in the API server's library, a field that is not there is replaced too; an item of a list must be.
      return replace(document, path, value());
    case "move": {
      const from = pointer(operation.from, "from");
      if (from.length < path.length && from.every((part, index) => part === path[index])) {
        throw new PatchError("move: a value cannot be moved into itself");
      }
      const moved = read(document, from);
      return add(remove(document, from), path, moved);
    }
    case "copy":
      return add(document, path, clone(read(document, pointer(operation.from, "from"))));
    case "test":
      if (!equal(read(document, path), operation.value)) {
        throw new PatchError(`testing value ${operation.path} failed`);
      }
      return document;
    default:
      throw new PatchError(`unexpected kind of operation: ${String(operation.op)}`);
  }
}

function pointer(value: unknown, what: string): string[] {
  if (typeof value !== "string" || (value !== "" && !value.startsWith("/"))) {
    throw new PatchError(`${what} must be a JSON pointer such as "/spec/ports/0"`);
  }
  if (value === "") return [];
  return value
    .slice(1)
    .split("/")
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

const show = (path: readonly string[]): string => `/${path.join("/")}`;

function read(document: unknown, path: readonly string[]): unknown {
  let current = document;
  for (const part of path) {
    if (Array.isArray(current)) current = current[index(part, current.length - 1, path)];
    else if (isFields(current) && Object.hasOwn(current, part)) current = current[part];
    else throw new PatchError(`path ${show(path)} does not exist`);
  }
  return current;
}

function index(part: string, last: number, path: readonly string[]): number {
  const position = /^(0|[1-9][0-9]*)$/.test(part) ? Number(part) : Number.NaN;
  if (!(position <= last)) throw new PatchError(`path ${show(path)}: index ${part} is out of bounds`);
  return position;
}

function add(document: unknown, path: readonly string[], value: unknown): unknown {
  const last = path.at(-1);
  if (last === undefined) return value;
  const parent = read(document, path.slice(0, -1));
  if (Array.isArray(parent)) {
    parent.splice(last === "-" ? parent.length : index(last, parent.length, path), 0, value);
  } else if (isFields(parent)) setOwn(parent, last, value);
  else throw new PatchError(`path ${show(path)} does not exist`);
  return document;
}

function replace(document: unknown, path: readonly string[], value: unknown): unknown {
  const last = path.at(-1);
  if (last === undefined) return value;
  const parent = read(document, path.slice(0, -1));
  if (Array.isArray(parent)) parent[index(last, parent.length - 1, path)] = value;
  else if (isFields(parent)) setOwn(parent, last, value);
  else throw new PatchError(`path ${show(path)} does not exist`);
  return document;
}

function remove(document: unknown, path: readonly string[]): unknown {
  const last = path.at(-1);
  if (last === undefined) return null;
  read(document, path);
  const parent = read(document, path.slice(0, -1));
  if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else if (isFields(parent)) delete parent[last];
  return document;
}
