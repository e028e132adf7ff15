import { Secret } from "@ccm/base";
import { CCE_PATH_PREFIX, PRODUCTS, type ProductName, type RateLimits } from "@ccm/bce";
import { parse } from "yaml";
import type { z } from "zod";
import {
  endpointVariables,
  FORMER_KEYS,
  FROM_ENV,
  GATEWAY_VARIABLES,
  SCHEMA,
  SPELLING,
  sectionKeys,
} from "./cloud-config-schema.ts";

/** What the cloud config file says. */
export interface CloudConfig {
  /** Marks what belongs to this cluster. */
  readonly clusterId: string;
  readonly clusterName: string;
  readonly region: string;
  /** Empty: the VPC of the first node's instance. */
  readonly vpcId: string;
  /** Subnet of new load balancers. Empty: chosen among the VPC's. */
  readonly subnetId: string;

  /** Empty when `credentials` names another source. */
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  readonly sessionToken: Secret | undefined;
  readonly credentials: CredentialsChoice;
  /** A role whose temporary credentials are used instead of `credentials`, which may assume it. */
  readonly assumeRole:
    | {
        readonly accountId: string;
        readonly roleName: string;
        readonly userId?: string;
        readonly durationSeconds: number;
      }
    | undefined;

  /** `scheme://host[:port]` by product. */
  readonly endpoints: Readonly<Partial<Record<ProductName, string>>>;
  readonly endpointTemplate: string;
  readonly ccePathPrefix: string;
  readonly tls: {
    readonly caFile: string;
    readonly caData: string;
    readonly serverName: string;
    readonly insecureSkipVerify: boolean;
  };

  /** Where nodes are looked up; auto: CCE where it knows the cluster and lets us ask, else BCC. */
  readonly nodeSource: "auto" | "bcc" | "cce";
  readonly machineTypes: readonly MachineType[];
  /** legacy: GPU and BCC, as the former CCM. */
  readonly instanceTypeLabel: "spec" | "legacy";
  readonly gpuLabel: boolean;
  /** Empty: the VPC's main table. */
  readonly routeTableIds: readonly string[];

  readonly limits: RateLimits;
  readonly concurrency: number;
  readonly timeoutMs: number;
  readonly retries: number;

  /** Services get no public address unless an annotation says so. */
  readonly internalByDefault: boolean;
  /** No Service gets a public address, whatever it says. */
  readonly disableEip: boolean;
  /** opt-in: only Services that ask for us; another controller has the others. */
  readonly serviceSelection: "all" | "opt-in";
  /** Of a new public address that is billed by traffic and says nothing of its bandwidth. */
  readonly eipBandwidthInMbps: number;

  /** Keys of the file that mean nothing here. */
  readonly unknownKeys: readonly string[];
}

export type MachineType = "bcc" | "bbc" | "hpas";

export type CredentialsChoice =
  | { readonly from: "config" }
  | { readonly from: "file"; readonly path: string }
  | { readonly from: "secret"; readonly namespace: string; readonly name: string }
  | {
      readonly from: "gateway";
      /** `scheme://host[:port]`. */
      readonly endpoint: string;
      readonly token:
        | { readonly from: "folder"; readonly path: string }
        | { readonly from: "secret"; readonly namespace: string; readonly name: string };
    };

/** A cloud config that cannot be used: one line with file, key and what was expected. Never a value of a secret. */
export class CloudConfigError extends Error {
  override readonly name = "CloudConfigError";
}

type Environment = Readonly<Record<string, string | undefined>>;
type Values = z.output<typeof SCHEMA>;

/** Where CCE puts the token of its gateway. */
const TOKEN_FOLDER = "/var/run/secrets/cce/cce-plugin-token";

/** Reads a cloud config: JSON or YAML, keys in any case; variables of `env` win over it. Throws a CloudConfigError. */
export function parseCloudConfig(content: string, source: string, env: Environment = {}): CloudConfig {
  const { values, unknown } = lowerKeys(parseMapping(content, source));
  for (const [key, ...variables] of FROM_ENV) {
    const set = firstSet(env, variables);
    if (set) values[key] = set;
  }
  const endpoints = mappingOf(values.endpoints);
  for (const product of PRODUCTS) {
    const set = firstSet(env, endpointVariables(product));
    if (set) values.endpoints = { ...endpoints, ...mappingOf(values.endpoints), [product]: withScheme(set, "https") };
  }
  const gatewayHost = firstSet(env, GATEWAY_VARIABLES);
  if (gatewayHost && mappingOf(values.gateway))
    values.gateway = { ...mappingOf(values.gateway), endpoint: gatewayHost };

  const result = SCHEMA.safeParse(values);
  if (!result.success) {
    const faults = result.error.issues.map((issue) => `${spelt(issue.path)}: ${expectation(issue)}`);
    throw new CloudConfigError(`${source}: ${[...new Set(faults)].slice(0, 10).join("; ")}`);
  }
  const contradiction = contradictionIn(result.data);
  if (contradiction) throw new CloudConfigError(`${source}: ${contradiction}`);
  return configOf(result.data, unknown, gatewayHost);
}

function configOf(values: Values, unknownKeys: readonly string[], gatewayHost: string | undefined): CloudConfig {
  const { region, tls, assumerole: role, endpoint, endpoints } = values;
  const cce = endpoint === "" ? {} : { cce: withScheme(endpoint, "https") };
  return {
    clusterId: values.clusterid,
    clusterName: values.clustername,
    region,
    vpcId: values.vpcid,
    subnetId: values.subnetid,
    accessKeyId: values.accesskeyid,
    secretAccessKey: new Secret(values.secretaccesskey),
    sessionToken: values.sessiontoken === "" ? undefined : new Secret(values.sessiontoken),
    credentials: credentialsOf(values, gatewayHost),
    assumeRole: role && {
      accountId: role.accountid,
      roleName: role.rolename,
      ...(role.userid === "" ? {} : { userId: role.userid }),
      durationSeconds: role.durationseconds,
    },
    endpoints: { ...cce, ...endpoints },
    endpointTemplate: values.endpointtemplate,
    ccePathPrefix: values.ccepathprefix || CCE_PATH_PREFIX,
    tls: {
      caFile: tls.cafile,
      caData: tls.cadata,
      serverName: tls.servername,
      insecureSkipVerify: tls.insecureskipverify,
    },
    nodeSource: values.nodesource,
    machineTypes: values.machinetypes,
    instanceTypeLabel: values.instancetypelabel,
    gpuLabel: values.gpulabel,
    routeTableIds: [...new Set(values.routetableids)],
    limits: Object.fromEntries(
      Object.entries(values.ratelimits).map(([name, { persecond, burst }]) => [name, { perSecond: persecond, burst }]),
    ),
    concurrency: values.concurrency,
    timeoutMs: values.timeoutseconds * 1000,
    retries: values.retries,
    internalByDefault: values.internalbydefault,
    disableEip: values.disableeip,
    serviceSelection: values.serviceselection,
    eipBandwidthInMbps: values.eipbandwidthinmbps,
    unknownKeys,
  };
}

/** Keys of the file or the environment, else the one source that is named, else CCE's token where CCE puts it. */
function credentialsOf(values: Values, gatewayHost: string | undefined): CredentialsChoice {
  const { region, gateway, credentialsfile, credentialssecret } = values;
  if (credentialsfile !== "") return { from: "file", path: credentialsfile };
  if (credentialssecret !== "") return secretOf(credentialssecret);
  if (values.accesskeyid !== "" && !gateway) return { from: "config" };
  // Plain HTTP, as Baidu's own plugins reach it; TLS where the endpoint says https.
  const usual = gatewayHost || `cce-gateway.${region}.baidubce.com:80`;
  const endpoint = withScheme(gateway?.endpoint || usual, "http").replace(/\/+$/, "");
  const token = gateway?.tokensecret
    ? secretOf(gateway.tokensecret)
    : ({ from: "folder", path: gateway?.tokenpath || TOKEN_FOLDER } as const);
  return { from: "gateway", endpoint, token };
}

function contradictionIn(values: Values): string | undefined {
  const { accesskeyid, secretaccesskey, credentialsfile, credentialssecret, gateway } = values;
  if (accesskeyid !== "" && secretaccesskey === "") return "SecretAccessKey: expected the secret access key";
  if (accesskeyid === "" && secretaccesskey !== "") return "AccessKeyID: expected an access key ID";
  const named = [credentialsfile && "CredentialsFile", credentialssecret && "CredentialsSecret", gateway && "Gateway"];
  const given = named.filter(Boolean);
  if (given.length > 1) return `${given.join(", ")}: expected only one of them`;
  if (gateway?.tokenpath && gateway.tokensecret) return "Gateway: expected TokenPath or TokenSecret, not both";
  if (values.tls.cafile !== "" && values.tls.cadata !== "") return "Tls: expected CaFile or CaData, not both";
  return undefined;
}

function secretOf(text: string): { readonly from: "secret"; readonly namespace: string; readonly name: string } {
  const [namespace = "", name = ""] = text.split("/");
  return { from: "secret", namespace, name };
}

function firstSet(env: Environment, variables: readonly string[]): string | undefined {
  return variables.map((variable) => env[variable]?.trim()).find(Boolean);
}

function expectation({ code, message, path, ...issue }: z.core.$ZodIssue): string {
  if (code === "unrecognized_keys" || code === "invalid_key") return issueText(issue) ?? message;
  return message === "Invalid input" ? "expected another value" : message;
}

function issueText(issue: object): string | undefined {
  const nested = (issue as { readonly issues?: readonly { readonly message: string }[] }).issues;
  return nested?.[0]?.message;
}

/** Names that are in no table come from the file: they are quoted short, and only as names. */
function spelt(path: readonly PropertyKey[]): string {
  return path
    .map((part) => SPELLING[String(part)] ?? String(part))
    .map((part) => (part.length > 60 ? `${part.slice(0, 60)}…` : part).replace(/[\p{Cc}\s]+/gu, " "))
    .join(".");
}

function parseMapping(content: string, source: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    // JSON is YAML. The parser's message quotes the line, which may be a secret's: only its number is told.
    value = parse(content, { logLevel: "error" });
  } catch (error) {
    const line = /at line (\d+)/.exec(error instanceof Error ? error.message : "")?.[1];
    throw new CloudConfigError(`${source}: neither JSON nor YAML${line ? ` (line ${line})` : ""}`);
  }
  const mapping = mappingOf(value);
  if (!mapping) {
    throw new CloudConfigError(`${source}: expected an object with ClusterId, Region, AccessKeyID, SecretAccessKey`);
  }
  return mapping;
}

function mappingOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

/** Names of keys in lower case, down to the sections; what is null is absent. */
function lowerKeys(mapping: Readonly<Record<string, unknown>>) {
  const values: Record<string, unknown> = {};
  const unknown: string[] = [];
  for (const [name, value] of Object.entries(mapping)) {
    const key = name.toLowerCase();
    if (!Object.hasOwn(SCHEMA.shape, key)) {
      if (!FORMER_KEYS.includes(key)) unknown.push(short(name));
      continue;
    }
    if (value === null) continue;
    const inner = mappingOf(value);
    // The names of limits are operations, which have capital letters; their values are sections.
    if (inner && key === "ratelimits") {
      values[key] = Object.fromEntries(Object.entries(inner).map(([operation, limit]) => [operation, lowered(limit)]));
    } else values[key] = inner ? lowered(inner) : value;
    const known = sectionKeys(key);
    for (const below of inner && known ? Object.keys(inner) : []) {
      if (!known?.includes(below.toLowerCase())) unknown.push(`${SPELLING[key]}.${short(below)}`);
    }
  }
  return { values, unknown };
}

function lowered(value: unknown): unknown {
  const mapping = mappingOf(value);
  if (!mapping) return value;
  const given = Object.entries(mapping).filter(([, inner]) => inner !== null);
  return Object.fromEntries(given.map(([name, inner]) => [name.toLowerCase(), inner]));
}

function short(name: string): string {
  return name.length > 60 ? `${name.slice(0, 60)}…` : name;
}

function withScheme(endpoint: string, scheme: "http" | "https"): string {
  return /^https?:\/\//i.test(endpoint) ? endpoint : `${scheme}://${endpoint}`;
}
