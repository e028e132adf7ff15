/** What deploy/ has, given to a real API server. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { realControlPlane } from "@ccm/control-plane/node";
import { parse } from "yaml";

const RBAC = [
  "rbac.yaml",
  "rbac-baiducloud.yaml",
  "rbac-service-account-credentials.yaml",
  "rbac-pull-secrets.yaml",
  "rbac-credential-provider.yaml",
];
const WORKLOADS = [
  "deployment.yaml",
  "daemonset.yaml",
  "pull-secret-controller.yaml",
  "credential-provider-daemonset.yaml",
];
const read = (file: string) => readFileSync(new URL(`../deploy/${file}`, import.meta.url), "utf8");

describe("row 41: the manifests", () => {
  it("row 41: are taken by a real API server, field by field", async (t) => {
    const plane = await realControlPlane(t);
    if (!plane) return;
    for (const file of RBAC) await plane.apply(read(file));
    for (const file of WORKLOADS) {
      const { kind, metadata } = parse(read(file)) as { kind: string; metadata: { name: string; namespace: string } };
      const path = `/apis/apps/v1/namespaces/${metadata.namespace}/${kind.toLowerCase()}s/${metadata.name}`;
      const body = { contentType: "application/apply-patch+yaml", text: read(file) };
      const answer = await plane.admin.request(
        "PATCH",
        `${path}?fieldManager=test&dryRun=All&fieldValidation=Strict`,
        body,
      );
      assert.ok(answer.status < 300, `${file}: ${answer.text}`);
    }
  });
});
