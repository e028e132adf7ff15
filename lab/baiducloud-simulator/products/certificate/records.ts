import { createPrivateKey, X509Certificate } from "node:crypto";
import type { Account } from "../../account.ts";
import { badRequest } from "../../api/fault.ts";
import { appBlbsOf } from "../appblb/records.ts";
import { blbsOf } from "../blb/records.ts";
import { openRegionsOf } from "../tag/resources.ts";

export interface Certificate {
  readonly certId: string;
  readonly certName: string;
  readonly certCommonName: string;
  readonly certFingerprint: string;
  readonly certStartTime: string;
  readonly certStopTime: string;
  readonly certCreateTime: string;
  readonly certUpdateTime: string;
  /** 1: of a server, 2: of an authority for clients. */
  readonly certType: number;
  readonly certDNSNames: string;
  /** With its chain. */
  readonly pem: string;
  /** Never given out. "" of an authority. */
  readonly key: string;
}

/** An account has the same certificates in all regions. */
export const certificatesOf = ({ shared }: Pick<Account, "shared">) => shared.table<Certificate>("certificates");

export interface CertificateData {
  readonly certServerData: string;
  readonly certPrivateData: string | undefined;
  readonly certLinkData: string | undefined;
  readonly certType: number | undefined;
}

const time = (text: string): string => new Date(text).toISOString().replace(/\.\d+Z$/, "Z");

/** What a certificate says of itself, or the refusal of the field that is not right. */
export function readCertificate({ certServerData, certPrivateData, certLinkData, certType }: CertificateData) {
  const leaf = attempt("certServerData", () => new X509Certificate(certServerData));
  const isServer = certType !== 2;
  if (isServer && !certPrivateData) throw badRequest("certPrivateData is required.");
  if (certPrivateData) {
    const key = attempt("certPrivateData", () => createPrivateKey(certPrivateData));
    if (!leaf.checkPrivateKey(key)) throw badRequest("certPrivateData: the key is not that of the certificate.");
  }
  if (certLinkData) attempt("certLinkData", () => new X509Certificate(certLinkData));
  const names = (leaf.subjectAltName ?? "").split(", ").filter((name) => name.startsWith("DNS:"));
  return {
    certCommonName: /^CN=(.+)$/m.exec(leaf.subject)?.[1] ?? "",
    certFingerprint: leaf.fingerprint.replaceAll(":", "").toLowerCase(),
    certStartTime: time(leaf.validFrom),
    certStopTime: time(leaf.validTo),
    certType: isServer ? 1 : 2,
    certDNSNames: names.map((name) => name.slice(4)).join(","),
    pem: [certServerData, certLinkData ?? ""].join("\n"),
    key: certPrivateData ?? "",
  };
}

function attempt<T>(field: string, read: () => T): T {
  try {
    return read();
  } catch {
    throw badRequest(`${field}: expected PEM.`);
  }
}

/** The load balancers whose listeners use a certificate, in all regions. */
export function usersOf(
  account: Account,
  certId: string,
): readonly { readonly blbId: string; readonly time: string }[] {
  return openRegionsOf(account)
    .ids()
    .map((region) => account.inRegion(region))
    .flatMap((there) => [...blbsOf(there).all(), ...appBlbsOf(there).all()])
    .filter(({ listeners }) =>
      listeners.some(({ fields: { certIds, clientCertIds, additionalCertDomains } }) => {
        const more = (additionalCertDomains ?? []) as readonly { readonly certId: string }[];
        const ids = [...((certIds ?? []) as readonly string[]), ...((clientCertIds ?? []) as readonly string[])];
        return ids.includes(certId) || more.some((one) => one.certId === certId);
      }),
    )
    .map(({ blbId, createTime }) => ({ blbId, time: createTime }));
}
