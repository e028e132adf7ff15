import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createLogger, readText } from "@ccm/base";
import { createHealthChecks, type HealthCheck } from "./health.ts";

async function ask(checks: Readonly<Record<string, HealthCheck>>, target: string) {
  const lines: string[] = [];
  const health = createHealthChecks(
    createLogger((_level, message, fields) => lines.push(`${message} ${fields.problem}`)),
  );
  for (const [name, check] of Object.entries(checks)) health.add(name, check);
  const [path = "", query = ""] = target.split("?");
  const { status, body } = await health.answer(path, new URLSearchParams(query));
  return { status, text: await readText(body), lines };
}
const good = () => undefined;
const bad = () => "hello";

describe("the health endpoint", () => {
  it("is well without checks", async () => {
    assert.deepEqual(await ask({}, "/healthz"), { status: 200, text: "ok", lines: [] });
  });

  it("lists its checks when asked to", async () => {
    assert.equal((await ask({ good }, "/livez?verbose")).text, "[+]good ok\nlivez check passed\n");
  });

  it("lists them when one fails, and keeps the reason for the log", async () => {
    const { status, text, lines } = await ask({ good, bad }, "/healthz");
    assert.equal(status, 500);
    assert.equal(text, "[+]good ok\n[-]bad failed: reason withheld\nhealthz check failed\n");
    assert.deepEqual(lines, ["health check failed hello"]);
  });

  it("leaves out what is excluded, and says when that does not exist", async () => {
    assert.equal((await ask({ good, bad }, "/readyz?exclude=bad")).status, 200);
    assert.equal(
      (await ask({ good, bad }, "/readyz?verbose&exclude=bad&exclude=x")).text,
      '[+]good ok\n[+]bad excluded: ok\nwarn: some health checks cannot be excluded: no matches for "x"\nreadyz check passed\n',
    );
  });

  it("answers for a single check", async () => {
    assert.equal((await ask({ good, bad }, "/healthz/good")).status, 200);
    assert.equal((await ask({ good, bad }, "/healthz/bad")).status, 500);
    assert.equal((await ask({ good, bad }, "/healthz/x")).status, 404);
  });
});
