import type { ClusterAccess } from "@ccm/baiducloud-simulator";
import type { Clock, Logger, Random } from "@ccm/base";
import { inProcessTransport } from "@ccm/base";
import { createAuthority, listen } from "@ccm/base/node";
import { createKubeClient, type KubeClient } from "@ccm/kube";
import { createKubeServer } from "@ccm/kube-server";
import { mistakesInTenant, TENANTS } from "@ccm/tenancy";
import { stringify } from "yaml";
import { createGrants } from "./grants.ts";

const HOST = "127.0.0.1";
const DAY_MS = 86_400_000;
/** As deploy/crds/tenants.yaml makes it: the CCM keeps what tenants have in the cloud within limits. */
const CUSTOM_KINDS = [{ ...TENANTS, shortNames: ["tnt"], mistakes: mistakesInTenant }];

export interface ControlPlane {
  readonly url: string;
  /** A kubeconfig with a client certificate of its own for `user`. */
  kubeconfigFor(user: string): Promise<string>;
  /** Straight into the server, for the lab's own use. */
  readonly client: KubeClient;
  /** Lets the cloud hand out kubeconfigs of it, as the cluster with this ID. */
  accessFor(clusterId: string): ClusterAccess;
  close(): Promise<void>;
}

/** The embedded API server on a real TLS socket. Port 0 picks a free one. */
export async function startControlPlane(options: {
  readonly port: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}): Promise<ControlPlane> {
  const { clock, random, logger } = options;
  const grants = createGrants();
  const server = createKubeServer({ clock, random, logger, authorize: grants.allows, customKinds: CUSTOM_KINDS });
  const authority = await createAuthority({ commonName: "cloudlab", clock });
  const serving = await authority.issue({
    commonName: "kube-apiserver",
    dnsNames: ["localhost", "kubernetes", "kubernetes.default.svc"],
    ipAddresses: [HOST],
    server: true,
  });
  const socket = await listen({
    host: HOST,
    port: options.port,
    handler: grants.guard(server.handler),
    tls: { cert: serving.certPem, key: serving.keyPem, clientCa: authority.certPem },
  });
  const url = `https://${HOST}:${socket.port}`;
  return {
    url,
    client: createKubeClient({
      baseUrl: url,
      send: inProcessTransport(server.handler, { peer: { commonName: "cloudlab", organizations: ["system:masters"] } }),
      clock,
      random,
    }),
    async kubeconfigFor(user) {
      const { certPem, keyPem } = await authority.issue({
        commonName: user,
        organizations: ["system:masters"],
        client: true,
      });
      return kubeconfig(url, user, authority.certPem, certPem, keyPem);
    },
    accessFor: (clusterId) => ({
      async issue({ user, groups, lifeMs, ...request }) {
        if (request.clusterId !== clusterId) return undefined;
        const days = lifeMs / DAY_MS;
        const issued = await authority.issue({ commonName: user, organizations: groups, client: true, days });
        return { server: url, caPem: authority.certPem, ...issued };
      },
      authorize(change) {
        if (change.clusterId === clusterId) grants.set(change.user, change.grants);
      },
    }),
    async close() {
      await socket.close();
      await server.close();
    },
  };
}

function kubeconfig(server: string, user: string, ca: string, cert: string, key: string): string {
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "cloudlab", cluster: { server, "certificate-authority-data": base64(ca) } }],
    users: [{ name: user, user: { "client-certificate-data": base64(cert), "client-key-data": base64(key) } }],
    contexts: [{ name: "cloudlab", context: { cluster: "cloudlab", user, namespace: "default" } }],
    "current-context": "cloudlab",
  });
}
