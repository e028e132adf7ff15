import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { getCiphers } from "node:tls";
import { parseSniPair, tlsFaults, tlsSettings } from "./tls-settings.ts";

const SUITES = ["ECDHE_ECDSA", "ECDHE_RSA"].flatMap((exchange) =>
  ["AES_128_CBC_SHA", "AES_256_CBC_SHA", "AES_128_GCM_SHA256", "AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256"].map(
    (cipher) => `TLS_${exchange}_WITH_${cipher}`,
  ),
);

describe("the TLS flags", () => {
  it("name cipher suites by their standard names, each of which OpenSSL knows", () => {
    assert.deepEqual(tlsFaults("", SUITES, "VersionTLS12", [29]), []);
    const { ciphers = "" } = tlsSettings(SUITES, "", []);
    for (const name of ciphers.split(":")) assert.ok(getCiphers().includes(name.toLowerCase()), name);
  });

  it("say what they do not know", () => {
    assert.deepEqual(tlsFaults("webhook-", ["TLS_NULL"], "1.2", [1]), [
      "--webhook-tls-cipher-suites: Cipher suite TLS_NULL not supported or doesn't exist",
      '--webhook-tls-min-version: unknown tls version "1.2", expected VersionTLS10 to VersionTLS13',
      "--webhook-tls-curve-preferences: unknown curve 1, expected any of 23, 24, 25, 29, 4587, 4588, 4589",
    ]);
  });

  it("are nothing when they are not given", () => assert.deepEqual(tlsSettings([], "", []), {}));

  it("name certificates for names as file pairs", () => {
    assert.deepEqual(parseSniPair("a.crt,a.key:x.test, *.y.test"), {
      certFile: "a.crt",
      keyFile: "a.key",
      names: ["x.test", "*.y.test"],
    });
    for (const bad of ["a.crt", "a.crt,", "a,b,c", "a,b:c:d"]) assert.equal(parseSniPair(bad), undefined, bad);
  });
});
