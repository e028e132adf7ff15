import { PRODUCTS } from "@ccm/bce";
import { z } from "zod";

/** The keys of a cloud config, in lower case, with what each accepts. Messages say what was expected, never the value. */

const LONGEST_TEXT = 253;
const HOST = String.raw`[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\]`;
const PORT = String.raw`(?::\d{1,5})?`;

function matching(pattern: RegExp, what: string) {
  return z
    .string({ error: `expected ${what}` })
    .trim()
    .regex(pattern, { error: `expected ${what}` });
}

/** Absent and empty are the same. */
function optional(pattern: RegExp, what: string) {
  return matching(new RegExp(`^$|${pattern.source}`, pattern.flags), what).default("");
}

function choice<const T extends readonly [string, ...string[]]>(values: T, byDefault: T[number]) {
  const error = `expected ${values.length > 1 ? "one of " : ""}${values.join(", ")}`;
  const value = z.string({ error }).trim().toLowerCase();
  return value
    .pipe(z.enum(values, { error }))
    .or(z.literal("").transform(() => byDefault))
    .default(byDefault as never);
}

function integer(min: number, max: number, byDefault: number) {
  const error = `expected a whole number from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error }).default(byDefault);
}

const flag = (byDefault: boolean) => z.boolean({ error: "expected true or false" }).default(byDefault);
const id = (what: string) => optional(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/, what);
const path = (what: string) => optional(/^[^\p{Cc}]{1,4096}$/u, what);
const url = matching(
  new RegExp(`^https?://(?:${HOST})${PORT}/?$`, "i"),
  "a URL such as https://blb.bj.baidubce.com, without a path",
);
const host = (what: string) => optional(new RegExp(`^(?:https?://)?(?:${HOST})${PORT}/?$`, "i"), what);
const printable = (what: string, most: number) => matching(new RegExp(`^[\\x21-\\x7e]{1,${most}}$`), what);
const KUBE_NAME = "[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?";
const secretName = optional(new RegExp(`^${KUBE_NAME}/${KUBE_NAME}$`), 'a Secret as "namespace/name"');
const positive = (what: string, least: number) =>
  z
    .number({ error: `expected ${what}` })
    .min(least, { error: `expected ${what}` })
    .max(100_000, { error: `expected ${what}` });
const section = <T extends z.ZodRawShape>(shape: T, what: string) => z.object(shape, { error: `expected ${what}` });

export const SCHEMA = z.object({
  clusterid: matching(
    /^[A-Za-z0-9._-]{1,64}$/,
    "the cluster's ID: at most 64 letters, digits, dots, dashes and underscores",
  ),
  clustername: optional(
    new RegExp(`^[^\\p{Cc}]{1,${LONGEST_TEXT}}$`, "u"),
    `a text of at most ${LONGEST_TEXT} characters`,
  ),
  region: matching(/^[a-z0-9][a-z0-9-]{0,62}$/, "a region such as bj, gz or su"),
  vpcid: id("a VPC ID"),
  subnetid: id("a subnet ID"),

  accesskeyid: printable("an access key ID", 256).or(z.literal("")).default(""),
  secretaccesskey: printable("the secret access key", 256).or(z.literal("")).default(""),
  sessiontoken: printable("a session token", 8192).or(z.literal("")).default(""),
  credentialsfile: path("the path of a file or a folder with AccessKeyID and SecretAccessKey"),
  credentialssecret: secretName,
  gateway: section(
    {
      endpoint: host("the gateway as host[:port] or http(s)://host[:port]"),
      tokenpath: path("the folder with the files token and expiredAt"),
      tokensecret: secretName,
    },
    "Endpoint, TokenPath or TokenSecret, or {} for the usual ones",
  ).optional(),
  assumerole: section(
    {
      accountid: matching(/^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/, "the ID of the account that owns the role"),
      rolename: matching(/^[\p{L}\p{N}][\p{L}\p{N}_./-]{0,127}$/u, "the role's name"),
      userid: id("a user's ID"),
      durationseconds: integer(900, 7200, 7200),
    },
    "AccountId and RoleName",
  ).optional(),

  endpoint: host("the endpoint of CCE, as host[:port] or URL without a path"),
  endpoints: z
    .partialRecord(z.enum(PRODUCTS, { error: `expected one of ${PRODUCTS.join(", ")}` }), url, {
      error: `expected a URL for each of ${PRODUCTS.join(", ")} that is not the usual one`,
    })
    .default({}),
  endpointtemplate: optional(
    /^https?:\/\/(?=.*\{service\})[A-Za-z0-9.{}-]{1,253}(?::\d{1,5})?\/?$/,
    "a URL such as https://{service}.{region}.cloud.example, without a path",
  ),
  ccepathprefix: optional(/^(?:\/[A-Za-z0-9_.-]{1,64}){1,8}$/, "a path such as /v2 or /api/cce/service/v2"),
  tls: section(
    {
      cafile: path("the path of a PEM file"),
      cadata: optional(
        /^-----BEGIN CERTIFICATE-----[\s\S]{1,1000000}-----END CERTIFICATE-----$/,
        "certificates in PEM",
      ),
      servername: optional(new RegExp(`^(?:${HOST})$`), "a host name"),
      insecureskipverify: flag(false),
    },
    "CaFile, CaData, ServerName or InsecureSkipVerify",
  ).prefault({}),

  nodesource: choice(["auto", "bcc", "cce"], "auto"),
  machinetypes: z
    .array(z.enum(["bcc", "bbc", "hpas"], { error: "expected bcc, bbc or hpas" }), {
      error: "expected a list of bcc, bbc, hpas",
    })
    .min(1, { error: "expected a list of bcc, bbc, hpas" })
    .max(3, { error: "expected a list of bcc, bbc, hpas" })
    .default(["bcc", "bbc", "hpas"]),
  instancetypelabel: choice(["spec", "legacy"], "spec"),
  gpulabel: flag(false),
  routetableids: z
    .array(matching(/^rt-[A-Za-z0-9]{1,64}$/, "an ID such as rt-1a2b3c4d"), {
      error: "expected a list of route table IDs",
    })
    .max(20, { error: "expected at most 20 route table IDs" })
    .default([]),

  ratelimits: z
    .record(
      z
        .string()
        .regex(/^(default|[a-z]+\.[A-Za-z]+)$/, { error: 'expected operations such as "blb.create", or "default"' }),
      section(
        {
          persecond: positive("a number above 0, at most 100000", 0.001),
          burst: positive("a number of at least 1, at most 100000", 1),
        },
        "PerSecond and Burst",
      ),
      { error: "expected PerSecond and Burst for each operation" },
    )
    .refine((limits) => Object.keys(limits).length <= 100, { error: "expected at most 100 operations" })
    .default({}),
  concurrency: integer(1, 1000, 32),
  timeoutseconds: integer(1, 600, 30),
  retries: integer(0, 20, 4),

  internalbydefault: flag(false),
  disableeip: flag(false),
  serviceselection: choice(["all", "opt-in"], "all"),
  eipbandwidthinmbps: integer(1, 1000, 200),
});

/** How the keys are written in documents and messages. */
export const SPELLING: Readonly<Record<string, string>> = Object.fromEntries(
  (
    "ClusterId ClusterName Region VpcId SubnetId AccessKeyID SecretAccessKey SessionToken CredentialsFile CredentialsSecret " +
    "Gateway Endpoint TokenPath TokenSecret AssumeRole AccountId RoleName UserId DurationSeconds Endpoints EndpointTemplate " +
    "CcePathPrefix Tls CaFile CaData ServerName InsecureSkipVerify NodeSource MachineTypes InstanceTypeLabel GpuLabel " +
    "RouteTableIds RateLimits PerSecond Burst Concurrency TimeoutSeconds Retries InternalByDefault DisableEip " +
    "ServiceSelection EipBandwidthInMbps"
  )
    .split(" ")
    .map((name) => [name.toLowerCase(), name]),
);

/** The keys of a section; undefined for a key that is none. */
export function sectionKeys(key: string): readonly string[] | undefined {
  if (key === "gateway") return Object.keys(SCHEMA.shape.gateway.unwrap().shape);
  if (key === "assumerole") return Object.keys(SCHEMA.shape.assumerole.unwrap().shape);
  if (key === "tls") return ["cafile", "cadata", "servername", "insecureskipverify"];
  return undefined;
}

/** Read by Baidu's former CCM, without meaning here. */
export const FORMER_KEYS: readonly string[] = ["masterid", "nodename", "nodeip", "debug"];

/** Environment variables that stand in for keys of the file; of several, the first that is set. */
export const FROM_ENV: readonly (readonly [key: string, ...variables: string[]])[] = [
  ["clusterid", "BAIDUCLOUD_CLUSTER_ID"],
  ["region", "BAIDUCLOUD_REGION"],
  ["vpcid", "BAIDUCLOUD_VPC_ID"],
  ["subnetid", "BAIDUCLOUD_SUBNET_ID"],
  ["accesskeyid", "BAIDUCLOUD_ACCESS_KEY_ID", "BAIDUCLOUD_ACCESS_KEY"],
  ["secretaccesskey", "BAIDUCLOUD_SECRET_ACCESS_KEY", "BAIDUCLOUD_SECRET_KEY"],
  ["sessiontoken", "BAIDUCLOUD_SESSION_TOKEN"],
];

/** As Terraform's provider and Baidu's network plugin name them. */
export function endpointVariables(product: string): readonly string[] {
  const code = product.toUpperCase();
  return product === "cce" ? ["CCEv2_ENDPOINT", "CCE_ENDPOINT"] : [`${code}_ENDPOINT`];
}

export const GATEWAY_VARIABLES: readonly string[] = ["CCE_GATEWAY_ENDPOINT", "CCE_GATEWAY_HOST"];
