import type { KubeObject } from "@ccm/kube";
import { z } from "zod";
import { GROUP, VERSION } from "./names.ts";
import { tenantNamespaceSpec, tenantNamespaceStatus, tenantSpec, tenantStatus } from "./tenant.ts";

/** A schema as a CustomResourceDefinition takes it: OpenAPI v3, structural. */
export interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly [more: string]: unknown;
}

export interface Column {
  readonly name: string;
  readonly type: string;
  readonly jsonPath: string;
  readonly description: string;
  readonly priority?: number;
}

export interface Resource {
  readonly kind: string;
  readonly plural: string;
  readonly shortNames: readonly string[];
  readonly description: string;
  readonly spec: Schema;
  readonly status: Schema;
  readonly columns: readonly Column[];
}

/** The bounds that every integer of 32 bits has are its format. */
const INT32 = { minimum: -2_147_483_648, maximum: 2_147_483_647 };

const AGE: Column = { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp", description: "Since when." };

export const RESOURCES: readonly Resource[] = [
  {
    kind: "Tenant",
    plural: "tenants",
    shortNames: ["tnt"],
    description: "A tenant of the cluster: who it is, which namespaces it has, and what these may use.",
    spec: structural(z.toJSONSchema(tenantSpec)),
    status: structural(z.toJSONSchema(tenantStatus)),
    columns: [
      { name: "Phase", type: "string", jsonPath: ".status.phase", description: "Active, Suspended or Terminating." },
      { name: "Namespaces", type: "integer", jsonPath: ".status.namespaceCount", description: "How many it has." },
      { name: "Max", type: "integer", jsonPath: ".spec.namespaces.max", description: "How many it may have." },
      {
        name: "Ready",
        type: "string",
        jsonPath: ".status.conditions[?(@.type=='Ready')].status",
        description: "Whether all is as the tenant says.",
      },
      {
        name: "Load balancers",
        type: "integer",
        jsonPath: ".status.cloud.loadBalancers.used",
        description: "In the cloud.",
        priority: 1,
      },
      {
        name: "Public IPs",
        type: "integer",
        jsonPath: ".status.cloud.publicIPs.used",
        description: "In the cloud.",
        priority: 1,
      },
      AGE,
    ],
  },
  {
    kind: "TenantNamespace",
    plural: "tenantnamespaces",
    shortNames: ["tntns"],
    description:
      "A request for a namespace of the same name, by an owner of the tenant. The namespace goes when this object does.",
    spec: structural(z.toJSONSchema(tenantNamespaceSpec)),
    status: structural(z.toJSONSchema(tenantNamespaceStatus)),
    columns: [
      { name: "Tenant", type: "string", jsonPath: ".spec.tenant", description: "Whose it is." },
      { name: "Phase", type: "string", jsonPath: ".status.phase", description: "Ready or Refused." },
      { name: "Message", type: "string", jsonPath: ".status.message", description: "Why it was refused." },
      AGE,
    ],
  },
];

/** Names become values of labels, and namespaces. */
const NAME_RULE = {
  rule: "self.metadata.name.size() <= 63 && self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
  message: "the name must be a DNS label: at most 63 lower case letters, digits and dashes",
};
const UNCHANGED_TENANT = { rule: "self.spec.tenant == oldSelf.spec.tenant", message: "spec.tenant cannot be changed" };

export function customResourceDefinition({ kind, plural, shortNames, description, spec, status, columns }: Resource) {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${GROUP}` },
    spec: {
      group: GROUP,
      scope: "Cluster",
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        shortNames,
        categories: ["tenancy"],
      },
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: columns,
          schema: {
            openAPIV3Schema: {
              type: "object",
              description,
              required: ["spec"],
              "x-kubernetes-validations": kind === "Tenant" ? [NAME_RULE] : [NAME_RULE, UNCHANGED_TENANT],
              properties: {
                apiVersion: { type: "string" },
                kind: { type: "string" },
                metadata: { type: "object" },
                spec,
                status,
              },
            },
          },
        },
      ],
    },
  } satisfies KubeObject & Readonly<Record<string, unknown>>;
}

/** Without what JSON Schema has and a structural schema must not. */
function structural(schema: unknown): Schema {
  const { $schema: _, ...rest } = schema as Record<string, unknown>;
  return clean(rest);
}

function clean(schema: Readonly<Record<string, unknown>>): Schema {
  const intOrString = schema["x-kubernetes-int-or-string"] === true;
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema)) {
    if (key === "propertyNames" || (key === "anyOf" && intOrString)) continue;
    if (key === "additionalProperties" && value === false) continue;
    if (schema.type === "integer" && (key === "minimum" || key === "maximum") && value === INT32[key]) continue;
    if (key === "properties") {
      const entries = Object.entries(value as Record<string, Record<string, unknown>>);
      out.properties = Object.fromEntries(entries.map(([name, property]) => [name, clean(property)]));
    } else if (key === "items" || key === "additionalProperties") {
      out[key] = clean(value as Record<string, unknown>);
    } else out[key] = value;
  }
  if (out.type === "integer") out.format = "int32";
  return out;
}
