import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { textResponse } from "@ccm/base";
import { requireHost } from "./host-check.ts";

describe("the host of the admin API", () => {
  const handler = requireHost(["lab.test"], async () => textResponse(200, "in"));
  const ask = async (headers: Readonly<Record<string, string>>) => {
    const { signal } = new AbortController();
    return (await handler({ method: "GET", target: "/admin", headers, body: new Uint8Array(), signal })).status;
  };

  for (const host of ["127.0.0.1:80", "localhost:8080", "LOCALHOST", "[::1]:80", "lab.test:1", "10.0.0.5"]) {
    it(`may be ${host}`, async () => assert.equal(await ask({ host }), 200));
  }
  for (const host of ["evil.test", "127.0.0.1.evil.test", "localhost.evil.test:80", ""]) {
    it(`may not be "${host}"`, async () => assert.equal(await ask({ host }), 421));
  }
  it("may not be absent", async () => assert.equal(await ask({}), 421));
});
