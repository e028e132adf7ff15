import type { LogLevel } from "@ccm/base";
import { unknownControllers } from "./controller-names.ts";

/** What the flags say. Durations are in milliseconds. */
export interface ManagerConfig {
  readonly cloudProvider: string;
  readonly cloudConfig: string;
  readonly kubeconfig: string;
  readonly master: string;
  readonly clusterName: string;
  readonly clusterCidr: string;
  readonly allocateNodeCidrs: boolean;
  readonly configureCloudRoutes: boolean;
  readonly allowUntaggedCloud: boolean;
  readonly controllers: readonly string[];
  readonly routeReconciliationPeriod: number;
  readonly nodeMonitorPeriod: number;
  /** Above this share of vanished nodes none is deleted: 0 … 1. */
  readonly nodeDeletionStopShare: number;
  readonly nodeStatusUpdateFrequency: number;
  readonly serviceDriftPeriod: number;
  readonly concurrentNodeSyncs: number;
  /** 0: as many as concurrentNodeSyncs. */
  readonly concurrentNodeStatusUpdates: number;
  readonly concurrentServiceSyncs: number;
  readonly leaderElect: boolean;
  readonly leaderElectLeaseDuration: number;
  readonly leaderElectRenewDeadline: number;
  readonly leaderElectRetryPeriod: number;
  readonly leaderElectResourceName: string;
  readonly leaderElectResourceNamespace: string;
  readonly kubeApiQps: number;
  readonly kubeApiBurst: number;
  readonly bindAddress: string;
  readonly securePort: number;
  readonly tlsCertFile: string;
  readonly tlsPrivateKeyFile: string;
  readonly authorizationAlwaysAllowPaths: readonly string[];
  readonly logLevel: LogLevel;
  readonly loggingFormat: "text" | "json";
}

/** The flags' defaults. Those that differ from upstream's are in docs/deviations.md. */
export function defaultConfig(cloudProvider: string): ManagerConfig {
  return {
    cloudProvider,
    cloudConfig: "",
    kubeconfig: "",
    master: "",
    clusterName: "kubernetes",
    clusterCidr: "",
    allocateNodeCidrs: false,
    configureCloudRoutes: true,
    allowUntaggedCloud: false,
    controllers: ["*"],
    routeReconciliationPeriod: 10_000,
    nodeMonitorPeriod: 5000,
    nodeDeletionStopShare: 0.5,
    nodeStatusUpdateFrequency: 300_000,
    serviceDriftPeriod: 600_000,
    concurrentNodeSyncs: 10,
    concurrentNodeStatusUpdates: 0,
    concurrentServiceSyncs: 10,
    leaderElect: true,
    leaderElectLeaseDuration: 15_000,
    leaderElectRenewDeadline: 10_000,
    leaderElectRetryPeriod: 2000,
    leaderElectResourceName: "cloud-controller-manager",
    leaderElectResourceNamespace: "kube-system",
    kubeApiQps: 100,
    kubeApiBurst: 200,
    bindAddress: "0.0.0.0",
    securePort: 10258,
    tlsCertFile: "",
    tlsPrivateKeyFile: "",
    authorizationAlwaysAllowPaths: ["/healthz", "/readyz", "/livez"],
    logLevel: "info",
    loggingFormat: "text",
  };
}

/** What is wrong with it, one sentence each, in upstream's words where it has some. `cloudProvider`: the one built in. */
export function validateConfig(config: ManagerConfig, cloudProvider: string): readonly string[] {
  const faults: string[] = [];
  const expect = (holds: boolean, otherwise: string) => {
    if (!holds) faults.push(otherwise);
  };
  if (config.cloudProvider === "") faults.push("--cloud-provider cannot be empty");
  else if (config.cloudProvider !== cloudProvider) {
    faults.push(`unknown cloud provider "${config.cloudProvider}": expected "${cloudProvider}"`);
  }
  for (const name of unknownControllers(config.controllers)) {
    faults.push(`"${name}" is not in the list of known controllers`);
  }
  const port = config.securePort;
  expect(
    port >= 0 && port <= 65535,
    `--secure-port ${port} must be between 0 and 65535, inclusive. 0 for turning off secure port`,
  );
  expect(config.concurrentNodeSyncs > 0, "concurrent-node-syncs must be a positive number");
  expect(config.concurrentNodeStatusUpdates >= 0, "concurrent-node-status-updates cannot be a negative number");
  expect(config.concurrentServiceSyncs > 0, "concurrent-service-syncs must be a positive number");
  expect(config.kubeApiQps > 0 && config.kubeApiBurst > 0, "kube-api-qps and kube-api-burst must be positive numbers");
  expect(
    (config.tlsCertFile === "") === (config.tlsPrivateKeyFile === ""),
    "--tls-cert-file and --tls-private-key-file: expected both or none",
  );
  if (config.leaderElect) {
    const { leaderElectLeaseDuration: lease, leaderElectRenewDeadline: renew, leaderElectRetryPeriod: retry } = config;
    expect(lease > renew, "--leader-elect-lease-duration must be greater than --leader-elect-renew-deadline");
    expect(
      renew > retry * 1.2,
      "--leader-elect-renew-deadline must be greater than 1.2 times --leader-elect-retry-period",
    );
  }
  expect(
    config.loggingFormat === "text" || config.loggingFormat === "json",
    `--logging-format "${config.loggingFormat}": expected text or json`,
  );
  return faults;
}
