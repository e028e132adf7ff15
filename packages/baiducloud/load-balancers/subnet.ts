import type { BceClient, Subnet } from "@ccm/bce";
import { CloudError } from "@ccm/cloud-provider";

/** Names that CCE gives to the subnets it reserves for load balancers. */
const RESERVED_NAMES = new Set(["CCE-Reserve", "系统预定义子网"]);
/** Load balancers live in no other. */
const TYPE = "BCC";
const ANNOTATION = "annotation service.beta.kubernetes.io/cce-load-balancer-subnet-id";

/**
 * The subnet of a new load balancer: the Service's, else the cloud config's, else one that the cluster's nodes are in, else
 * one reserved by CCE; always of type BCC with an address left, in the zone that the Service says, and of several the
 * first by id, so that every run agrees. `allowed`: to choose from; none: any.
 */
export function createSubnetChooser(options: {
  readonly client: BceClient;
  readonly subnetId: string;
  readonly vpcId: () => Promise<string>;
  readonly clusterInstances: () => ReadonlySet<string>;
}): (signal: AbortSignal, wanted?: string, zone?: string, allowed?: readonly string[]) => Promise<string> {
  const { client, subnetId, vpcId, clusterInstances } = options;
  return async (signal, wanted = "", zone = "", allowed = []) => {
    const isAllowed = (id: string) => allowed.length === 0 || allowed.includes(id);
    if (wanted === "" && zone === "" && subnetId !== "" && isAllowed(subnetId)) return subnetId;
    const vpc = await vpcId();
    const subnets = await client.vpc.listSubnets({ vpcId: vpc }, { signal, lane: "user" });
    if (wanted !== "") return checked(wanted, vpc, subnets);
    const usable = subnets
      .filter(({ subnetId: id, subnetType, availableIp, zoneName }) => {
        return isAllowed(id) && subnetType === TYPE && availableIp !== 0 && (zone === "" || sameZone(zoneName, zone));
      })
      .sort((a, b) => (a.subnetId < b.subnetId ? -1 : 1));
    const first = (test: (subnet: Subnet) => boolean) => usable.find(test)?.subnetId;
    const configured = first((subnet) => subnet.subnetId === subnetId);
    if (configured !== undefined) return configured;
    const ids = [...clusterInstances()].sort().slice(0, 100);
    const instances = ids.length > 0 ? await client.bcc.listByIds(ids, { signal, lane: "user" }) : [];
    const ofNodes = new Set(instances.map((instance) => instance.subnetId));
    const chosen =
      first((subnet) => ofNodes.has(subnet.subnetId)) ??
      first(({ name }) => RESERVED_NAMES.has(name)) ??
      first(() => true);
    if (chosen !== undefined) return chosen;
    if (allowed.length > 0) {
      throw new CloudError(
        "permanent",
        `none of the subnets that the tenant may use (${allowed.join(", ")}) is in VPC ${vpc}, of type BCC, and has a free address` +
          (zone === "" ? "" : ` in zone ${zone}`),
      );
    }
    throw new CloudError(
      "permanent",
      `VPC ${vpc} has no subnet of type BCC with a free address for a load balancer${zone === "" ? "" : ` in zone ${zone}`}: ` +
        `set SubnetId in the cloud config, or the ${ANNOTATION}`,
    );
  };
}

function checked(wanted: string, vpc: string, subnets: readonly Subnet[]): string {
  const subnet = subnets.find((candidate) => candidate.subnetId === wanted);
  if (!subnet) throw new CloudError("permanent", `${ANNOTATION}: subnet ${wanted} is not in VPC ${vpc}`);
  if (subnet.subnetType !== TYPE) {
    const text = `${ANNOTATION}: subnet ${wanted} is of type ${subnet.subnetType}, load balancers need one of type ${TYPE}`;
    throw new CloudError("permanent", text);
  }
  return wanted;
}

/** Some products say "zoneD" where others say "cn-bj-d". */
function sameZone(a: string, b: string): boolean {
  const letter = (zone: string) => zone.toLowerCase().replace(/^zone/, "").replace(/^.*-/, "");
  return a === b || (letter(a) === letter(b) && (a.startsWith("zone") || b.startsWith("zone")));
}
