import type { Product } from "../../api/operation.ts";
import { accesses } from "./accesses.ts";
import { applications } from "./applications.ts";
import { clusters } from "./clusters.ts";
import { deployGroups } from "./deploy-groups.ts";
import { environments } from "./environments.ts";
import { imageRepositories } from "./image-repositories.ts";
import { monitoring } from "./monitoring.ts";
import { releases } from "./releases.ts";
import { workspaces } from "./workspaces.ts";

export const CNAP: Product = {
  name: "cnap",
  title: "CNAP: micro-services on clusters",
  hosts: ["cnap"],
  parts: [
    workspaces,
    clusters,
    environments,
    imageRepositories,
    applications,
    deployGroups,
    accesses,
    releases,
    monitoring,
  ],
};
