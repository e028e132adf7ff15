import type { Product } from "../../api/operation.ts";
import { deploySets } from "./deploy-sets.ts";
import { templates } from "./templates.ts";
import { vmImages } from "./vm-images.ts";
import { vmInstances } from "./vm-instances.ts";
import { vmServices } from "./vm-services.ts";

/** One host for all regions: what it has is the account's, not a region's. */
export const BEC: Product = {
  name: "bec",
  title: "BEC: edge computing",
  hosts: ["bec"],
  parts: [vmServices, vmInstances, vmImages, templates, deploySets],
  codes: { InappropriateJSON: "BadRequest" },
};
