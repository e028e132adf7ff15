import type { Controller, ControllerContext } from "../context.ts";
import type { CloudProvider } from "../contract.ts";
import type { InstanceSource } from "../instance-source.ts";
import { createLifecycleController } from "../lifecycle/lifecycle-controller.ts";
import { createNodeController } from "../nodes/node-controller.ts";
import { parseClusterCidrs } from "../routes/cluster-cidrs.ts";
import { createRouteController } from "../routes/route-controller.ts";
import { createServiceController } from "../services/service-controller.ts";
import type { ManagerConfig } from "./config.ts";
import type { CanonicalName, ControllerName } from "./controller-names.ts";
import { isGateEnabled } from "./feature-gates.ts";

/** A controller that may also say how it is, under its name in /healthz. */
export type ManagedController = Controller & {
  /** What is wrong, or undefined. */
  healthProblem?(): string | undefined;
};

export interface ControllerParts {
  readonly config: ManagerConfig;
  readonly provider: CloudProvider;
  /** The provider's instances, with look-ups of one moment shared. */
  readonly instances: InstanceSource | undefined;
}

/**
 * A controller that the manager can run: one of upstream's four, or a provider's own. `[...BUILT_IN_CONTROLLERS, mine]`
 * adds one, `{ ...entry, identity: "mine" }` changes one, and what is left out does not exist.
 */
export interface ControllerEntry extends ControllerName {
  /** Its label in `running_managed_controllers`. */
  readonly metricName: string;
  /** Whom it is to the API server: the end of its user agent, or its service account in kube-system. */
  readonly identity: string;
  /** The component of its Events. */
  readonly component: string;
  /** `--controllers=*` does not mean it. */
  readonly offByDefault?: boolean;
  /** Undefined: it cannot run here, which `skipped` explains; that is no error. A throw ends the manager. */
  create(context: ControllerContext, parts: ControllerParts): ManagedController | undefined;
  readonly skipped?: string;
}

export const BUILT_IN_CONTROLLERS = [
  {
    canonical: "cloud-node-controller",
    aliases: ["cloud-node"],
    metricName: "cloud-node",
    identity: "node-controller",
    component: "cloud-node-controller",
    skipped: "the cloud has no instances",
    create: (context, { config, provider, instances }) =>
      instances &&
      createNodeController(context, {
        instances,
        providerName: provider.name,
        workers: config.concurrentNodeSyncs,
        statusWorkers: config.concurrentNodeStatusUpdates || config.concurrentNodeSyncs,
        addressPeriodMs: config.nodeStatusUpdateFrequency,
      }),
  },
  {
    canonical: "cloud-node-lifecycle-controller",
    aliases: ["cloud-node-lifecycle"],
    metricName: "cloud-node-lifecycle",
    identity: "node-controller",
    component: "cloud-node-lifecycle-controller",
    skipped: "the cloud has no instances",
    create: (context, { config, provider, instances }) =>
      instances &&
      createLifecycleController(context, {
        instances,
        providerName: provider.name,
        periodMs: config.nodeMonitorPeriod,
        stopShare: config.nodeDeletionStopShare,
      }),
  },
  {
    canonical: "node-route-controller",
    aliases: ["route"],
    metricName: "route",
    identity: "route-controller",
    component: "route_controller",
    skipped: "the cloud has no routes, or --configure-cloud-routes=false",
    create: (context, { config, provider: { routes } }) =>
      routes && config.configureCloudRoutes
        ? createRouteController(context, {
            routes,
            clusterName: config.clusterName,
            clusterCidrs: parseClusterCidrs(config.clusterCidr),
            periodMs: config.routeReconciliationPeriod,
            watch: isGateEnabled(config.featureGates, "CloudControllerManagerWatchBasedRoutesReconciliation"),
          })
        : undefined,
  },
  {
    canonical: "service-lb-controller",
    aliases: ["service"],
    metricName: "service",
    identity: "service-controller",
    component: "service-controller",
    skipped: "the cloud has no load balancers",
    create: (context, { config, provider: { loadBalancers } }) =>
      loadBalancers &&
      createServiceController(context, {
        loadBalancers,
        clusterName: config.clusterName,
        workers: config.concurrentServiceSyncs,
        driftPeriodMs: config.serviceDriftPeriod,
        ignoredAnnotations: config.serviceIgnoredAnnotations,
      }),
  },
] as const satisfies readonly (ControllerEntry & { readonly canonical: CanonicalName })[];
