/** Collects field errors the way the API server words them, and the rules shared by all kinds. */
import { fieldsOf, isFields, listOf, quote, type Stored, textOf } from "./json.ts";
import type { Cause } from "./status-errors.ts";

export class FieldErrors {
  readonly causes: Cause[] = [];

  invalid(field: string, value: unknown, detail: string): void {
    this.#add("FieldValueInvalid", field, `Invalid value: ${show(value)}: ${detail}`);
  }
  required(field: string, detail = ""): void {
    this.#add("FieldValueRequired", field, `Required value${detail ? `: ${detail}` : ""}`);
  }
  forbidden(field: string, detail: string): void {
    this.#add("FieldValueForbidden", field, `Forbidden: ${detail}`);
  }
  duplicate(field: string, value: unknown, detail = ""): void {
    this.#add("FieldValueDuplicate", field, `Duplicate value: ${show(value)}${detail ? `: ${detail}` : ""}`);
  }
  tooLong(field: string, bytes: number): void {
    this.#add("FieldValueTooLong", field, `Too long: may not be more than ${bytes} bytes`);
  }
  unsupported(field: string, value: unknown, supported: readonly string[]): void {
    const list = supported.map(quote).join(", ");
    this.#add("FieldValueNotSupported", field, `Unsupported value: ${show(value)}: supported values: ${list}`);
  }
  #add(reason: string, field: string, message: string): void {
    this.causes.push({ reason, message, field });
  }
}

function show(value: unknown): string {
  return value === undefined ? "null" : JSON.stringify(value);
}

const LABEL_1123 = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const SUBDOMAIN_1123 = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const QUALIFIED = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;

export type NameRule = "dns1123label" | "dns1123subdomain";

export const tooLong = (limit: number): string => `must be no more than ${limit} characters`;
const tooManyBytes = (limit: number): string => `must be no more than ${limit} bytes`;
const SUBDOMAIN_WORDS =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL_WORDS =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const KEY_WORDS =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const VALUE_WORDS =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

/** What is wrong with a name. `prefix`: something will be put behind it, so it may end with a dash. */
export function nameProblems(rule: NameRule, text: string, prefix = false): string[] {
  const name = prefix ? text.replace(/-$/, "a") : text;
  const limit = rule === "dns1123subdomain" ? 253 : 63;
  const problems = name.length > limit ? [tooLong(limit)] : [];
  if (rule === "dns1123subdomain") {
    if (!SUBDOMAIN_1123.test(name)) problems.push(SUBDOMAIN_WORDS);
  } else if (!LABEL_1123.test(name)) {
    // Dots are the usual mistake, and told as such.
    problems.push(SUBDOMAIN_1123.test(name) ? "must not contain dots" : LABEL_WORDS);
  }
  return problems;
}

/** What is wrong with a label or annotation key. */
export function keyProblems(key: string): string[] {
  const parts = key.split("/");
  if (parts.length > 2) {
    return [`a valid label key ${KEY_WORDS} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  const [prefix, name = ""] = parts.length === 2 ? parts : [undefined, parts[0]];
  const problems =
    prefix === undefined
      ? []
      : prefix === ""
        ? ["prefix part must be non-empty"]
        : nameProblems("dns1123subdomain", prefix).map((problem) => `prefix part ${problem}`);
  if (name === "") problems.push("name part must be non-empty");
  else if (name.length > 63) problems.push(`name part ${tooManyBytes(63)}`);
  if (!QUALIFIED.test(name)) problems.push(`name part ${KEY_WORDS}`);
  return problems;
}

export const labelKeyProblem = (key: string): string | undefined => keyProblems(key).join("; ") || undefined;

export function labelValueProblems(value: string): string[] {
  const problems = value.length > 63 ? [tooManyBytes(63)] : [];
  if (!LABEL_VALUE.test(value)) problems.push(VALUE_WORDS);
  return problems;
}

export const labelValueProblem = (value: string): string | undefined =>
  labelValueProblems(value).join("; ") || undefined;

/** In the order of the keys, as Go prints maps. */
export const sortedEntries = (value: unknown): [string, unknown][] =>
  Object.entries(isFields(value) ? value : {}).sort(([a], [b]) => (a < b ? -1 : 1));

export function validateLabels(labels: unknown, field: string, errors: FieldErrors): void {
  for (const [key, value] of sortedEntries(labels)) {
    for (const problem of keyProblems(key)) errors.invalid(field, key, problem);
    for (const problem of labelValueProblems(textOf(value))) errors.invalid(field, value, problem);
  }
}

const MAX_ANNOTATIONS = 256 * 1024;
const CORE_FINALIZERS = ["kubernetes", "orphan", "foregroundDeletion"];

/** `core`: the stricter reading of the older groups, in which finalizers have a domain. */
export function validateMeta(object: Stored, rule: NameRule, core: boolean, errors: FieldErrors): void {
  const meta = object.metadata;
  if (meta.generateName) {
    for (const problem of nameProblems(rule, meta.generateName, true)) {
      errors.invalid("metadata.generateName", meta.generateName, problem);
    }
  }
  if (!meta.name) errors.required("metadata.name", "name or generateName is required");
  else for (const problem of nameProblems(rule, meta.name)) errors.invalid("metadata.name", meta.name, problem);
  validateLabels(meta.labels, "metadata.labels", errors);
  let size = 0;
  for (const [key, value] of sortedEntries(meta.annotations)) {
    for (const problem of keyProblems(key.toLowerCase())) errors.invalid("metadata.annotations", key, problem);
    size += Buffer.byteLength(key) + Buffer.byteLength(textOf(value));
  }
  if (size > MAX_ANNOTATIONS) errors.tooLong("metadata.annotations", MAX_ANNOTATIONS);
  validateOwners(listOf(meta.ownerReferences), errors);
  const finalizers = listOf(meta.finalizers).map(textOf);
  for (const name of finalizers) {
    for (const problem of keyProblems(name)) errors.invalid("metadata.finalizers", name, problem);
  }
  finalizers.forEach((name, index) => {
    if (!core || name.includes("/") || CORE_FINALIZERS.includes(name)) return;
    const why = "name is neither a standard finalizer name nor is it fully qualified";
    errors.invalid(`metadata.finalizers[${index}]`, name, why);
  });
}

function validateOwners(owners: readonly unknown[], errors: FieldErrors): void {
  let controller = "";
  owners.forEach((owner, index) => {
    const fields = fieldsOf(owner);
    for (const name of ["apiVersion", "kind", "name", "uid"]) {
      if (!textOf(fields[name])) errors.required(`metadata.ownerReferences[${index}].${name}`, "must not be empty");
    }
    if (fields.controller !== true) return;
    const name = `${textOf(fields.kind)}/${textOf(fields.name)}`;
    if (controller === "") controller = name;
    else {
      const why = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`;
      errors.invalid("metadata.ownerReferences", owners, why);
    }
  });
}

/** What an update may not change. */
export function validateMetaUpdate(object: Stored, old: Stored, errors: FieldErrors): void {
  const meta = object.metadata;
  const before = old.metadata;
  for (const name of ["name", "namespace", "uid"]) {
    if (meta[name] !== before[name]) errors.invalid(`metadata.${name}`, meta[name], "field is immutable");
  }
  if (before.deletionTimestamp) {
    const added = listOf(meta.finalizers).filter((one) => !listOf(before.finalizers).includes(one));
    if (added.length > 0) {
      const list = added.map((one) => quote(textOf(one))).join(", ");
      errors.forbidden(
        "metadata.finalizers",
        `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`,
      );
    }
  }
}
