/** The embedded server and the recording, both against a real kube-apiserver. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, describe, it, type TestContext } from "node:test";
import { seededRandom } from "@ccm/base";
import { type ControlPlane, canHaveControlPlane, startControlPlane } from "@ccm/control-plane/node";
import { answersOfReal, REAL_OPTIONS } from "./node/real-answers.ts";
import { DIFFERENCES } from "./scenarios/differences.ts";
import { answersOfEmbedded } from "./scenarios/embedded.ts";
import { SCENARIOS } from "./scenarios/index.ts";
import { differences } from "./scenarios/normalise.ts";
import { KINDS, randomScenario } from "./scenarios/random.ts";
import { type Recording, readRecording } from "./scenarios/recording.ts";
import type { Scenario } from "./scenarios/scenario.ts";
import { VERSION } from "./version.ts";

const SEED = 2026;
/** Of each kind. */
const HISTORIES = 30;

describe("the embedded server and a real kube-apiserver", () => {
  let shared: Promise<ControlPlane> | undefined;
  after(async () => (await shared)?.stop());

  /** One for both tests, of the version that is embedded. */
  async function start(t: TestContext): Promise<ControlPlane | undefined> {
    if (!canHaveControlPlane(t)) return undefined;
    shared ??= startControlPlane(REAL_OPTIONS);
    const plane = await shared;
    const [minor] = /^1\.\d+/.exec(plane.version) ?? [];
    if (minor === `${VERSION.major}.${VERSION.minor}`) return plane;
    t.skip(`the embedded server is 1.${VERSION.minor}, this one ${plane.version}`);
    return undefined;
  }

  it("answer every scenario alike, and the recording is true", async (t) => {
    const plane = await start(t);
    if (!plane) return;
    const real = await answersOfReal(plane);
    const recorded = readRecording(readFileSync(new URL("scenarios/recorded.jsonl", import.meta.url), "utf8"));
    const found = await disagreements(
      SCENARIOS.filter(({ name }) => !DIFFERENCES[name]),
      real,
    );
    for (const { name } of SCENARIOS) {
      found.push(...differences(real.get(name), recorded.get(name)).map((line) => `${name}, as recorded: ${line}`));
    }
    assert.deepEqual(found, []);
  });

  it("make the same of random histories", async (t) => {
    const plane = await start(t);
    if (!plane) return;
    const random = seededRandom(SEED);
    const histories = KINDS.flatMap((kind) =>
      Array.from({ length: HISTORIES }, (_, index) => randomScenario(kind, String(index), random)),
    );
    assert.deepEqual(await disagreements(histories, await answersOfReal(plane, histories, 5000)), []);
  });
});

async function disagreements(scenarios: readonly Scenario[], real: Recording): Promise<string[]> {
  const found: string[] = [];
  for (const scenario of scenarios) {
    const lines = differences(real.get(scenario.name), await answersOfEmbedded(scenario));
    found.push(...lines.map((line) => `${scenario.name} ${line}`));
  }
  return found;
}
