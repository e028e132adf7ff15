import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { describe, it } from "node:test";
import { promisify } from "node:util";

/** What a program that logs so writes to stderr. */
async function logged(format: "text" | "json", body: string): Promise<readonly string[]> {
  const url = JSON.stringify(new URL("./logger.ts", import.meta.url).href);
  const text = `import { createStderrLogger } from ${url}; const log = createStderrLogger("info", "${format}"); ${body}`;
  const { stderr } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", text]);
  return stderr.split("\n").filter((line) => line !== "");
}

const STORY = `
  const child = log.with({ controller: "c" });
  child.debug("too early");
  log.setLevel("debug");
  child.debug("now", { a: "x y", n: 1 });
  log.setLevel("error");
  child.warn("too late");
`;

describe("the log", () => {
  it("as text has level, message and fields; its level can be changed while the process runs", async () => {
    const lines = await logged("text", STORY);
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? "", /^\S+Z DEBUG now controller=c a="x y" n=1$/);
  });

  it("as JSON has the same", async () => {
    const lines = await logged("json", STORY);
    assert.equal(lines.length, 1);
    const { message, controller, a, n } = JSON.parse(lines[0] ?? "");
    assert.deepEqual({ message, controller, a, n }, { message: "now", controller: "c", a: "x y", n: 1 });
  });
});
