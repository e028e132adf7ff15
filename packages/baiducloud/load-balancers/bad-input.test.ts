import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ANNOTATIONS, type SettingName } from "./annotation-table.ts";
import { BAD_VALUES } from "./testing/annotation-values.ts";
import { inLab, problemsOf } from "./testing/lab.ts";

const NAMES = Object.keys(ANNOTATIONS) as readonly SettingName[];

describe("a Service with a bad annotation", () => {
  for (const name of NAMES) {
    const { key } = ANNOTATIONS[name];
    it(`row 34: is told once, is served, and can be deleted: ${key}`, () =>
      inLab(async (lab) => {
        for (const [kind, value] of Object.entries(BAD_VALUES(name))) {
          const service = `web-${Object.keys(BAD_VALUES(name)).indexOf(kind)}`;
          await lab.apply(service, { annotations: { [key]: value } });
          const result = await lab.ensure(service);
          assert.deepEqual(result.reasons, ["InvalidAnnotation"], kind);
          assert.ok(problemsOf(result, "InvalidAnnotation")[0]?.includes(key), kind);
          assert.ok(result.status?.ingress?.[0]?.ip, `${kind}: it has its address`);
          const { blbs, listeners, backends, eips } = lab.simulator.inventory();
          assert.deepEqual(
            [blbs.length, listeners.length, backends.length, eips[0]?.status],
            [1, 1, 3, "binded"],
            kind,
          );
          await lab.remove(service);
          const left = lab.simulator.inventory();
          assert.deepEqual([left.blbs, left.eips], [[], []], kind);
        }
      }));
  }
  it("row 34: and others that are good has the good ones followed", () =>
    inLab(async (lab) => {
      const bad = Object.fromEntries(NAMES.map((name) => [ANNOTATIONS[name].key, "?"] as const));
      await lab.apply("web", { annotations: { ...bad, [ANNOTATIONS.maxBackends.key]: "2" } });
      const result = await lab.ensure("web");
      // A question mark is a text like any other to the UDP health check.
      assert.equal(problemsOf(result, "InvalidAnnotation").length, NAMES.length - 2);
      assert.equal(lab.simulator.inventory().backends.length, 2);
      await lab.remove("web");
      assert.deepEqual(lab.simulator.inventory().blbs, []);
    }));
});
