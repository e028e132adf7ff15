import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { type Clock, errorText, type Logger, repeat, sleep } from "@ccm/base";
import { createAuthority } from "@ccm/base/node";
import { hasCode, type KubeClient, SECRETS, type Secret } from "@ccm/kube";

export interface WebhookCertificate {
  /** PEM of the authority, and of the one before it: replicas that still show its certificate are believed as well. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

const NAME = "tenant-operator-webhook";
const LEAST_MS = 30 * 86_400_000;
const ATTEMPTS = 5;
const LOOK_MS = 3_600_000;
/** Until API servers have heard of a changed webhook configuration. */
const HEARD_MS = 30_000;
const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n?/;

/**
 * The certificate that all replicas show, kept in a Secret; a new one when there is none for this host, a name or an address,
 * or it ends within a month.
 */
export async function webhookCertificate(
  client: KubeClient,
  options: { readonly namespace: string; readonly host: string; readonly clock: Clock },
): Promise<WebhookCertificate> {
  const { namespace, host, clock } = options;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const there = await read(client, namespace);
    const known = there && certificateOf(there);
    if (known && !endsSoon(known, clock) && isFor(known, host)) return known;
    const authority = await createAuthority({ commonName: `${NAME}-ca`, clock });
    const { certPem, keyPem } = await authority.issue({
      commonName: NAME,
      ...(isIP(host) ? { ipAddresses: [host] } : { dnsNames: [host] }),
      server: true,
    });
    const ca = [authority.certPem, known ? (PEM.exec(known.ca)?.[0] ?? "") : ""].map(endingLine).join("");
    const data = Object.fromEntries(
      Object.entries({ "ca.crt": ca, "tls.crt": certPem, "tls.key": keyPem }).map(([name, text]) => [
        name,
        Buffer.from(text).toString("base64"),
      ]),
    );
    try {
      if (there) await client.update(SECRETS, { ...there, data });
      else await client.create(SECRETS, { metadata: { name: NAME, namespace }, type: "kubernetes.io/tls", data });
      return { ca, cert: certPem, key: keyPem };
    } catch (error) {
      // Another replica was faster: its certificate counts.
      if (!hasCode(error, "conflict", "already_exists")) throw error;
    }
  }
  throw new Error(`Secret ${namespace}/${NAME}: others write it all the time`);
}

/**
 * From a month before the certificate ends, looks every hour for the next one, which this or another replica makes; tells
 * API servers of it, and shows it.
 */
export function followCertificate(
  first: WebhookCertificate,
  parts: {
    readonly clock: Clock;
    readonly logger: Logger;
    readonly look: () => Promise<WebhookCertificate>;
    /** Lets API servers believe it. */
    readonly announce: (certificate: WebhookCertificate) => Promise<void>;
    readonly show: (certificate: WebhookCertificate) => void;
  },
  signal: AbortSignal,
): Promise<void> {
  const { clock, logger, look, announce, show } = parts;
  let shown = first;
  return repeat(clock, LOOK_MS, signal, async () => {
    if (!endsSoon(shown, clock)) return;
    try {
      const found = await look();
      if (found.cert === shown.cert) return;
      await announce(found);
      await sleep(clock, HEARD_MS, signal);
      show(found);
      shown = found;
      logger.info("another certificate of the webhooks");
    } catch (error) {
      if (!signal.aborted) logger.warn("certificate of the webhooks", { error: errorText(error) });
    }
  });
}

function endsSoon({ cert }: WebhookCertificate, clock: Clock): boolean {
  return new X509Certificate(cert).validToDate.getTime() - clock.now() <= LEAST_MS;
}

function isFor({ cert }: WebhookCertificate, host: string): boolean {
  const known = new X509Certificate(cert);
  return (isIP(host) ? known.checkIP(host) : known.checkHost(host)) !== undefined;
}

function endingLine(pem: string): string {
  return pem === "" || pem.endsWith("\n") ? pem : `${pem}\n`;
}

async function read(client: KubeClient, namespace: string): Promise<Secret | undefined> {
  try {
    return await client.get(SECRETS, { namespace, name: NAME });
  } catch (error) {
    if (hasCode(error, "not_found")) return undefined;
    throw error;
  }
}

function certificateOf({ data = {} }: Secret): WebhookCertificate | undefined {
  const text = (name: string) => Buffer.from(data[name] ?? "", "base64").toString();
  const found = { ca: text("ca.crt"), cert: text("tls.crt"), key: text("tls.key") };
  return found.ca && found.cert && found.key ? found : undefined;
}
