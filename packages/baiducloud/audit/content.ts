import { errorText } from "@ccm/base";
import type { BceClient, Eip, LoadBalancer, ReadOptions, SecurityGroup } from "@ccm/bce";
import type { RouteTable } from "../routes/route-tables.ts";

/** What the account has of the kinds that a cluster makes: plain data. */
export interface CloudContent {
  readonly loadBalancers: readonly LoadBalancer[];
  readonly addresses: readonly Eip[];
  readonly securityGroups: readonly SecurityGroup[];
  readonly routeTables: readonly RouteTable[];
  /** What could not be read: nothing is said about it. */
  readonly unread: readonly { readonly what: string; readonly why: string }[];
}

/** Reads all of it. Throws what the lists of load balancers and addresses throw; without the others one can do. */
export async function readCloud(
  client: Pick<BceClient, "blb" | "eip" | "vpc" | "securityGroups">,
  vpcId: () => Promise<string>,
  tableIds: readonly string[],
  signal: AbortSignal,
): Promise<CloudContent> {
  const unread: { what: string; why: string }[] = [];
  const options: ReadOptions = { signal, lane: "observe" };
  const unlessRefused = async <T>(what: string, read: () => Promise<readonly T[]>): Promise<readonly T[]> => {
    try {
      return await read();
    } catch (error) {
      if (signal.aborted) throw error;
      unread.push({ what, why: errorText(error) });
      return [];
    }
  };
  const tables = async (): Promise<readonly RouteTable[]> => {
    if (tableIds.length === 0) {
      const id = await vpcId();
      return [{ id: "main", rules: await client.vpc.listRouteRules({ vpcId: id }, options) }];
    }
    const read = async (id: string) => ({ id, rules: await client.vpc.listRouteRules({ routeTableId: id }, options) });
    return Promise.all(tableIds.map(read));
  };
  const [blbs, blbs6, eips, eips6, securityGroups, routeTables] = await Promise.all([
    client.blb.list({}, options),
    unlessRefused("IPv6 load balancers", () => client.blb.list({ type: "ipv6" }, options)),
    client.eip.list({}, options),
    unlessRefused("IPv6 addresses", () => client.eip.list({ ipVersion: "ipv6" }, options)),
    unlessRefused("security groups", async () => client.securityGroups.list(await vpcId(), options)),
    unlessRefused("routes", tables),
  ]);
  const byId = <T>(all: readonly T[], id: (one: T) => string) => [
    ...new Map(all.map((one) => [id(one), one])).values(),
  ];
  return {
    loadBalancers: byId([...blbs, ...blbs6], ({ blbId }) => blbId),
    addresses: byId([...eips, ...eips6], ({ eip }) => eip),
    securityGroups,
    routeTables,
    unread,
  };
}
