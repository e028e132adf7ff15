import { DEFAULT_QUOTAS, type Quotas } from "../account.ts";
import { NAME, TAG } from "../api/common.ts";
import { boolean, type Infer, integer, list, object, oneOf, optional, type Schema, text } from "../api/schema.ts";
import { LEVEL } from "../products/blb/balancer-schemas.ts";
import { LISTENER_TYPES, ordinaryKind, PORT } from "../products/blb/listener-fields.ts";
import { unionOf } from "../products/blb/listener-parts.ts";

/**
 * What a world is made of, as a file says it: the one declaration from which come the types, the checks, the published JSON
 * Schema and the reference page. Objects refer to each other by name, or by id where names are not unique.
 */

const BYTE = "(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const IPV4 = `${BYTE}(\\.${BYTE}){3}`;
const IP = text({ pattern: new RegExp(`^${IPV4}$`), hint: "an IPv4 address such as 192.168.0.4" });
const CIDR = text({
  pattern: new RegExp(`^${IPV4}/(3[0-2]|[12]?\\d)$`),
  hint: "an IPv4 CIDR such as 192.168.0.0/16",
});
const MOST_MACHINES = 10_000;

/** Also an IPv6 one, of an IPv6 address. */
const PUBLIC_IP = text({
  pattern: new RegExp(`^(127(\\.${BYTE}){3}|[0-9a-fA-F]*:[0-9a-fA-F:]+)$`),
  hint: "an address of 127.0.0.0/8, as public addresses are loopback ones here",
});

function id(...prefixes: readonly string[]) {
  return optional(
    text({
      pattern: new RegExp(`^(${prefixes.join("|")})-[0-9A-Za-z]{4,32}$`),
      hint: `an id such as ${prefixes[0]}-1a2b3c4d`,
    }),
  );
}

function all<T>(item: Schema<T>) {
  return optional(list(item, Number.MAX_SAFE_INTEGER));
}

const DESCRIPTION = optional(text({ max: 200 }));
const TAGS = all(TAG);
const REFERENCE = text();

const QUOTAS = object(
  Object.fromEntries(Object.keys(DEFAULT_QUOTAS).map((name) => [name, optional(integer())])) as {
    readonly [K in keyof Quotas]: Schema<number | undefined>;
  },
);

const INSTANCE = object({
  id: id("i", "hpas"),
  name: text(),
  count: optional(integer(1, MOST_MACHINES)),
  product: optional(oneOf("bcc", "bbc", "hpas")),
  spec: optional(text()),
  hostname: optional(text()),
  internalIp: optional(IP),
  host: optional(text()),
  ipv6: optional(boolean()),
  status: optional(oneOf("Running", "Stopped", "Expired", "Error")),
  inCluster: optional(boolean()),
  securityGroups: all(REFERENCE),
  description: DESCRIPTION,
  tags: TAGS,
});

const SUBNET = object({
  id: id("sbn"),
  name: text(),
  zone: text(),
  cidr: CIDR,
  type: optional(oneOf("BCC", "BCC_NAT", "BBC")),
  ipv6: optional(boolean()),
  description: DESCRIPTION,
  tags: TAGS,
  instances: all(INSTANCE),
});

const SECURITY_GROUP_RULE = object({
  direction: oneOf("ingress", "egress"),
  protocol: optional(oneOf("tcp", "udp", "icmp", "all")),
  portRange: optional(text({ pattern: /^\d{1,5}(-\d{1,5})?$/, hint: '"80" or "1-65535"' })),
  ethertype: optional(oneOf("IPv4", "IPv6")),
  sourceIp: optional(text()),
  sourceGroup: optional(REFERENCE),
  destIp: optional(text()),
  destGroup: optional(REFERENCE),
  remark: optional(text()),
});

const SECURITY_GROUP = object({
  id: id("g"),
  name: text({ max: 65 }),
  description: optional(text()),
  tags: TAGS,
  rules: all(SECURITY_GROUP_RULE),
});

const LISTENER = object({
  protocol: oneOf(...LISTENER_TYPES),
  port: PORT,
  ...unionOf(LISTENER_TYPES.map((type) => ordinaryKind(type).fields)),
});

const BACKEND = object({
  instance: REFERENCE,
  weight: optional(integer(0, 100)),
  description: optional(text()),
  privateIp: optional(IP),
});

const LOAD_BALANCER = object({
  id: id("lb"),
  name: NAME,
  subnet: REFERENCE,
  address: optional(IP),
  ipVersion: optional(oneOf("ipv4", "dual", "ipv6")),
  description: optional(text({ maxBytes: 450 })),
  performanceLevel: optional(LEVEL),
  allowDelete: optional(boolean()),
  securityGroups: all(REFERENCE),
  tags: TAGS,
  listeners: all(LISTENER),
  backends: all(BACKEND),
});

const ROUTE = object({
  destination: text(),
  source: optional(text()),
  nextHop: text(),
  nextHopType: optional(oneOf("custom", "vpn", "dcGateway", "peerConn", "enic")),
  description: DESCRIPTION,
});

const VPC = object({
  id: id("vpc"),
  name: text({ max: 65 }),
  cidr: CIDR,
  default: optional(boolean()),
  ipv6: optional(boolean()),
  secondaryCidrs: all(CIDR),
  description: DESCRIPTION,
  tags: TAGS,
  subnets: all(SUBNET),
  securityGroups: all(SECURITY_GROUP),
  loadBalancers: all(LOAD_BALANCER),
  routes: all(ROUTE),
});

const EIP = object({
  id: id("ip"),
  name: optional(text({ max: 65 })),
  address: optional(PUBLIC_IP),
  ipVersion: optional(oneOf("ipv4", "ipv6")),
  bandwidthInMbps: optional(integer(1, 5000)),
  billingMethod: optional(oneOf("ByTraffic", "ByBandwidth")),
  routeType: optional(oneOf("BGP", "BGP_S")),
  deleteProtect: optional(boolean()),
  boundTo: optional(REFERENCE),
  tags: TAGS,
});

const REGION = object({
  name: text({ pattern: /^[a-z]{2,8}$/, hint: 'the short name of a region, such as "bj"' }),
  vpcs: all(VPC),
  eips: all(EIP),
});

const ACCOUNT = object({
  id: text({ pattern: /^[0-9A-Za-z_-]{1,64}$/, hint: "1 to 64 letters, digits, _ and -" }),
  credentials: optional(
    object({
      accessKeyId: text({ pattern: /^[0-9A-Za-z_-]{4,128}$/, hint: "4 to 128 letters, digits, _ and -" }),
      secretAccessKey: text({ max: 256 }),
    }),
  ),
  quotas: optional(QUOTAS),
  regions: all(REGION),
});

export const WORLD = object({ accounts: list(ACCOUNT, Number.MAX_SAFE_INTEGER) });

export type WorldFile = Infer<typeof WORLD>;
export type AccountFile = Infer<typeof ACCOUNT>;
export type RegionFile = Infer<typeof REGION>;
export type VpcFile = Infer<typeof VPC>;
export type SubnetFile = Infer<typeof SUBNET>;
export type InstanceFile = Infer<typeof INSTANCE>;
export type SecurityGroupFile = Infer<typeof SECURITY_GROUP>;
export type SecurityGroupRuleFile = Infer<typeof SECURITY_GROUP_RULE>;
export type LoadBalancerFile = Infer<typeof LOAD_BALANCER>;
export type ListenerFile = Infer<typeof LISTENER>;
export type BackendFile = Infer<typeof BACKEND>;
export type RouteFile = Infer<typeof ROUTE>;
export type EipFile = Infer<typeof EIP>;

/** The objects of a file by the key that holds them, for the reference page. */
export const KINDS: Readonly<Record<string, Schema>> = {
  accounts: ACCOUNT,
  regions: REGION,
  vpcs: VPC,
  subnets: SUBNET,
  instances: INSTANCE,
  securityGroups: SECURITY_GROUP,
  rules: SECURITY_GROUP_RULE,
  loadBalancers: LOAD_BALANCER,
  listeners: LISTENER,
  backends: BACKEND,
  routes: ROUTE,
  eips: EIP,
};
