import type { Product } from "../../api/operation.ts";
import { clusterSwitches } from "./cluster-switches.ts";
import { clusters } from "./clusters.ts";
import { events } from "./events.ts";
import { groups } from "./groups.ts";
import { kubeconfigs } from "./kubeconfigs.ts";
import { nodes } from "./nodes.ts";
import { quotas } from "./quotas.ts";
import { rbac } from "./rbac.ts";
import { scaling } from "./scaling.ts";

export const CCE: Product = {
  name: "cce",
  title: "CCE: Kubernetes clusters",
  hosts: ["cce"],
  parts: [clusters, clusterSwitches, events, nodes, groups, scaling, kubeconfigs, rbac, quotas],
  codes: {
    BadRequest: "cce.warning.InvalidParam",
    InappropriateJSON: "cce.warning.InvalidParam",
    AccessDenied: "cce.warning.AccessDenied",
  },
};
