import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { realControlPlane } from "@ccm/control-plane/node";
import { customResourceDefinition, RESOURCES } from "./crd.ts";
import { admissionPolicies } from "./policies.ts";

interface Checked {
  readonly metadata: { readonly name: string };
  readonly status?: { readonly typeChecking?: { readonly expressionWarnings?: readonly unknown[] } };
}

describe("on a real API server", () => {
  it("the definitions and the policies are taken, and every expression compiles", async (t) => {
    const plane = await realControlPlane(t);
    if (!plane) return;
    await plane.apply(...RESOURCES.map(customResourceDefinition), ...admissionPolicies());
    t.after(async () => {
      for (const { kind, metadata } of admissionPolicies()) {
        const plural =
          kind === "ValidatingAdmissionPolicy" ? "validatingadmissionpolicies" : "validatingadmissionpolicybindings";
        await plane.admin.request("DELETE", `/apis/admissionregistration.k8s.io/v1/${plural}/${metadata.name}`);
      }
    });
    const path = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies";
    const { items } = JSON.parse(await plane.admin.client.read(path)) as { items: readonly Checked[] };
    const warnings = items.flatMap(({ metadata, status }) => [
      ...(status?.typeChecking?.expressionWarnings ?? []).map((warning) => [metadata.name, warning]),
    ]);
    assert.deepEqual(warnings, []);
  });
});
