/** Flags by name without dashes; a list becomes one flag per entry; undefined takes a default away. */
export type Flags = Readonly<Record<string, string | readonly string[] | undefined>>;

/** `--name=value` texts, sorted by name so that a command line is the same each time. Later flags win. */
export function commandLine(...flags: readonly Flags[]): readonly string[] {
  return Object.entries(Object.assign({}, ...flags) as Flags)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, value]) => (value === undefined ? [] : [value].flat().map((one) => `--${name}=${one}`)));
}

export interface EtcdPlan {
  readonly host: string;
  readonly port: number;
  readonly peerPort: number;
  readonly dataDir: string;
}

export function etcdFlags({ host, port, peerPort, dataDir }: EtcdPlan): Flags {
  const peer = `http://${host}:${peerPort}`;
  return {
    name: "default",
    "data-dir": dataDir,
    "listen-client-urls": `http://${host}:${port}`,
    "advertise-client-urls": `http://${host}:${port}`,
    "listen-peer-urls": peer,
    "initial-advertise-peer-urls": peer,
    "initial-cluster": `default=${peer}`,
    "log-level": "warn",
    // Nothing here outlives the test: a crash of the machine may lose it.
    "unsafe-no-fsync": "true",
  };
}

/** Paths of PEM files. */
export interface ControlPlaneFiles {
  readonly clientCa: string;
  readonly servingCa: string;
  readonly servingCert: string;
  readonly servingKey: string;
  readonly frontProxyCa: string;
  readonly frontProxyCert: string;
  readonly frontProxyKey: string;
  readonly serviceAccountKey: string;
  readonly serviceAccountPublicKey: string;
}

export interface ApiServerPlan {
  readonly host: string;
  readonly port: number;
  readonly etcd: string;
  readonly certDir: string;
  readonly files: ControlPlaneFiles;
  readonly serviceCidrs: readonly string[];
  readonly featureGates: Readonly<Record<string, boolean>>;
  readonly audit?: { readonly policy: string; readonly log: string };
}

export function apiServerFlags(plan: ApiServerPlan): Flags {
  const { host, port, files, audit } = plan;
  return {
    "etcd-servers": plan.etcd,
    "bind-address": host,
    "secure-port": String(port),
    // Else it looks for an address on a network, which a machine need not have.
    "advertise-address": host,
    // The Endpoints of "kubernetes" would be a loopback address, which it refuses again and again.
    "endpoint-reconciler-type": "none",
    "cert-dir": plan.certDir,
    "tls-cert-file": files.servingCert,
    "tls-private-key-file": files.servingKey,
    "client-ca-file": files.clientCa,
    "requestheader-client-ca-file": files.frontProxyCa,
    "requestheader-allowed-names": "front-proxy-client",
    "requestheader-username-headers": "X-Remote-User",
    "requestheader-group-headers": "X-Remote-Group",
    "requestheader-extra-headers-prefix": "X-Remote-Extra-",
    "proxy-client-cert-file": files.frontProxyCert,
    "proxy-client-key-file": files.frontProxyKey,
    "service-account-issuer": `https://${host}:${port}/`,
    "service-account-key-file": files.serviceAccountPublicKey,
    "service-account-signing-key-file": files.serviceAccountKey,
    "service-cluster-ip-range": plan.serviceCidrs.join(","),
    "authorization-mode": "RBAC",
    "allow-privileged": "true",
    // Without it, SIGTERM would leave the watches open and wait for their clients, for a minute.
    "shutdown-watch-termination-grace-period": "5s",
    // Without a controller that makes the default ServiceAccount, it would refuse every Pod.
    "disable-admission-plugins": "ServiceAccount",
    ...featureGates(plan.featureGates),
    ...(audit
      ? { "audit-policy-file": audit.policy, "audit-log-path": audit.log, "audit-log-mode": "blocking" }
      : undefined),
  };
}

export interface ControllerManagerPlan {
  readonly host: string;
  readonly port: number;
  readonly certDir: string;
  readonly kubeconfig: string;
  readonly files: ControlPlaneFiles;
  readonly controllers: readonly string[];
  readonly serviceCidrs: readonly string[];
  readonly clusterCidrs: readonly string[];
  readonly featureGates: Readonly<Record<string, boolean>>;
}

export function controllerManagerFlags(plan: ControllerManagerPlan): Flags {
  return {
    kubeconfig: plan.kubeconfig,
    "authentication-kubeconfig": plan.kubeconfig,
    "authorization-kubeconfig": plan.kubeconfig,
    "bind-address": plan.host,
    "secure-port": String(plan.port),
    "cert-dir": plan.certDir,
    controllers: plan.controllers.join(","),
    "leader-elect": "false",
    "configure-cloud-routes": "false",
    "service-account-private-key-file": plan.files.serviceAccountKey,
    "root-ca-file": plan.files.servingCa,
    "service-cluster-ip-range": plan.serviceCidrs.join(","),
    ...(plan.clusterCidrs.length > 0
      ? { "cluster-cidr": plan.clusterCidrs.join(","), "allocate-node-cidrs": "true" }
      : undefined),
    ...featureGates(plan.featureGates),
  };
}

function featureGates(gates: Readonly<Record<string, boolean>>): Flags {
  const texts = Object.entries(gates).map(([name, on]) => `${name}=${on}`);
  return texts.length > 0 ? { "feature-gates": texts.join(",") } : {};
}
