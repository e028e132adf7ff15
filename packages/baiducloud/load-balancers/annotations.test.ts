import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import fc from "fast-check";
import { ANNOTATION, readAnnotations } from "./annotations.ts";

describe("annotations of a Service", () => {
  it("are all in the reference, in both languages", () => {
    for (const page of ["annotations.md", "annotations.zh.md"]) {
      const text = readFileSync(new URL(`../../../docs/${page}`, import.meta.url), "utf8");
      for (const key of Object.values(ANNOTATION)) {
        const short = key.replace("service.beta.kubernetes.io/", "");
        assert.ok(text.includes(`\`${short}\``), `${short} is not in docs/${page}`);
      }
    }
  });

  const bad: readonly (readonly [key: string, value: string, expected: RegExp])[] = [
    [ANNOTATION.scheduler, "Fastest", /"Fastest" is not allowed: expected one of RoundRobin, LeastConnection, Hash/],
    [ANNOTATION.maxBackends, "0", /"0" is not allowed: expected a whole number from 1 to 50/],
    [ANNOTATION.maxBackends, "lots", /expected a whole number from 1 to 50/],
    [ANNOTATION.healthTimeout, "61", /expected a whole number from 1 to 60/],
    [ANNOTATION.eipBandwidth, "1001", /expected a whole number from 1 to 1000/],
    [ANNOTATION.eipPayment, "Later", /expected one of Prepaid, Postpaid/],
    [ANNOTATION.eipReservation, "10", /expected one of 1, 2/],
    [ANNOTATION.subnetId, "subnet", /expected a subnet ID/],
    [ANNOTATION.existingId, "blb-1", /expected a load balancer ID/],
    [ANNOTATION.name, "1st", /expected 1 to 65 characters/],
  ];
  for (const [key, value, expected] of bad) {
    it(`that are wrong name key, value and what is allowed: ${key}=${value}`, () => {
      const { problems, settings } = readAnnotations({ [key]: value });
      assert.equal(problems.length, 1);
      const [problem] = problems;
      assert.equal(problem?.reason, "InvalidAnnotation");
      assert.ok(problem?.message.includes(key));
      assert.match(problem?.message ?? "", expected);
      assert.deepEqual(settings, readAnnotations({}).settings, "the defaults are used");
    });
  }

  it("have the documented defaults", () => {
    const { settings, problems } = readAnnotations({});
    assert.deepEqual(problems, []);
    assert.equal(settings.maxBackends, 50);
    assert.equal(settings.healthTimeout, 3);
    assert.equal(settings.eipBilling, "ByTraffic");
    assert.equal(settings.internal, false);
  });

  it("never make reading fail, whatever they hold", () => {
    const keys = fc.constantFrom(...Object.values(ANNOTATION));
    fc.assert(
      fc.property(fc.dictionary(keys, fc.string()), (annotations) => {
        const { settings } = readAnnotations(annotations);
        assert.ok(settings.maxBackends >= 1 && settings.maxBackends <= 50);
      }),
    );
  });
});
