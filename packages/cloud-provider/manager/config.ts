import type { LogLevel } from "@ccm/base";

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
  readonly nodeStatusUpdateFrequency: number;
  readonly serviceDriftPeriod: number;
  readonly concurrentNodeSyncs: number;
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
    nodeStatusUpdateFrequency: 300_000,
    serviceDriftPeriod: 600_000,
    concurrentNodeSyncs: 10,
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
