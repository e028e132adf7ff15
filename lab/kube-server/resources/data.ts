/** ConfigMaps and Secrets. */
import { at, equal, type Fields, fieldsOf, isFields, type Stored, textOf } from "../json.ts";
import { ensure, type Strategy } from "../resource.ts";
import { type FieldErrors, sortedEntries, tooLong } from "../validation.ts";

const MAX_BYTES = 1024 * 1024;
const KEY_WORDS =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
const REDACTED = "<secret contents redacted>";

const decoded = (value: unknown): Buffer => Buffer.from(textOf(value), "base64");

export const configMapStrategy: Strategy = {
  validate(map, old, errors) {
    const { data, binaryData } = map;
    const binary = fieldsOf(binaryData);
    let size = 0;
    for (const [key, value] of sortedEntries(data)) {
      validateKey("data", key, errors);
      if (Object.hasOwn(binary, key)) errors.invalid(`data[${key}]`, key, "duplicate of key present in binaryData");
      size += Buffer.byteLength(textOf(value));
    }
    for (const [key, value] of sortedEntries(binary)) {
      validateKey("binaryData", key, errors);
      size += decoded(value).length;
    }
    // The whole object is meant, so there is no field to name.
    if (size > MAX_BYTES) errors.tooLong("[]", MAX_BYTES);
    if (old) validateImmutable(map, old, errors);
  },
};

function validateKey(field: string, key: string, errors: FieldErrors): void {
  const path = `${field}[${key}]`;
  if (key.length > 253) errors.invalid(path, key, tooLong(253));
  if (!/^[-._a-zA-Z0-9]+$/.test(key)) errors.invalid(path, key, KEY_WORDS);
  if (key === "." || key === "..") errors.invalid(path, key, `must not be '${key}'`);
  else if (key.startsWith("..")) errors.invalid(path, key, "must not start with '..'");
}

function validateImmutable(object: Stored, old: Stored, errors: FieldErrors): void {
  if (old.immutable !== true) return;
  if (object.immutable !== true) errors.forbidden("immutable", "field is immutable when `immutable` is set");
  for (const name of ["data", "binaryData"]) {
    if (!equal(object[name], old[name])) errors.forbidden(name, "field is immutable when `immutable` is set");
  }
}

/** The keys that a type of Secret must have; of a group of groups, one group's. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  "kubernetes.io/tls": ["tls.crt", "tls.key"],
  "kubernetes.io/ssh-auth": ["ssh-privatekey"],
};
const JSON_KEYS: Readonly<Record<string, string>> = {
  "kubernetes.io/dockercfg": ".dockercfg",
  "kubernetes.io/dockerconfigjson": ".dockerconfigjson",
};
const ACCOUNT = "kubernetes.io/service-account.name";

export const secretStrategy: Strategy = {
  prepareCreate: takeStringData,
  prepareUpdate: takeStringData,
  defaults(secret) {
    secret.type ??= "Opaque";
  },
  validate(secret, old, errors) {
    const data = fieldsOf(secret.data);
    if (old) {
      if (secret.type !== old.type) errors.invalid("type", secret.type, "field is immutable");
      validateImmutable(secret, old, errors);
    }
    let size = 0;
    for (const [key, value] of sortedEntries(data)) {
      validateKey("data", key, errors);
      size += decoded(value).length;
    }
    if (size > MAX_BYTES) errors.tooLong("data", MAX_BYTES);
    validateType(secret, data, errors);
  },
};

function validateType(secret: Stored, data: Fields, errors: FieldErrors): void {
  const type = textOf(secret.type);
  if (type === "kubernetes.io/service-account-token" && !at(secret, "metadata", "annotations", ACCOUNT)) {
    errors.required(`metadata.annotations[${ACCOUNT}]`);
  }
  if (type === "kubernetes.io/basic-auth" && data.username === undefined && data.password === undefined) {
    errors.required("data[username]");
    errors.required("data[password]");
  }
  for (const key of NEEDED[type] ?? []) if (data[key] === undefined) errors.required(`data[${key}]`);
  const key = JSON_KEYS[type];
  if (key === undefined) return;
  if (data[key] === undefined) errors.required(`data[${key}]`);
  else if (!isJson(decoded(data[key]).toString())) {
    errors.invalid(`data[${key}]`, REDACTED, "unexpected end of JSON input");
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** stringData is write-only: it is encoded into data. */
function takeStringData(secret: Stored): void {
  if (!isFields(secret.stringData)) return;
  const data = ensure(secret, "data");
  for (const [key, value] of Object.entries(secret.stringData)) {
    data[key] = Buffer.from(textOf(value)).toString("base64");
  }
  delete secret.stringData;
}
