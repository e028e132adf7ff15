import type { ManagerConfig } from "./config.ts";
import { CONTROLLER_NAMES, type ControllerName, unknownNames } from "./controller-names.ts";
import { FEATURE_GATES } from "./feature-gates.ts";
import { parseSniPair, tlsFaults } from "./tls-settings.ts";

/** What the command line is checked against. */
export interface Known {
  /** The one cloud that is built in. */
  readonly cloudProvider: string;
  /** Default: upstream's four. */
  readonly controllers?: readonly ControllerName[];
  readonly webhooks?: readonly string[];
}

/** What is wrong with it, one sentence each, in upstream's words where it has some. */
export function validateConfig(config: ManagerConfig, known: Known): readonly string[] {
  return [
    ...nameFaults(config, known),
    ...numberFaults(config),
    ...electionFaults(config),
    ...servingFaults(config),
    ...(config.loggingFormat === "text" || config.loggingFormat === "json"
      ? []
      : [`--logging-format "${config.loggingFormat}": expected text or json`]),
  ];
}

function nameFaults(config: ManagerConfig, known: Known): readonly string[] {
  const faults: string[] = [];
  if (config.cloudProvider === "") faults.push("--cloud-provider cannot be empty");
  else if (config.cloudProvider !== known.cloudProvider) {
    faults.push(`unknown cloud provider "${config.cloudProvider}": expected "${known.cloudProvider}"`);
  }
  for (const name of unknownNames(config.controllers, known.controllers ?? CONTROLLER_NAMES)) {
    faults.push(`"${name}" is not in the list of known controllers`);
  }
  const webhooks = (known.webhooks ?? []).map((canonical) => ({ canonical }));
  for (const name of unknownNames(config.webhooks, webhooks)) {
    faults.push(`"${name}" is not in the list of known webhooks`);
  }
  for (const name of Object.keys(config.featureGates)) {
    if (!/^All(Alpha|Beta)$/.test(name) && !FEATURE_GATES.some((gate) => gate.name === name)) {
      faults.push(`--feature-gates: unrecognized feature gate: ${name}`);
    }
  }
  return faults;
}

function numberFaults(config: ManagerConfig): readonly string[] {
  return unless([
    [config.concurrentNodeSyncs > 0, "concurrent-node-syncs must be a positive number"],
    [config.concurrentNodeStatusUpdates >= 0, "concurrent-node-status-updates cannot be a negative number"],
    [config.concurrentServiceSyncs > 0, "concurrent-service-syncs must be a positive number"],
    [config.kubeApiQps !== 0, "kube-api-qps cannot be zero"],
    [config.kubeApiBurst > 0, "kube-api-burst must be a positive number"],
  ]);
}

function electionFaults(config: ManagerConfig): readonly string[] {
  if (!config.leaderElect) return [];
  const { leaderElectLeaseDuration: lease, leaderElectRenewDeadline: renew, leaderElectRetryPeriod: retry } = config;
  return unless([
    [config.leaderElectResourceLock === "leases", 'resourceLock value must be "leases"'],
    [config.leaderElectResourceName !== "", "--leader-elect-resource-name cannot be empty"],
    [config.leaderElectResourceNamespace !== "", "--leader-elect-resource-namespace cannot be empty"],
    [lease > renew, "--leader-elect-lease-duration must be greater than --leader-elect-renew-deadline"],
    [renew > retry * 1.2, "--leader-elect-renew-deadline must be greater than 1.2 times --leader-elect-retry-period"],
  ]);
}

function servingFaults(config: ManagerConfig): readonly string[] {
  const { securePort, webhookSecurePort } = config;
  const isPort = (port: number) => port >= 0 && port <= 65535;
  const range = "must be between 0 and 65535, inclusive. 0 for turning off secure port";
  const bothOrNone = (prefix: string, cert: string, key: string): readonly [boolean, string] => [
    (cert === "") === (key === ""),
    `--${prefix}tls-cert-file and --${prefix}tls-private-key-file: expected both or none`,
  ];
  return [
    ...unless([
      [isPort(securePort), `--secure-port ${securePort} ${range}`],
      [isPort(webhookSecurePort), `--webhook-secure-port ${webhookSecurePort} ${range}`],
      [
        webhookSecurePort === 0 || webhookSecurePort !== securePort,
        "--webhook-secure-port cannot be the same value as --secure-port",
      ],
      bothOrNone("", config.tlsCertFile, config.tlsPrivateKeyFile),
      bothOrNone("webhook-", config.webhookTlsCertFile, config.webhookTlsPrivateKeyFile),
    ]),
    ...tlsFaults("", config.tlsCipherSuites, config.tlsMinVersion, config.tlsCurvePreferences),
    ...tlsFaults(
      "webhook-",
      config.webhookTlsCipherSuites,
      config.webhookTlsMinVersion,
      config.webhookTlsCurvePreferences,
    ),
    ...sniFaults("", config.tlsSniCertKey),
    ...sniFaults("webhook-", config.webhookTlsSniCertKey),
  ];
}

function sniFaults(prefix: string, pairs: readonly string[]): readonly string[] {
  return pairs
    .filter((pair) => parseSniPair(pair) === undefined)
    .map((pair) => `--${prefix}tls-sni-cert-key "${pair}": expected cert,key or cert,key:name,*.name`);
}

/** The sentences whose condition does not hold. */
function unless(rules: readonly (readonly [holds: boolean, otherwise: string])[]): readonly string[] {
  return rules.filter(([holds]) => !holds).map(([, otherwise]) => otherwise);
}
