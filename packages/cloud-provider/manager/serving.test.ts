import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createAuthority, systemClock } from "@ccm/base/node";
import { createWorld } from "./testing/world.ts";

/** Files in memory. */
function createFiles(initial: Readonly<Record<string, string>> = {}) {
  const texts = new Map(Object.entries(initial));
  const secrets = new Set<string>();
  return {
    texts,
    secrets,
    read: async (path: string) =>
      texts.get(path) ?? Promise.reject(Object.assign(new Error("not there"), { code: "ENOENT" })),
    async write(path: string, text: string, secret: boolean) {
      texts.set(path, text);
      if (secret) secrets.add(path);
    },
  };
}

const PAIR = { tlsCertFile: "/tls/tls.crt", tlsPrivateKeyFile: "/tls/tls.key" };

describe("the serving certificate", () => {
  it("is read again every ten seconds, and renewed when it has changed; what cannot be read leaves the old one", async () => {
    const files = createFiles({ "/tls/tls.crt": "cert 1", "/tls/tls.key": "key 1" });
    const world = createWorld();
    const manager = world.launch("one", { config: PAIR, env: { files } });
    await world.clock.advance(30_000);
    const shown = () => manager.handlers[0]?.tls.map((tls) => `${tls?.cert} ${tls?.key}`);
    assert.deepEqual(shown(), ["cert 1 key 1"]);
    files.texts.delete("/tls/tls.key");
    files.texts.set("/tls/tls.crt", "cert 2");
    await world.clock.advance(10_000);
    assert.deepEqual(shown(), ["cert 1 key 1"]);
    files.texts.set("/tls/tls.key", "key 2");
    await world.clock.advance(10_000);
    assert.deepEqual(shown(), ["cert 1 key 1", "cert 2 key 2"]);
    await manager.terminate();
    world.close();
  });

  it("that is not where the flag says ends the manager with one line", async () => {
    const world = createWorld();
    const manager = world.launch("one", { config: PAIR, env: { files: createFiles() } });
    await world.clock.advance(1000);
    assert.equal(String(manager.outcome), "CloudError: --tls-cert-file /tls/tls.crt: no such file");
    world.close();
  });

  it("is made when there is none: in memory, or in --cert-dir, where the next start finds it", async () => {
    const made: string[] = [];
    const makeCertificate = async () => {
      made.push("made");
      return { cert: `cert ${made.length}`, key: `key ${made.length}` };
    };
    const world = createWorld();
    const memory = world.launch("memory", { env: { makeCertificate } });
    await world.clock.advance(1000);
    assert.equal(memory.handlers[0]?.tls[0]?.cert, "cert 1");
    const files = createFiles();
    const options = { config: { certDir: "/certs" }, env: { files, makeCertificate } };
    const first = world.launch("first", options);
    await world.clock.advance(1000);
    assert.equal(files.texts.get("/certs/cloud-controller-manager.crt"), "cert 2");
    assert.deepEqual([...files.secrets], ["/certs/cloud-controller-manager.key"]);
    const next = world.launch("next", options);
    await world.clock.advance(1000);
    assert.equal(next.handlers[0]?.tls[0]?.key, "key 2");
    assert.equal(made.length, 2);
    for (const manager of [memory, first, next]) await manager.terminate();
    world.close();
  });

  it("for a name is that of --tls-sni-cert-key, by the names given or by its own", async () => {
    const authority = await createAuthority({ commonName: "ca", clock: systemClock });
    const { certPem, keyPem } = await authority.issue({
      commonName: "x",
      dnsNames: ["a.test", "*.b.test"],
      server: true,
    });
    const files = createFiles({ "/c": "cert", "/k": "key", "/n.crt": certPem, "/n.key": keyPem });
    const world = createWorld();
    const manager = world.launch("one", {
      config: {
        tlsCertFile: "/c",
        tlsPrivateKeyFile: "/k",
        tlsSniCertKey: ["/n.crt,/n.key", "/n.crt,/n.key:given.test"],
        tlsMinVersion: "VersionTLS13",
        tlsCipherSuites: ["TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", "TLS_RSA_WITH_AES_128_GCM_SHA256"],
        tlsCurvePreferences: [29, 23],
      },
      env: { files },
    });
    await world.clock.advance(1000);
    const tls = manager.handlers[0]?.tls[0];
    assert.deepEqual(
      tls?.byName?.map(({ names }) => names),
      [["a.test", "*.b.test"], ["given.test"]],
    );
    assert.equal(tls?.minVersion, "TLSv1.3");
    assert.match(tls?.ciphers ?? "", /:ECDHE-RSA-AES128-SHA256:AES128-GCM-SHA256$/);
    assert.equal(tls?.curves, "X25519:P-256");
    await manager.terminate();
    world.close();
  });
});

describe("client authorities", () => {
  const CONFIG_MAP = "/api/v1/namespaces/kube-system/configmaps";
  const metadata = { namespace: "kube-system", name: "extension-apiserver-authentication" };
  const issue = async () => (await createAuthority({ commonName: "clients", clock: systemClock })).certPem;

  it("are the API server's own, from its ConfigMap, also when that comes or changes later", async () => {
    const world = createWorld();
    const manager = world.launch("one", { env: { makeCertificate: async () => ({ cert: "c", key: "k" }) } });
    await world.clock.advance(5000);
    const shown = () => manager.handlers[0]?.tls.at(-1)?.clientCa;
    assert.equal(shown(), undefined);
    const ca = await issue();
    const body = { apiVersion: "v1", kind: "ConfigMap", metadata, data: { "client-ca-file": ca } };
    await world.during(world.user.post(CONFIG_MAP, body));
    await world.clock.advance(5000);
    assert.equal(shown(), ca);
    await manager.terminate();
    world.close();
  });

  it("are those of the flags' files, and nothing is looked up then", async () => {
    const world = createWorld();
    const files = createFiles({ "/ca": await issue(), "/proxy": await issue() });
    const manager = world.launch("one", {
      config: { clientCaFile: "/ca", requestheaderClientCaFile: "/proxy" },
      env: { files, makeCertificate: async () => ({ cert: "c", key: "k" }) },
    });
    await world.clock.advance(5000);
    assert.equal(manager.handlers[0]?.tls[0]?.clientCa, `${files.texts.get("/ca")}\n${files.texts.get("/proxy")}`);
    assert.ok(!world.paths.some((path) => path.includes("configmaps")));
    await manager.terminate();
    world.close();
  });

  const lookups: readonly [what: string, config: object, starts: boolean][] = [
    ["ends the manager at its start", {}, false],
    ["is borne with --authentication-tolerate-lookup-failure", { authenticationTolerateLookupFailure: true }, true],
    ["does not matter with --authentication-skip-lookup", { authenticationSkipLookup: true }, true],
  ];
  for (const [what, config, starts] of lookups) {
    it(`that may not be read: ${what}`, async () => {
      const world = createWorld();
      world.forbid = /configmaps/;
      const manager = world.launch("one", { config });
      await world.clock.advance(5000);
      if (starts) assert.equal(await manager.get("/healthz"), "200 ok");
      else
        assert.match(
          String(manager.outcome),
          /ConfigMap kube-system\/extension-apiserver-authentication cannot be read/,
        );
      await manager.terminate();
      world.close();
    });
  }
});
