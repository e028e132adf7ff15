import { LOG_LEVELS } from "@ccm/base";
import type { ManagerConfig } from "./config.ts";
import {
  duration,
  durationOrZero,
  type FlagSpec,
  gates,
  integer,
  level,
  list,
  number,
  share,
  text,
  toggle,
} from "./flag-spec.ts";
import { servingFlags, webhookFlags } from "./serving-flags.ts";

/** All flags, by group; each sets the field of ManagerConfig that it is named after. */
export function flagTable(d: ManagerConfig): readonly FlagSpec[] {
  return [
    ...cloudFlags(d),
    ...controllerFlags(d),
    ...electionFlags(d),
    ...clientFlags(d),
    ...servingFlags(d),
    ...webhookFlags(d),
    ...loggingFlags(d),
  ];
}

function cloudFlags(d: ManagerConfig): readonly FlagSpec[] {
  return [
    text("cloud-provider", "name of the cloud", d.cloudProvider),
    text("cloud-config", "file with the cloud's configuration", d.cloudConfig),
    toggle("allow-untagged-cloud", "run without a cluster ID", d.allowUntaggedCloud),
    text("cluster-name", "name of the cluster", d.clusterName),
    text("cluster-cidr", "CIDR of the Pods, or an IPv4 and an IPv6 one with a comma", d.clusterCidr),
    toggle(
      "allocate-node-cidrs",
      "for providers that make routes only with it; Pod CIDRs are allocated by kube-controller-manager",
      d.allocateNodeCidrs,
    ),
    text("cidr-allocator-type", "no effect, as upstream", d.cidrAllocatorType),
    text("external-cloud-volume-plugin", "no effect, as upstream", d.externalCloudVolumePlugin),
  ];
}

function controllerFlags(d: ManagerConfig): readonly FlagSpec[] {
  return [
    list("controllers", "controllers to run: * for all, x for one, -x for all but one", d.controllers),
    durationOrZero("controller-start-interval", "pause between starting two controllers", d.controllerStartInterval),
    gates("feature-gates", "Name=true or Name=false, with commas"),
    toggle("configure-cloud-routes", "make routes for the Pod CIDRs", d.configureCloudRoutes),
    duration("route-reconciliation-period", "between two looks at all routes", d.routeReconciliationPeriod),
    duration("node-monitor-period", "between two looks at nodes that are not Ready", d.nodeMonitorPeriod),
    durationOrZero("node-sync-period", "no effect, as upstream", d.nodeSyncPeriod),
    share(
      "node-deletion-stop-share",
      "delete no node while more than this share of all has no instance",
      d.nodeDeletionStopShare,
    ),
    duration("node-status-update-frequency", "between two looks at all nodes' addresses", d.nodeStatusUpdateFrequency),
    durationOrZero(
      "service-drift-period",
      "between two looks at a load balancer that nobody touched, 0 for never",
      d.serviceDriftPeriod,
    ),
    list(
      "service-ignored-annotations",
      "annotations whose change is no reason to look at a load balancer; one that ends in / is a prefix",
      d.serviceIgnoredAnnotations,
    ),
    integer("concurrent-node-syncs", "nodes worked on at a time", d.concurrentNodeSyncs),
    integer(
      "concurrent-node-status-updates",
      "nodes whose addresses are written at a time, 0 for as many as concurrent-node-syncs",
      d.concurrentNodeStatusUpdates,
    ),
    integer("concurrent-service-syncs", "Services worked on at a time", d.concurrentServiceSyncs),
    durationOrZero("min-resync-period", "each object is looked at again after once to twice this", d.minResyncPeriod),
  ];
}

function electionFlags(d: ManagerConfig): readonly FlagSpec[] {
  return [
    toggle("leader-elect", "let only one of several replicas work", d.leaderElect),
    duration("leader-elect-lease-duration", "how long others wait for a silent leader", d.leaderElectLeaseDuration),
    duration("leader-elect-renew-deadline", "how long a leader tries to renew", d.leaderElectRenewDeadline),
    duration("leader-elect-retry-period", "between two tries", d.leaderElectRetryPeriod),
    text("leader-elect-resource-lock", "leases is the only one", d.leaderElectResourceLock),
    text("leader-elect-resource-name", "name of the Lease", d.leaderElectResourceName),
    text("leader-elect-resource-namespace", "namespace of the Lease", d.leaderElectResourceNamespace),
    toggle(
      "enable-leader-migration",
      "take controllers over from another manager under a second Lease",
      d.enableLeaderMigration,
    ),
    text("leader-migration-config", "file that says which; without it, the built-in default", d.leaderMigrationConfig),
  ];
}

function clientFlags(d: ManagerConfig): readonly FlagSpec[] {
  return [
    text("kubeconfig", "kubeconfig file; without it, the Pod's service account", d.kubeconfig),
    text("master", "URL of the API server, instead of the kubeconfig's", d.master),
    number(
      "kube-api-qps",
      "calls to the API server a second, for each controller; below zero for no limit",
      d.kubeApiQps,
    ),
    integer("kube-api-burst", "calls to the API server at once, for each controller", d.kubeApiBurst),
    text("kube-api-content-type", "how Nodes and Services are watched; all else is JSON", d.kubeApiContentType),
    toggle(
      "use-service-account-credentials",
      "let each controller be a service account of its own",
      d.useServiceAccountCredentials,
    ),
  ];
}

function loggingFlags(d: ManagerConfig): readonly FlagSpec[] {
  return [
    level("log-level", `one of ${LOG_LEVELS.join(", ")}`, d.logLevel),
    text("logging-format", "text or json", d.loggingFormat),
    durationOrZero("log-flush-frequency", "no effect: lines are written at once", d.logFlushFrequency),
    toggle("log-text-split-stream", "no effect: all lines go to stderr", d.logTextSplitStream),
    text("log-text-info-buffer-size", "no effect: lines are written at once", d.logTextInfoBufferSize),
    toggle("log-json-split-stream", "no effect: all lines go to stderr", d.logJsonSplitStream),
    text("log-json-info-buffer-size", "no effect: lines are written at once", d.logJsonInfoBufferSize),
    text("vmodule", "no effect: there are no levels by file", d.vmodule),
  ];
}
