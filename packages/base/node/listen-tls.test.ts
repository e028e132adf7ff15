import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { describe, it } from "node:test";
import { connect } from "node:tls";
import { type HttpHandler, jsonResponse, readText } from "../http.ts";
import { createAuthority } from "./certificates.ts";
import { listen } from "./listen.ts";
import { systemClock } from "./system.ts";
import { openTransport } from "./transport.ts";

const HOST = "127.0.0.1";
const showChain: HttpHandler = async ({ peer }) => jsonResponse(200, peer?.chain ?? []);

async function pair(name: string) {
  const authority = await createAuthority({ commonName: name, clock: systemClock });
  const { certPem, keyPem } = await authority.issue({ commonName: name, dnsNames: [name], server: true });
  return { authority, cert: certPem, key: keyPem };
}

/** The common name of the certificate that a client which asks for `servername` is shown. */
async function shown(port: number, servername: string): Promise<string> {
  const socket = connect({ host: HOST, port, servername, rejectUnauthorized: false });
  try {
    await new Promise<void>((resolve, reject) => socket.once("secureConnect", resolve).once("error", reject));
    return String(socket.getPeerCertificate().subject.CN);
  } finally {
    socket.destroy();
  }
}

describe("a TLS server", () => {
  it("shows the certificate of the name asked for, and the first one to everybody else", async () => {
    const [main, exact, wild] = await Promise.all(["main.test", "exact.test", "wild.test"].map(pair));
    if (!main || !exact || !wild) return assert.fail();
    const byName = [
      { ...exact, names: ["exact.test"] },
      { ...wild, names: ["*.wild.test"] },
    ];
    const server = await listen({ host: HOST, port: 0, handler: showChain, tls: { ...main, byName } });
    try {
      const names = ["exact.test", "a.wild.test", "a.b.wild.test", "other.test"];
      const found = await Promise.all(names.map((name) => shown(server.port, name)));
      assert.deepEqual(found, ["exact.test", "wild.test", "main.test", "main.test"]);
    } finally {
      await server.close();
    }
  });

  it("takes new certificates and new client authorities without a restart, and keeps the old ones when they are bad", async () => {
    const [old, fresh] = await Promise.all(["old.test", "new.test"].map(pair));
    if (!old || !fresh) return assert.fail();
    const client = await fresh.authority.issue({ commonName: "me", client: true });
    const server = await listen({ host: HOST, port: 0, handler: showChain, tls: old });
    const ask = async () => {
      const { send, close } = openTransport({
        cert: client.certPem,
        key: client.keyPem,
        insecureSkipVerify: true,
      });
      const { body } = await send({ method: "GET", url: `https://${HOST}:${server.port}/`, headers: {} });
      const chain = JSON.parse(await readText(body));
      await close();
      return chain;
    };
    try {
      assert.deepEqual(await ask(), []);
      assert.throws(() => server.renew?.({ ...fresh, key: old.key }));
      assert.equal(await shown(server.port, "x.test"), "old.test");
      server.renew?.({ ...fresh, clientCa: fresh.authority.certPem });
      assert.equal(await shown(server.port, "x.test"), "new.test");
      const prints = [client.certPem, fresh.authority.certPem].map((pem) => new X509Certificate(pem).fingerprint256);
      assert.deepEqual(await ask(), prints);
    } finally {
      await server.close();
    }
  });
});
