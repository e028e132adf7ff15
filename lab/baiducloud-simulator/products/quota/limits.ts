import type { Account, Quotas } from "../../account.ts";
import { instancesOf } from "../bcc/records.ts";
import { countAll } from "../blb/mutate.ts";
import { eipsOf } from "../eip/records.ts";
import { enisOf, natsOf, routeRulesOf, vpcsOf } from "../vpc/records.ts";

/** One quota as the centre knows it. How the real one names them is not published: these names are our own. */
export interface Limit {
  readonly serviceType: string;
  readonly name: string;
  readonly description: string;
  readonly quota: keyof Quotas;
  /** Whether more can be applied for. */
  readonly apply: boolean;
  /** Absent where it goes by object. */
  used?(account: Account): number;
}

export const LIMITS: readonly Limit[] = [
  {
    serviceType: "BLB",
    name: "loadBalancers",
    description: "load balancers of both kinds",
    quota: "blbs",
    apply: true,
    used: countAll,
  },
  {
    serviceType: "BLB",
    name: "listenersPerLoadBalancer",
    description: "listeners of a load balancer",
    quota: "listenersPerBlb",
    apply: true,
  },
  {
    serviceType: "BLB",
    name: "backendsPerLoadBalancer",
    description: "backends of a load balancer or a group",
    quota: "backendsPerBlb",
    apply: true,
  },
  {
    serviceType: "EIP",
    name: "addresses",
    description: "public addresses",
    quota: "eips",
    apply: true,
    used: (account) => eipsOf(account).size,
  },
  {
    serviceType: "VPC",
    name: "routeRules",
    description: "routes of a table",
    quota: "routeRules",
    apply: true,
    used: (account) =>
      routeRulesOf(account)
        .all()
        .filter(({ nexthopType }) => nexthopType !== "sys").length,
  },
  {
    serviceType: "VPC",
    name: "vpcs",
    description: "virtual networks",
    quota: "vpcs",
    apply: true,
    used: (account) => vpcsOf(account).size,
  },
  { serviceType: "VPC", name: "subnetsPerVpc", description: "subnets of a VPC", quota: "subnetsPerVpc", apply: true },
  {
    serviceType: "VPC",
    name: "enis",
    description: "network cards",
    quota: "enis",
    apply: true,
    used: (account) =>
      enisOf(account)
        .all()
        .filter(({ instanceId }) => instanceId === "").length,
  },
  {
    serviceType: "NAT",
    name: "nats",
    description: "NAT gateways",
    quota: "nats",
    apply: true,
    used: (account) => natsOf(account).size,
  },
  {
    serviceType: "SECURITYGROUP",
    name: "securityGroups",
    description: "security groups of a VPC",
    quota: "securityGroups",
    apply: false,
  },
  {
    serviceType: "BCC",
    name: "instances",
    description: "machines",
    quota: "instances",
    apply: true,
    used: (account) =>
      instancesOf(account)
        .all()
        .filter(({ status }) => status !== "Deleted").length,
  },
];

/** The product that a service belongs to; here each is one of its own but those of the network. */
export function productOf(serviceType: string): string {
  return ["NAT", "SECURITYGROUP"].includes(serviceType) ? "VPC" : serviceType;
}
