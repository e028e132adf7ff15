import { LOG_LEVELS, type LogLevel } from "@ccm/base";
import type { ManagerConfig } from "./config.ts";
import { formatDuration, parseDuration } from "./duration.ts";
import { UsageError } from "./usage-error.ts";

/** Reads a flag's value. Throws a UsageError that names the flag and says what was expected. */
export type FlagParser = (value: string, flag: string) => unknown;

export interface FlagSpec {
  /** Without dashes; in camel case, it is the field of ManagerConfig that it sets. */
  readonly name: string;
  readonly help: string;
  readonly parse: FlagParser;
  /** The default as `--help` shows it; empty for none. */
  readonly shown: string;
  /** May stand without a value, and is true then. */
  readonly boolean: boolean;
}

/** All flags that set a field of ManagerConfig. */
export function flagTable(d: ManagerConfig): readonly FlagSpec[] {
  const spec =
    <T>(parse: FlagParser, show: (value: T) => string) =>
    (name: string, help: string, value: T): FlagSpec => ({
      name,
      help,
      parse,
      shown: show(value),
      boolean: parse === asBoolean,
    });
  const text = spec(asText, (value: string) => value);
  const list = spec(asList, (value: readonly string[]) => value.join(","));
  const flag = spec(asBoolean, (value: boolean) => String(value));
  const time = spec(asDuration, formatDuration);
  const timeOrOff = spec(asDurationOrZero, formatDuration);
  const count = spec(asInteger, (value: number) => String(value));
  const share = spec(asShare, (value: number) => String(value));
  const level = spec(asLogLevel, (value: string) => value);
  return [
    text("cloud-provider", "name of the cloud", d.cloudProvider),
    text("cloud-config", "file with the cloud's configuration", d.cloudConfig),
    text("kubeconfig", "kubeconfig file; without it, the Pod's service account", d.kubeconfig),
    text("master", "URL of the API server, instead of the kubeconfig's", d.master),
    text("cluster-name", "name of the cluster", d.clusterName),
    text("cluster-cidr", "CIDR of the Pods, or an IPv4 and an IPv6 one with a comma", d.clusterCidr),
    flag(
      "allocate-node-cidrs",
      "accepted, no effect: kube-controller-manager allocates Pod CIDRs",
      d.allocateNodeCidrs,
    ),
    flag("configure-cloud-routes", "make routes for the Pod CIDRs", d.configureCloudRoutes),
    flag("allow-untagged-cloud", "run without a cluster ID", d.allowUntaggedCloud),
    list("controllers", "controllers to run: * for all, x for one, -x for all but one", d.controllers),
    time("route-reconciliation-period", "between two looks at all routes", d.routeReconciliationPeriod),
    time("node-monitor-period", "between two looks at nodes that are not Ready", d.nodeMonitorPeriod),
    share(
      "node-deletion-stop-share",
      "delete no node while more than this share of all has no instance",
      d.nodeDeletionStopShare,
    ),
    time("node-status-update-frequency", "between two looks at all nodes' addresses", d.nodeStatusUpdateFrequency),
    timeOrOff(
      "service-drift-period",
      "between two looks at a load balancer that nobody touched, 0 for never",
      d.serviceDriftPeriod,
    ),
    count("concurrent-node-syncs", "nodes worked on at a time", d.concurrentNodeSyncs),
    count(
      "concurrent-node-status-updates",
      "nodes whose addresses are written at a time, 0 for as many as concurrent-node-syncs",
      d.concurrentNodeStatusUpdates,
    ),
    count("concurrent-service-syncs", "Services worked on at a time", d.concurrentServiceSyncs),
    flag("leader-elect", "let only one of several replicas work", d.leaderElect),
    time("leader-elect-lease-duration", "how long others wait for a silent leader", d.leaderElectLeaseDuration),
    time("leader-elect-renew-deadline", "how long a leader tries to renew", d.leaderElectRenewDeadline),
    time("leader-elect-retry-period", "between two tries", d.leaderElectRetryPeriod),
    text("leader-elect-resource-name", "name of the Lease", d.leaderElectResourceName),
    text("leader-elect-resource-namespace", "namespace of the Lease", d.leaderElectResourceNamespace),
    count("kube-api-qps", "calls to the API server a second", d.kubeApiQps),
    count("kube-api-burst", "calls to the API server at once", d.kubeApiBurst),
    text("bind-address", "address of the HTTPS server", d.bindAddress),
    count("secure-port", "port of the HTTPS server, 0 for none", d.securePort),
    text("tls-cert-file", "certificate of the HTTPS server; without it, one signed by itself", d.tlsCertFile),
    text("tls-private-key-file", "its key", d.tlsPrivateKeyFile),
    list("authorization-always-allow-paths", "paths that anybody may read", d.authorizationAlwaysAllowPaths),
    level("log-level", `one of ${LOG_LEVELS.join(", ")}`, d.logLevel),
    text("logging-format", "text or json", d.loggingFormat),
  ];
}

/** Flags of other cloud controller managers that have no effect, here or there. Whoever comes from one keeps the manifest. */
export const FLAGS_WITHOUT_EFFECT: readonly FlagSpec[] = [
  "authentication-skip-lookup",
  "cidr-allocator-type",
  "external-cloud-volume-plugin",
  "leader-elect-resource-lock",
  "node-sync-period",
].map((name) => ({
  name,
  help: "accepted, no effect",
  parse: name === "leader-elect-resource-lock" ? asLeases : asText,
  shown: "",
  boolean: name === "authentication-skip-lookup",
}));

function asText(value: string): string {
  return value;
}

function asList(value: string): readonly string[] {
  return value
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function asBoolean(value: string, flag: string): boolean {
  if (/^(1|t|T|TRUE|true|True)$/.test(value)) return true;
  if (/^(0|f|F|FALSE|false|False)$/.test(value)) return false;
  throw wrong(flag, value, "true or false");
}

function asDurationOrZero(value: string, flag: string): number {
  const ms = parseDuration(value);
  if (ms === undefined) throw wrong(flag, value, 'a duration such as "30s" or "1m30s"');
  return ms;
}

function asDuration(value: string, flag: string): number {
  const ms = asDurationOrZero(value, flag);
  if (ms === 0) throw wrong(flag, value, 'a duration above zero, such as "30s" or "1m30s"');
  return ms;
}

export function asInteger(value: string, flag: string): number {
  if (!/^-?\d+$/.test(value)) throw wrong(flag, value, "a whole number");
  return Number(value);
}

function asShare(value: string, flag: string): number {
  const share = /^\d*\.?\d+$/.test(value) ? Number(value) : Number.NaN;
  if (!(share >= 0 && share <= 1)) throw wrong(flag, value, "a number from 0 to 1");
  return share;
}

function asLogLevel(value: string, flag: string): LogLevel {
  const level = LOG_LEVELS.find((known) => known === value);
  if (!level) throw wrong(flag, value, `one of ${LOG_LEVELS.join(", ")}`);
  return level;
}

function asLeases(value: string): string {
  if (value !== "leases") throw new UsageError(`--leader-elect-resource-lock: resourceLock value must be "leases"`);
  return value;
}

function wrong(flag: string, value: string, expected: string): UsageError {
  return new UsageError(`--${flag} "${value}": expected ${expected}`);
}
