import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { format, inspect } from "node:util";
import { Secret } from "./secret.ts";

describe("Secret", () => {
  it("shows itself to nobody but the one who asks for it by name", () => {
    const secret = new Secret("s3cr3t");
    const everyWay = [
      String(secret),
      `${secret}`,
      `x${secret}`,
      JSON.stringify({ deep: [{ secret }] }),
      inspect(secret, { showHidden: true }),
      inspect({ deep: { secret } }, { depth: 9 }),
      format("%s %o %j", secret, secret, secret),
      new Error(`with ${secret}`, { cause: secret }).stack ?? "",
      inspect(new Error("with a cause", { cause: { secret } })),
      JSON.stringify(structuredClone({ ...secret })),
      Object.keys(secret).join(),
    ];
    for (const text of everyWay) assert.doesNotMatch(text, /s3cr3t/);
    assert.equal(secret.reveal(), "s3cr3t");
  });

  it("knows whether it is empty", () => {
    assert.deepEqual([new Secret("").empty, new Secret("x").empty], [true, false]);
  });
});
