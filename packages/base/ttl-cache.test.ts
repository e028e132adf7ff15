import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { TtlCache } from "./ttl-cache.ts";
import { VirtualClock } from "./virtual-clock.ts";

type Step =
  | { readonly do: "get" | "delete"; readonly key: string }
  | { readonly do: "set"; readonly key: string; readonly value: number }
  | { readonly do: "wait"; readonly ms: number };

const key = fc.constantFrom("a", "b", "c", "d", "e", "f");
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constantFrom("get" as const, "delete" as const), key }),
  fc.record({ do: fc.constant("set" as const), key, value: fc.nat() }),
  fc.record({ do: fc.constant("wait" as const), ms: fc.nat(60) }),
);

describe("TtlCache", () => {
  it("does what a plain list of entries in order of use would do", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.array(step, { maxLength: 80 }), async (max, steps) => {
        const clock = new VirtualClock();
        const cache = new TtlCache<number>(clock, 100, max);
        // Last used last.
        let model: { readonly key: string; readonly value: number; readonly until: number }[] = [];
        for (const todo of steps) {
          if (todo.do === "wait") {
            await clock.advance(todo.ms);
            continue;
          }
          const entry = model.find((candidate) => candidate.key === todo.key);
          const others = model.filter((candidate) => candidate !== entry);
          if (todo.do === "set") {
            cache.set(todo.key, todo.value);
            model = [...others, { key: todo.key, value: todo.value, until: clock.monotonic() + 100 }].slice(-max);
          } else if (todo.do === "delete") {
            cache.delete(todo.key);
            model = others;
          } else {
            const fresh = entry && entry.until > clock.monotonic() ? entry : undefined;
            assert.equal(cache.get(todo.key), fresh?.value);
            model = fresh ? [...others, fresh] : others;
          }
          assert.equal(cache.size, model.length);
        }
      }),
    );
  });

  it("forgets everything when cleared", () => {
    const cache = new TtlCache<number>(new VirtualClock(), 100);
    cache.set("a", 1);
    cache.clear();
    assert.deepEqual([cache.get("a"), cache.size], [undefined, 0]);
  });
});
