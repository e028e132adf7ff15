import { createSecureContext, type SecureContext, type SecureContextOptions, type TlsOptions } from "node:tls";
import type { TlsOptions as ListenerTls } from "../../data-plane/data-plane.ts";
import type { Traffic } from "./front.ts";

/** What a server shows: the certificate of the name that a client asks for, else the first, as they are at that moment. */
export async function tlsServerOptions(traffic: Traffic, tls: ListenerTls): Promise<TlsOptions> {
  const contexts = new Map<string, SecureContext>();
  const contextFor = async (wanted: string): Promise<SecureContext> => {
    const now = traffic.forwarding().tls ?? tls;
    const certificate = now.certificates.find(({ host }) => host === wanted) ?? now.certificates[0];
    if (!certificate) throw new Error(`listener ${traffic.forwarding().port} has no certificate`);
    const pem = await traffic.certificates.pemOf(certificate);
    const options: SecureContextOptions = { ...policyOf(now), ...pem };
    const key = JSON.stringify(options);
    const known = contexts.get(key) ?? createSecureContext(options);
    contexts.set(key, known);
    return known;
  };
  const first = tls.certificates[0];
  return {
    ...policyOf(tls),
    ...(first ? await traffic.certificates.pemOf(first) : {}),
    ...(tls.clientCa ? { requestCert: true, rejectUnauthorized: true } : {}),
    // For clients that name a server; others get the first certificate, as it was when the port was opened.
    SNICallback: (name, done) => {
      contextFor(name).then(
        (context) => done(null, context),
        (error: Error) => done(error),
      );
    },
  };
}

function policyOf({ minVersion, maxVersion, ciphers, clientCa }: ListenerTls): SecureContextOptions {
  return {
    ...(minVersion ? { minVersion } : {}),
    ...(maxVersion ? { maxVersion } : {}),
    ...(ciphers ? { ciphers } : {}),
    ...(clientCa ? { ca: clientCa } : {}),
  };
}
