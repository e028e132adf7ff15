import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inspect } from "node:util";
import { inProcessTransport, jsonResponse, Secret, type Transport, textResponse, VirtualClock } from "@ccm/base";
import type { RegistryCredential } from "./docker-config.ts";
import { createRegistryLab, IMAGE } from "./registries/testing/lab.ts";
import { parseChallenge, proveLogin, provePull, registryBase } from "./token-flow.ts";

const HOST = "registry.example";
const credential = { username: "ccr$ci", password: new Secret("canary-password") };
const image = { host: HOST, repository: "app/web", reference: "v1" };

/** A registry that answers as a test says. */
function proofWith(send: Transport) {
  return provePull({ send, clock: new VirtualClock(), credential }, image);
}

describe("a proof that a credential can pull", () => {
  it("succeeds with a robot that may, and says why it fails with others", async () => {
    const { signed, instanceId, pull, clock, host, simulator } = await createRegistryLab();
    const send = inProcessTransport(simulator.handler);
    const login = async (one: RegistryCredential) => (await proveLogin({ send, clock, credential: one }, host)).outcome;
    const proveFirst = (one: RegistryCredential) =>
      provePull({ send, clock, credential: one }, { host, repository: IMAGE });
    const access = [{ resource: "repository", action: "pull" }];
    const robots = `/v1/instances/${instanceId}/robots`;
    const permissions = [{ kind: "project", namespace: "app", access }];
    const made = await signed("POST", robots, { name: "ci", duration: 1, permissions });
    const robot = { username: made.name ?? "", password: new Secret(made.secret ?? "") };
    assert.equal(robot.username, "ccr$ci");
    assert.equal(await pull(robot), "pulled");
    assert.equal(await login(robot), "pulled");
    assert.equal((await proveFirst(robot)).message, `${host}/${IMAGE}:v1 can be pulled`);
    assert.equal(await pull(robot, "no-such-tag"), "absent");
    assert.equal(await pull({ ...robot, password: new Secret("wrong") }), "refused");
    await signed("PUT", `${robots}/${made.id}`, { disable: true });
    assert.equal(await pull(robot), "refused");
    assert.equal(await login(robot), "refused");

    await signed("POST", `/v1/instances/${instanceId}/projects`, { projectName: "other" });
    const elsewhere = [{ kind: "project", namespace: "other", access }];
    const far = await signed("POST", robots, { name: "far", duration: 1, permissions: elsewhere });
    const stranger = { username: far.name ?? "", password: new Secret(far.secret ?? "") };
    assert.equal(await pull(stranger), "denied");
    assert.equal(await login(stranger), "pulled");
  });

  it("gives the password only to the realm that the registry names, over https, and nothing to others", async () => {
    const sent: string[] = [];
    const realms: readonly (readonly [string, string])[] = [
      ["https://auth.example/token", "pulled"],
      ["http://auth.example/token", "unreachable"],
      ["ftp://auth.example", "unreachable"],
      ["", "unreachable"],
    ];
    for (const [realm, expected] of realms) {
      sent.length = 0;
      const proof = await proofWith(async ({ url, headers }) => {
        sent.push(`${url} ${headers.authorization?.split(" ")[0] ?? "-"}`);
        if (url.includes("/token")) return jsonResponse(200, { access_token: "t" });
        const asks = { "www-authenticate": `Bearer realm="${realm}",service="harbor-registry"` };
        return headers.authorization ? jsonResponse(200, {}) : textResponse(401, "", asks);
      });
      assert.equal(proof.outcome, expected, realm);
      if (expected === "unreachable") assert.deepEqual(sent, [`https://${HOST}/v2/ -`]);
      else
        assert.deepEqual(sent, [
          `https://${HOST}/v2/ -`,
          "https://auth.example/token?service=harbor-registry&scope=repository%3Aapp%2Fweb%3Apull Basic",
          `https://${HOST}/v2/app/web/manifests/v1 Bearer`,
        ]);
    }
  });

  it("is none where the registry asks nobody, and is made with Basic where it asks for that", async () => {
    assert.equal((await proofWith(async () => jsonResponse(200, {}))).outcome, "unproven");
    const basic = await proofWith(async ({ headers }) =>
      headers.authorization?.startsWith("Basic ")
        ? jsonResponse(200, {})
        : textResponse(401, "", { "www-authenticate": 'Basic realm="x"' }),
    );
    assert.equal(basic.outcome, "pulled");
  });

  it("never shows the password, whatever goes wrong and whoever quotes it", async () => {
    const basic = Buffer.from(`${credential.username}:canary-password`).toString("base64");
    for (const send of [
      async () => Promise.reject(new Error(`lost: Basic ${basic} canary-password`)),
      async () => textResponse(500, "canary-password"),
      async () => textResponse(401, "", { "www-authenticate": 'Bearer realm="canary-password"' }),
      async () => textResponse(401, "", { "www-authenticate": "" }),
      async () => Promise.reject("canary-password"),
    ] satisfies readonly Transport[]) {
      const proof = await proofWith(send);
      assert.equal(proof.outcome, "unreachable");
      assert.doesNotMatch(inspect(proof), new RegExp(`canary|${basic}`));
      assert.match(proof.message, /registry\.example/);
    }
  });

  it("ends in time when the registry does not answer, and at once when its caller stops", async () => {
    const clock = new VirtualClock();
    const hang: Transport = (_, { signal } = {}) =>
      new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
    let proof: unknown;
    provePull({ send: hang, clock, credential, timeoutMs: 5000 }, image).then((value) => {
      proof = value;
    });
    await clock.advance(5001);
    assert.match(inspect(proof), /unreachable.*no answer within 5 s/s);
    const stop = new AbortController();
    const stopped = provePull({ send: hang, clock, credential, signal: stop.signal }, image);
    stop.abort(new Error("enough"));
    await assert.rejects(stopped, /enough/);
  });
});

describe("a challenge", () => {
  it("is read with quotes, escapes and commas inside them", () => {
    assert.deepEqual(parseChallenge('Bearer realm="https://a/b?c=d,e",service="x\\"y", error=bad'), {
      scheme: "bearer",
      fields: { realm: "https://a/b?c=d,e", service: 'x"y', error: "bad" },
    });
    assert.equal(parseChallenge(""), undefined);
  });
});

describe("a registry's address", () => {
  it("is https, and http only for this machine", () => {
    assert.equal(registryBase("127.0.0.1:5000"), "http://127.0.0.1:5000");
    assert.equal(registryBase("localhost"), "http://localhost");
    for (const host of ["127.0.0.1.example", "registry.example:80", "localhost.example"])
      assert.equal(registryBase(host), `https://${host}`);
  });
});
