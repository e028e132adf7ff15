/** Bodies to objects: the kind must fit, types must fit, what the kind does not know is dropped. */
import { type Fields, isFields, type Stored, setOwn } from "./json.ts";
import { apiVersionOf, type Resource } from "./resource.ts";
import { type Field, type Type, typeNamed, typeOfKind } from "./schema.ts";
import { timeProblem, wireTime } from "./times.ts";

/** A body that cannot be read as the kind; the caller knows how that is said. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
  /** What the body says it is. */
  readonly subject: string;

  constructor(resource: Resource, detail: string, kind = resource.kind, version = resource.version) {
    super(detail);
    this.subject = `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${resource.kind}`;
  }
}

/** Kinds of core/v1 that a client may mix up; of others nothing is registered here. */
const CORE = ["ConfigMap", "Endpoints", "Event", "Namespace", "Node", "Pod", "Secret", "Service", "ServiceAccount"];

/** The stored form of a body, without unknown fields. apiVersion and kind may be missing; if there they must be the resource's. */
export function decodeObject(resource: Resource, body: unknown): Stored {
  const { apiVersion, kind, ...rest } = isFields(body) ? body : {};
  checkKind(resource, String(apiVersion ?? ""), String(kind ?? ""));
  const object = canonical(resource, typeNamed(typeOfKind(resource.group, resource.kind)), rest, "");
  const stored: Stored = { ...object, metadata: isFields(object.metadata) ? object.metadata : {} };
  // Who manages which field is not tracked here.
  delete stored.metadata.managedFields;
  delete stored.metadata.selfLink;
  return resource.fromView ? resource.fromView(stored) : stored;
}

function checkKind(resource: Resource, apiVersion: string, kind: string): void {
  const expected = apiVersionOf(resource);
  const given = kind || resource.kind;
  const version = apiVersion || expected;
  if (version === expected && given === resource.kind) return;
  const known = version === "v1" && CORE.includes(given);
  throw new DecodeError(
    resource,
    known
      ? `converting (v1.${given}) to (core.${resource.kind}): unknown conversion`
      : `no kind ${JSON.stringify(given)} is registered for version ${JSON.stringify(version)} in scheme "pkg/runtime/scheme.go:111"`,
    given,
    version,
  );
}

/** Adds what is always there, with its zero value. Changes `object`. */
export function complete(type: Type | undefined, object: Fields): void {
  for (const [name, field] of type?.fields ?? []) {
    const value = object[name];
    if (value === undefined && field.zero === "always") object[name] = zeroOf(field);
    if (field.form === "object" && isFields(object[name])) complete(typeNamed(field.type), object[name]);
    if (field.form === "list" && Array.isArray(value)) {
      for (const item of value) if (isFields(item)) complete(typeNamed(field.type), item);
    }
  }
}

function zeroOf({ form }: Field): unknown {
  if (form === "text") return "";
  if (form === "integer" || form === "long") return 0;
  return form === "object" ? {} : null;
}

function canonical(resource: Resource, type: Type | undefined, object: Fields, path: string): Fields {
  const result: Fields = {};
  for (const [name, value] of Object.entries(object)) {
    const field = type?.fields.get(name);
    if (!field || value === null) continue;
    const here = path ? `${path}.${name}` : name;
    check(resource, value, field, `${type?.name}.${here}`);
    const kept = canonicalValue(resource, value, field, here);
    if (kept !== undefined) setOwn(result, name, kept);
  }
  return result;
}

/** Undefined for a zero value that is left out. */
function canonicalValue(resource: Resource, value: unknown, field: Field, path: string): unknown {
  if (field.form === "object" && isFields(value)) return canonical(resource, typeNamed(field.type), value, path);
  if (Array.isArray(value) && field.form === "list") {
    if (value.length === 0) return undefined;
    return value.map((item) => canonicalItem(resource, item, field, path));
  }
  if (field.form === "map" && isFields(value)) {
    for (const item of Object.values(value)) checkItem(resource, item, field, path);
    if (Object.keys(value).length === 0) return undefined;
    if (field.items === "any") return quantities(value);
    return field.items === "text" ? withoutNulls(value) : value;
  }
  if ((value === "" || value === 0 || value === false) && !field.zero && field.form !== "any") return undefined;
  return field.form === "time" || field.form === "microTime" ? wireTime(String(value), field.form) : value;
}

/** Maps of anything are maps of quantities, which are texts. */
function quantities(map: Fields): Fields {
  const result: Fields = {};
  for (const [name, value] of Object.entries(map)) {
    setOwn(result, name, value === null ? "0" : typeof value === "number" ? String(value) : value);
  }
  return result;
}

/** In a map of texts a null is an empty text. */
function withoutNulls(map: Fields): Fields {
  if (!Object.values(map).includes(null)) return map;
  const result: Fields = {};
  for (const [name, value] of Object.entries(map)) setOwn(result, name, value ?? "");
  return result;
}

function canonicalItem(resource: Resource, item: unknown, field: Field, path: string): unknown {
  if (field.items !== "object") {
    checkItem(resource, item, field, path);
    return item;
  }
  if (isFields(item)) return canonical(resource, typeNamed(field.type), item, path);
  return mismatch(resource, item, `${field.type}`, `${field.type}.${path}`);
}

function checkItem(resource: Resource, item: unknown, field: Field, path: string): void {
  const owner = `${resource.kind}.${path}`;
  if (field.items === "text" && item !== null && typeof item !== "string") mismatch(resource, item, "string", owner);
  if (field.items === "base64") {
    if (typeof item !== "string") mismatch(resource, item, "[]uint8", owner);
    const bad = /[^A-Za-z0-9+/=\r\n]/.exec(String(item));
    if (bad) throw new DecodeError(resource, `illegal base64 data at input byte ${bad.index}`);
  }
}

const FORMS: Record<Field["form"], (value: unknown) => boolean> = {
  text: (value) => typeof value === "string",
  time: (value) => typeof value === "string",
  microTime: (value) => typeof value === "string",
  integer: (value) => Number.isInteger(value),
  long: (value) => Number.isInteger(value),
  boolean: (value) => typeof value === "boolean",
  intOrText: (value) => typeof value === "string" || Number.isInteger(value),
  object: isFields,
  map: isFields,
  list: Array.isArray,
  any: () => true,
};

function check(resource: Resource, value: unknown, field: Field, path: string): void {
  if (!FORMS[field.form](value)) mismatch(resource, value, goType(field), path);
  if (field.form !== "time" && field.form !== "microTime") return;
  const problem = timeProblem(String(value), field.form);
  if (problem) throw new DecodeError(resource, problem);
}

function mismatch(resource: Resource, value: unknown, type: string, path: string): never {
  const what = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
  throw new DecodeError(resource, `json: cannot unmarshal ${what} into Go struct field ${path} of type ${type}`);
}

/** As Go names the type of a field. */
function goType(field: Field): string {
  const names: Partial<Record<Field["form"], string>> = {
    integer: "int32",
    long: "int64",
    boolean: "bool",
    intOrText: "intstr.IntOrString",
    object: `v1.${field.type}`,
    map: "map[string]string",
    list: `[]${field.items === "object" ? `v1.${field.type}` : "string"}`,
  };
  return names[field.form] ?? "string";
}

/** Paths of fields that the kind does not have, such as "spec.ports[0].prot". */
export function unknownFields(resource: Resource, body: unknown): string[] {
  const found: string[] = [];
  if (isFields(body)) findUnknown(typeNamed(typeOfKind(resource.group, resource.kind)), body, "", found);
  return found;
}

function findUnknown(type: Type | undefined, object: Fields, path: string, found: string[]): void {
  if (!type) return;
  for (const [name, value] of Object.entries(object)) {
    const field = type.fields.get(name);
    const here = path ? `${path}.${name}` : name;
    if (!field) found.push(here);
    else if (isFields(value) && field.form === "object") findUnknown(typeNamed(field.type), value, here, found);
    else if (Array.isArray(value) && field.form === "list") {
      value.forEach((item, index) => {
        if (isFields(item)) findUnknown(typeNamed(field.type), item, `${here}[${index}]`, found);
      });
    }
  }
}
