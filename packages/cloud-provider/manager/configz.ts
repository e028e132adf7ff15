import type { ManagerConfig } from "./config.ts";
import { formatDuration } from "./duration.ts";

const GROUP = "cloudcontrollermanager.config.k8s.io";

/** The configuration in the form that /configz of Kubernetes' own cloud controller manager has; ours alone is under Extra. */
export function configz(config: ManagerConfig): unknown {
  return {
    [GROUP]: {
      kind: "CloudControllerManagerConfiguration",
      apiVersion: `${GROUP}/v1alpha1`,
      Generic: {
        Port: config.securePort,
        Address: config.bindAddress,
        ClientConnection: { kubeconfig: config.kubeconfig, qps: config.kubeApiQps, burst: config.kubeApiBurst },
        LeaderElection: {
          leaderElect: config.leaderElect,
          leaseDuration: formatDuration(config.leaderElectLeaseDuration),
          renewDeadline: formatDuration(config.leaderElectRenewDeadline),
          retryPeriod: formatDuration(config.leaderElectRetryPeriod),
          resourceLock: "leases",
          resourceName: config.leaderElectResourceName,
          resourceNamespace: config.leaderElectResourceNamespace,
        },
        Controllers: config.controllers,
      },
      KubeCloudShared: {
        CloudProvider: { Name: config.cloudProvider, CloudConfigFile: config.cloudConfig },
        AllowUntaggedCloud: config.allowUntaggedCloud,
        RouteReconciliationPeriod: formatDuration(config.routeReconciliationPeriod),
        NodeMonitorPeriod: formatDuration(config.nodeMonitorPeriod),
        ClusterName: config.clusterName,
        ClusterCIDR: config.clusterCidr,
        AllocateNodeCIDRs: config.allocateNodeCidrs,
        ConfigureCloudRoutes: config.configureCloudRoutes,
      },
      NodeController: {
        ConcurrentNodeSyncs: config.concurrentNodeSyncs,
        ConcurrentNodeStatusUpdates: config.concurrentNodeStatusUpdates || config.concurrentNodeSyncs,
      },
      ServiceController: { ConcurrentServiceSyncs: config.concurrentServiceSyncs },
      NodeStatusUpdateFrequency: formatDuration(config.nodeStatusUpdateFrequency),
      Extra: {
        NodeDeletionStopShare: config.nodeDeletionStopShare,
        ServiceDriftPeriod: formatDuration(config.serviceDriftPeriod),
        LogLevel: config.logLevel,
        LoggingFormat: config.loggingFormat,
      },
    },
  };
}
