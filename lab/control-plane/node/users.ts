import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openTransport, systemClock, systemRandom } from "@ccm/base/node";
import { createKubeClient, type KubeClient, type KubeConnection } from "@ccm/kube";
import { kubeconfigText } from "../kubeconfig.ts";
import type { Pki } from "./pki.ts";

/** Somebody that the API server knows by a client certificate. */
export interface User {
  readonly name: string;
  readonly groups: readonly string[];
  readonly certPem: string;
  readonly keyPem: string;
  readonly kubeconfig: string;
  /** The same in a file, which goes with the control plane. */
  readonly kubeconfigFile: string;
  readonly connection: KubeConnection;
  /** Ready to use; no limit on calls. */
  readonly client: KubeClient;
  /** One request as it is: for what no client would send. */
  request(method: string, path: string, body?: RequestBody): Promise<RawResponse>;
  /** Closes its connections. A control plane that stops does it for all its users. */
  close(): Promise<void>;
}

export interface RequestBody {
  readonly contentType: string;
  readonly text: string;
}

export interface RawResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

export interface UserOptions {
  readonly name: string;
  readonly groups: readonly string[];
  /** How long the certificate is good for. */
  readonly days?: number;
}

export async function createUser(
  { name, groups, days }: UserOptions,
  {
    server,
    pki,
    folder,
    id,
  }: { readonly server: string; readonly pki: Pki; readonly folder: string; readonly id: number },
): Promise<User> {
  const { certPem, keyPem } = await pki.clients.issue({
    commonName: name,
    organizations: groups,
    client: true,
    ...(days === undefined ? {} : { days }),
  });
  const kubeconfig = kubeconfigText({ server, caPem: pki.servingCa, user: name, certPem, keyPem });
  // User names have colons and slashes.
  const kubeconfigFile = join(folder, `user-${id}.kubeconfig`);
  writeFileSync(kubeconfigFile, kubeconfig, { mode: 0o600 });
  const tls = { ca: pki.servingCa, cert: certPem, key: keyPem };
  const transport = openTransport(tls);
  const connection: KubeConnection = { server, tls, authorize: async () => ({}) };
  return {
    name,
    groups,
    certPem,
    keyPem,
    kubeconfig,
    kubeconfigFile,
    connection,
    client: createKubeClient({ baseUrl: server, send: transport.send, clock: systemClock, random: systemRandom }),
    async request(method, path, body) {
      const answer = await transport.send({
        method,
        url: server + path,
        headers: { accept: "application/json", ...(body ? { "content-type": body.contentType } : {}) },
        ...(body ? { body: body.text } : {}),
      });
      const chunks: Uint8Array[] = [];
      for await (const chunk of answer.body) chunks.push(chunk);
      return { status: answer.status, headers: answer.headers, text: Buffer.concat(chunks).toString("utf8") };
    },
    close: () => transport.close(),
  };
}
