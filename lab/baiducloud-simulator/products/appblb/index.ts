import type { Product } from "../../api/operation.ts";
import { blbSecurityGroups } from "../blb/security-groups.ts";
import { sharedCalls } from "../blb/shared.ts";
import { balancers } from "./balancers.ts";
import { ipGroups } from "./ip-groups.ts";
import { listeners } from "./listeners.ts";
import { policies } from "./policies.ts";
import { serverGroups } from "./server-groups.ts";

/** The calls that both families have at one address are here as well, for a port that has this product alone. */
export const APPBLB: Product = {
  name: "appblb",
  title: "AppBLB: application load balancers",
  hosts: ["blb"],
  parts: [balancers, ...listeners, serverGroups, policies, ipGroups, sharedCalls, blbSecurityGroups],
};
