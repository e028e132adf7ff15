import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { planRollback, planRotation } from "./plan.ts";
import { loginOf, type Observed, type RotationRequest, robotMark, type SecretView, type Step } from "./types.ts";

const request: RotationRequest = {
  instanceId: "ccr-12345678",
  hosts: ["host"],
  from: "ccr$old",
  to: { kind: "robot", name: "new" },
  graceMs: 60,
  deleteAfterMs: 600,
  images: [],
};
const PERMISSIONS = [{ kind: "project", namespace: "*", access: [] }] as const;
const OLD = { id: 1, name: "ccr$old", disable: false, duration: -1, permissions: PERMISSIONS };

const secret = fc.record({
  namespace: fc.constantFrom("a", "b", "c"),
  name: fc.string({ minLength: 1 }),
  chosen: fc.constant(true),
  resourceVersion: fc.constant("1"),
  entries: fc.uniqueArray(
    fc.record({
      key: fc.constantFrom("host", "https://host", "*"),
      carries: fc.constantFrom("old" as const, "new" as const, "stale" as const),
      fingerprint: fc.constant("f"),
    }),
    { selector: ({ key }) => key, minLength: 1 },
  ),
});
const secrets = fc.uniqueArray(secret, { selector: ({ namespace, name }) => `${namespace}/${name}`, maxLength: 8 });

/** What a step makes of the world, when all goes well. */
function after(seen: Observed, step: Step): Observed {
  const { record, now } = seen;
  const without = <T extends object>(object: T, ...names: readonly string[]) =>
    Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name))) as T;
  const mark = (name: string): Observed => (record ? { ...seen, record: { ...record, [name]: now } } : seen);
  switch (step.do) {
    case "begin":
      return { ...seen, record: { ...request, id: "id", startedAt: now, failingBefore: [], previous: {} } };
    case "create":
      return {
        ...seen,
        new: { id: 2, name: step.login, disable: false, description: robotMark({ id: "id", from: "ccr$old" }) },
      };
    case "enable-new":
      return seen.new ? { ...seen, new: { ...seen.new, disable: false } } : seen;
    case "prove":
      return { ...seen, proof: { outcome: "pulled", message: "" } };
    case "remember": {
      const known = seen.secrets.map((one) => [
        `${one.namespace}/${one.name}`,
        Object.fromEntries(one.entries.map(({ key, fingerprint }) => [key, fingerprint])),
      ]);
      const open = without(record ?? ({} as NonNullable<typeof record>), "replacedAt", "disabledAt", "restoredAt");
      return { ...seen, record: { ...open, previous: { ...open.previous, ...Object.fromEntries(known) } } };
    }
    case "replace":
    case "restore":
      return {
        ...seen,
        secrets: seen.secrets.map((one) =>
          one.namespace === step.namespace && one.name === step.name
            ? {
                ...one,
                entries: one.entries.map((entry) =>
                  step.keys.includes(entry.key) ? { ...entry, carries: step.do === "replace" ? "new" : "old" } : entry,
                ),
              }
            : one,
        ),
      };
    case "mark-replaced":
      return mark("replacedAt");
    case "mark-disabled":
      return mark("disabledAt");
    case "mark-restored":
      return mark("restoredAt");
    case "watch":
    case "rest":
      return { ...seen, now: step.until ?? now };
    case "disable":
    case "enable-old":
      return seen.old ? { ...seen, old: { ...seen.old, disable: step.do === "disable" } } : seen;
    case "delete-old":
      return without(seen, "old");
    case "delete-new":
      return without(seen, "new", "proof");
    case "finish":
      return without(seen, "record");
    default:
      return seen;
  }
}

const carries = (list: readonly SecretView[], what: string) =>
  list.some(({ entries }) => entries.some((one) => one.carries === what));

/** As the runner: all steps up to the first that asks for a new look. */
function run(
  start: Observed,
  plan: typeof planRotation,
  crashes: readonly number[],
  check: (seen: Observed, step: Step) => void,
) {
  let seen = start;
  for (let round = 0; round < 60; round++) {
    const steps = plan(request, seen);
    if (steps.length === 0) return seen;
    let done = 0;
    for (const step of steps) {
      assert.notEqual(step.do, "stop", JSON.stringify(step));
      check(seen, step);
      if ((step.do === "watch" || step.do === "rest") && step.until === undefined) break;
      seen = after(seen, step);
      // It dies here: the next round looks again, and knows nothing.
      if (++done === crashes[round]) break;
      if (["begin", "prove", "remember", "watch", "rest"].includes(step.do) || step.do.startsWith("mark-")) break;
    }
  }
  throw new Error("it does not end");
}

describe("the plan of a rotation", () => {
  const crashes = fc.array(fc.nat(4), { maxLength: 40 });

  it("comes to an end from any Secrets and through any crashes, and is empty then", () => {
    fc.assert(
      fc.property(secrets, crashes, (list, dies) => {
        let disabledAt = Number.POSITIVE_INFINITY;
        let replacedAt = Number.POSITIVE_INFINITY;
        const start: Observed = { now: 1000, old: OLD, secrets: list, failures: [] };
        const end = run(start, planRotation, dies, (seen, step) => {
          if (step.do === "replace") {
            assert.equal(seen.proof?.outcome, "pulled", "replaced before it was proven");
            const kept = seen.record?.previous[`${step.namespace}/${step.name}`] ?? {};
            assert.ok(
              step.keys.every((key) => kept[key]),
              "replaced before it was kept",
            );
            replacedAt = seen.now;
          }
          if (step.do === "disable") {
            assert.ok(!carries(seen.secrets, "old") && seen.now >= replacedAt + request.graceMs, "disabled too early");
            disabledAt = seen.now;
          }
          if (step.do === "delete-old") assert.ok(seen.now >= disabledAt + request.deleteAfterMs, "deleted too early");
        });
        assert.deepEqual(planRotation(request, end), []);
        const begun = carries(list, "old");
        assert.equal(end.record, undefined);
        assert.equal(end.old === undefined, begun);
        if (begun) assert.ok(!carries(end.secrets, "old") && !carries(end.secrets, "stale"));
        else assert.deepEqual(end.secrets, list);
      }),
    );
  });

  it("can be taken back from after any of its steps: the old login is in every Secret again, and works", () => {
    const fresh = secrets.map((list) =>
      list.map((one) => ({ ...one, entries: one.entries.map((entry) => ({ ...entry, carries: "old" as const })) })),
    );
    fc.assert(
      fc.property(fresh, fc.integer({ min: 1, max: 20 }), crashes, (list, stopAfter, dies) => {
        let middle: Observed = { now: 1000, old: OLD, secrets: list, failures: [] };
        let count = 0;
        try {
          run(middle, planRotation, [], (seen, step) => {
            middle = seen;
            if (++count > stopAfter || step.do === "delete-old") throw new Error("stopped");
          });
        } catch {
          // Where it was stopped is what counts.
        }
        const end = run(middle, planRollback, dies, (seen, step) => {
          if (step.do === "restore") assert.ok(!seen.old?.disable, "restored a login that is disabled");
          if (step.do === "delete-new") assert.ok(!carries(seen.secrets, "new"), "deleted while in use");
        });
        assert.deepEqual(end.secrets, list);
        assert.equal(end.old?.disable, false);
        assert.equal(end.new, undefined);
        assert.deepEqual(planRollback(request, end), []);
        assert.equal(loginOf(request.to), "ccr$new");
      }),
    );
  });
});
