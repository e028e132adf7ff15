import { stringify } from "yaml";
import { customResourceDefinition, RESOURCES } from "./crd.ts";
import { referencePage } from "./reference.ts";

/** Paths from the root of the repository, with their contents. */
export function generatedFiles(): Readonly<Record<string, string>> {
  return {
    ...Object.fromEntries(RESOURCES.map((resource) => [`deploy/crds/${resource.plural}.yaml`, crdText(resource)])),
    "docs/reference/tenant-crd.md": referencePage(),
  };
}

function crdText(resource: (typeof RESOURCES)[number]): string {
  const head = "# Generated from packages/tenancy/tenant.ts by apps/tenant-operator/generate.ts.\n";
  return head + stringify(customResourceDefinition(resource), { lineWidth: 0, aliasDuplicateObjects: false });
}
