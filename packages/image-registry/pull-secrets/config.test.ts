import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parsePullSecretsConfig } from "./config.ts";

const HOST = "ccr-1a2b3c4d-vpc.cnc.bj.baidubce.com";

describe("the config of pull secrets", () => {
  it("needs registries alone, and has defaults for the rest", () => {
    assert.deepEqual(parsePullSecretsConfig(`registries: [${HOST}]`), {
      secretName: "ccr-pull",
      registries: [{ host: HOST, place: { edition: "enterprise", instanceId: "ccr-1a2b3c4d", region: "bj" } }],
      namespaces: [],
      namespaceLabels: {},
      defaultServiceAccounts: true,
      passwordHours: 24,
    });
  });

  for (const [text, message] of [
    ["", "expected a mapping with registries"],
    ["[", "neither YAML nor JSON"],
    ["namespaces: [a]", "registries: expected at least one host"],
    ["registries: a", "registries, namespaces: expected lists of texts"],
    [
      `registries: [${HOST}]\nnamespace: [a]`,
      "namespace: expected one of secretName, registries, namespaces, namespaceLabels, defaultServiceAccounts, passwordHours",
    ],
    [`registries: [${HOST}]\nnamespaces: [A]`, 'namespaces: expected names of namespaces, or "*"'],
    [`registries: [${HOST}]\nnamespaceLabels: {a: 1}`, "namespaceLabels: expected labels with their values as texts"],
    [`registries: [${HOST}]\npasswordHours: 48`, "passwordHours: expected a whole number from 1 to 24"],
    [`registries: [${HOST}]\nsecretName: A_b`, "secretName: expected a name of a Secret"],
    [`registries: [${HOST}]\ndefaultServiceAccounts: yes please`, "defaultServiceAccounts: expected true or false"],
    [
      "registries: [docker.io]",
      "registries: expected hosts such as ccr-1a2b3c4d-vpc.cnc.bj.baidubce.com, or host=ccr-1a2b3c4d@region",
    ],
  ] as const) {
    it(`is refused in one line: ${message}`, () => {
      assert.throws(() => parsePullSecretsConfig(text), { name: "PullSecretsConfigError", message });
    });
  }
});
