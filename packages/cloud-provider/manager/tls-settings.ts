/** The TLS flags in the words of Go's TLS library, which manifests are written in, and in those of Node's. */

const VERSIONS: Readonly<Record<string, TlsVersion>> = {
  VersionTLS10: "TLSv1",
  VersionTLS11: "TLSv1.1",
  VersionTLS12: "TLSv1.2",
  VersionTLS13: "TLSv1.3",
};

/** By their numbers in the IANA registry of TLS groups. */
const CURVES: Readonly<Record<number, string>> = {
  23: "P-256",
  24: "P-384",
  25: "P-521",
  29: "X25519",
  4587: "SecP256r1MLKEM768",
  4588: "X25519MLKEM768",
  4589: "SecP384r1MLKEM1024",
};

/** Those of TLS 1.2 and before that Go knows, without RC4 and 3DES, which OpenSSL 3 has not. */
const SUITES: readonly string[] = [
  ...["ECDHE_ECDSA", "ECDHE_RSA"].flatMap((exchange) => [
    `TLS_${exchange}_WITH_AES_128_CBC_SHA`,
    `TLS_${exchange}_WITH_AES_256_CBC_SHA`,
    `TLS_${exchange}_WITH_AES_128_CBC_SHA256`,
    `TLS_${exchange}_WITH_AES_128_GCM_SHA256`,
    `TLS_${exchange}_WITH_AES_256_GCM_SHA384`,
    `TLS_${exchange}_WITH_CHACHA20_POLY1305`,
    `TLS_${exchange}_WITH_CHACHA20_POLY1305_SHA256`,
  ]),
  "TLS_RSA_WITH_AES_128_CBC_SHA",
  "TLS_RSA_WITH_AES_256_CBC_SHA",
  "TLS_RSA_WITH_AES_128_CBC_SHA256",
  "TLS_RSA_WITH_AES_128_GCM_SHA256",
  "TLS_RSA_WITH_AES_256_GCM_SHA384",
];
/** Always on with TLS 1.3: they may be named, and it changes nothing. */
const ALWAYS = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"];

export type TlsVersion = "TLSv1" | "TLSv1.1" | "TLSv1.2" | "TLSv1.3";

/** What a TLS server is told besides its certificates. */
export interface TlsSettings {
  readonly minVersion?: TlsVersion;
  /** OpenSSL's names with colons. */
  readonly ciphers?: string;
  readonly curves?: string;
}

/** What is wrong with the flags, one sentence each. */
export function tlsFaults(
  prefix: string,
  suites: readonly string[],
  minVersion: string,
  curves: readonly number[],
): readonly string[] {
  const known = [...SUITES, ...ALWAYS];
  return [
    ...suites
      .filter((suite) => !known.includes(suite))
      .map((suite) => `--${prefix}tls-cipher-suites: Cipher suite ${suite} not supported or doesn't exist`),
    ...(minVersion === "" || minVersion in VERSIONS
      ? []
      : [`--${prefix}tls-min-version: unknown tls version "${minVersion}", expected VersionTLS10 to VersionTLS13`]),
    ...curves
      .filter((curve) => !(curve in CURVES))
      .map(
        (curve) =>
          `--${prefix}tls-curve-preferences: unknown curve ${curve}, expected any of ${Object.keys(CURVES).join(", ")}`,
      ),
  ];
}

/** Of flags that have no faults. */
export function tlsSettings(suites: readonly string[], minVersion: string, curves: readonly number[]): TlsSettings {
  const named = suites.filter((suite) => !ALWAYS.includes(suite)).map(openSslName);
  const version = VERSIONS[minVersion];
  return {
    ...(version ? { minVersion: version } : {}),
    ...(named.length > 0 ? { ciphers: [...ALWAYS, ...named].join(":") } : {}),
    ...(curves.length > 0 ? { curves: curves.map((curve) => CURVES[curve]).join(":") } : {}),
  };
}

/** `TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256` is `ECDHE-RSA-AES128-SHA256` to OpenSSL. */
function openSslName(suite: string): string {
  return suite
    .replace(/^TLS_(RSA_WITH_)?/, "")
    .replace(/CHACHA20_POLY1305_SHA256$/, "CHACHA20_POLY1305")
    .replace("_WITH_", "_")
    .replace(/AES_(\d+)/, "AES$1")
    .replace("_CBC", "")
    .replaceAll("_", "-");
}

export interface SniPair {
  readonly certFile: string;
  readonly keyFile: string;
  /** Host names, or `*.` and a domain. Empty: those that the certificate has. */
  readonly names: readonly string[];
}

/** `cert,key` or `cert,key:name,*.name`. */
export function parseSniPair(value: string): SniPair | undefined {
  const [files = "", names = "", more] = value.split(":");
  const [certFile, keyFile, third] = files.split(",").map((part) => part.trim());
  if (!certFile || !keyFile || third !== undefined || more !== undefined) return undefined;
  return {
    certFile,
    keyFile,
    names: names
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== ""),
  };
}
