import type { Product } from "../../api/operation.ts";
import { acls } from "./acls.ts";
import { vpcAddresses } from "./addresses.ts";
import { eniAddresses } from "./eni-addresses.ts";
import { enis } from "./enis.ts";
import { enterpriseSecurityGroups } from "./enterprise-security-groups.ts";
import { haVips } from "./ha-vips.ts";
import { ipSets } from "./ip-sets.ts";
import { ipv6Gateways } from "./ipv6-gateways.ts";
import { natRules } from "./nat-rules.ts";
import { nats } from "./nats.ts";
import { routes } from "./routes.ts";
import { securityGroups } from "./security-groups.ts";
import { subnets } from "./subnets.ts";
import { vpcs } from "./vpcs.ts";

/** Networks: on the host of BCC. */
export const VPC: Product = {
  name: "vpc",
  title: "VPC: networks, subnets, routes, security groups, network cards, gateways",
  hosts: ["bcc", "vpc"],
  parts: [
    vpcs,
    vpcAddresses,
    subnets,
    routes,
    securityGroups,
    enterpriseSecurityGroups,
    enis,
    eniAddresses,
    nats,
    natRules,
    ipv6Gateways,
    haVips,
    ipSets,
    acls,
  ],
};
