import { LOG_LEVELS, type LogLevel } from "@ccm/base";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { defaultConfig, type ManagerConfig } from "./config.ts";
import { unknownControllers } from "./controller-names.ts";
import { formatDuration, parseDuration } from "./duration.ts";

/** A command line that cannot be understood: the message is one line for the user, the exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export interface CommandInfo {
  readonly command: string;
  readonly description: string;
  readonly version: string;
  /** Default, and the only accepted value, of --cloud-provider. */
  readonly cloudProvider: string;
}

export type ParsedFlags =
  | { readonly kind: "run"; readonly config: ManagerConfig }
  /** --help or --version: print the text and leave. */
  | { readonly kind: "print"; readonly text: string };

type Parser = (text: string) => unknown;

/** Reads the command line. Throws a UsageError. */
export function parseFlags(argv: readonly string[], info: CommandInfo): ParsedFlags {
  const defaults = defaultConfig(info.cloudProvider);
  let printed = "";
  const command = new Command(info.command)
    .description(info.description)
    .helpOption("-h, --help", "show this text")
    .version(info.version, "--version", "show the version")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        printed += text;
      },
      writeErr: () => {},
    });
  for (const { flag, help, parse, show } of flagSpecs(defaults)) {
    const option = new Option(`--${flag} <value>`, show === "" ? help : `${help} (default ${show})`);
    command.addOption(option.argParser(parse));
  }
  try {
    command.parse(normalise(argv), { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { kind: "print", text: printed };
    throw new UsageError(`${error.message.replace(/^error: /, "").replaceAll("\n", " ")} (see --help)`);
  }
  if (command.args.length > 0) {
    throw new UsageError(`"${info.command}" does not take any arguments, got [${command.args.join(" ")}]`);
  }
  const config = { ...defaults, ...command.opts<Partial<ManagerConfig>>() };
  const faults = validate(config, info.cloudProvider);
  if (faults.length > 0) throw new UsageError(faults.join("; "));
  return { kind: "run", config };
}

/** Underscores become dashes, and a boolean flag without a value is true, as in Go. */
function normalise(argv: readonly string[]): string[] {
  const booleans = new Set(["allocate-node-cidrs", "configure-cloud-routes", "allow-untagged-cloud", "leader-elect"]);
  return argv.map((arg) => {
    const match = /^--([^=]+)(=.*)?$/s.exec(arg);
    if (!match) return arg;
    const name = (match[1] ?? "").replaceAll("_", "-");
    return `--${name}${match[2] ?? (booleans.has(name) ? "=true" : "")}`;
  });
}

function flagSpecs(d: ManagerConfig): { flag: string; help: string; parse: Parser; show: string }[] {
  const list = (values: readonly string[]) => values.join(",");
  const spec = (flag: string, help: string, parse: Parser, show: string) => ({ flag, help, parse, show });
  return [
    spec("cloud-provider", "name of the cloud", text, d.cloudProvider),
    spec("cloud-config", "file with the cloud's configuration", text, ""),
    spec("kubeconfig", "kubeconfig file; without it, the Pod's service account", text, ""),
    spec("master", "URL of the API server, instead of the kubeconfig's", text, ""),
    spec("cluster-name", "name of the cluster", text, d.clusterName),
    spec("cluster-cidr", "CIDR of the Pods, or an IPv4 and an IPv6 one with a comma", text, ""),
    spec(
      "allocate-node-cidrs",
      "accepted; kube-controller-manager allocates Pod CIDRs",
      boolean,
      String(d.allocateNodeCidrs),
    ),
    spec("configure-cloud-routes", "make routes for the Pod CIDRs", boolean, String(d.configureCloudRoutes)),
    spec("allow-untagged-cloud", "run without a cluster ID", boolean, String(d.allowUntaggedCloud)),
    spec("controllers", "controllers to run: * for all, x for one, -x for all but one", csv, list(d.controllers)),
    spec(
      "route-reconciliation-period",
      "between two looks at all routes",
      duration,
      formatDuration(d.routeReconciliationPeriod),
    ),
    spec(
      "node-monitor-period",
      "between two looks at nodes that are not Ready",
      duration,
      formatDuration(d.nodeMonitorPeriod),
    ),
    spec(
      "node-status-update-frequency",
      "between two looks at all nodes' addresses",
      duration,
      formatDuration(d.nodeStatusUpdateFrequency),
    ),
    spec(
      "service-drift-period",
      "between two looks at a load balancer that nobody touched",
      duration,
      formatDuration(d.serviceDriftPeriod),
    ),
    spec("concurrent-node-syncs", "nodes worked on at a time", positive, String(d.concurrentNodeSyncs)),
    spec("concurrent-service-syncs", "Services worked on at a time", positive, String(d.concurrentServiceSyncs)),
    spec("leader-elect", "let only one of several replicas work", boolean, String(d.leaderElect)),
    spec(
      "leader-elect-lease-duration",
      "how long others wait for a silent leader",
      duration,
      formatDuration(d.leaderElectLeaseDuration),
    ),
    spec(
      "leader-elect-renew-deadline",
      "how long a leader tries to renew",
      duration,
      formatDuration(d.leaderElectRenewDeadline),
    ),
    spec("leader-elect-retry-period", "between two tries", duration, formatDuration(d.leaderElectRetryPeriod)),
    spec("leader-elect-resource-name", "name of the Lease", text, d.leaderElectResourceName),
    spec("leader-elect-resource-namespace", "namespace of the Lease", text, d.leaderElectResourceNamespace),
    spec("kube-api-qps", "calls to the API server a second", positive, String(d.kubeApiQps)),
    spec("kube-api-burst", "calls to the API server at once", positive, String(d.kubeApiBurst)),
    spec("bind-address", "address of the HTTPS server", text, d.bindAddress),
    spec("secure-port", "port of the HTTPS server, 0 for none", integer, String(d.securePort)),
    spec("tls-cert-file", "certificate of the HTTPS server; without it, one signed by itself", text, ""),
    spec("tls-private-key-file", "its key", text, ""),
    spec("authorization-always-allow-paths", "paths that anybody may read", csv, list(d.authorizationAlwaysAllowPaths)),
    spec("log-level", `one of ${LOG_LEVELS.join(", ")}`, logLevel, d.logLevel),
    spec("logging-format", "text or json", text, d.loggingFormat),
  ];
}

function validate(config: ManagerConfig, cloudProvider: string): readonly string[] {
  const faults: string[] = [];
  if (config.cloudProvider === "") faults.push("--cloud-provider cannot be empty");
  else if (config.cloudProvider !== cloudProvider) {
    faults.push(`unknown cloud provider "${config.cloudProvider}": expected "${cloudProvider}"`);
  }
  for (const name of unknownControllers(config.controllers)) {
    faults.push(`"${name}" is not in the list of known controllers`);
  }
  if (config.securePort < 0 || config.securePort > 65535) {
    faults.push(
      `--secure-port ${config.securePort} must be between 0 and 65535, inclusive. 0 for turning off secure port`,
    );
  }
  if ((config.tlsCertFile === "") !== (config.tlsPrivateKeyFile === "")) {
    faults.push("--tls-cert-file and --tls-private-key-file: expected both or none");
  }
  if (config.leaderElect && config.leaderElectLeaseDuration <= config.leaderElectRenewDeadline) {
    faults.push("--leader-elect-lease-duration must be greater than --leader-elect-renew-deadline");
  }
  if (config.leaderElect && config.leaderElectRenewDeadline <= config.leaderElectRetryPeriod * 1.2) {
    faults.push("--leader-elect-renew-deadline must be greater than 1.2 times --leader-elect-retry-period");
  }
  if (config.loggingFormat !== "text" && config.loggingFormat !== "json") {
    faults.push(`--logging-format "${config.loggingFormat}": expected text or json`);
  }
  return faults;
}

const text: Parser = (value) => value;
const csv: Parser = (value) =>
  value
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
const boolean: Parser = (value) => {
  if (/^(1|t|T|TRUE|true|True)$/.test(value)) return true;
  if (/^(0|f|F|FALSE|false|False)$/.test(value)) return false;
  throw new InvalidArgumentError("Expected true or false.");
};
const duration: Parser = (value) => {
  const ms = parseDuration(value);
  if (ms === undefined || ms <= 0) throw new InvalidArgumentError('Expected a duration such as "30s" or "1m30s".');
  return ms;
};
const integer: Parser = (value) => {
  if (!/^-?\d+$/.test(value)) throw new InvalidArgumentError("Expected a whole number.");
  return Number(value);
};
const positive: Parser = (value) => {
  if (!/^\d+$/.test(value) || Number(value) < 1)
    throw new InvalidArgumentError("Expected a whole number of at least 1.");
  return Number(value);
};
const logLevel: Parser = (value) => {
  if (LOG_LEVELS.includes(value as LogLevel)) return value;
  throw new InvalidArgumentError(`Expected one of ${LOG_LEVELS.join(", ")}.`);
};
