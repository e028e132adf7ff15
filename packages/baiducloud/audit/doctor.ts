import { errorText } from "@ccm/base";
import { type BceClient, endpointOf, isBceError, type ProductName, type ReadOptions } from "@ccm/bce";
import type { Node } from "@ccm/kube";
import type { CloudConfig } from "../cloud-config.ts";
import { nodeSourceOf } from "../nodes/nodes.ts";
import { instanceIdOf } from "../provider-id.ts";
import { type Check, ok, trouble } from "./check.ts";
import { adviceFor } from "./explanation.ts";

export interface CloudChecks {
  readonly checks: readonly Check[];
  /** What was counted on the way; undefined: it could not be read. */
  readonly used: {
    readonly loadBalancers: number | undefined;
    readonly addresses: number | undefined;
    readonly routeRules: number | undefined;
  };
}

interface Probe {
  readonly product: ProductName;
  /** Without it, something still works. */
  readonly optional: boolean;
  readonly what: string;
  readonly read: (options: ReadOptions) => Promise<number>;
}

/** Asks each product that the CCM uses one cheap question. Changes nothing. */
export async function checkCloud(
  config: CloudConfig,
  client: BceClient,
  vpcId: () => Promise<string>,
  signal: AbortSignal,
): Promise<CloudChecks> {
  const { machineTypes, clusterId, nodeSource, routeTableIds } = config;
  const counted = new Map<string, number>();
  const count = async (what: string, list: Promise<readonly unknown[]>): Promise<number> => {
    const { length } = await list;
    counted.set(what, length);
    return length;
  };
  const rules = async (options: ReadOptions) => {
    const [tableId] = routeTableIds;
    return client.vpc.listRouteRules(tableId ? { routeTableId: tableId } : { vpcId: await vpcId() }, options);
  };
  const probe = (product: ProductName, what: string, read: Probe["read"], optional = false): Probe => {
    return { product, what, read, optional };
  };
  const asksCce = nodeSource !== "bcc" && clusterId.startsWith("cce-");
  const probes: readonly Probe[] = [
    probe("blb", "load balancers", (options) => count("blb", client.blb.list({}, options))),
    probe("eip", "addresses", (options) => count("eip", client.eip.list({}, options))),
    probe("vpc", "route rules", (options) => count("rules", rules(options))),
    probe("bcc", "security groups", async (options) =>
      count("groups", client.securityGroups.list(await vpcId(), options)),
    ),
    probe("bcc", "instances", (options) => count("bcc", client.bcc.list({}, options))),
    probe("bbc", "bare metal servers", (options) => count("bbc", client.bbc.list(options)), true),
    probe("hpas", "HPAS machines", (options) => count("hpas", client.hpas.list({}, options)), true),
    probe(
      "cce",
      "nodes of the cluster",
      (options) => count("cce", client.cce.listInstances(clusterId, options)),
      nodeSource === "auto",
    ),
  ].filter(({ product, what }) => {
    if (product === "cce") return asksCce;
    if (what === "instances") return machineTypes.includes("bcc");
    return (product !== "bbc" && product !== "hpas") || machineTypes.includes(product);
  });
  const outcomes = await Promise.all(
    probes.map(async (probe): Promise<{ readonly probe: Probe; readonly found?: number; readonly error?: unknown }> => {
      try {
        return { probe, found: await probe.read({ signal, lane: "observe" }) };
      } catch (error) {
        if (signal.aborted) throw error;
        return { probe, error };
      }
    }),
  );
  const checks = outcomes.map(({ probe, found, error }): Check => {
    const { product, what, optional } = probe;
    const name = `${product} ${endpointOf(product, config)}`;
    if (error === undefined) return ok("endpoint", name, `may list ${what}: ${found}`);
    const text = errorText(error);
    return trouble("endpoint", name, optional ? "warning" : "failed", text, todoFor(error, text, probe));
  });
  const used = {
    loadBalancers: counted.get("blb"),
    addresses: counted.get("eip"),
    routeRules: counted.get("rules"),
  };
  return { checks: [credentialsCheck(config, outcomes), ...checks, tagCheck(config)], used };
}

/** Changing a tag is the only question that the tag service is asked, and a question that changes nothing there is none. */
function tagCheck(config: CloudConfig): Check {
  return trouble(
    "endpoint",
    `tag ${endpointOf("tag", config)}`,
    "skipped",
    "only written to: tried when tags are to be repaired",
  );
}

function credentialsCheck(config: CloudConfig, outcomes: readonly { readonly error?: unknown }[]): Check {
  const from = {
    config: "cloud config",
    file: "CredentialsFile",
    secret: "CredentialsSecret",
    gateway: "CCE's gateway",
  };
  const source = `${from[config.credentials.from]}${config.assumeRole ? " and AssumeRole" : ""}`;
  if (outcomes.some(({ error }) => error === undefined)) return ok("credentials", source, "the cloud takes them");
  const refused = outcomes.map(({ error }) => error).find((error) => isBceError(error, "auth"));
  if (!refused) return trouble("credentials", source, "skipped", "no product has answered");
  const text = errorText(refused);
  return trouble("credentials", source, "failed", text, adviceFor("", text));
}

function todoFor(error: unknown, text: string, { product, what, optional }: Probe): string {
  const advice = adviceFor("", text);
  if (isBceError(error, "auth") && /AccessDenied|Unauthorized|Qualify/.test(text)) {
    const without =
      product === "cce" ? "nodes are looked up in the products then" : `leave ${product} out of MachineTypes`;
    return `grant the CCM's user read access to ${what} (${product.toUpperCase()})${optional ? `, or ${without}` : ""}`;
  }
  if (isBceError(error, "unavailable") && error.status === undefined) {
    return `make ${product}'s endpoint reachable from here, or correct Region or Endpoints in the cloud config`;
  }
  return advice;
}

/** What the products' documents allow an account that has asked for no more. */
export const DOCUMENTED_LIMITS = { loadBalancers: 60, addresses: 50, routeRules: 50 } as const;
const NAMES = { loadBalancers: "load balancers", addresses: "addresses (EIP)", routeRules: "rules in the route table" };
const PRODUCTS_WITH_QUOTAS = { loadBalancers: "BLB", addresses: "EIP", routeRules: "VPC" } as const;
/** From this share on it is worth a word. */
const NEARLY = 0.8;

/**
 * The account's own limits, from the quota centre; where that tells nothing, what was counted against the documented
 * ones. Which names it has for them is not published, so all that it tells of a product are shown.
 */
export async function checkQuotas(
  client: Pick<BceClient, "quotas">,
  used: CloudChecks["used"],
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const keys = Object.keys(NAMES) as (keyof typeof NAMES)[];
  const all = await Promise.all(
    keys.map(async (key): Promise<readonly Check[]> => {
      const told = await quotasOf(client, PRODUCTS_WITH_QUOTAS[key], signal);
      return told.length > 0 ? told : [documented(key, used[key])];
    }),
  );
  return all.flat();
}

async function quotasOf(
  client: Pick<BceClient, "quotas">,
  product: string,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  try {
    const quotas = await client.quotas.list(product, { signal, lane: "observe" });
    return quotas.flatMap(({ name, description, value, used }) => {
      const [limit, count] = [Number(value || Number.NaN), Number(used || Number.NaN)];
      if (!Number.isFinite(limit) || !Number.isFinite(count)) return [];
      return [quotaCheck(`${product} ${description || name}`, count, limit, "the account's limit")];
    });
  } catch (error) {
    if (signal.aborted) throw error;
    return [];
  }
}

function documented(key: keyof typeof NAMES, count: number | undefined): Check {
  if (count === undefined) return trouble("quota", NAMES[key], "skipped", "could not be counted");
  const whose = "the documented limit of an account that has asked for no more";
  return quotaCheck(NAMES[key], count, DOCUMENTED_LIMITS[key], whose);
}

function quotaCheck(name: string, count: number, limit: number, whose: string): Check {
  const detail = `${count} of ${limit}, ${whose}`;
  if (count < limit * NEARLY) return ok("quota", name, detail);
  const todo = "have the account's limit raised in the console before it is reached";
  return trouble("quota", name, "warning", detail, todo);
}

/** Where nodes are looked up. */
export async function checkNodeSource(config: CloudConfig, client: BceClient): Promise<Check> {
  try {
    const { source, why } = await nodeSourceOf(config, client);
    return ok("nodes", `NodeSource ${config.nodeSource}`, `${source}: ${why}`);
  } catch (error) {
    const text = errorText(error);
    return trouble(
      "nodes",
      `NodeSource ${config.nodeSource}`,
      "failed",
      `cannot be chosen now: ${text}`,
      adviceFor("", text),
    );
  }
}

/** Nodes of another cloud, or without a provider ID, get neither addresses nor routes nor traffic. */
export function checkNodes(nodes: readonly Node[]): Check {
  const strangers = nodes.filter(({ spec }) => instanceIdOf(spec?.providerID) === undefined);
  const names = strangers.slice(0, 5).map(({ metadata }) => metadata.name);
  if (strangers.length === 0) return ok("nodes", "provider IDs", `all ${nodes.length} nodes have one of this cloud`);
  const more = strangers.length > names.length ? ` and ${strangers.length - names.length} more` : "";
  const detail = `${strangers.length} of ${nodes.length} nodes have none of this cloud: ${names.join(", ")}${more}`;
  return trouble("nodes", "provider IDs", "warning", detail, `kubectl baiducloud explain node/${names[0]} says why`);
}
