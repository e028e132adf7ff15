import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { after, it } from "node:test";
import { send, sendSigned, startCommand } from "./testing/command.ts";

const children = new Set<ChildProcess>();
after(() => {
  for (const child of children) child.kill("SIGKILL");
});

const digestOf = (text: string): string => `sha256:${createHash("sha256").update(text).digest("hex")}`;

it("the printed endpoint of the registry is all that a client of docker's API needs, also for a large layer", async () => {
  const { ready, stop } = await startCommand(children);
  const registry = ready.endpoints.registry ?? "";
  const made = await sendSigned(ready, "POST /v1/ccr/user/new", { password: "Secret-123" });
  assert.equal(made.status, 200, made.text);

  const version = await send(`${registry}/v2/`);
  assert.equal(version.status, 401);
  const challenge = version.headers[version.headers.indexOf("www-authenticate") + 1] ?? "";
  const [, realm = "", service] = /^Bearer realm="([^"]+)",service="([^"]+)"/.exec(challenge) ?? [];
  assert.ok(realm.startsWith(registry), `${challenge} names ${registry}`);
  const basic = { authorization: `Basic ${Buffer.from("lab:Secret-123").toString("base64")}` };
  const scope = "repository:app/web:pull,push";
  const { text } = await send(`${realm}?service=${service}&scope=${encodeURIComponent(scope)}`, { headers: basic });
  const headers = { authorization: `Bearer ${JSON.parse(text).token}` };

  const layer = "x".repeat(5 * 1024 * 1024);
  const config = "{}";
  for (const blob of [layer, config]) {
    const target = `/v2/app/web/blobs/uploads/?digest=${digestOf(blob)}`;
    assert.equal((await send(`${registry}${target}`, { method: "POST", headers, body: blob })).status, 201);
  }
  const part = (blob: string, mediaType: string) => ({ mediaType, digest: digestOf(blob), size: blob.length });
  const manifest = JSON.stringify({
    schemaVersion: 2,
    config: part(config, "application/vnd.oci.image.config.v1+json"),
    layers: [part(layer, "application/vnd.oci.image.layer.v1.tar")],
  });
  const tagged = `${registry}/v2/app/web/manifests/v1`;
  assert.equal((await send(tagged, { method: "PUT", headers, body: manifest })).status, 201);
  assert.equal((await send(tagged, { headers })).text, manifest);
  const pulled = await send(`${registry}/v2/app/web/blobs/${digestOf(layer)}`, { headers });
  assert.equal(digestOf(pulled.text), digestOf(layer));
  await stop();
});
