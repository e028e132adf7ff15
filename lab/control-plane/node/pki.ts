import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "@ccm/base";
import { type Authority, createAuthority, type IssuedCertificate } from "@ccm/base/node";
import type { ControlPlaneFiles } from "../flags.ts";

export interface Pki {
  readonly files: ControlPlaneFiles;
  /** What clients trust. */
  readonly servingCa: string;
  /** Signs the certificates that say who a client is. */
  readonly clients: Authority;
  /** A serving certificate of the API server, as it is at the start; written over the old one it is a rotation. */
  writeServingCertificate(): Promise<void>;
}

/** Three authorities that do not trust one another, as in a cluster: serving, clients, and the aggregation's front proxy. */
export async function createPki(folder: string, host: string, clock: Clock): Promise<Pki> {
  mkdirSync(folder, { mode: 0o700 });
  const [serving, clients, frontProxy] = await Promise.all(
    ["serving", "clients", "front-proxy"].map((name) =>
      createAuthority({ commonName: `control-plane-${name}`, clock }),
    ),
  );
  if (!serving || !clients || !frontProxy) throw new Error("unreachable: three authorities were made");
  const write = (name: string, text: string) => {
    const file = join(folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  const pair = ({ certPem, keyPem }: IssuedCertificate, name: string) => ({
    cert: write(`${name}.crt`, certPem),
    key: write(`${name}.key`, keyPem),
  });
  const issueServing = () =>
    serving.issue({
      commonName: "kube-apiserver",
      dnsNames: ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"],
      ipAddresses: [host],
      server: true,
    });
  const proxy = pair(await frontProxy.issue({ commonName: "front-proxy-client", client: true }), "front-proxy-client");
  const server = pair(await issueServing(), "apiserver");
  const accounts = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  return {
    servingCa: serving.certPem,
    clients,
    files: {
      clientCa: write("client-ca.crt", clients.certPem),
      servingCa: write("serving-ca.crt", serving.certPem),
      servingCert: server.cert,
      servingKey: server.key,
      frontProxyCa: write("front-proxy-ca.crt", frontProxy.certPem),
      frontProxyCert: proxy.cert,
      frontProxyKey: proxy.key,
      serviceAccountKey: write("service-account.key", accounts.privateKey),
      serviceAccountPublicKey: write("service-account.pub", accounts.publicKey),
    },
    async writeServingCertificate() {
      pair(await issueServing(), "apiserver");
    },
  };
}
