import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { disturbed, undisturbed } from "../enumeration/enumerate.ts";
import type { Fault } from "../enumeration/injector.ts";
import { isMode } from "../enumeration/modes.ts";
import { SCENARIOS, scenarioNamed } from "./index.ts";

describe("undisturbed, nothing is wrong with the scenario", () => {
  for (const scenario of SCENARIOS) it(scenario.name, async () => void (await undisturbed(scenario, "1")));
});

/** What docs/reliability.md says was found and fixed, by the commands beside it. */
function repaired(): readonly { readonly name: string; readonly faults: readonly Fault[] }[] {
  const text = readFileSync(new URL("../../../docs/reliability.md", import.meta.url), "utf8");
  const found = text.slice(text.indexOf("## Found"), text.indexOf("## Open"));
  return [...found.matchAll(/world run --scenario (\S+?)((?: --from \d+ --mode [\w-]+)*)`/g)].map(
    ([, name = "", rest]) => ({
      name,
      faults: [...(rest ?? "").matchAll(/--from (\d+) --mode ([\w-]+)/g)].map(([, at, mode = ""]) => {
        assert.ok(isMode(mode), mode);
        return { at: Number(at), mode };
      }),
    }),
  );
}

describe("what was found is repaired", () => {
  const all = repaired().filter(({ faults }) => faults.length > 0);
  assert.ok(all.length > 5, "docs/reliability.md names the commands");
  for (const { name, faults } of all) {
    it(`${name} ${faults.map(({ at, mode }) => `${mode} at ${at}`).join()}`, async () => {
      const scenario = scenarioNamed(name);
      const { problems } = await disturbed(scenario, "1", faults, await undisturbed(scenario, "1"));
      assert.deepEqual(problems, []);
    });
  }
});
