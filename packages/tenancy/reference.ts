import { RESOURCES, type Schema } from "./crd.ts";
import { GROUP, VERSION } from "./names.ts";

/** docs/reference/tenant-crd.md. */
export function referencePage(): string {
  const lines = [
    "# Tenant and TenantNamespace",
    "",
    `The resources of \`${GROUP}/${VERSION}\`, both cluster-scoped. This page, and the definitions in`,
    "[deploy/crds](../../deploy/crds), are generated from `packages/tenancy/tenant.ts` by",
    "`apps/tenant-operator/generate.ts`. The [guide](../tenants.md) says how they are used.",
  ];
  for (const { kind, shortNames, description, spec, status, columns } of RESOURCES) {
    lines.push("", `## ${kind}`, "", `Short name \`${shortNames.join(", ")}\`. ${description}`);
    lines.push("", "### Columns of kubectl get", "", "| column | from | |", "| --- | --- | --- |");
    for (const column of columns) {
      const wide = column.priority ? " With `-o wide`." : "";
      lines.push(`| ${column.name} | \`${column.jsonPath.replaceAll("|", "\\|")}\` | ${column.description}${wide} |`);
    }
    for (const [title, schema] of [
      ["spec", spec],
      ["status", status],
    ] as const) {
      lines.push("", `### ${title}`, "", "| field | type | |", "| --- | --- | --- |", ...fieldRows(schema, title));
      const rules = rulesOf(schema, title);
      if (rules.length > 0) lines.push("", "Rules:", "", ...rules.map((rule) => `- ${rule}`));
    }
  }
  return `${lines.join("\n")}\n`;
}

function fieldRows(schema: Schema, path: string): readonly string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const required = schema.required?.includes(name) ? "Required. " : "";
    const own = `${path}.${name}`;
    const inner = property.items ?? property;
    const below = fieldRows(inner, property.items ? `${own}[]` : own);
    return [`| \`${own}\` | ${typeText(property)} | ${required}${cell(property.description ?? "")} |`, ...below];
  });
}

function typeText(schema: Schema): string {
  if (schema["x-kubernetes-int-or-string"]) return "quantity";
  if (schema.enum) return schema.enum.map((one) => `\`${one}\``).join(", ");
  if (schema.items) return `list of ${schema.items.properties ? "objects" : typeText(schema.items)}`;
  if (schema.additionalProperties) return `map of ${typeText(schema.additionalProperties)}`;
  const range = [schema.minimum, schema.maximum].some((bound) => bound !== undefined)
    ? ` (${schema.minimum ?? ""}…${schema.maximum ?? ""})`
    : "";
  const pattern = schema.pattern ? `, \`${cell(schema.pattern)}\`` : "";
  return `${schema.type}${range}${pattern}`;
}

function rulesOf(schema: Schema, path: string): readonly string[] {
  const own = (schema["x-kubernetes-validations"] ?? []) as readonly { readonly message: string }[];
  const below = Object.entries(schema.properties ?? {}).flatMap(([name, property]) =>
    rulesOf(property.items ?? property, `${path}.${name}${property.items ? "[]" : ""}`),
  );
  return [...own.map(({ message }) => `\`${path}\`: ${message}.`), ...below];
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
