/**
 * The embedded server against what a real kube-apiserver answered when it was last asked (scenarios/recorded.jsonl).
 * agreement.real.test.ts asks a real one.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { DIFFERENCES } from "./scenarios/differences.ts";
import { answersOfEmbedded } from "./scenarios/embedded.ts";
import { SCENARIOS } from "./scenarios/index.ts";
import { differences } from "./scenarios/normalise.ts";
import { readRecording } from "./scenarios/recording.ts";

describe("the embedded server answers as kube-apiserver does", () => {
  const recorded = readRecording(readFileSync(new URL("scenarios/recorded.jsonl", import.meta.url), "utf8"));

  for (const scenario of SCENARIOS) {
    it(scenario.name, async () => {
      const real = recorded.get(scenario.name);
      assert.ok(real, "not recorded: run lab/kube-server/node/record.ts");
      const found = differences(real, await answersOfEmbedded(scenario));
      // An allowance that is no longer needed is to go, too.
      if (DIFFERENCES[scenario.name]) assert.notDeepEqual(found, []);
      else assert.deepEqual(found, []);
    });
  }

  it("every scenario has a name of its own", () => {
    assert.equal(new Set(SCENARIOS.map(({ name }) => name)).size, SCENARIOS.length);
  });

  it("every allowed difference belongs to a scenario", () => {
    const names = SCENARIOS.map(({ name }) => name);
    assert.deepEqual(
      Object.keys(DIFFERENCES).filter((name) => !names.includes(name)),
      [],
    );
  });
});
