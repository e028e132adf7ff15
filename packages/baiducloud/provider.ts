import { type Clock, errorText, type Logger, type Random } from "@ccm/base";
import { type BceClient, isBceError } from "@ccm/bce";
import { CloudError, type CloudProvider } from "@ccm/cloud-provider";
import type { Informer, Node } from "@ccm/kube";
import type { CloudConfig } from "./cloud-config.ts";
import { toCloudError } from "./errors.ts";
import { createApply } from "./load-balancers/apply.ts";
import { createLoadBalancers } from "./load-balancers/load-balancers.ts";
import { createObserver } from "./load-balancers/observe.ts";
import { createSubnetChooser } from "./load-balancers/subnet.ts";
import { createSurroundings, type Surroundings } from "./load-balancers/surroundings.ts";
import { createWaits } from "./load-balancers/wait.ts";
import { createCceSource } from "./nodes/cce-source.ts";
import { chooseNodeSource, chosenSource } from "./nodes/choose-source.ts";
import { createInstances } from "./nodes/instances.ts";
import { createProductSource } from "./nodes/product-source.ts";
import { instanceIdOf, PROVIDER_NAME } from "./provider-id.ts";
import { createRoutes } from "./routes/routes.ts";

export interface BaiduCloudOptions {
  readonly config: CloudConfig;
  readonly client: BceClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Baidu AI Cloud as a cloud provider. */
export function createBaiduCloud({ config, client, clock, random, logger }: BaiduCloudOptions): CloudProvider {
  const { clusterId, region } = config;
  let nodes: Informer<Node> | undefined;
  const clusterInstances = (): ReadonlySet<string> => {
    const ids = (nodes?.list() ?? []).map((node) => instanceIdOf(node.spec?.providerID));
    return new Set(ids.filter((id) => id !== undefined));
  };
  let knownVpc = config.vpcId;
  /** From the cloud config, else that of the cluster's first node: all nodes of a cluster are in one VPC. */
  const vpcId = async (): Promise<string> => {
    if (knownVpc !== "") return knownVpc;
    const [id] = [...clusterInstances()].sort();
    if (!id)
      throw new CloudError("retryable", "the VPC is not known: set VpcId in the cloud config, or wait for a node");
    const answer = (await products.find([id], AbortSignal.timeout(VPC_PATIENCE_MS))).get(id);
    if (answer && "machine" in answer) knownVpc = answer.machine.vpcId;
    if (knownVpc === "") {
      throw new CloudError("retryable", `the VPC is not known: ${id} does not tell; set VpcId in the cloud config`);
    }
    return knownVpc;
  };
  let surroundings: Surroundings | undefined;
  const services = () => surroundings?.services.list() ?? [];
  const observer = createObserver({ client, clusterId, clock, clusterInstances, services, vpcId });
  const waits = createWaits(client, clock);
  const chooseSubnet = createSubnetChooser({ client, subnetId: config.subnetId, vpcId, clusterInstances });
  const apply = createApply({ client, observer, waits, random, logger, vpcId, chooseSubnet });

  const loadBalancers = createLoadBalancers({ clusterId, observer, apply, logger, surroundings: () => surroundings });

  return {
    name: PROVIDER_NAME,
    hasClusterId: clusterId !== "",
    instances: createInstances({ bcc: client.bcc, region, vpcId: config.vpcId }),
    routes: createRoutes({ vpc: client.vpc, clusterId, vpcId, random }),
    loadBalancers,
    async initialize(context) {
      nodes = context.nodes;
      surroundings = createSurroundings(context, { clock, random, logger }, () => loadBalancers);
      if (config.unknownKeys.length > 0)
        logger.warn("cloud config has unknown keys", { keys: config.unknownKeys.join(", ") });
      try {
        // One cheap read: a wrong key, a wrong region or a wrong clock shows now, not in an Event an hour later.
        await (config.vpcId ? client.vpc.routeTable(config.vpcId) : client.vpc.listSubnets({}));
      } catch (error) {
        if (isBceError(error, "auth") && !/Skewed|Expired/.test(error.code ?? "")) {
          const text = "the cloud refuses AccessKeyID or SecretAccessKey of the cloud config";
          throw new CloudError("permanent", `${text}: ${error.message}`);
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
