import type { Product } from "../../api/operation.ts";
import { attributes } from "./attributes.ts";
import { catalog } from "./catalog.ts";
import { creation } from "./create.ts";
import { deploySets } from "./deploy-sets.ts";
import { ehcClusters } from "./ehc.ts";
import { serverEvents } from "./events.ts";
import { images } from "./images.ts";
import { instances } from "./instances.ts";
import { keypairs } from "./keypairs.ts";
import { networking } from "./networking.ts";
import { power } from "./power.ts";
import { releasing } from "./release.ts";
import { reshaping } from "./reshape.ts";
import { snapshots } from "./snapshots.ts";
import { volumes } from "./volumes.ts";

export const BCC: Product = {
  name: "bcc",
  title: "BCC: cloud servers, disks, images, key pairs",
  hosts: ["bcc"],
  parts: [
    instances,
    creation,
    power,
    attributes,
    networking,
    reshaping,
    releasing,
    catalog,
    volumes,
    snapshots,
    images,
    keypairs,
    ehcClusters,
    deploySets,
    serverEvents,
  ],
};
