import { parse } from "yaml";
import { LONGEST_HOURS } from "../registries/login.ts";
import { type NamedRegistry, parseNamedRegistry, registryAt } from "../registries/place.ts";

/** What `config.yaml` of the ConfigMap says. */
export interface PullSecretsConfig {
  /** Of the Secret, in every namespace. */
  readonly secretName: string;
  readonly registries: readonly NamedRegistry[];
  /** By name; "*": all but those of Kubernetes itself, which have to be named. */
  readonly namespaces: readonly string[];
  /** Namespaces with all of these labels. Empty: none by labels. */
  readonly namespaceLabels: Readonly<Record<string, string>>;
  /** Whether Pods of the service account "default" pull with it without saying so. */
  readonly defaultServiceAccounts: boolean;
  /** Life of passwords of the enterprise edition. */
  readonly passwordHours: number;
}

/** A config that cannot be used: one line, key and what was expected. */
export class PullSecretsConfigError extends Error {
  override readonly name = "PullSecretsConfigError";
}

const KEYS = ["secretName", "registries", "namespaces", "namespaceLabels", "defaultServiceAccounts", "passwordHours"];
const SECRET_NAME = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;
const NAMESPACE = /^(?:\*|[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)$/;

/** YAML or JSON. Throws a PullSecretsConfigError. */
export function parsePullSecretsConfig(text: string): PullSecretsConfig {
  const values = mapping(yaml(text));
  if (!values) throw new PullSecretsConfigError("expected a mapping with registries");
  const unknown = Object.keys(values).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) {
    throw new PullSecretsConfigError(`${unknown.slice(0, 100)}: expected one of ${KEYS.join(", ")}`);
  }
  const { secretName = "ccr-pull", defaultServiceAccounts = true, passwordHours = LONGEST_HOURS } = values;
  if (typeof secretName !== "string" || !SECRET_NAME.test(secretName))
    throw expected("secretName", "a name of a Secret");
  if (typeof defaultServiceAccounts !== "boolean") throw expected("defaultServiceAccounts", "true or false");
  const isHours = typeof passwordHours === "number" && Number.isInteger(passwordHours);
  if (!isHours || passwordHours < 1 || passwordHours > LONGEST_HOURS) {
    throw expected("passwordHours", `a whole number from 1 to ${LONGEST_HOURS}`);
  }
  const registries = texts(values.registries).map(registryOf);
  if (registries.length === 0) throw expected("registries", "at least one host");
  const namespaces = texts(values.namespaces);
  if (!namespaces.every((name) => NAMESPACE.test(name))) throw expected("namespaces", 'names of namespaces, or "*"');
  const namespaceLabels = mapping(values.namespaceLabels ?? {});
  if (!namespaceLabels || !Object.values(namespaceLabels).every((value) => typeof value === "string")) {
    throw expected("namespaceLabels", "labels with their values as texts");
  }
  return {
    secretName,
    registries,
    namespaces,
    namespaceLabels: namespaceLabels as Readonly<Record<string, string>>,
    defaultServiceAccounts,
    passwordHours,
  };
}

function registryOf(text: string): NamedRegistry {
  const place = registryAt(text);
  if (place) return { host: text.toLowerCase(), place };
  try {
    return parseNamedRegistry(text);
  } catch {
    throw expected("registries", "hosts such as ccr-1a2b3c4d-vpc.cnc.bj.baidubce.com, or host=ccr-1a2b3c4d@region");
  }
}

function texts(value: unknown): readonly string[] {
  const list = value ?? [];
  if (!Array.isArray(list) || !list.every((one) => typeof one === "string")) {
    throw new PullSecretsConfigError("registries, namespaces: expected lists of texts");
  }
  return list;
}

function yaml(text: string): unknown {
  try {
    return parse(text, { logLevel: "error" });
  } catch {
    throw new PullSecretsConfigError("neither YAML nor JSON");
  }
}

function mapping(value: unknown): Record<string, unknown> | undefined {
  const isMapping = typeof value === "object" && value !== null && !Array.isArray(value);
  return isMapping ? (value as Record<string, unknown>) : undefined;
}

function expected(key: string, what: string): PullSecretsConfigError {
  return new PullSecretsConfigError(`${key}: expected ${what}`);
}
