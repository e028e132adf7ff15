import { createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import { integer as integerBelow, type Random } from "@ccm/base";

/**
 * X.509 for the clusters that no API server stands behind. At once, and from an authority that is a record like any other,
 * which the tools for real servers do not offer: a simulator that is started again goes on with the same authority.
 * Ed25519, as its keys are any 32 bytes and its signatures know no chance: the same seed makes the same certificates.
 */
export interface CertifiedKey {
  readonly certPem: string;
  /** PKCS#8. */
  readonly keyPem: string;
}

export interface NewCertificate {
  readonly commonName: string;
  /** The O of a client certificate: its groups. */
  readonly organizations: readonly string[];
  readonly notBefore: number;
  readonly notAfter: number;
  readonly serial: number;
}

/** As the authorities of real clusters call themselves. */
const AUTHORITY_NAME = [
  ["2.5.4.6", "CN"],
  ["2.5.4.8", "BeiJing"],
  ["2.5.4.7", "BeiJing"],
  ["2.5.4.10", "jpaas"],
  ["2.5.4.11", "cloudnative"],
  ["2.5.4.3", "jpaas"],
] as const;
const COUNTRY = "2.5.4.6";
const ED25519 = "1.3.101.112";
const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";

type Attributes = readonly (readonly [oid: string, value: string])[];

export function newAuthority(random: Random, notBefore: number, notAfter: number): CertifiedKey {
  const key = newKey(random);
  const certPem = certify(AUTHORITY_NAME, key, key, { serial: 1, notBefore, notAfter }, [
    extension("2.5.29.19", true, sequence(boolean(true))),
    // Signs certificates and revocation lists.
    extension("2.5.29.15", true, tagged(0x03, Buffer.from([1, 0b0000_0110]))),
  ]);
  return { certPem, keyPem: pemOf(key) };
}

export function issueClientCertificate(random: Random, authority: CertifiedKey, wanted: NewCertificate): CertifiedKey {
  const key = newKey(random);
  const subject: Attributes = [
    ["2.5.4.3", wanted.commonName],
    ...wanted.organizations.map((name) => ["2.5.4.10", name] as const),
  ];
  const certPem = certify(subject, key, createPrivateKey(authority.keyPem), wanted, [
    extension("2.5.29.19", true, sequence()),
    // Signs messages, which is what a TLS client does.
    extension("2.5.29.15", true, tagged(0x03, Buffer.from([7, 0b1000_0000]))),
    extension("2.5.29.37", false, sequence(objectId(CLIENT_AUTH))),
  ]);
  return { certPem, keyPem: pemOf(key) };
}

/** PKCS#8 is the 32 bytes of the key after its version and algorithm. */
function newKey(random: Random): KeyObject {
  const bytes = Buffer.from(Array.from({ length: 32 }, () => integerBelow(random, 256)));
  const der = sequence(integer(0n), sequence(objectId(ED25519)), tagged(0x04, tagged(0x04, bytes)));
  return createPrivateKey({ key: der, format: "der", type: "pkcs8" });
}

function pemOf(key: KeyObject): string {
  return key.export({ format: "pem", type: "pkcs8" }).toString();
}

function certify(
  subject: Attributes,
  key: KeyObject,
  signer: KeyObject,
  { serial, notBefore, notAfter }: Pick<NewCertificate, "serial" | "notBefore" | "notAfter">,
  extensions: readonly Buffer[],
): string {
  const algorithm = sequence(objectId(ED25519));
  const body = sequence(
    tagged(0xa0, integer(2n)),
    integer(BigInt(serial)),
    algorithm,
    nameOf(AUTHORITY_NAME),
    sequence(time(notBefore), time(notAfter)),
    nameOf(subject),
    createPublicKey(key).export({ format: "der", type: "spki" }),
    tagged(0xa3, sequence(...extensions)),
  );
  const signature = tagged(0x03, Buffer.concat([Buffer.from([0]), sign(undefined, body, signer)]));
  const base64 = sequence(body, algorithm, signature).toString("base64");
  return `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{1,64}/g, "$&\n")}-----END CERTIFICATE-----\n`;
}

function extension(oid: string, critical: boolean, value: Buffer): Buffer {
  return sequence(objectId(oid), ...(critical ? [boolean(true)] : []), tagged(0x04, value));
}

function nameOf(attributes: Attributes): Buffer {
  const parts = attributes.map(([oid, value]) => {
    // A country is a PrintableString, all others may be any text.
    const text = tagged(oid === COUNTRY ? 0x13 : 0x0c, Buffer.from(value));
    return tagged(0x31, sequence(objectId(oid), text));
  });
  return sequence(...parts);
}

/** Whole seconds; two digits of the year until 2049, as the standard wants it. */
function time(ms: number): Buffer {
  const digits = new Date(ms)
    .toISOString()
    .replace(/\.\d+Z$/, "Z")
    .replace(/[-:T]/g, "");
  return digits < "2050" ? tagged(0x17, Buffer.from(digits.slice(2))) : tagged(0x18, Buffer.from(digits));
}

function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((value) => {
    const out = [value & 0x7f];
    for (let left = value >> 7; left > 0; left >>= 7) out.unshift((left & 0x7f) | 0x80);
    return out;
  });
  return tagged(0x06, Buffer.from(bytes));
}

function integer(value: bigint): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex");
  // A first bit that is set would mean a negative number.
  return tagged(0x02, (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
}

function boolean(value: boolean): Buffer {
  return tagged(0x01, Buffer.from([value ? 0xff : 0]));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
