import type { Clock } from "@ccm/base";
import { type Authority, createAuthority } from "@ccm/base/node";
import type { ListenerCertificate } from "../../data-plane/data-plane.ts";

export interface Certificates {
  /** The certificate's own PEM; where the cloud has none, one of our own authority, made once for each id. */
  pemOf(certificate: ListenerCertificate): Promise<{ readonly cert: string; readonly key: string }>;
}

export function createCertificates(clock: Clock): Certificates {
  let authority: Promise<Authority> | undefined;
  const made = new Map<string, Promise<{ readonly cert: string; readonly key: string }>>();
  const make = async ({ certId, host }: ListenerCertificate) => {
    authority ??= createAuthority({ commonName: "baiducloud-simulator", clock });
    const { certPem, keyPem } = await (await authority).issue({
      commonName: certId,
      dnsNames: ["localhost", ...(host ? [host] : [])],
      server: true,
    });
    return { cert: certPem, key: keyPem };
  };
  return {
    async pemOf(certificate) {
      if (certificate.pem) return certificate.pem;
      const id = `${certificate.certId} ${certificate.host ?? ""}`;
      const known = made.get(id) ?? make(certificate);
      made.set(id, known);
      return known;
    },
  };
}
