import type { Product } from "../../api/operation.ts";
import { backends } from "./backends.ts";
import { balancers } from "./balancers.ts";
import { clusters } from "./clusters.ts";
import { listeners } from "./listeners.ts";
import { blbSecurityGroups } from "./security-groups.ts";
import { sharedCalls } from "./shared.ts";

export const BLB: Product = {
  name: "blb",
  title: "BLB: load balancers",
  hosts: ["blb"],
  parts: [balancers, ...listeners, backends, sharedCalls, blbSecurityGroups, clusters],
};
