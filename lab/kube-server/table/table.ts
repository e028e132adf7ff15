/** The server-side tables that kubectl prints. */
import type { Fields, Meta, Stored } from "../json.ts";
import type { Resource } from "../resource.ts";
import { age } from "./cells.ts";
import type { Column } from "./columns.ts";

const PLAIN: readonly Column[] = [
  {
    name: "Name",
    type: "string",
    format: "name",
    description: "Name of the object",
    priority: 0,
    cell: (one) => one.metadata.name ?? "",
  },
  {
    name: "Age",
    type: "string",
    description: "Age of the object",
    priority: 0,
    cell: (one, now) => age(one.metadata.creationTimestamp, now),
  },
];

/** `include`: what each row carries of its object (includeObject: None, Metadata or Object). */
export function tableOf(
  resource: Resource,
  objects: readonly Stored[],
  metadata: Fields,
  now: number,
  include: string,
  wire: (object: Stored) => Stored,
): Fields {
  const columns = resource.columns.length > 0 ? resource.columns : PLAIN;
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata,
    columnDefinitions: columns.map(({ name, type, format, description, priority }) => ({
      name,
      type,
      format: format ?? "",
      description,
      priority,
    })),
    rows: objects.map((object) => ({
      cells: columns.map((column) => column.cell(object, now)),
      object: include === "None" ? null : include === "Object" ? wire(object) : partialOf(object.metadata),
    })),
  };
}

export function partialOf(metadata: Meta): Fields {
  return { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata };
}
