import type { Product } from "../../api/operation.ts";
import { routes } from "./routes.ts";
import { securityGroups } from "./security-groups.ts";
import { vpcs } from "./vpcs.ts";

/** Networks: on the host of BCC. */
export const VPC: Product = {
  name: "vpc",
  title: "VPC: networks, subnets, routes, security groups",
  hosts: ["bcc", "vpc"],
  parts: [vpcs, routes, securityGroups],
};
