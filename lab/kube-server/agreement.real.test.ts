/** The embedded server and the recording, both against a real kube-apiserver. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";
import { canHaveControlPlane, startControlPlane } from "@ccm/control-plane/node";
import { VERSION } from "./handler.ts";
import { answersOfReal, REAL_OPTIONS } from "./node/real-answers.ts";
import { DIFFERENCES } from "./scenarios/differences.ts";
import { answersOfEmbedded } from "./scenarios/embedded.ts";
import { SCENARIOS } from "./scenarios/index.ts";
import { differences } from "./scenarios/normalise.ts";
import { readRecording } from "./scenarios/recording.ts";

it("the embedded server and a real kube-apiserver answer every scenario alike, and the recording is true", async (t) => {
  if (!canHaveControlPlane(t)) return;
  const plane = await startControlPlane(REAL_OPTIONS);
  t.after(() => plane.stop());
  const [minor] = /^1\.\d+/.exec(plane.version) ?? [];
  if (minor !== `${VERSION.major}.${VERSION.minor}`) {
    t.skip(`the embedded server is 1.${VERSION.minor}, this one ${plane.version}`);
    return;
  }
  const real = await answersOfReal(plane);
  const recorded = readRecording(readFileSync(new URL("scenarios/recorded.jsonl", import.meta.url), "utf8"));
  const found: string[] = [];
  for (const scenario of SCENARIOS) {
    const { name } = scenario;
    const answers = real.get(name);
    if (!DIFFERENCES[name]) {
      found.push(...differences(answers, await answersOfEmbedded(scenario)).map((line) => `${name} ${line}`));
    }
    found.push(...differences(answers, recorded.get(name)).map((line) => `${name}, as recorded: ${line}`));
  }
  assert.deepEqual(found, []);
});
