import type { BceClient, Subnet } from "@ccm/bce";
import { CloudError } from "@ccm/cloud-provider";

/** Names that CCE gives to the subnets it reserves for load balancers. */
const RESERVED_NAMES = new Set(["CCE-Reserve", "系统预定义子网"]);

/**
 * The subnet of a new load balancer: the cloud config's, else one that the cluster's nodes are in, else one reserved by
 * CCE, else any; always of type BCC with an address left, and of several the first by id, so that every run agrees.
 */
export function createSubnetChooser(options: {
  readonly client: BceClient;
  readonly subnetId: string;
  readonly vpcId: () => Promise<string>;
  readonly clusterInstances: () => ReadonlySet<string>;
}): (signal: AbortSignal) => Promise<string> {
  const { client, subnetId, vpcId, clusterInstances } = options;
  return async (signal) => {
    if (subnetId !== "") return subnetId;
    const vpc = await vpcId();
    const ids = [...clusterInstances()].sort().slice(0, 100);
    const [subnets, instances] = await Promise.all([
      client.vpc.listSubnets({ vpcId: vpc }, { signal, lane: "user" }),
      ids.length > 0 ? client.bcc.listByIds(ids, { signal, lane: "user" }) : [],
    ]);
    const usable = subnets
      .filter(({ subnetType, availableIp }) => subnetType === "BCC" && availableIp !== 0)
      .sort((a, b) => (a.subnetId < b.subnetId ? -1 : 1));
    const ofNodes = new Set(instances.map((instance) => instance.subnetId));
    const first = (test: (subnet: Subnet) => boolean) => usable.find(test)?.subnetId;
    const chosen =
      first((subnet) => ofNodes.has(subnet.subnetId)) ??
      first(({ name }) => RESERVED_NAMES.has(name)) ??
      first(() => true);
    if (chosen !== undefined) return chosen;
    throw new CloudError(
      "permanent",
      `VPC ${vpc} has no subnet of type BCC with a free address for a load balancer: set SubnetId in the cloud config, ` +
        "or the annotation service.beta.kubernetes.io/cce-load-balancer-subnet-id",
    );
  };
}
