import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { parseAllDocuments } from "yaml";
import { ACCESS_NEEDS, secretNeed } from "./access.ts";

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

function granted(): readonly (Rule & { readonly namespace: string })[] {
  return ["rbac.yaml", "rbac-baiducloud.yaml"].flatMap((file) => {
    const text = readFileSync(new URL(`../../../deploy/${file}`, import.meta.url), "utf8");
    return parseAllDocuments(text).flatMap((document) => {
      const {
        kind,
        metadata,
        rules = [],
      } = document.toJS() as {
        kind: string;
        metadata: { namespace?: string };
        rules?: readonly Rule[];
      };
      if (kind !== "ClusterRole" && kind !== "Role") return [];
      return rules.map((rule) => ({ ...rule, namespace: metadata.namespace ?? "" }));
    });
  });
}

describe("what the doctor asks whether the CCM may", () => {
  const needs = [...ACCESS_NEEDS, secretNeed({ namespace: "kube-system", name: "cce-plugin-token" })];
  const rules = granted();

  for (const { group, resource, subresource, verbs, namespace, name } of needs) {
    const path = subresource ? `${resource}/${subresource}` : resource;
    for (const verb of verbs) {
      it(`is granted in deploy/: ${verb} ${path}`, () => {
        const fits = rules.some(
          (rule) =>
            rule.apiGroups.includes(group) &&
            rule.resources.includes(path) &&
            rule.verbs.includes(verb) &&
            (rule.namespace === "" || rule.namespace === namespace) &&
            (rule.resourceNames === undefined || rule.resourceNames.includes(name)),
        );
        assert.ok(fits);
      });
    }
  }

  it("is all that is granted there", () => {
    for (const { apiGroups, resources, verbs, namespace, resourceNames = [""] } of rules) {
      for (const verb of verbs) {
        for (const path of resources) {
          const asked = needs.some(
            (need) =>
              apiGroups.includes(need.group) &&
              path === (need.subresource ? `${need.resource}/${need.subresource}` : need.resource) &&
              need.verbs.includes(verb) &&
              need.namespace === namespace &&
              resourceNames.includes(need.name),
          );
          assert.ok(asked, `${verb} ${path}`);
        }
      }
    }
  });
});
