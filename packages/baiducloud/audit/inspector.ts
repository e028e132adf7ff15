import type { Clock, Logger } from "@ccm/base";
import type { BceClient } from "@ccm/bce";
import { type Instances, wantsLoadBalancer } from "@ccm/cloud-provider";
import type { Service } from "@ccm/kube";
import type { CloudConfig } from "../cloud-config.ts";
import { type ClusterContent, type Inspection, inspectService, isGoing } from "../load-balancers/inspect.ts";
import { createObserver } from "../load-balancers/observe.ts";
import { createNodes } from "../nodes/nodes.ts";
import { instanceIdOf } from "../provider-id.ts";
import { isLeftToOthers, underPolicy } from "../service-policy.ts";
import { createInventory } from "../tenants/inventory.ts";
import { createTenantReview } from "../tenants/review.ts";

/** Looks at the cloud as the controllers do, and changes nothing: for commands. */
export interface Inspector {
  readonly instances: Instances;
  vpcId(): Promise<string>;
  inspect(service: Service, signal: AbortSignal): Promise<Inspection>;
}

export function createInspector(options: {
  readonly config: CloudConfig;
  readonly client: BceClient;
  readonly cluster: ClusterContent;
  readonly clock: Clock;
  readonly logger: Logger;
}): Inspector {
  const { config, client, cluster, clock, logger } = options;
  const { clusterId, eipBandwidthInMbps: bandwidthMbps } = config;
  const ids = cluster.nodes.map(({ spec }) => instanceIdOf(spec?.providerID)).filter((id) => id !== undefined);
  const clusterInstances = () => new Set(ids);
  const { instances, vpcId } = createNodes({ config, client, clock, logger, clusterInstances });
  const services = cluster.services.map((service) => underPolicy(service, config));
  const seen = { ...cluster, services };
  const inventory = createInventory(clusterId);
  const observed = { services: () => services, inventory: () => inventory };
  const observer = createObserver({ client, clusterId, clock, clusterInstances, vpcId, ...observed });
  const review =
    cluster.tenants && createTenantReview({ clusterId, tenants: cluster.tenants, services, inventory, clock });
  const parts = { observer, clusterId, defaults: { bandwidthMbps }, ...(review ? { review } : {}) };
  return {
    instances,
    vpcId,
    inspect: (service, signal) => inspectService(underPolicy(service, config), seen, parts, signal),
  };
}

/** Whether we make the Service's load balancer. `why` is for people; "" when we do. */
export function whyNotOurs(service: Service, config: CloudConfig): string {
  if (isGoing(service)) return "";
  const { type, loadBalancerClass } = service.spec ?? {};
  if (type !== "LoadBalancer") return `its type is ${type ?? "ClusterIP"}, not LoadBalancer`;
  if (loadBalancerClass !== undefined)
    return `spec.loadBalancerClass is ${loadBalancerClass}: the controller of that class makes its load balancer`;
  if (!wantsLoadBalancer(service)) return "it asks for no load balancer";
  if (isLeftToOthers(service, config))
    return 'ServiceSelection of the cloud config leaves it to another controller: annotate it with cloud-provider-baiducloud/managed: "true"';
  return "";
}
