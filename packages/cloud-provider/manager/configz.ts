import type { ManagerConfig } from "./config.ts";
import { formatDuration } from "./duration.ts";
import type { LeaderMigration } from "./leader-migration.ts";

const GROUP = "cloudcontrollermanager.config.k8s.io";

/** The configuration in the form that /configz of Kubernetes' own cloud controller manager has; ours alone is under Extra. */
export function configz(config: ManagerConfig, migration?: LeaderMigration): unknown {
  return {
    [GROUP]: {
      kind: "CloudControllerManagerConfiguration",
      apiVersion: `${GROUP}/v1alpha1`,
      Generic: generic(config, migration),
      KubeCloudShared: {
        CloudProvider: { Name: config.cloudProvider, CloudConfigFile: config.cloudConfig },
        ExternalCloudVolumePlugin: config.externalCloudVolumePlugin,
        UseServiceAccountCredentials: config.useServiceAccountCredentials,
        AllowUntaggedCloud: config.allowUntaggedCloud,
        RouteReconciliationPeriod: formatDuration(config.routeReconciliationPeriod),
        NodeMonitorPeriod: formatDuration(config.nodeMonitorPeriod),
        ClusterName: config.clusterName,
        ClusterCIDR: config.clusterCidr,
        AllocateNodeCIDRs: config.allocateNodeCidrs,
        CIDRAllocatorType: config.cidrAllocatorType,
        ConfigureCloudRoutes: config.configureCloudRoutes,
        NodeSyncPeriod: formatDuration(config.nodeSyncPeriod),
      },
      NodeController: {
        ConcurrentNodeSyncs: config.concurrentNodeSyncs,
        ConcurrentNodeStatusUpdates: config.concurrentNodeStatusUpdates || config.concurrentNodeSyncs,
      },
      ServiceController: { ConcurrentServiceSyncs: config.concurrentServiceSyncs },
      NodeStatusUpdateFrequency: formatDuration(config.nodeStatusUpdateFrequency),
      Webhook: { Webhooks: config.webhooks },
      Extra: {
        NodeDeletionStopShare: config.nodeDeletionStopShare,
        ServiceDriftPeriod: formatDuration(config.serviceDriftPeriod),
        ServiceIgnoredAnnotations: config.serviceIgnoredAnnotations,
        LogLevel: config.logLevel,
        LoggingFormat: config.loggingFormat,
      },
    },
  };
}

function generic(config: ManagerConfig, migration: LeaderMigration | undefined): unknown {
  return {
    Port: config.securePort,
    Address: config.bindAddress,
    MinResyncPeriod: formatDuration(config.minResyncPeriod),
    ClientConnection: {
      kubeconfig: config.kubeconfig,
      acceptContentTypes: "",
      contentType: config.kubeApiContentType,
      qps: config.kubeApiQps,
      burst: config.kubeApiBurst,
    },
    ControllerStartInterval: formatDuration(config.controllerStartInterval),
    LeaderElection: {
      leaderElect: config.leaderElect,
      leaseDuration: formatDuration(config.leaderElectLeaseDuration),
      renewDeadline: formatDuration(config.leaderElectRenewDeadline),
      retryPeriod: formatDuration(config.leaderElectRetryPeriod),
      resourceLock: config.leaderElectResourceLock,
      resourceName: config.leaderElectResourceName,
      resourceNamespace: config.leaderElectResourceNamespace,
    },
    Controllers: config.controllers,
    Debugging: {
      enableProfiling: config.profiling,
      enableContentionProfiling: config.contentionProfiling,
    },
    LeaderMigrationEnabled: config.enableLeaderMigration,
    LeaderMigration: migration ?? { leaderName: "", resourceLock: "", controllerLeaders: null },
  };
}
