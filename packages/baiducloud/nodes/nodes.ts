import type { Clock, Logger } from "@ccm/base";
import type { BceClient } from "@ccm/bce";
import { CloudError, type Instances } from "@ccm/cloud-provider";
import type { CloudConfig } from "../cloud-config.ts";
import { createCceSource } from "./cce-source.ts";
import { chooseNodeSource, chosenSource, type NodeSourceChoice } from "./choose-source.ts";
import { createInstances } from "./instances.ts";
import { createProductSource } from "./product-source.ts";

export interface NodesOptions {
  readonly config: CloudConfig;
  readonly client: BceClient;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ids of the machines of the cluster's Nodes. */
  readonly clusterInstances: () => ReadonlySet<string>;
}

export interface NodesOfCluster {
  readonly instances: Instances;
  /** From the cloud config, else that of the cluster's Nodes: all of them are in one VPC. */
  vpcId(): Promise<string>;
}

/** So many Nodes are asked where they are: one that is just going must not leave the VPC unknown. */
const WITNESSES = 5;

/** Which source the cloud config, and with auto what CCE says, leads to: for whoever wants to show it. */
export function nodeSourceOf(config: CloudConfig, client: Pick<BceClient, "cce">): Promise<NodeSourceChoice> {
  return chooseNodeSource(config.nodeSource, config.clusterId, client.cce);
}

/** The cluster's Nodes as machines of the cloud. */
export function createNodes({ config, client, clock, logger, clusterInstances }: NodesOptions): NodesOfCluster {
  const { clusterId, region, machineTypes, instanceTypeLabel, gpuLabel } = config;
  let known = config.vpcId;
  const products = createProductSource({ client, clock, logger, machineTypes, vpcId: () => known });
  const cce = createCceSource({ cce: client.cce, clusterId, region, clock, otherwise: products });
  const source = chosenSource(() => nodeSourceOf(config, client), { bcc: products, cce }, logger);
  return {
    instances: createInstances({ source, products, region, instanceTypeLabel, gpuLabel }),
    async vpcId() {
      if (known !== "") return known;
      const ids = [...clusterInstances()].sort().slice(0, WITNESSES);
      if (ids.length === 0) {
        const text = "the VPC is not known: set VpcId in the cloud config, or wait for a node";
        throw new CloudError("retryable", text);
      }
      const found = await (await source()).find(ids, new AbortController().signal);
      for (const answer of found.values()) if ("machine" in answer) known ||= answer.machine.vpcId;
      if (known === "") {
        const text = `the VPC is not known: the cloud does not tell that of ${ids.join(", ")}; set VpcId in the cloud config`;
        throw new CloudError("retryable", text);
      }
      return known;
    },
  };
}
