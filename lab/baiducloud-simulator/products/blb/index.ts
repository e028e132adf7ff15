import type { Product } from "../../api/operation.ts";
import { backends } from "./backends.ts";
import { balancers } from "./balancers.ts";
import { listeners } from "./listeners.ts";
import { blbSecurityGroups } from "./security-groups.ts";

export const BLB: Product = {
  name: "blb",
  title: "BLB: load balancers",
  hosts: ["blb"],
  parts: [balancers, ...listeners, backends, blbSecurityGroups],
};
