import { stringify } from "yaml";

export interface KubeconfigParts {
  readonly server: string;
  readonly caPem: string;
  readonly user: string;
  readonly certPem: string;
  readonly keyPem: string;
}

/** One cluster, one user, one context; certificates inside, so that the file can be moved. */
export function kubeconfigText({ server, caPem, user, certPem, keyPem }: KubeconfigParts): string {
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const cluster = "control-plane";
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: cluster, cluster: { server, "certificate-authority-data": base64(caPem) } }],
    users: [{ name: user, user: { "client-certificate-data": base64(certPem), "client-key-data": base64(keyPem) } }],
    contexts: [{ name: cluster, context: { cluster, user, namespace: "default" } }],
    "current-context": cluster,
  });
}
