import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readText } from "@ccm/base";
import { createConsolePage } from "./console-page.ts";

async function get(target: string, method = "GET") {
  const { signal } = new AbortController();
  const page = createConsolePage();
  const { status, headers, body } = await page({ method, target, headers: {}, body: new Uint8Array(), signal });
  return { status, headers, text: await readText(body) };
}

describe("the page's files", () => {
  it("are all from here, and the policy lets nothing else in", async () => {
    const { status, headers, text } = await get("/console/?x=1");
    assert.equal(status, 200);
    const wanted = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? "");
    assert.equal(wanted.length, 3);
    for (const target of wanted) assert.equal((await get(target)).status, 200, target);
    const policy = headers["content-security-policy"] ?? "";
    assert.match(policy, /default-src 'none'; script-src 'self'; style-src 'self'/);
    assert.ok(!policy.includes("unsafe"));
  });

  it("have one program, with the libraries in it", async () => {
    const { headers, text } = await get("/console/main.js");
    assert.match(headers["content-type"] ?? "", /^text\/javascript/);
    assert.ok(!/(?<![.\w])(from|import)\s*["'(]/.test(text), "it imports something");
    assert.ok(text.length < 100_000, `${text.length} characters`);
  });

  it("are found from the root, and nothing else is served", async () => {
    assert.deepEqual(
      [(await get("/")).headers.location, (await get("/console")).headers.location],
      ["/console/", "/console/"],
    );
    assert.equal((await get("/console/../package.json")).status, 404);
    assert.equal((await get("/console/main.tsx")).status, 404);
    assert.equal((await get("/console/", "POST")).status, 405);
  });
});
