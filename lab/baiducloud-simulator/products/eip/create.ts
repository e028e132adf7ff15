import type { Account } from "../../account.ts";
import type { Tag } from "../../api/common.ts";
import { quotaExceeded } from "../../api/fault.ts";
import { passThrough } from "./binding.ts";
import { type Eip, eipsOf, type IpVersion } from "./records.ts";
import type { Renewal, Terms } from "./terms.ts";

export interface NewEip extends Terms {
  readonly name: string | undefined;
  readonly bandwidthInMbps: number;
  readonly routeType: string;
  readonly ipVersion: IpVersion;
  readonly deleteProtect: boolean;
  readonly tags: readonly Tag[];
  readonly renewal: Renewal | null;
  /** "" for none. */
  readonly shareGroupId: string;
  /** Default: the next of the pool. */
  readonly address?: string;
}

/** Refuses before any of them is made. */
export function roomForEips(account: Account, count: number): void {
  if (eipsOf(account).size + count > account.quotas.eips) throw quotaExceeded("EIPs");
}

export function addEip(account: Account, { name: wanted, shareGroupId, address, ...more }: NewEip): Eip {
  const eip = address ?? (more.ipVersion === "ipv6" ? nextPublicIpv6(account) : account.nextPublicIp());
  const name = wanted || `eip-${eip}`;
  const record: Eip = {
    ...more,
    eip,
    eipId: account.newId("ip"),
    name,
    shareGroupId,
    nativeGroup: shareGroupId !== "",
    createTime: account.time(),
    status: "creating",
    instanceType: null,
    instanceId: null,
    instanceIp: null,
    direct: false,
  };
  eipsOf(account).set(eip, record);
  passThrough(account, eip, "creating", "available", account.timings.eipCreate);
  account.emit({ kind: "eip.created", eip, name });
  return record;
}

function nextPublicIpv6(account: Account): string {
  for (;;) {
    const address = `2400:da00:100::${account.store.next("publicIpv6").toString(16)}`;
    if (!account.isPublicIpTaken(address)) return address;
  }
}

/** The address is gone for good, with what hung on it. */
export function dropEip(account: Account, { eip, name }: Eip): void {
  eipsOf(account).delete(eip);
  account.gone(eip);
  account.emit({ kind: "eip.released", eip, name });
  account.changed();
}
