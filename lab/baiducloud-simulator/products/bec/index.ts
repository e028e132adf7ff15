import type { Product } from "../../api/operation.ts";
import { acls } from "./acls.ts";
import { appBalancers } from "./app-balancers.ts";
import { appIpGroups } from "./app-ip-groups.ts";
import { appPolicies } from "./app-policies.ts";
import { appServerGroups } from "./app-server-groups.ts";
import { balancerBackends } from "./balancer-backends.ts";
import { balancerListeners } from "./balancer-listeners.ts";
import { balancers } from "./balancers.ts";
import { containers } from "./containers.ts";
import { deploySets } from "./deploy-sets.ts";
import { monitoring } from "./monitoring.ts";
import { natRules } from "./nat-rules.ts";
import { nats } from "./nats.ts";
import { nodes } from "./nodes.ts";
import { routes } from "./routes.ts";
import { securityGroups } from "./security-groups.ts";
import { templates } from "./templates.ts";
import { vmImages } from "./vm-images.ts";
import { vmInstances } from "./vm-instances.ts";
import { vmServices } from "./vm-services.ts";
import { vpcs } from "./vpcs.ts";

/** One host for all regions: what it has is the account's, not a region's. */
export const BEC: Product = {
  name: "bec",
  title: "BEC: edge computing",
  hosts: ["bec"],
  parts: [
    vmServices,
    vmInstances,
    vmImages,
    templates,
    deploySets,
    vpcs,
    routes,
    acls,
    securityGroups,
    containers,
    balancers,
    balancerListeners,
    balancerBackends,
    appBalancers,
    appIpGroups,
    appPolicies,
    appServerGroups,
    nats,
    natRules,
    nodes,
    monitoring,
  ],
  codes: { InappropriateJSON: "BadRequest" },
};
