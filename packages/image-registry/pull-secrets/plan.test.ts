import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Secret, ServiceAccount } from "@ccm/kube";
import fc from "fast-check";
import { type Content, type Observed, planNamespace, type Step } from "./plan.ts";

const NAME = "ccr-pull";
const CONTENT: Content = { dockerConfig: "e30=", expires: "2026-01-02T00:00:00.000Z" };
const MINE = { "image-registry.ccm/pull-secret": "managed" };

const secrets = fc.option(
  fc.record({
    labels: fc.constantFrom(MINE, {}, { "image-registry.ccm/pull-secret": "other" }),
    type: fc.constantFrom("kubernetes.io/dockerconfigjson", "Opaque"),
    data: fc.constantFrom(
      { ".dockerconfigjson": "e30=" },
      { ".dockerconfigjson": "eA==" },
      { ".dockerconfigjson": "e30=", more: "" },
      {},
    ),
    expires: fc.constantFrom(CONTENT.expires, "", "x"),
  }),
  { nil: undefined },
);
const states = fc.record({
  selected: fc.boolean(),
  secret: secrets.map(
    (one): Secret | undefined =>
      one && {
        type: one.type,
        data: one.data as Readonly<Record<string, string>>,
        metadata: {
          name: NAME,
          labels: one.labels as Readonly<Record<string, string>>,
          annotations: { "image-registry.ccm/expires": one.expires },
        },
      },
  ),
  account: fc.option(
    fc.subarray(["a", NAME, "b"]).map(
      (names): ServiceAccount => ({
        metadata: { name: "default" },
        imagePullSecrets: names.map((name) => ({ name })),
      }),
    ),
    { nil: undefined },
  ),
});

/** What the API server makes of the steps. */
function after(observed: Observed, steps: readonly Step[]): Observed {
  let { secret, account } = observed;
  for (const step of steps) {
    if (step.do === "create" || step.do === "update") {
      const { dockerConfig, expires } = step.content;
      const annotations = { "image-registry.ccm/expires": expires };
      const metadata = { name: NAME, labels: MINE, annotations };
      secret = { type: "kubernetes.io/dockerconfigjson", data: { ".dockerconfigjson": dockerConfig }, metadata };
    } else if (step.do === "delete") secret = undefined;
    else if (step.do !== "refuse" && account) {
      const others = (account.imagePullSecrets ?? []).filter(({ name }) => name !== NAME);
      account = { ...account, imagePullSecrets: step.do === "refer" ? [...others, { name: NAME }] : others };
    }
  }
  return { ...observed, secret, account };
}

describe("the plan for a namespace", () => {
  it("is empty after it was followed, but for what is refused", () => {
    fc.assert(
      fc.property(states, fc.constantFrom(CONTENT, undefined), (state, content) => {
        const again = planNamespace(NAME, after(state, planNamespace(NAME, state, content)), content);
        assert.deepEqual(
          again.filter((step) => step.do !== "refuse"),
          [],
        );
      }),
    );
  });

  it("never touches a Secret of somebody else, nor what refers to it", () => {
    fc.assert(
      fc.property(states, (state) => {
        const { secret } = state;
        if (!secret || (secret.metadata.labels === MINE && secret.type === "kubernetes.io/dockerconfigjson")) return;
        assert.deepEqual(planNamespace(NAME, state, CONTENT), state.selected ? [{ do: "refuse" }] : []);
      }),
    );
  });

  it("has the Secret there before anything refers to it, and gone after", () => {
    const account: ServiceAccount = { metadata: { name: "default" } };
    const first = planNamespace(NAME, { selected: true, secret: undefined, account }, CONTENT);
    assert.deepEqual(
      first.map((step) => step.do),
      ["create", "refer"],
    );
    const there = after({ selected: true, secret: undefined, account }, first);
    assert.deepEqual(
      planNamespace(NAME, { ...there, selected: false }, CONTENT).map((step) => step.do),
      ["unrefer", "delete"],
    );
  });
});
