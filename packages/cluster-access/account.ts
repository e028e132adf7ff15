/**
 * The cloud account that a command works for: which keys, which regions, which endpoints. Commands under
 * apps/kubectl-baiducloud get one with `openAccount` of their credentials/ folder; keys never come from a flag, which
 * every process of the machine could read.
 */
import { createHash } from "node:crypto";
import type { Clock, Logger, Random, TlsOptions, TransportFactory } from "@ccm/base";
import {
  type BceClient,
  type BceClientOptions,
  type CredentialSource,
  createAssumedRole,
  createBceClient,
  type EndpointOptions,
  endpointOf,
  PRODUCTS,
  type ProductName,
  type ReadRecord,
  recordedKeys,
} from "@ccm/bce";
import { findProfile, profileFiles } from "./profiles.ts";

/** What a command line says of the account. */
export interface AccountChoice {
  readonly profile?: string;
  /** `namespace/name`. */
  readonly credentialsSecret?: string;
  /** `account/role`. */
  readonly assumeRole?: string;
  /** One, or several with commas. */
  readonly region?: string;
  /** `URL` for all products, `{service}` and `{region}` replaced, or `product=URL`. */
  readonly endpoint?: readonly string[];
  /** PEM file of the authorities of a private cloud. */
  readonly cloudCa?: string;
}

/** What a cloud config at hand says, for what the command line leaves open. */
export interface AccountDefaults {
  /** "cloud config /etc/kubernetes/cloud.yaml". */
  readonly where: string;
  /** Whether it was asked for by name, and so wins over the environment. */
  readonly chosen: boolean;
  readonly credentials: CredentialSource;
  readonly region: string;
  readonly endpoints: NonNullable<EndpointOptions["endpoints"]>;
  readonly endpointTemplate: string;
  readonly ccePathPrefix: string;
  readonly tls: TlsOptions;
}

export interface AccountMachine {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Rejects with an error that has the system's `code`. */
  readonly readFile: (path: string) => Promise<string>;
  readonly openTransport: TransportFactory;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger?: Logger;
  readonly userAgent?: string;
  /** The texts of a Kubernetes Secret. */
  readonly readSecret: (namespace: string, name: string) => ReadRecord;
  readonly defaults?: AccountDefaults;
}

export interface Account {
  /** For people: "profile work of /home/me/.bce/credentials". Never a key. */
  readonly source: string;
  readonly credentials: CredentialSource;
  /** Where to look: those chosen, else all of the public cloud; one where one endpoint serves them all. */
  readonly regions: readonly string[];
  /** The first to ask: the first chosen, else the profile's, else bj. */
  readonly region: string;
  /** Whether a flag or the environment says so; a profile only says where to begin. */
  readonly regionChosen: boolean;
  /** Where else something may be. */
  readonly otherRegions: readonly string[];
  /** Tells accounts and roles apart, and nothing else of them; no call of the cloud is made for it. */
  identity(): Promise<string>;
  /** For clients of products that `client` does not have. */
  clientOptions(region?: string): BceClientOptions;
  /** One per region; the same again when asked again. */
  client(region?: string): BceClient;
  close(): Promise<void>;
}

/** A choice that cannot be followed: one line, what and what was expected. */
export class AccountFault extends Error {
  override readonly name = "AccountFault";
}

/** The regions of the public cloud with CCE. */
export const PUBLIC_REGIONS = ["bj", "bd", "yq", "cd", "gz", "su", "nj", "fwh", "hkg"] as const;

/** By each name, the first of these that is set: this project's, the official tools', Terraform's. */
const VARIABLES = {
  accessKeyId: ["BCE_ACCESS_KEY_ID", "BAIDUCLOUD_ACCESS_KEY_ID", "BAIDUCLOUD_ACCESS_KEY", "BAIDU_BCE_ACCESS_KEY_ID"],
  secretAccessKey: [
    "BCE_SECRET_ACCESS_KEY",
    "BAIDUCLOUD_SECRET_ACCESS_KEY",
    "BAIDUCLOUD_SECRET_KEY",
    "BAIDU_BCE_SECRET_ACCESS_KEY",
  ],
  sessionToken: ["BCE_SESSION_TOKEN", "BCE_SECURITY_TOKEN", "BAIDUCLOUD_SESSION_TOKEN"],
  region: ["BCE_REGION", "BAIDUCLOUD_REGION", "BAIDU_BCE_REGION"],
  profile: ["BCE_PROFILE"],
  assumeRole: ["BCE_ASSUME_ROLE"],
  endpoint: ["BCE_ENDPOINT"],
  cloudCa: ["BCE_CA_BUNDLE"],
} as const;

type Setting = keyof typeof VARIABLES;

/** Throws an AccountFault for a choice that cannot be followed, and when there are no credentials at all. */
export async function openAccount(choice: AccountChoice, machine: AccountMachine): Promise<Account> {
  const { env, clock, random, logger, defaults, userAgent } = machine;
  const set = (name: Setting) => firstSet(env, VARIABLES[name]);
  if (choice.profile !== undefined && choice.credentialsSecret !== undefined) {
    throw new AccountFault("--profile and --credentials-secret: expected only one of them");
  }
  const found = await sourceOf(choice, machine);
  const region = (choice.region ?? set("region") ?? "").trim();
  const chosen = region === "" ? [] : regionsOf(region, choice.region === undefined ? "the environment" : "--region");
  const home = chosen[0] ?? found.region ?? defaults?.region;
  const endpoints = endpointsOf(choice.endpoint ?? [], env, defaults, set("endpoint"));
  const role = choice.assumeRole ?? set("assumeRole");
  const tls = await tlsOf(choice.cloudCa ?? set("cloudCa"), machine);
  const wanted = role === undefined ? undefined : roleOf(role);
  const transport = machine.openTransport(tls);
  const shared = (where: string, credentials: CredentialSource): BceClientOptions => ({
    ...endpoints,
    region: where,
    credentials,
    ...(defaults ? { ccePathPrefix: defaults.ccePathPrefix } : {}),
    send: transport.send,
    clock,
    random,
    ...(logger ? { logger } : {}),
    ...(userAgent ? { userAgent } : {}),
  });
  const first = home ?? PUBLIC_REGIONS[0];
  const credentials = wanted ? createAssumedRole(shared(first, found.source), wanted) : found.source;
  const clients = new Map<string, BceClient>();
  const cce = (where: string) => endpointOf("cce", { ...endpoints, region: where });
  const others = cce("bj") === cce("gz") ? [] : PUBLIC_REGIONS;
  return {
    source: wanted ? `role ${role}, assumed with ${found.where}` : found.where,
    credentials,
    regions: chosen.length > 0 ? chosen : [...new Set([first, ...others])],
    region: first,
    regionChosen: chosen.length > 0,
    otherRegions: chosen.length > 0 ? others.filter((name) => !chosen.includes(name)) : [],
    async identity() {
      const base = await found.source();
      const who = "accessKeyId" in base ? base.accessKeyId : `${base.gateway} ${base.clusterId}`;
      return createHash("sha256")
        .update(JSON.stringify([who, role ?? ""]))
        .digest("hex");
    },
    clientOptions: (where = first) => shared(where, credentials),
    client(where = first) {
      const client = clients.get(where) ?? createBceClient(shared(where, credentials));
      clients.set(where, client);
      return client;
    },
    close: () => transport.close(),
  };
}

interface Found {
  readonly source: CredentialSource;
  readonly where: string;
  readonly region?: string;
}

/** What was named wins over what was found: flags, then the environment, then files. */
async function sourceOf(choice: AccountChoice, machine: AccountMachine): Promise<Found> {
  const { env, clock, defaults } = machine;
  if (choice.credentialsSecret !== undefined) {
    const [, namespace = "", name = ""] = /^([^/\s]+)\/([^/\s]+)$/.exec(choice.credentialsSecret) ?? [];
    if (name === "") throw new AccountFault(`--credentials-secret: expected namespace/name of a Secret`);
    const where = `Secret ${namespace}/${name}`;
    return { source: recordedKeys({ read: machine.readSecret(namespace, name), where, clock }), where };
  }
  if (choice.profile !== undefined) return profile(choice.profile, "--profile", machine);
  if (defaults?.chosen) return { source: defaults.credentials, where: defaults.where };
  const key = firstSet(env, VARIABLES.accessKeyId);
  const secret = firstSet(env, VARIABLES.secretAccessKey);
  if ((key === undefined) !== (secret === undefined)) {
    const missing = key === undefined ? VARIABLES.accessKeyId[0] : VARIABLES.secretAccessKey[0];
    throw new AccountFault(`environment: expected ${missing} too: an access key is a pair`);
  }
  if (key !== undefined && secret !== undefined) {
    const record = {
      accessKeyId: key,
      secretAccessKey: secret,
      sessionToken: firstSet(env, VARIABLES.sessionToken),
    };
    return { source: recordedKeys({ read: async () => record, where: "environment", clock }), where: "environment" };
  }
  const named = firstSet(env, VARIABLES.profile);
  if (named !== undefined) return profile(named, VARIABLES.profile[0], machine);
  const usual = await findProfile(undefined, machine);
  if (usual) return profile(usual.name, "", machine);
  if (defaults) return { source: defaults.credentials, where: defaults.where };
  const files = profileFiles(env).join(" or ") || "~/.bce/credentials";
  throw new AccountFault(
    `no credentials: set ${VARIABLES.accessKeyId[0]} and ${VARIABLES.secretAccessKey[0]}, or write a profile in ${files}, or name a Secret with --credentials-secret`,
  );
}

async function profile(name: string, flag: string, machine: AccountMachine): Promise<Found> {
  const known = await findProfile(name, machine);
  if (!known) {
    const files = profileFiles(machine.env).join(" and ") || "no file, since HOME is not set";
    throw new AccountFault(`${flag} ${name}: there is no such profile; looked in ${files}`);
  }
  const where = `profile ${known.name} of ${known.path}`;
  const read = async () => ({ ...(await findProfile(name, machine))?.values });
  const { region } = known.values;
  return {
    source: recordedKeys({ read, where, clock: machine.clock }),
    where,
    ...(region ? { region: regionsOf(region, where)[0] ?? region } : {}),
  };
}

function regionsOf(text: string, where: string): readonly string[] {
  const names = text
    .split(",")
    .map((name) => name.trim())
    .filter(Boolean);
  if (names.length === 0 || !names.every((name) => /^[a-z0-9][a-z0-9-]{0,62}$/.test(name))) {
    throw new AccountFault(`${where}: expected a region such as bj, or several as bj,gz`);
  }
  return [...new Set(names)];
}

function roleOf(text: string) {
  const [, accountId = "", roleName = ""] = /^([A-Za-z0-9][A-Za-z0-9-]{0,63})\/(\S{1,128})$/.exec(text) ?? [];
  if (roleName === "") throw new AccountFault("--assume-role: expected account/role, such as 0ab1…/ops");
  return { accountId, roleName };
}

function endpointsOf(
  given: readonly string[],
  env: AccountMachine["env"],
  defaults: AccountDefaults | undefined,
  general: string | undefined,
): Pick<BceClientOptions, "endpoints" | "endpointTemplate"> {
  const isProduct = (name: string): name is ProductName => (PRODUCTS as readonly string[]).includes(name);
  const endpoints: Partial<Record<ProductName, string>> = { ...defaults?.endpoints };
  let endpointTemplate = defaults?.endpointTemplate ?? "";
  if (general !== undefined) endpointTemplate = url(general, VARIABLES.endpoint[0]);
  for (const product of PRODUCTS) {
    const names = product === "cce" ? ["CCEv2_ENDPOINT", "CCE_ENDPOINT"] : [`${product.toUpperCase()}_ENDPOINT`];
    const value = firstSet(env, names);
    if (value !== undefined) endpoints[product] = url(value, names.join(" or "));
  }
  for (const text of given) {
    const [, product = "", value = ""] = /^([a-z]+)=(.+)$/.exec(text) ?? [];
    if (product === "") {
      // For all products: it takes the place of what is known of single ones, too.
      endpointTemplate = url(text, "--endpoint");
      for (const known of PRODUCTS) delete endpoints[known];
    } else if (isProduct(product)) endpoints[product] = url(value, `--endpoint ${product}`);
    else throw new AccountFault(`--endpoint ${product}=: expected one of ${PRODUCTS.join(", ")}`);
  }
  return { endpoints, ...(endpointTemplate === "" ? {} : { endpointTemplate }) };
}

/** What was given may hold a password, so it is not shown. */
function url(text: string, where: string): string {
  const whole = /^https?:\/\//i.test(text) ? text : `https://${text}`;
  if (!/^https?:\/\/[^/?#@\s]+\/?$/i.test(whole)) {
    throw new AccountFault(`${where}: expected a URL such as https://{service}.{region}.cloud.example, without a path`);
  }
  return whole.replace(/\/$/, "");
}

async function tlsOf(path: string | undefined, machine: AccountMachine): Promise<TlsOptions> {
  if (path === undefined) return machine.defaults?.tls ?? {};
  let ca: string;
  try {
    ca = await machine.readFile(path);
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    throw new AccountFault(`--cloud-ca ${path}: ${missing ? "no such file" : "cannot be read"}`);
  }
  if (!/-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----\s*$/.test(ca)) {
    throw new AccountFault(`--cloud-ca ${path}: expected certificates in PEM`);
  }
  return { ...machine.defaults?.tls, ca };
}

function firstSet(env: AccountMachine["env"], names: readonly string[]): string | undefined {
  return names.map((name) => env[name]?.trim()).find(Boolean);
}
