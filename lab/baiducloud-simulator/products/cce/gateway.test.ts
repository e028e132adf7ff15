import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type HttpHandler, readText } from "@ccm/base";
import { createScene } from "../../testing/client.ts";

async function send(handler: HttpHandler, line: string, headers: Readonly<Record<string, string>>, body?: object) {
  const [method = "", target = ""] = line.split(" ");
  const bytes = new TextEncoder().encode(body ? JSON.stringify(body) : "");
  const answer = await handler({ method, target, headers, body: bytes, signal: new AbortController().signal });
  return { status: answer.status, body: JSON.parse(await readText(answer.body)) as Readonly<Record<string, string>> };
}

describe("CCE's gateway", () => {
  it("signs for a component of a cluster that has the token, and the signature is taken", async () => {
    const { simulator } = createScene();
    const { token } = simulator.issueGatewayToken();
    const gateway = {
      "cce-token": token,
      "cce-cluster": "cce-abcd1234",
      "cce-remote-host": "cce-gateway.bj.baidubce.com",
    };
    const wanted = {
      method: "GET",
      uri: "/v2/instance",
      headers: { Host: "bcc.bj.baidubce.com", "x-bce-date": "2026-01-01T00:00:00Z" },
      queries: { maxKeys: "1" },
      keyOnlyQueries: ["flag"],
    };
    const path = "POST /internal-api/v1/signature?clientToken=t";
    const { status, body } = await send(simulator.handler, path, { ...gateway, host: "cce-gateway" }, wanted);
    assert.equal(status, 200, body.message);
    const headers = {
      host: "bcc.bj.baidubce.com",
      "x-bce-date": "2026-01-01T00:00:00Z",
      "x-bce-security-token": body.securityToken ?? "",
      authorization: body.authorization ?? "",
    };
    assert.equal((await send(simulator.handler, "GET /v2/instance?maxKeys=1&flag", headers)).status, 200);
    const other = await send(simulator.handler, "GET /v2/instance?maxKeys=2&flag", headers);
    assert.equal(other.body.code, "SignatureDoesNotMatch");
  });

  it("does not sign for who has a key, nor for an unknown token", async () => {
    const { call, simulator } = createScene();
    const wanted = { method: "GET", uri: "/v2/instance" };
    const own = await call("POST /internal-api/v1/signature", wanted);
    assert.deepEqual([own.status, own.body.code], [403, "AccessDenied"]);
    const headers = { "cce-token": "none", "cce-cluster": "c", "cce-remote-host": "h" };
    assert.equal((await send(simulator.handler, "POST /internal-api/v1/signature", headers, wanted)).status, 403);
  });
});
