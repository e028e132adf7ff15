import type { Product } from "../../api/operation.ts";
import { accelerators } from "./accelerators.ts";
import { builds } from "./builds.ts";
import { charts } from "./charts.ts";
import { credentials } from "./credentials.ts";
import { executions } from "./executions.ts";
import { externalRegistries } from "./external-registries.ts";
import { instances } from "./instances.ts";
import { networks } from "./networks.ts";
import { personal } from "./personal.ts";
import { projects } from "./projects.ts";
import { replications } from "./replications.ts";
import { repositories } from "./repositories.ts";
import { retired } from "./retired.ts";
import { robots } from "./robots.ts";
import { tags } from "./tags.ts";
import { triggers } from "./triggers.ts";

export const CCR: Product = {
  name: "ccr",
  title: "CCR: container registry, personal and enterprise edition",
  hosts: ["ccr"],
  parts: [
    instances,
    networks,
    credentials,
    robots,
    projects,
    repositories,
    tags,
    builds,
    charts,
    externalRegistries,
    replications,
    executions,
    triggers,
    accelerators,
    personal,
  ],
};

/** At the host of CCE, where it was. */
export const IMAGE_REPOSITORY: Product = {
  name: "cce-image",
  title: "The image repository of CCE (retired)",
  hosts: ["cce"],
  parts: [retired],
};
