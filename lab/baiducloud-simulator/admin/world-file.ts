import { stringify } from "yaml";
import type { Account, Quotas } from "../account.ts";
import { instancesOf, type SimulatedInstance } from "../products/bcc/records.ts";
import { type Subnet, subnetsOf, vpcsOf } from "../products/vpc/records.ts";
import type { World } from "../world.ts";

/** What a world is made of, as a file says it: all that is there before a client's first call. It holds no keys. */
export interface WorldFile {
  readonly accounts: readonly AccountFile[];
}

export interface AccountFile {
  readonly id: string;
  readonly quotas: Partial<Quotas>;
  readonly regions: readonly RegionFile[];
}

export interface RegionFile {
  readonly name: string;
  readonly vpcs: readonly VpcFile[];
}

export interface VpcFile {
  readonly name: string;
  readonly cidr: string;
  readonly subnets: readonly SubnetFile[];
}

export interface SubnetFile {
  readonly name: string;
  readonly zone: string;
  readonly cidr: string;
  readonly instances: readonly InstanceFile[];
}

export interface InstanceFile {
  readonly name: string;
  readonly product: string;
  readonly spec: string;
  readonly internalIp: string;
  /** Running where absent. */
  readonly status?: string;
}

/** GET /admin/world: the world as it is now, in YAML. */
export function worldYamlOf(world: World): string {
  return stringify(worldFileOf(world));
}

function worldFileOf(world: World): WorldFile {
  const places = Map.groupBy(world.opened(), ({ id }) => id);
  const accounts = world.accountIds.map((id): AccountFile => {
    const regions = places.get(id) ?? [];
    // Not by world.account: that opens an account that nobody has used yet.
    const quotas = regions[0]?.quotas ?? world.store.table<AccountFile>("accounts").get(id)?.quotas ?? {};
    return { id, quotas, regions: regions.map(regionFileOf) };
  });
  return { accounts };
}

function regionFileOf(account: Account): RegionFile {
  const subnets = Map.groupBy(subnetsOf(account).all(), ({ vpcId }) => vpcId);
  const instances = Map.groupBy(instancesOf(account).all(), ({ subnetId }) => subnetId);
  return {
    name: account.region,
    vpcs: vpcsOf(account)
      .all()
      .map(({ vpcId, name, cidr }) => ({
        name,
        cidr,
        subnets: (subnets.get(vpcId) ?? []).map((subnet) => subnetFileOf(subnet, instances.get(subnet.subnetId) ?? [])),
      })),
  };
}

function subnetFileOf({ name, zoneName, cidr }: Subnet, instances: readonly SimulatedInstance[]): SubnetFile {
  return { name, zone: zoneName, cidr, instances: instances.map(instanceFileOf) };
}

function instanceFileOf({ name, product, spec, internalIp, status }: SimulatedInstance): InstanceFile {
  return { name, product, spec, internalIp, ...(status === "Running" ? {} : { status }) };
}
