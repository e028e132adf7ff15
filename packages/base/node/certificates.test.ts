import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { describe, it } from "node:test";
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { type HttpHandler, jsonResponse, readText, type TlsOptions, TransportError } from "../http.ts";
import { VirtualClock } from "../virtual-clock.ts";
import { createAuthority } from "./certificates.ts";
import { listen } from "./listen.ts";
import { systemClock } from "./system.ts";
import { openTransport } from "./transport.ts";

const HOST = "127.0.0.1";
const whoAmI: HttpHandler = async ({ peer }) => {
  const { commonName, organizations } = peer ?? {};
  return jsonResponse(200, peer ? { commonName, organizations } : "nobody");
};

describe("certificates", () => {
  it("let a client be known by its common name and organizations, on every connection, also a resumed one", async () => {
    const authority = await createAuthority({ commonName: "kubernetes", clock: systemClock });
    const stranger = await createAuthority({ commonName: "kubernetes", clock: systemClock });
    const server = await authority.issue({ commonName: "server", ipAddresses: [HOST], server: true });
    const admin = await authority.issue({
      commonName: "kubernetes-admin",
      organizations: ["system:masters", 'people, of "all" kinds+=x'],
      client: true,
    });
    const single = await authority.issue({
      commonName: "system:node:n1",
      organizations: ["system:nodes"],
      client: true,
    });
    const forged = await stranger.issue({
      commonName: "kubernetes-admin",
      organizations: ["system:masters"],
      client: true,
    });
    const { port, close } = await listen({
      host: HOST,
      port: 0,
      handler: whoAmI,
      tls: { cert: server.certPem, key: server.keyPem, clientCa: authority.certPem },
    });
    const ask = async (tls: TlsOptions): Promise<unknown> => {
      const transport = openTransport(tls);
      try {
        const request = { method: "GET", url: `https://${HOST}:${port}/`, headers: {} };
        const answers: unknown[] = [];
        // Five at once need five connections; the second five resume the sessions of the first.
        for (let round = 0; round < 2; round++) {
          const responses = await Promise.all([1, 2, 3, 4, 5].map(() => transport.send({ ...request, headers: {} })));
          for (const { body } of responses) answers.push(JSON.parse(await readText(body)));
        }
        for (const answer of answers) assert.deepEqual(answer, answers[0]);
        return answers[0];
      } finally {
        await transport.close();
      }
    };
    const ca = authority.certPem;
    try {
      assert.deepEqual(await ask({ ca, cert: admin.certPem, key: admin.keyPem }), {
        commonName: "kubernetes-admin",
        organizations: ["system:masters", 'people, of "all" kinds+=x'],
      });
      assert.deepEqual(await ask({ ca, cert: single.certPem, key: single.keyPem }), {
        commonName: "system:node:n1",
        organizations: ["system:nodes"],
      });
      assert.equal(await ask({ ca }), "nobody");
      // TLS itself may break the connection off; what may not happen is that the server takes it for somebody.
      const asForged = await ask({ ca, cert: forged.certPem, key: forged.keyPem }).catch((error) => {
        assert.ok(error instanceof TransportError);
        return "nobody";
      });
      assert.equal(asForged, "nobody", "not signed by our authority");
    } finally {
      await close();
    }
  });

  it("are refused by the client when the name, the authority or the time is wrong", async () => {
    const authority = await createAuthority({ commonName: "a", clock: systemClock });
    const clockOfLastYear = new VirtualClock(systemClock.now() - 400 * 86_400_000);
    const old = await createAuthority({ commonName: "old", clock: clockOfLastYear });
    const attempts: readonly (readonly [
      ca: string,
      issued: { certPem: string; keyPem: string },
      tls: TlsOptions,
      RegExp,
    ])[] = [
      [
        authority.certPem,
        await authority.issue({ commonName: "x", dnsNames: ["other"], server: true }),
        {},
        /does not match/,
      ],
      [
        old.certPem,
        await authority.issue({ commonName: "x", ipAddresses: [HOST], server: true }),
        {},
        /issuer certificate|first certificate|self-signed/,
      ],
      [old.certPem, await old.issue({ commonName: "x", ipAddresses: [HOST], server: true }), {}, /expired/],
    ];
    for (const [ca, { certPem: cert, keyPem: key }, tls, expected] of attempts) {
      const server = await listen({ host: HOST, port: 0, handler: whoAmI, tls: { cert, key } });
      const request = { method: "GET", url: `https://${HOST}:${server.port}/`, headers: {} };
      const strict = openTransport({ ca, ...tls });
      await assert.rejects(strict.send(request), (error) => {
        assert.ok(error instanceof TransportError);
        assert.deepEqual([error.code, error.maybeSent], ["tls", false]);
        assert.match(error.message, expected);
        return true;
      });
      const careless = openTransport({ insecureSkipVerify: true });
      assert.equal((await careless.send(request)).status, 200);
      await strict.close();
      await careless.close();
      await server.close();
    }
  });

  it("are found under another name when the client is told to expect it", async () => {
    const authority = await createAuthority({ commonName: "a", clock: systemClock });
    const { certPem: cert, keyPem: key } = await authority.issue({
      commonName: "x",
      dnsNames: ["kubernetes"],
      server: true,
    });
    const server = await listen({ host: HOST, port: 0, handler: whoAmI, tls: { cert, key } });
    const transport = openTransport({ ca: authority.certPem, serverName: "kubernetes" });
    const response = await transport.send({ method: "GET", url: `https://${HOST}:${server.port}/`, headers: {} });
    assert.equal(response.status, 200);
    await readText(response.body);
    await transport.close();
    await server.close();
  });

  it("are made for the time of the clock, with a PKCS#8 key on P-256", async () => {
    const clock = new VirtualClock(Date.UTC(2030, 0, 1));
    const authority = await createAuthority({ commonName: "a", clock });
    const { certPem, keyPem } = await authority.issue({ commonName: "x", dnsNames: ["a.b"], client: true, days: 2 });
    const certificate = new X509Certificate(certPem);
    assert.equal(certificate.validToDate.toISOString(), "2030-01-03T00:00:00.000Z");
    assert.equal(certificate.validFromDate.toISOString(), "2029-12-31T23:00:00.000Z");
    assert.equal(certificate.subjectAltName, "DNS:a.b");
    assert.equal(certificate.ca, false);
    assert.match(keyPem, /^-----BEGIN PRIVATE KEY-----/);
    const key = createPrivateKey(keyPem);
    assert.equal(key.asymmetricKeyDetails?.namedCurve, "prime256v1");
    assert.ok(certificate.checkPrivateKey(key));
    const ca = new X509Certificate(authority.certPem);
    assert.ok(ca.ca && certificate.verify(ca.publicKey) && certificate.checkIssued(ca));
  });

  it("name their issuer in the very bytes of the authority's own name: clients in Go compare bytes", async () => {
    const authority = await createAuthority({ commonName: "kubernetes-ca", clock: systemClock });
    const { certPem } = await authority.issue({ commonName: "x", server: true });
    const issuer = new x509.X509Certificate(certPem).issuerName.toArrayBuffer();
    const subject = new x509.X509Certificate(authority.certPem).subjectName.toArrayBuffer();
    assert.deepEqual(Buffer.from(issuer), Buffer.from(subject));
  });
});
