import type { Product } from "../../api/operation.ts";
import { addons } from "./addons.ts";
import { autoscaler } from "./autoscaler.ts";
import { backups } from "./backups.ts";
import { clusterSwitches } from "./cluster-switches.ts";
import { clusters } from "./clusters.ts";
import { events } from "./events.ts";
import { gateway } from "./gateway.ts";
import { groups } from "./groups.ts";
import { kubeconfigs } from "./kubeconfigs.ts";
import { networks } from "./networks.ts";
import { nodes } from "./nodes.ts";
import { oldAutoscaler } from "./old-autoscaler.ts";
import { quotas } from "./quotas.ts";
import { rbac } from "./rbac.ts";
import { remedies } from "./remedies.ts";
import { scaling } from "./scaling.ts";
import { v1Clusters } from "./v1-clusters.ts";
import { workflows } from "./workflows.ts";

export const CCE: Product = {
  name: "cce",
  title: "CCE: Kubernetes clusters",
  hosts: ["cce", "cce-gateway"],
  parts: [
    clusters,
    clusterSwitches,
    events,
    nodes,
    groups,
    scaling,
    kubeconfigs,
    rbac,
    quotas,
    autoscaler,
    networks,
    addons,
    workflows,
    backups,
    remedies,
    v1Clusters,
    oldAutoscaler,
    gateway,
  ],
  unknownAction: "cce.warning.InvalidParam",
  codes: {
    BadRequest: "cce.warning.InvalidParam",
    InappropriateJSON: "cce.warning.InvalidParam",
    AccessDenied: "cce.warning.AccessDenied",
  },
};
