import type { Account } from "../../account.ts";
import { ANY_TEXT, TAGS } from "../../api/common.ts";
import { boolean, integer, object, oneOf, optional, text } from "../../api/schema.ts";
import { bandwidthPackagesOf, type Eip, eipsOf } from "./records.ts";

export const STATUS = oneOf(
  "creating",
  "available",
  "binding",
  "binded",
  "unbinding",
  "updating",
  "paused",
  "unavailable",
);

/** Extra bandwidth, of addresses and groups. */
export const PACKAGES = {
  bwShortId: ANY_TEXT,
  bwBandwidthInMbps: optional(integer()),
  domesticBwShortId: ANY_TEXT,
  domesticBwBandwidthInMbps: optional(integer()),
  defaultDomesticBandwidth: optional(integer()),
};

export const EIP = object({
  eip: text(),
  eipId: text(),
  name: text(),
  status: STATUS,
  eipInstanceType: oneOf("normal", "shared"),
  instanceType: optional(text()),
  instanceId: optional(text()),
  instanceIp: optional(text()),
  shareGroupId: optional(text()),
  clusterId: optional(text()),
  bandwidthInMbps: integer(),
  ...PACKAGES,
  paymentTiming: oneOf("Prepaid", "Postpaid"),
  billingMethod: optional(text()),
  routeType: text(),
  createTime: text(),
  expireTime: optional(text()),
  region: text(),
  tags: TAGS,
  deleteProtect: boolean(),
  // Only in the detail of a group.
  nativeGroup: optional(boolean()),
  originalBandwidth: optional(integer()),
  originProductType: optional(text()),
  originSubProductType: optional(text()),
});

/** Finds the extra bandwidth of addresses and groups. Made once for many look-ups. */
export function packages(account: Account) {
  const byTarget = new Map(
    bandwidthPackagesOf(account)
      .all()
      .map((one) => [one.target, one]),
  );
  return (target: string) => {
    const found = byTarget.get(target);
    return {
      bwShortId: found?.id ?? null,
      bwBandwidthInMbps: found?.bandwidthInMbps ?? null,
      domesticBwShortId: null,
      domesticBwBandwidthInMbps: null,
      defaultDomesticBandwidth: null,
    };
  };
}

/** How clients see addresses. Made once for many. */
export function eipViews(account: Account) {
  const extra = packages(account);
  return ({ ipVersion: _, renewal: __, direct: ___, nativeGroup: ____, ...eip }: Eip) => ({
    ...eip,
    ...extra(eip.eip),
    eipInstanceType: eip.shareGroupId === "" ? "normal" : "shared",
    shareGroupId: eip.shareGroupId || null,
    clusterId: null,
    region: account.region,
  });
}

export const eipsIn = (account: Account, groupId: string): readonly Eip[] =>
  eipsOf(account)
    .all()
    .filter(({ shareGroupId }) => shareGroupId === groupId);
