import type { Account } from "../../account.ts";
import type { Tag } from "../../api/common.ts";
import { badRequest, noSuchObject, quotaExceeded } from "../../api/fault.ts";
import { eipsOf } from "../eip/records.ts";

/** The tables of what can have tags, by service type. Their names for VPC objects are not published: these are ours. */
const TABLES: Readonly<Record<string, readonly string[]>> = {
  BCC: ["instances"],
  BBC: ["instances"],
  HPAS: ["instances"],
  CDS: ["volumes"],
  BLB: ["blbs", "appBlbs"],
  EIP: ["eips"],
  EIPGROUP: ["eipGroups"],
  VPC: ["vpcs"],
  SUBNET: ["subnets"],
  NAT: ["nats"],
  ENI: ["enis"],
  SECURITYGROUP: ["securityGroups"],
  ESG: ["enterpriseSecurityGroups"],
};
/** The cloud's. */
const REGIONS = ["bj", "bd", "gz", "su", "hkg", "fwh", "fsh", "sin", "cd", "nj", "yq"];
const MOST_TAGS = 20;

interface Tagged {
  readonly tags?: readonly Tag[];
  /** Of machines: "bcc", "bbc" or "hpas". */
  readonly product?: string;
}

export interface Resource {
  readonly serviceType: string;
  readonly resourceId: string;
  readonly region: string;
  readonly tags: readonly Tag[];
  set(tags: readonly Tag[]): void;
}

/** Every region that the account has been in. */
export const openRegionsOf = ({ shared }: Pick<Account, "shared">) =>
  shared.table<{ readonly region: string }>("tagRegions");

/** What the account has that can be tagged, in all regions that it has been in. */
export function resourcesOf(account: Account): readonly Resource[] {
  return openRegionsOf(account)
    .ids()
    .flatMap((region) => {
      const there = account.inRegion(region);
      return Object.keys(TABLES).flatMap((serviceType) => inTables(there, serviceType));
    });
}

/** One of them, or the refusal. */
export function resourceOf(account: Account, serviceType: string, resourceId: string, region: string): Resource {
  if (!TABLES[serviceType]) throw badRequest(`serviceType: "${serviceType}" is unknown.`);
  if (region !== account.region && !REGIONS.includes(region))
    throw badRequest(`region: "${region}" has no such resource.`);
  const found = inTables(account.inRegion(region), serviceType).find((one) => one.resourceId === resourceId);
  if (!found) throw noSuchObject(`${serviceType} ${resourceId}`);
  return found;
}

export const without = (tags: readonly Tag[], { tagKey }: Pick<Tag, "tagKey">): readonly Tag[] =>
  tags.filter((tag) => tag.tagKey !== tagKey);

/** A resource has one value for a key; later ones win. Refuses what is too much. */
export function distinctTags(tags: readonly Tag[]): readonly Tag[] {
  const byKey = [...new Map(tags.map((tag) => [tag.tagKey, tag])).values()];
  if (byKey.length > MOST_TAGS) throw quotaExceeded("tags of a resource");
  return byKey;
}

function inTables(account: Account, serviceType: string): readonly Resource[] {
  const machines = ["BCC", "BBC", "HPAS"].includes(serviceType);
  return (TABLES[serviceType] ?? []).flatMap((name) => {
    const table = account.store.table<Tagged>(name);
    return table.ids().flatMap((key) => {
      const record = table.get(key);
      if (machines && record?.product !== serviceType.toLowerCase()) return [];
      return [
        {
          serviceType,
          resourceId: serviceType === "EIP" ? (eipsOf(account).get(key)?.eipId ?? key) : key,
          region: account.region,
          tags: record?.tags ?? [],
          set: (tags: readonly Tag[]) => void table.patch(key, { tags }),
        },
      ];
    });
  });
}
