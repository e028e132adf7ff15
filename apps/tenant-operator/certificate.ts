import { X509Certificate } from "node:crypto";
import type { Clock } from "@ccm/base";
import { createAuthority } from "@ccm/base/node";
import { hasCode, type KubeClient, SECRETS, type Secret } from "@ccm/kube";

export interface WebhookCertificate {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

const NAME = "tenant-operator-webhook";
const LEAST_MS = 30 * 86_400_000;
const ATTEMPTS = 5;

/** The certificate that all replicas show, kept in a Secret; a new one when there is none or it ends within a month. */
export async function webhookCertificate(
  client: KubeClient,
  options: { readonly namespace: string; readonly dnsNames: readonly string[]; readonly clock: Clock },
): Promise<WebhookCertificate> {
  const { namespace, dnsNames, clock } = options;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const there = await read(client, namespace);
    const known = there && certificateOf(there);
    if (known && new X509Certificate(known.cert).validToDate.getTime() - clock.now() > LEAST_MS) return known;
    const authority = await createAuthority({ commonName: `${NAME}-ca`, clock });
    const { certPem, keyPem } = await authority.issue({ commonName: NAME, dnsNames, server: true });
    const data = Object.fromEntries(
      Object.entries({ "ca.crt": authority.certPem, "tls.crt": certPem, "tls.key": keyPem }).map(([name, text]) => [
        name,
        Buffer.from(text).toString("base64"),
      ]),
    );
    try {
      if (there) await client.update(SECRETS, { ...there, data });
      else await client.create(SECRETS, { metadata: { name: NAME, namespace }, type: "kubernetes.io/tls", data });
      return { ca: authority.certPem, cert: certPem, key: keyPem };
    } catch (error) {
      // Another replica was faster: its certificate counts.
      if (!hasCode(error, "conflict", "already_exists")) throw error;
    }
  }
  throw new Error(`Secret ${namespace}/${NAME}: others write it all the time`);
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
