import { type Clock, errorText, type Logger, type Metrics, type Random } from "@ccm/base";
import { openTransport } from "@ccm/base/node";
import {
  createKubeClient,
  type KubeClient,
  type KubeConnection,
  renewingTransport,
  serviceAccountHeaders,
} from "@ccm/kube";
import { connectKube } from "@ccm/kube/node";
import type { ManagerConfig } from "../manager/config.ts";

export interface ManagerClients {
  readonly client: KubeClient;
  readonly clientFor: (identity: string) => KubeClient;
  readonly electionClient: KubeClient;
  readonly authenticationClient: KubeClient;
  readonly authorizationClient: KubeClient;
  close(): Promise<void>;
}

/** Where the service accounts of controllers live. */
const NAMESPACE = "kube-system";
/** For reviews of tokens and access. */
const REVIEWS = { qps: 200, burst: 400, timeoutMs: 10_000 };

/**
 * All clients of a manager, each with a limit of its own and a name of its own in the user agent. With
 * --use-service-account-credentials, those of controllers are service accounts; watching and the leases are always ours.
 */
export async function createManagerClients(
  config: ManagerConfig,
  parts: {
    readonly clock: Clock;
    readonly random: Random;
    readonly logger: Logger;
    readonly metrics: Metrics;
    /** `<program>/<version> (<os>/<arch>) kubernetes/<commit>` */
    readonly userAgent: string;
  },
): Promise<ManagerClients> {
  const closers: (() => Promise<void>)[] = [];
  const created = parts.metrics.counter({
    name: "rest_client_transport_create_calls_total",
    help: "Pools of connections to an API server that were made, by how that went",
    labels: ["result"],
  });
  const pools = parts.metrics.gauge({
    name: "rest_client_transport_cache_entries",
    help: "Pools of connections to API servers",
  });
  const open = (connection: Pick<KubeConnection, "tls" | "renewTls">) => {
    const { send, close } = renewingTransport({
      connection,
      open: openTransport,
      clock: parts.clock,
      onError: (error) => parts.logger.warn("the client certificate cannot be read anew", { error: errorText(error) }),
    });
    closers.push(close);
    created.inc({ result: "miss" });
    pools.set(closers.length);
    return send;
  };
  const connect = (kubeconfig: string, flag: string) =>
    connectKube({ kubeconfig, flag, server: flag === "kubeconfig" ? config.master : "", metrics: parts.metrics });
  const base = await connect(config.kubeconfig, "kubeconfig");
  const send = open(base);
  const limits = config.kubeApiQps > 0 ? { qps: config.kubeApiQps, burst: config.kubeApiBurst } : {};
  const make = (name: string, more: Partial<Parameters<typeof createKubeClient>[0]> = {}): KubeClient =>
    createKubeClient({
      baseUrl: base.server,
      send,
      authorize: base.authorize,
      ...limits,
      ...parts,
      userAgent: `${parts.userAgent}/${name}`,
      ...more,
    });
  const asServiceAccount = (identity: string) => {
    const { cert: _, key: __, ...tls } = base.tls;
    const authorize = serviceAccountHeaders({ ...parts, client, namespace: NAMESPACE, name: identity });
    return { send: open({ tls }), authorize };
  };
  const known = new Map<string, KubeClient>();
  const reviewer = async (name: string, kubeconfig: string, flag: string): Promise<KubeClient> => {
    if (kubeconfig === "") return make(name, REVIEWS);
    const other = await connect(kubeconfig, flag);
    return make(name, { ...REVIEWS, baseUrl: other.server, send: open(other), authorize: other.authorize });
  };
  const client = make("shared-informers");
  return {
    client,
    clientFor(identity) {
      const made =
        known.get(identity) ?? make(identity, config.useServiceAccountCredentials ? asServiceAccount(identity) : {});
      known.set(identity, made);
      return made;
    },
    // Connections of its own as well: a renewal waits behind nobody's long list.
    electionClient: make("leader-election", {
      send: open(base),
      timeoutMs: Math.max(1000, config.leaderElectRenewDeadline / 2),
    }),
    authenticationClient: await reviewer(
      "authentication",
      config.authenticationKubeconfig,
      "authentication-kubeconfig",
    ),
    authorizationClient: await reviewer("authorization", config.authorizationKubeconfig, "authorization-kubeconfig"),
    close: async () => void (await Promise.all(closers.map((close) => close()))),
  };
}
