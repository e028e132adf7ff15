import { parseIp } from "@ccm/base";
import type { Account } from "../account.ts";
import { badRequest } from "../api/fault.ts";
import { bindEip } from "../products/eip/binding.ts";
import { addEip, roomForEips } from "../products/eip/create.ts";
import type { Builder } from "./builder.ts";
import { type Path, quoted } from "./check.ts";
import type { Named, Names } from "./names.ts";
import type { EipFile } from "./schema.ts";

/** What an address can be bound to. */
export interface Target extends Named {
  /** As the call for binding names it. */
  readonly type: "BCC" | "BBC" | "BLB";
}

export function applyEips(
  builder: Builder,
  account: Account,
  eips: readonly EipFile[],
  path: Path,
  targets: Names<Target>,
): void {
  for (const [index, eip] of eips.entries()) {
    const at = [...path, "eips", index];
    builder.attempt(at, eip, () => {
      const target = eip.boundTo === undefined ? undefined : builder.resolve([...at, "boundTo"], eip.boundTo, targets);
      const address = applyEip(builder, account, eip);
      if (target) bindEip(account, address, target.type, target.id);
    });
  }
}

function applyEip(builder: Builder, account: Account, eip: EipFile): string {
  const { address, ipVersion = "ipv4" } = eip;
  if (address !== undefined && parseIp(address)?.family !== (ipVersion === "ipv4" ? 4 : 6))
    throw badRequest(`address: found ${quoted(address)}, expected an ${ipVersion} address`);
  if (address !== undefined && account.isPublicIpTaken(address))
    throw badRequest(`address: found ${quoted(address)}, which another one has`);
  roomForEips(account, 1);
  builder.useIds(account, eip.id);
  return addEip(account, {
    ...(address === undefined ? {} : { address }),
    name: eip.name,
    ipVersion,
    bandwidthInMbps: eip.bandwidthInMbps ?? 1,
    billingMethod: eip.billingMethod ?? "ByTraffic",
    routeType: eip.routeType ?? "BGP",
    deleteProtect: eip.deleteProtect ?? false,
    tags: eip.tags ?? [],
    paymentTiming: "Postpaid",
    expireTime: null,
    renewal: null,
    shareGroupId: "",
  }).eip;
}
