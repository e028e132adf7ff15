/** Collects field errors the way the API server words them, and the rules shared by all kinds. */
import { type Fields, isFields, listOf, quote, type Stored, textOf } from "./json.ts";
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
  duplicate(field: string, value: unknown): void {
    this.#add("FieldValueDuplicate", field, `Duplicate value: ${show(value)}`);
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
const LABEL_1035 = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const QUALIFIED = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;

export type NameRule = "dns1035" | "dns1123label" | "dns1123subdomain";

/** What is wrong with a name, or undefined. */
export function nameProblem(rule: NameRule, name: string): string | undefined {
  const limit = rule === "dns1123subdomain" ? 253 : 63;
  if (name.length > limit) return `must be no more than ${limit} characters`;
  if (rule === "dns1035" && !LABEL_1035.test(name)) {
    return "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
  }
  if (rule === "dns1123label" && !LABEL_1123.test(name)) {
    return "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
  }
  if (rule === "dns1123subdomain" && !SUBDOMAIN_1123.test(name)) {
    return "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
  }
  return undefined;
}

/** What is wrong with a label or annotation key, or undefined. */
export function keyProblem(key: string): string | undefined {
  const slash = key.indexOf("/");
  const prefix = slash < 0 ? undefined : key.slice(0, slash);
  const name = key.slice(slash + 1);
  if (prefix !== undefined && !SUBDOMAIN_1123.test(prefix))
    return `prefix part ${nameProblem("dns1123subdomain", prefix) ?? "must be non-empty"}`;
  if (name === "") return "name part must be non-empty";
  if (name.length > 63) return "name part must be no more than 63 characters";
  if (!QUALIFIED.test(name)) {
    return "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
  }
  return undefined;
}

export function validateLabels(labels: unknown, field: string, errors: FieldErrors): void {
  for (const [key, value] of Object.entries(isFields(labels) ? labels : {})) {
    const problem = keyProblem(key);
    if (problem) errors.invalid(field, key, problem);
    const text = textOf(value);
    if (text.length > 63) errors.invalid(field, text, "must be no more than 63 characters");
    else if (!LABEL_VALUE.test(text)) {
      errors.invalid(
        field,
        text,
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
      );
    }
  }
}

const MAX_ANNOTATIONS = 256 * 1024;

export function validateMeta(object: Stored, rule: NameRule, errors: FieldErrors): void {
  const meta = object.metadata;
  if (!meta.name) errors.required("metadata.name", "name or generateName is required");
  else {
    const problem = nameProblem(rule, meta.name);
    if (problem) errors.invalid("metadata.name", meta.name, problem);
  }
  validateLabels(meta.labels, "metadata.labels", errors);
  let size = 0;
  for (const [key, value] of Object.entries(meta.annotations ?? {})) {
    const problem = keyProblem(key.toLowerCase());
    if (problem) errors.invalid("metadata.annotations", key, problem);
    size += key.length + textOf(value).length;
  }
  if (size > MAX_ANNOTATIONS)
    errors.invalid("metadata.annotations", "", `Too long: may not be more than ${MAX_ANNOTATIONS} bytes`);
  for (const finalizer of listOf(meta.finalizers)) {
    const problem = keyProblem(textOf(finalizer));
    if (problem) errors.invalid("metadata.finalizers", finalizer, problem);
  }
  listOf(meta.ownerReferences).forEach((owner, index) => {
    for (const name of ["apiVersion", "kind", "name", "uid"]) {
      if (!textOf((owner as Fields | null)?.[name]))
        errors.required(`metadata.ownerReferences[${index}].${name}`, "must not be empty");
    }
  });
}

/** What an update may not change. */
export function validateMetaUpdate(object: Stored, old: Stored, errors: FieldErrors): void {
  const meta = object.metadata;
  const before = old.metadata;
  for (const name of [
    "name",
    "namespace",
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
  ]) {
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
