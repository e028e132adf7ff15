import { createPrivateKey, webcrypto } from "node:crypto";
import type { JsonNameParams } from "@peculiar/x509";
import type { Clock } from "../clock.ts";

export interface CertificateRequest {
  readonly commonName: string;
  /** The O of a Kubernetes client certificate: its groups. */
  readonly organizations?: readonly string[];
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly server?: boolean;
  readonly client?: boolean;
  /** How long it is good for; the authority's own ten years end it in any case. Default 365. */
  readonly days?: number;
}

/** PEM texts; the key is PKCS#8. */
export interface IssuedCertificate {
  readonly certPem: string;
  readonly keyPem: string;
}

export interface Authority {
  readonly certPem: string;
  issue(request: CertificateRequest): Promise<IssuedCertificate>;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const AUTHORITY_DAYS = 3650;
const DAYS = 365;
/** Certificates are good from an hour ago, for clients whose clocks are behind. */
const BACKDATED_MS = 3_600_000;

/**
 * A certificate authority in memory. The library behind it is loaded at the first use: who brings certificates of their
 * own does not pay for it.
 */
export async function createAuthority(options: {
  readonly commonName: string;
  readonly clock: Clock;
}): Promise<Authority> {
  const { clock } = options;
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);
  const newKeys = () => webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const validity = (days: number) => ({
    notBefore: new Date(clock.now() - BACKDATED_MS),
    notAfter: new Date(clock.now() + days * 86_400_000),
  });
  const caKeys = await newKeys();
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: "01",
    name: new x509.Name(subject(options.commonName, [])),
    ...validity(AUTHORITY_DAYS),
    signingAlgorithm: ALGORITHM,
    keys: caKeys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  });
  let serial = 1;
  return {
    certPem: ca.toString("pem"),
    async issue({ commonName, organizations = [], dnsNames = [], ipAddresses = [], server, client, days = DAYS }) {
      const keys = await newKeys();
      const usages = [
        ...(server ? [x509.ExtendedKeyUsage.serverAuth] : []),
        ...(client ? [x509.ExtendedKeyUsage.clientAuth] : []),
      ];
      const names = [
        ...dnsNames.map((value) => ({ type: "dns" as const, value })),
        ...ipAddresses.map((value) => ({ type: "ip" as const, value })),
      ];
      const certificate = await x509.X509CertificateGenerator.create({
        serialNumber: (++serial).toString(16).padStart(2, "0"),
        issuer: ca.subjectName,
        subject: new x509.Name(subject(commonName, organizations)),
        ...validity(days),
        signingAlgorithm: ALGORITHM,
        signingKey: caKeys.privateKey,
        publicKey: keys.publicKey,
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
          ...(usages.length > 0 ? [new x509.ExtendedKeyUsageExtension(usages)] : []),
          ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
        ],
      });
      const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey));
      const key = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
      return { certPem: certificate.toString("pem"), keyPem: key.export({ format: "pem", type: "pkcs8" }).toString() };
    },
  };
}

/** As typed values: in a plain text the library would look for quotes and a leading "#". */
function subject(commonName: string, organizations: readonly string[]): JsonNameParams {
  return [{ CN: [{ utf8String: commonName }] }, ...organizations.map((utf8String) => ({ O: [{ utf8String }] }))];
}
