import { type Clock, errorText, type Logger, type Random } from "@ccm/base";
import { type BceClient, isBceError } from "@ccm/bce";
import { CloudError, type CloudProvider } from "@ccm/cloud-provider";
import { createEventRecorder, type EventRecorder, type Informer, type KubeClient, type Node } from "@ccm/kube";
import type { CloudConfig } from "./cloud-config.ts";
import { toCloudError } from "./errors.ts";
import { createApply } from "./load-balancers/apply.ts";
import { createLoadBalancers } from "./load-balancers/load-balancers.ts";
import { createObserver } from "./load-balancers/observe.ts";
import { createSubnetChooser } from "./load-balancers/subnet.ts";
import { createSurroundings, type Surroundings } from "./load-balancers/surroundings.ts";
import { createWaits } from "./load-balancers/wait.ts";
import { createNodes } from "./nodes/nodes.ts";
import { instanceIdOf, PROVIDER_NAME } from "./provider-id.ts";
import { createNodeNotes } from "./routes/node-notes.ts";
import { createRouteReports } from "./routes/route-reports.ts";
import { createRouteTables } from "./routes/route-tables.ts";
import { createRoutes } from "./routes/routes.ts";
import { withServicePolicy } from "./service-policy.ts";

export interface BaiduCloudOptions {
  readonly config: CloudConfig;
  readonly client: BceClient;
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

const CREDENTIALS: Readonly<Record<CloudConfig["credentials"]["from"], string>> = {
  config: "AccessKeyID or SecretAccessKey of the cloud config",
  file: "the credentials of CredentialsFile",
  secret: "the credentials of CredentialsSecret",
  gateway: "the token for CCE's gateway",
};

/** Baidu AI Cloud as a cloud provider. */
export function createBaiduCloud(options: BaiduCloudOptions): CloudProvider {
  const { config, client, clock, random, logger, onKubernetes, version = "cloud-provider-baiducloud" } = options;
  const { clusterId, region } = config;
  let nodes: Informer<Node> | undefined;
  const clusterInstances = (): ReadonlySet<string> => {
    const ids = (nodes?.list() ?? []).map((node) => instanceIdOf(node.spec?.providerID));
    return new Set(ids.filter((id) => id !== undefined));
  };
  const { instances, vpcId } = createNodes({ config, client, clock, logger, clusterInstances });
  let kube: KubeClient | undefined;
  let events: EventRecorder | undefined;
  const routes = createRoutes({
    tables: createRouteTables({ vpc: client.vpc, vpcId, tableIds: config.routeTableIds, clock, random }),
    clusterId,
    vpcId,
    reports: createRouteReports(() => events),
    notes: createNodeNotes(() => kube, version, logger),
  });
  let surroundings: Surroundings | undefined;
  const services = () => surroundings?.services.list() ?? [];
  const observer = createObserver({ client, clusterId, clock, clusterInstances, services, vpcId });
  const waits = createWaits(client, clock);
  const chooseSubnet = createSubnetChooser({ client, subnetId: config.subnetId, vpcId, clusterInstances });
  const apply = createApply({ client, clusterId, observer, waits, random, logger, vpcId, chooseSubnet });

  const defaults = { bandwidthMbps: config.eipBandwidthInMbps };
  const around = () => surroundings;
  const made = createLoadBalancers({ clusterId, observer, apply, logger, defaults, surroundings: around });
  const loadBalancers = withServicePolicy(made, config);

  return {
    name: PROVIDER_NAME,
    hasClusterId: clusterId !== "",
    instances,
    ...(options.routes === false ? {} : { routes }),
    loadBalancers,
    async initialize(context) {
      nodes = context.nodes;
      kube = context.client;
      events = createEventRecorder({ client: kube, clock, random, logger, component: "CCM" });
      onKubernetes?.(kube);
      surroundings = createSurroundings(context, { clock, random, logger }, () => loadBalancers);
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
