/** Bodies to objects: the kind must fit, types must fit, and unknown fields are found for strict validation. */
import { type Fields, isFields, type Stored } from "./json.ts";
import { apiVersionOf, type Resource } from "./resource.ts";
import { type Field, typeNamed, typeOfKind } from "./schema.ts";
import { badRequest } from "./status-errors.ts";

/** The stored form of a body. apiVersion and kind may be missing; if there they must be the resource's. Throws a 400. */
export function decodeObject(resource: Resource, body: unknown): Stored {
  if (!isFields(body)) throw badRequest(`${resource.kind} expected: the request body is not an object`);
  const { apiVersion, kind, ...rest } = body;
  const expected = apiVersionOf(resource);
  if (apiVersion !== undefined && apiVersion !== "" && apiVersion !== expected) {
    throw badRequest(
      `the API version in the data (${String(apiVersion)}) does not match the expected API version (${expected})`,
    );
  }
  if (kind !== undefined && kind !== "" && kind !== resource.kind) {
    throw badRequest(`the object provided is unrecognized (must be of type ${resource.kind}): kind is ${String(kind)}`);
  }
  checkTypes(resource, rest);
  const metadata = isFields(rest.metadata) ? rest.metadata : {};
  const object: Stored = { ...withoutNulls(rest), metadata: withoutNulls(metadata) };
  return resource.fromView ? resource.fromView(object) : object;
}

/** A null is a field that is not there. */
function withoutNulls(value: Fields): Fields {
  const result: Fields = {};
  for (const [name, one] of Object.entries(value)) {
    if (one !== null) result[name] = isFields(one) ? withoutNulls(one) : one;
  }
  return result;
}

const FORMS: Record<string, (value: unknown) => boolean> = {
  text: (value) => typeof value === "string",
  time: (value) => typeof value === "string",
  integer: (value) => Number.isInteger(value),
  boolean: (value) => typeof value === "boolean",
  intOrText: (value) => typeof value === "string" || Number.isInteger(value),
  object: isFields,
  map: isFields,
  list: Array.isArray,
  any: () => true,
};
const GO_TYPES: Record<string, string> = {
  text: "string",
  time: "time.Time",
  integer: "int32",
  boolean: "bool",
  intOrText: "intstr.IntOrString",
  object: "struct",
  map: "map[string]string",
  list: "slice",
};

function checkTypes(resource: Resource, object: Fields): void {
  walk(typeOfKind(resource.group, resource.kind), object, "", (path, value, field, owner) => {
    if (!field || value === null || FORMS[field.form]?.(value)) return;
    const what = Array.isArray(value) ? "array" : typeof value;
    throw badRequest(
      `${resource.kind} in version ${JSON.stringify(resource.version)} cannot be handled as a ${resource.kind}: json: cannot unmarshal ${what === "boolean" ? "bool" : what} into Go struct field ${owner}.${path} of type ${GO_TYPES[field.form] ?? field.form}`,
    );
  });
}

/** Paths of fields that the kind does not have, such as "spec.prots". */
export function unknownFields(resource: Resource, body: unknown): string[] {
  const found: string[] = [];
  if (!isFields(body)) return found;
  walk(typeOfKind(resource.group, resource.kind), body, "", (path, _value, field) => {
    if (!field) found.push(path);
  });
  return found;
}

type Visit = (path: string, value: unknown, field: Field | undefined, owner: string) => void;

function walk(typeName: string | undefined, object: Fields, path: string, visit: Visit): void {
  const type = typeNamed(typeName);
  if (!type) return;
  for (const [name, value] of Object.entries(object)) {
    const field = type.fields.get(name);
    const here = path ? `${path}.${name}` : name;
    visit(here, value, field, type.name);
    if (!field) continue;
    if (field.form === "object" && isFields(value)) walk(field.type, value, here, visit);
    if (field.form === "list" && Array.isArray(value)) {
      value.forEach((item, index) => {
        if (isFields(item)) walk(field.type, item, `${here}[${index}]`, visit);
      });
    }
  }
}
