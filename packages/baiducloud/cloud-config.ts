import { Secret } from "@ccm/base";
import { parse } from "yaml";
import { z } from "zod";

/** What the cloud config file says. */
export interface CloudConfig {
  /** Marks what belongs to this cluster. */
  readonly clusterId: string;
  readonly clusterName: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  readonly sessionToken: Secret | undefined;
  /** Empty: the VPC of the first node's instance. */
  readonly vpcId: string;
  /** Subnet of new load balancers. Empty: chosen among the VPC's. */
  readonly subnetId: string;
  /** `scheme://host[:port]` by product. */
  readonly endpoints: Readonly<Partial<Record<Product, string>>>;
  /** Keys of the file that mean nothing here. */
  readonly unknownKeys: readonly string[];
}

export type Product = "bcc" | "blb" | "eip" | "cce";

/** A cloud config that cannot be used: one line with file, key and what was expected. Never a value of a secret. */
export class CloudConfigError extends Error {
  override readonly name = "CloudConfigError";
}

const text = (what: string) => z.string({ error: `expected ${what}` }).trim();
const needed = (what: string) => text(what).min(1, { error: `expected ${what}` });
const endpoint = z.string({ error: "expected a URL" }).regex(/^https?:\/\/[^/\s]+\/?$/, {
  error: "expected a URL such as https://blb.bj.baidubce.com, without a path",
});

const SCHEMA = z.object({
  clusterid: text("the cluster's ID").regex(/^[A-Za-z0-9._-]{1,64}$/, {
    error: "expected at most 64 letters, digits, dots, dashes and underscores",
  }),
  clustername: text("a text").default(""),
  region: text("a region such as bj, gz or su").regex(/^[a-z0-9-]+$/, {
    error: "expected a region such as bj, gz or su",
  }),
  accesskeyid: needed("an access key ID"),
  secretaccesskey: needed("the secret access key"),
  sessiontoken: text("a session token").default(""),
  vpcid: text("a VPC ID").default(""),
  subnetid: text("a subnet ID").default(""),
  endpoint: text("the endpoint of CCE").default(""),
  endpoints: z
    .partialRecord(z.enum(["bcc", "blb", "eip", "cce"], { error: "expected one of bcc, blb, eip, cce" }), endpoint, {
      error: "expected a URL for each of bcc, blb, eip, cce that is not the usual one",
    })
    .optional(),
});

/** Read by Baidu's former CCM, without meaning here. */
const FORMER_KEYS = ["masterid", "nodename", "nodeip", "debug"];

/** Environment variables that stand in for keys of the file. */
const FROM_ENV: Readonly<Record<string, string>> = {
  accesskeyid: "BAIDUCLOUD_ACCESS_KEY_ID",
  secretaccesskey: "BAIDUCLOUD_SECRET_ACCESS_KEY",
  sessiontoken: "BAIDUCLOUD_SESSION_TOKEN",
};

/** Reads a cloud config: JSON or YAML, keys in any case. Throws a CloudConfigError. */
export function parseCloudConfig(
  content: string,
  source: string,
  env: Readonly<Record<string, string | undefined>> = {},
): CloudConfig {
  const { values, names } = lowerKeys(parseMapping(content, source));
  for (const [key, variable] of Object.entries(FROM_ENV)) if (env[variable]) values[key] = env[variable];
  const result = SCHEMA.safeParse(values);
  if (!result.success) {
    const faults = result.error.issues.map((issue) => {
      const [key = "", ...below] = issue.path.map(String);
      return `${[SPELLING[key] ?? key, ...below].join(".")}: ${issue.message}`;
    });
    throw new CloudConfigError(`${source}: ${faults.join("; ")}`);
  }
  const config = result.data;
  const cce = config.endpoint === "" ? {} : { cce: withScheme(config.endpoint) };
  return {
    clusterId: config.clusterid,
    clusterName: config.clustername,
    region: config.region,
    accessKeyId: config.accesskeyid,
    secretAccessKey: new Secret(config.secretaccesskey),
    sessionToken: config.sessiontoken === "" ? undefined : new Secret(config.sessiontoken),
    vpcId: config.vpcid,
    subnetId: config.subnetid,
    endpoints: { ...cce, ...config.endpoints },
    unknownKeys: [...names]
      .filter(([key]) => !(key in SCHEMA.shape) && !FORMER_KEYS.includes(key))
      .map(([, name]) => name),
  };
}

const SPELLING: Readonly<Record<string, string>> = {
  clusterid: "ClusterId",
  clustername: "ClusterName",
  region: "Region",
  accesskeyid: "AccessKeyID",
  secretaccesskey: "SecretAccessKey",
  sessiontoken: "SessionToken",
  vpcid: "VpcId",
  subnetid: "SubnetId",
  endpoint: "Endpoint",
  endpoints: "Endpoints",
};

function parseMapping(content: string, source: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    // JSON is YAML. The parser's message quotes the line, which may be a secret's: only its number is told.
    value = parse(content, { logLevel: "error" });
  } catch (error) {
    const line = /at line (\d+)/.exec(error instanceof Error ? error.message : "")?.[1];
    throw new CloudConfigError(`${source}: neither JSON nor YAML${line ? ` (line ${line})` : ""}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new CloudConfigError(`${source}: expected an object with ClusterId, Region, AccessKeyID, SecretAccessKey`);
  }
  return value as Record<string, unknown>;
}

function lowerKeys(mapping: Readonly<Record<string, unknown>>) {
  const values: Record<string, unknown> = {};
  const names = new Map<string, string>();
  for (const [name, value] of Object.entries(mapping)) {
    if (value === null) continue;
    values[name.toLowerCase()] = value;
    names.set(name.toLowerCase(), name);
  }
  return { values, names };
}

function withScheme(endpoint: string): string {
  return /^https?:\/\//.test(endpoint) ? endpoint : `https://${endpoint}`;
}
