import type { LogLevel } from "@ccm/base";
import { IGNORED_ANNOTATIONS } from "../services/needs-update.ts";

/** What the flags say, one field for each, in the flags' own names. Durations are in milliseconds. */
export interface ManagerConfig extends ServingConfig, LoggingConfig {
  readonly cloudProvider: string;
  readonly cloudConfig: string;
  readonly kubeconfig: string;
  readonly master: string;
  readonly clusterName: string;
  readonly clusterCidr: string;
  readonly allocateNodeCidrs: boolean;
  readonly cidrAllocatorType: string;
  readonly configureCloudRoutes: boolean;
  readonly allowUntaggedCloud: boolean;
  readonly externalCloudVolumePlugin: string;
  readonly useServiceAccountCredentials: boolean;
  readonly controllers: readonly string[];
  readonly controllerStartInterval: number;
  readonly featureGates: Readonly<Record<string, boolean>>;
  readonly minResyncPeriod: number;
  readonly routeReconciliationPeriod: number;
  readonly nodeMonitorPeriod: number;
  readonly nodeSyncPeriod: number;
  /** Above this share of vanished nodes none is deleted: 0 … 1. */
  readonly nodeDeletionStopShare: number;
  readonly nodeStatusUpdateFrequency: number;
  readonly serviceDriftPeriod: number;
  /** Keys; one that ends in "/" is a prefix. */
  readonly serviceIgnoredAnnotations: readonly string[];
  readonly concurrentNodeSyncs: number;
  /** 0: as many as concurrentNodeSyncs. */
  readonly concurrentNodeStatusUpdates: number;
  readonly concurrentServiceSyncs: number;
  readonly leaderElect: boolean;
  readonly leaderElectLeaseDuration: number;
  readonly leaderElectRenewDeadline: number;
  readonly leaderElectRetryPeriod: number;
  readonly leaderElectResourceLock: string;
  readonly leaderElectResourceName: string;
  readonly leaderElectResourceNamespace: string;
  readonly enableLeaderMigration: boolean;
  readonly leaderMigrationConfig: string;
  readonly kubeApiContentType: string;
  /** Below zero: no limit. */
  readonly kubeApiQps: number;
  readonly kubeApiBurst: number;
}

/** The HTTPS servers, and who may read them. */
export interface ServingConfig {
  readonly bindAddress: string;
  readonly securePort: number;
  readonly certDir: string;
  readonly tlsCertFile: string;
  readonly tlsPrivateKeyFile: string;
  readonly tlsCipherSuites: readonly string[];
  readonly tlsMinVersion: string;
  /** TLS group numbers. */
  readonly tlsCurvePreferences: readonly number[];
  /** `cert,key` or `cert,key:name,*.name`. */
  readonly tlsSniCertKey: readonly string[];
  readonly disableHttp2Serving: boolean;
  readonly http2MaxStreamsPerConnection: number;
  readonly permitPortSharing: boolean;
  readonly permitAddressSharing: boolean;
  readonly profiling: boolean;
  readonly contentionProfiling: boolean;
  readonly authenticationKubeconfig: string;
  readonly authenticationSkipLookup: boolean;
  readonly authenticationTolerateLookupFailure: boolean;
  readonly authenticationTokenWebhookCacheTtl: number;
  readonly clientCaFile: string;
  readonly requestheaderUsernameHeaders: readonly string[];
  readonly requestheaderUidHeaders: readonly string[];
  readonly requestheaderGroupHeaders: readonly string[];
  readonly requestheaderExtraHeadersPrefix: readonly string[];
  readonly requestheaderClientCaFile: string;
  readonly requestheaderAllowedNames: readonly string[];
  readonly authorizationKubeconfig: string;
  readonly authorizationAlwaysAllowPaths: readonly string[];
  readonly authorizationWebhookCacheAuthorizedTtl: number;
  readonly authorizationWebhookCacheUnauthorizedTtl: number;
  readonly webhooks: readonly string[];
  readonly webhookBindAddress: string;
  readonly webhookSecurePort: number;
  readonly webhookCertDir: string;
  readonly webhookTlsCertFile: string;
  readonly webhookTlsPrivateKeyFile: string;
  readonly webhookTlsCipherSuites: readonly string[];
  readonly webhookTlsMinVersion: string;
  readonly webhookTlsCurvePreferences: readonly number[];
  readonly webhookTlsSniCertKey: readonly string[];
  readonly webhookDisableHttp2Serving: boolean;
}

export interface LoggingConfig {
  readonly logLevel: LogLevel;
  readonly loggingFormat: string;
  readonly logFlushFrequency: number;
  readonly logTextSplitStream: boolean;
  readonly logTextInfoBufferSize: string;
  readonly logJsonSplitStream: boolean;
  readonly logJsonInfoBufferSize: string;
  readonly vmodule: string;
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
    cidrAllocatorType: "RangeAllocator",
    configureCloudRoutes: true,
    allowUntaggedCloud: false,
    externalCloudVolumePlugin: "",
    useServiceAccountCredentials: false,
    controllers: ["*"],
    controllerStartInterval: 0,
    featureGates: {},
    minResyncPeriod: 12 * 3_600_000,
    routeReconciliationPeriod: 10_000,
    nodeMonitorPeriod: 5000,
    nodeSyncPeriod: 0,
    nodeDeletionStopShare: 0.5,
    nodeStatusUpdateFrequency: 300_000,
    serviceDriftPeriod: 600_000,
    serviceIgnoredAnnotations: IGNORED_ANNOTATIONS,
    concurrentNodeSyncs: 20,
    concurrentNodeStatusUpdates: 0,
    concurrentServiceSyncs: 100,
    leaderElect: true,
    leaderElectLeaseDuration: 15_000,
    leaderElectRenewDeadline: 10_000,
    leaderElectRetryPeriod: 2000,
    leaderElectResourceLock: "leases",
    leaderElectResourceName: "cloud-controller-manager",
    leaderElectResourceNamespace: "kube-system",
    enableLeaderMigration: false,
    leaderMigrationConfig: "",
    kubeApiContentType: "application/vnd.kubernetes.protobuf",
    kubeApiQps: 500,
    kubeApiBurst: 1000,
    ...SERVING,
    ...LOGGING,
  };
}

const SERVING: ServingConfig = {
  bindAddress: "0.0.0.0",
  securePort: 10258,
  certDir: "",
  tlsCertFile: "",
  tlsPrivateKeyFile: "",
  tlsCipherSuites: [],
  tlsMinVersion: "",
  tlsCurvePreferences: [],
  tlsSniCertKey: [],
  disableHttp2Serving: false,
  http2MaxStreamsPerConnection: 0,
  permitPortSharing: false,
  permitAddressSharing: false,
  profiling: true,
  contentionProfiling: false,
  authenticationKubeconfig: "",
  authenticationSkipLookup: false,
  authenticationTolerateLookupFailure: false,
  authenticationTokenWebhookCacheTtl: 10_000,
  clientCaFile: "",
  requestheaderUsernameHeaders: ["x-remote-user"],
  requestheaderUidHeaders: [],
  requestheaderGroupHeaders: ["x-remote-group"],
  requestheaderExtraHeadersPrefix: ["x-remote-extra-"],
  requestheaderClientCaFile: "",
  requestheaderAllowedNames: [],
  authorizationKubeconfig: "",
  authorizationAlwaysAllowPaths: ["/healthz", "/readyz", "/livez"],
  authorizationWebhookCacheAuthorizedTtl: 10_000,
  authorizationWebhookCacheUnauthorizedTtl: 10_000,
  webhooks: [],
  webhookBindAddress: "0.0.0.0",
  webhookSecurePort: 10260,
  webhookCertDir: "",
  webhookTlsCertFile: "",
  webhookTlsPrivateKeyFile: "",
  webhookTlsCipherSuites: [],
  webhookTlsMinVersion: "",
  webhookTlsCurvePreferences: [],
  webhookTlsSniCertKey: [],
  webhookDisableHttp2Serving: false,
};

const LOGGING: LoggingConfig = {
  logLevel: "info",
  loggingFormat: "text",
  logFlushFrequency: 5000,
  logTextSplitStream: false,
  logTextInfoBufferSize: "0",
  logJsonSplitStream: false,
  logJsonInfoBufferSize: "0",
  vmodule: "",
};
