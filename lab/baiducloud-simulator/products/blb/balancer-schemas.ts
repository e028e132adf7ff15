import type { Account } from "../../account.ts";
import { ANY_TEXT, NAME, PAGING, TAGS } from "../../api/common.ts";
import { boolean, integer, list, object, oneOf, optional, text } from "../../api/schema.ts";
import type { boundEips } from "../eip/binding.ts";
import { BILLING } from "../eip/terms.ts";
import { vpcsOf } from "../vpc/records.ts";
import type { Balancer } from "./records.ts";

/** How load balancers of both families look on the wire. */

export const LEVEL = oneOf("small1", "small2", "medium1", "medium2", "large1", "large2", "large3", "unlimited");
const STATUS = oneOf("creating", "available", "updating", "paused", "unavailable");
const SUMMARY = {
  blbId: text(),
  name: text(),
  desc: ANY_TEXT,
  address: text(),
  status: STATUS,
  vpcId: text(),
  publicIp: ANY_TEXT,
  eipRouteType: ANY_TEXT,
  publicIpv6: ANY_TEXT,
  eipV6RouteType: ANY_TEXT,
  ipv6: optional(text()),
  tags: TAGS,
  allowDelete: boolean(),
  allowModify: boolean(),
  modificationProtectionReason: ANY_TEXT,
  layer4ClusterId: ANY_TEXT,
  layer7ClusterId: ANY_TEXT,
  layer4ClusterExclusive: boolean(),
  layer7ClusterExclusive: boolean(),
  paymentTiming: text(),
  billingMethod: ANY_TEXT,
};
export const LISTED = object({ ...SUMMARY, subnetId: text() });
export const DETAIL = {
  ...SUMMARY,
  cidr: text(),
  vpcName: text(),
  createTime: text(),
  releaseTime: ANY_TEXT,
  performanceLevel: ANY_TEXT,
  expireTime: ANY_TEXT,
  layer4ClusterMode: ANY_TEXT,
  layer7ClusterMode: ANY_TEXT,
  layer4MasterAz: ANY_TEXT,
  layer7MasterAz: ANY_TEXT,
  layer4SlaveAz: ANY_TEXT,
  layer7SlaveAz: ANY_TEXT,
  // A text here, a number everywhere else: official clients insist on it.
  listener: list(object({ port: text(), type: text(), description: ANY_TEXT })),
};
export const FILTER = {
  ...PAGING,
  address: ANY_TEXT,
  name: ANY_TEXT,
  blbId: ANY_TEXT,
  bccId: ANY_TEXT,
  exactlyMatch: optional(boolean()),
  type: ANY_TEXT,
};
export const CHANGE = object({
  name: NAME,
  desc: optional(text({ maxBytes: 450 })),
  allowDelete: optional(boolean()),
  allocateIpv6: optional(boolean()),
});
export const NEW_BALANCER = {
  vpcId: text(),
  subnetId: text(),
  name: NAME,
  desc: optional(text({ maxBytes: 450 }), ""),
  address: ANY_TEXT,
  allocateIpv6: optional(boolean()),
  eip: ANY_TEXT,
  tags: TAGS,
  allowDelete: optional(boolean(), true),
  allowModify: optional(boolean(), true),
  modificationProtectionReason: optional(text({ max: 128 }), ""),
  performanceLevel: optional(LEVEL),
  billing: optional(BILLING),
  autoRenewLength: optional(integer(0, 9)),
  autoRenewTimeUnit: optional(oneOf("month", "year")),
  resourceGroupId: ANY_TEXT,
  layer4ClusterExclusive: optional(boolean()),
  layer7ClusterExclusive: optional(boolean()),
  layer4ClusterId: optional(text(), ""),
  layer7ClusterId: optional(text(), ""),
  clusterProperty: ANY_TEXT,
};
export const CREATED = object({
  blbId: text(),
  name: text(),
  desc: ANY_TEXT,
  address: text(),
  ipv6: optional(text()),
});

export function summaryOf(balancer: Balancer, boundEip: ReturnType<typeof boundEips>) {
  const { blbId, ipv6, clusters } = balancer;
  const eip = boundEip(blbId, "ipv4");
  const eip6 = boundEip(blbId, "ipv6");
  return {
    blbId,
    name: balancer.name,
    desc: balancer.desc,
    address: balancer.address,
    status: balancer.status,
    vpcId: balancer.vpcId,
    publicIp: eip?.eip ?? "",
    eipRouteType: eip?.routeType ?? "",
    publicIpv6: eip6?.eip ?? "",
    eipV6RouteType: eip6?.routeType ?? "",
    ...(ipv6 === "" ? {} : { ipv6 }),
    tags: balancer.tags,
    allowDelete: balancer.allowDelete,
    allowModify: balancer.allowModify,
    modificationProtectionReason: balancer.modificationProtectionReason,
    layer4ClusterId: clusters.layer4,
    layer7ClusterId: clusters.layer7,
    layer4ClusterExclusive: clusters.layer4 !== "",
    layer7ClusterExclusive: clusters.layer7 !== "",
    paymentTiming: balancer.paymentTiming,
    billingMethod: balancer.billingMethod,
  };
}

export function detailOf(account: Account, balancer: Balancer, boundEip: ReturnType<typeof boundEips>) {
  const vpc = vpcsOf(account).get(balancer.vpcId);
  return {
    ...summaryOf(balancer, boundEip),
    cidr: vpc?.cidr ?? "",
    vpcName: vpc?.name ?? "",
    createTime: balancer.createTime,
    releaseTime: "",
    performanceLevel: balancer.performanceLevel,
    expireTime: balancer.expireTime,
    layer4ClusterMode: "",
    layer7ClusterMode: "",
    layer4MasterAz: "",
    layer7MasterAz: "",
    layer4SlaveAz: "",
    layer7SlaveAz: "",
    listener: balancer.listeners.map(({ listenerPort, listenerType, fields }) => ({
      port: String(listenerPort),
      type: listenerType,
      ...(typeof fields.description === "string" ? { description: fields.description } : {}),
    })),
  };
}
