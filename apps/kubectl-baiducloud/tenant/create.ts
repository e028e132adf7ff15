import { hasCode } from "@ccm/kube";
import { type Owner, TENANTS, type Tenant, type TenantSpec } from "@ccm/tenancy";
import { stringify } from "yaml";
import { EXIT, type Io, UsageFault } from "../io.ts";
import { type ClusterOptions, listTenants, withTenants } from "./cluster.ts";

export interface CreateOptions extends ClusterOptions {
  readonly owner: readonly string[];
  readonly maxNamespaces?: string;
  readonly prefix?: string;
  readonly quota: readonly string[];
  readonly maxLoadBalancers?: string;
  readonly maxPublicIps?: string;
  readonly maxBandwidth?: string;
  readonly subnet: readonly string[];
  readonly tag: readonly string[];
  readonly isolation?: "none" | "tenant" | "namespace";
  readonly dryRun: boolean;
}

const KINDS = ["User", "Group", "ServiceAccount", "IAMUser", "IAMRole"] as const;
const ROLES = ["admin", "devops", "readonly"] as const;

/** Makes a Tenant of flags, or prints it. */
export async function create(io: Io, name: string, options: CreateOptions): Promise<number> {
  const tenant: Tenant = { metadata: { name }, spec: specOf(options) };
  if (options.dryRun) {
    const { group, version, kind } = TENANTS;
    io.out(stringify({ apiVersion: `${group}/${version}`, kind, ...tenant }));
    return EXIT.nothing;
  }
  await withTenants(io, options, async ({ client }) => {
    try {
      await client.create(TENANTS, tenant, { signal: io.signal });
    } catch (error) {
      if (hasCode(error, "not_found")) await listTenants(client, io.signal);
      throw hasCode(error, "conflict") || hasCode(error, "already_exists")
        ? new Error(`Tenant ${name} exists already: change it with kubectl edit tenant ${name}`)
        : error;
    }
  });
  io.out(`Tenant ${name} created.\n`);
  return EXIT.nothing;
}

export function specOf(options: CreateOptions): TenantSpec {
  const { owner, quota, subnet, tag, prefix, isolation } = options;
  const max = countOf("--max-namespaces", options.maxNamespaces);
  const cloud = present({
    maxLoadBalancers: countOf("--max-load-balancers", options.maxLoadBalancers),
    maxPublicIPs: countOf("--max-public-ips", options.maxPublicIps),
    maxBandwidthMbps: countOf("--max-bandwidth", options.maxBandwidth),
    allowedSubnets: subnet.length > 0 ? subnet : undefined,
    tags: tag.length > 0 ? pairsOf("--tag", tag) : undefined,
  });
  const namespaces = present({ max, prefix });
  return present({
    owners: owner.length > 0 ? owner.map(ownerOf) : undefined,
    namespaces: Object.keys(namespaces).length > 0 ? namespaces : undefined,
    quota: quota.length > 0 ? { hard: pairsOf("--quota", quota) } : undefined,
    network: isolation === undefined ? undefined : { isolation },
    cloud: Object.keys(cloud).length > 0 ? cloud : undefined,
  });
}

/** `KIND/NAME`, of a ServiceAccount `ServiceAccount/NAMESPACE/NAME`; a role behind `=`. */
function ownerOf(text: string): Owner {
  const [who = "", role] = text.split("=");
  const parts = who.split("/");
  const kind = KINDS.find((one) => one.toLowerCase() === parts[0]?.toLowerCase());
  const expected = kind === "ServiceAccount" ? 3 : 2;
  if (!kind || parts.length !== expected || parts.some((part) => part === "")) {
    throw new UsageFault(
      `--owner ${text}: expected User/NAME, Group/NAME, IAMUser/ID, IAMRole/ID or ServiceAccount/NAMESPACE/NAME, and =ROLE where it is not admin`,
    );
  }
  const known = ROLES.find((one) => one === (role ?? "admin"));
  if (!known) throw new UsageFault(`--owner ${text}: expected one of the roles ${ROLES.join(", ")}`);
  const named =
    kind === "ServiceAccount" ? { namespace: parts[1] ?? "", name: parts[2] ?? "" } : { name: parts[1] ?? "" };
  return { kind, ...named, role: known };
}

function countOf(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw new UsageFault(`${flag} ${text}: expected a whole number, 0 or more`);
  return Number(text);
}

function pairsOf(flag: string, pairs: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, key, value] = /^([^=]+)=(.+)$/s.exec(pair) ?? [];
      if (key === undefined || value === undefined) throw new UsageFault(`${flag} ${pair}: expected KEY=VALUE`);
      return [key, value];
    }),
  );
}

type Present<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

/** Without what is undefined. */
function present<T extends object>(fields: T): Present<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<T>;
}
