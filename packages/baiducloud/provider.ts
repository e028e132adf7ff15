import { type Clock, errorText, type Logger, type Random } from "@ccm/base";
import { isBceError } from "@ccm/bce";
import { CloudError, type CloudProvider, type LoadBalancers } from "@ccm/cloud-provider";
import { createEventRecorder, type EventRecorder, type Informer, type KubeClient, type Node } from "@ccm/kube";
import { NOTHING } from "@ccm/tenancy";
import type { CloudConfig } from "./cloud-config.ts";
import { toCloudError } from "./errors.ts";
import { createGenerations, currentInstances, currentLoadBalancers, currentRoutes } from "./generation.ts";
import type { Cloud, CloudChanges } from "./live-cloud.ts";
import { desiredOf } from "./load-balancers/desired.ts";
import { createSurroundings, type Surroundings } from "./load-balancers/surroundings.ts";
import { instanceIdOf, PROVIDER_NAME } from "./provider-id.ts";
import { Replaceable } from "./replaceable.ts";
import { createNodeNotes } from "./routes/node-notes.ts";
import { createRouteReports } from "./routes/route-reports.ts";
import { underPolicy } from "./service-policy.ts";
import { wishOf } from "./tenants/footprint.ts";
import { createTenants, type Tenants } from "./tenants/tenants.ts";

export interface BaiduCloudOptions extends Cloud {
  /** Where the cloud config may be replaced by another. Default: it stays. */
  readonly changes?: CloudChanges;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** False: the cluster's routes are nobody's here. Default: true. */
  readonly routes?: boolean;
  /** Noted on Nodes whose routes were made. */
  readonly version?: string;
  /** Called before the first call to the cloud, when Kubernetes can be asked: for credentials in a Secret. */
  readonly onKubernetes?: (client: KubeClient) => void;
}

/** A request that was given up is carried out within so many of its times, or never; then the lists show it within this. */
const SETTLE_TRAVELS = 2;
const LIST_LAG_MS = 30_000;

const CREDENTIALS: Readonly<Record<CloudConfig["credentials"]["from"], string>> = {
  config: "AccessKeyID or SecretAccessKey of the cloud config",
  file: "the credentials of CredentialsFile",
  secret: "the credentials of CredentialsSecret",
  gateway: "the token for CCE's gateway",
};

/** Baidu AI Cloud as a cloud provider. */
export function createBaiduCloud(options: BaiduCloudOptions): CloudProvider {
  const { clock, random, logger, changes, onKubernetes, version = "cloud-provider-baiducloud" } = options;
  const { clusterId, region } = options.config;
  let nodes: Informer<Node> | undefined;
  let kube: KubeClient | undefined;
  let events: EventRecorder | undefined;
  let surroundings: Surroundings | undefined;
  let tenants: Tenants | undefined;
  const watchers = new Set<Parameters<NonNullable<LoadBalancers["onSettings"]>>[0]>();
  const lookAgain = (uid: string): void => {
    for (const changed of watchers) changed(({ metadata }) => metadata.uid === uid);
  };
  const build = createGenerations({
    ...{ clock, random, logger },
    clusterInstances() {
      const ids = (nodes?.list() ?? []).map((node) => instanceIdOf(node.spec?.providerID));
      return new Set(ids.filter((id) => id !== undefined));
    },
    reports: createRouteReports(() => events),
    notes: createNodeNotes(() => kube, version, logger),
    surroundings: () => surroundings,
    tenants: () => tenants,
    lookAgain,
  });
  const first = { config: options.config, client: options.client };
  const current = new Replaceable(build(first), ({ cloud }) => changes?.release(cloud));
  changes?.onChange((next, { services }) => {
    current.replace(build(next));
    if (services) for (const changed of watchers) changed();
  });
  const loadBalancers = currentLoadBalancers(current, (changed) => {
    watchers.add(changed);
    return () => void watchers.delete(changed);
  });

  return {
    name: PROVIDER_NAME,
    hasClusterId: clusterId !== "",
    instances: currentInstances(current),
    ...(options.routes === false ? {} : { routes: currentRoutes(current) }),
    loadBalancers,
    async initialize(context) {
      nodes = context.nodes;
      kube = context.client;
      events = createEventRecorder({ client: kube, clock, random, logger, component: "CCM" });
      onKubernetes?.(kube);
      const around = createSurroundings(context, { clock, random, logger }, () => loadBalancers);
      surroundings = around;
      tenants = createTenants({
        ...{ context, clusterId, clock, random, logger, lookAgain },
        settleMs: SETTLE_TRAVELS * options.config.timeoutMs + LIST_LAG_MS,
        mayCome(service) {
          const { config } = current.now.cloud;
          const settleMs = SETTLE_TRAVELS * config.timeoutMs + LIST_LAG_MS;
          if (around.inheritance.lateMs(service.metadata.uid ?? "", settleMs) === 0) return NOTHING;
          const defaults = { bandwidthMbps: config.eipBandwidthInMbps };
          return wishOf(desiredOf(underPolicy(service, config), [], clusterId, { defaults }).desired);
        },
      });
      const { config, client } = current.now.cloud;
      if (config.unknownKeys.length > 0)
        logger.warn("cloud config has unknown keys", { keys: config.unknownKeys.join(", ") });
      try {
        // One cheap read: a wrong key, a wrong region or a wrong clock shows now, not in an Event an hour later.
        await (config.vpcId ? client.vpc.routeTable(config.vpcId) : client.vpc.listSubnets({}));
      } catch (error) {
        // Without a code nobody was asked: there was no key to ask with.
        if (isBceError(error, "auth") && error.code && !/Skewed|Expired/.test(error.code)) {
          throw new CloudError(
            "permanent",
            `the cloud refuses ${CREDENTIALS[config.credentials.from]}: ${error.message}`,
          );
        }
        if (isBceError(error, "absent")) {
          throw new CloudError(
            "permanent",
            `VpcId ${config.vpcId} of the cloud config is not known in ${region}: ${error.message}`,
          );
        }
        if (isBceError(error, "auth", "permanent")) throw toCloudError(error);
        logger.warn("the cloud cannot be reached yet", { error: errorText(error) });
      }
    },
  };
}
