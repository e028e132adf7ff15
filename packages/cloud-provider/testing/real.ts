/** What tests of controllers on a real API server share. */
import assert from "node:assert/strict";
import { sleep } from "@ccm/base";
import { systemClock } from "@ccm/base/node";

/** A ClusterRole with these rules (YAML flow mappings), bound to the group of the same name. */
export function rightsOf(group: string, rules: readonly string[]): string {
  return `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: ${group}}
rules:
${rules.map((rule) => `  - ${rule}`).join("\n")}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: ${group}}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: ${group}}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: ${group}}]
`;
}

/** Resolves when the condition holds; fails with `what` when it does not within a minute. */
export async function waitFor(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = systemClock.monotonic() + 60_000;
  while (!(await holds())) {
    assert.ok(systemClock.monotonic() < deadline, `waited in vain until ${what}`);
    await sleep(systemClock, 20);
  }
}
