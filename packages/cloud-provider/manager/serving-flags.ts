import type { ServingConfig } from "./config.ts";
import { durationOrZero, type FlagSpec, integer, integers, list, repeated, text, toggle } from "./flag-spec.ts";

/** The HTTPS server on the secure port, and who may read it. */
export function servingFlags(d: ServingConfig): readonly FlagSpec[] {
  return [
    text("bind-address", "address of the HTTPS server", d.bindAddress),
    integer("secure-port", "port of the HTTPS server, 0 for none", d.securePort),
    ...tlsFlags("", {
      certDir: d.certDir,
      certFile: d.tlsCertFile,
      keyFile: d.tlsPrivateKeyFile,
      cipherSuites: d.tlsCipherSuites,
      minVersion: d.tlsMinVersion,
      curves: d.tlsCurvePreferences,
      sni: d.tlsSniCertKey,
      noHttp2: d.disableHttp2Serving,
    }),
    integer("http2-max-streams-per-connection", "no effect: HTTP/1.1 is served", d.http2MaxStreamsPerConnection),
    toggle("permit-port-sharing", "let several processes listen on the port (SO_REUSEPORT)", d.permitPortSharing),
    toggle("permit-address-sharing", "no effect: it is always so (SO_REUSEADDR)", d.permitAddressSharing),
    toggle("profiling", "serve /debug/pprof and /debug/flags/v", d.profiling),
    toggle("contention-profiling", "no effect: there are no locks to wait for", d.contentionProfiling),
    text(
      "authentication-kubeconfig",
      "API server that reviews tokens; without it, our own",
      d.authenticationKubeconfig,
    ),
    toggle(
      "authentication-skip-lookup",
      "do not read the client CAs from ConfigMap extension-apiserver-authentication",
      d.authenticationSkipLookup,
    ),
    toggle(
      "authentication-tolerate-lookup-failure",
      "start although that ConfigMap cannot be read",
      d.authenticationTolerateLookupFailure,
    ),
    durationOrZero(
      "authentication-token-webhook-cache-ttl",
      "how long a token's review is remembered",
      d.authenticationTokenWebhookCacheTtl,
    ),
    text("client-ca-file", "CAs of client certificates; without it, from that ConfigMap", d.clientCaFile),
    list("requestheader-username-headers", "where a front proxy names the user", d.requestheaderUsernameHeaders),
    list("requestheader-uid-headers", "where it names the user's UID", d.requestheaderUidHeaders),
    list("requestheader-group-headers", "where it names the groups", d.requestheaderGroupHeaders),
    list(
      "requestheader-extra-headers-prefix",
      "how its headers for more about the user begin",
      d.requestheaderExtraHeadersPrefix,
    ),
    text(
      "requestheader-client-ca-file",
      "CAs of front proxies; without it, from the ConfigMap",
      d.requestheaderClientCaFile,
    ),
    list("requestheader-allowed-names", "front proxies' common names, none for any", d.requestheaderAllowedNames),
    text("authorization-kubeconfig", "API server that reviews access; without it, our own", d.authorizationKubeconfig),
    list("authorization-always-allow-paths", "paths that anybody may read", d.authorizationAlwaysAllowPaths),
    durationOrZero(
      "authorization-webhook-cache-authorized-ttl",
      "how long a yes is remembered",
      d.authorizationWebhookCacheAuthorizedTtl,
    ),
    durationOrZero(
      "authorization-webhook-cache-unauthorized-ttl",
      "how long a no is remembered",
      d.authorizationWebhookCacheUnauthorizedTtl,
    ),
  ];
}

/** The HTTPS server of admission webhooks. */
export function webhookFlags(d: ServingConfig): readonly FlagSpec[] {
  return [
    list("webhooks", "webhooks to serve: * for all, x for one, -x for all but one", d.webhooks),
    text("webhook-bind-address", "address of the webhooks' HTTPS server", d.webhookBindAddress),
    integer("webhook-secure-port", "port of the webhooks' HTTPS server, 0 for none", d.webhookSecurePort),
    ...tlsFlags("webhook-", {
      certDir: d.webhookCertDir,
      certFile: d.webhookTlsCertFile,
      keyFile: d.webhookTlsPrivateKeyFile,
      cipherSuites: d.webhookTlsCipherSuites,
      minVersion: d.webhookTlsMinVersion,
      curves: d.webhookTlsCurvePreferences,
      sni: d.webhookTlsSniCertKey,
      noHttp2: d.webhookDisableHttp2Serving,
    }),
  ];
}

interface TlsDefaults {
  readonly certDir: string;
  readonly certFile: string;
  readonly keyFile: string;
  readonly cipherSuites: readonly string[];
  readonly minVersion: string;
  readonly curves: readonly number[];
  readonly sni: readonly string[];
  readonly noHttp2: boolean;
}

function tlsFlags(prefix: "" | "webhook-", d: TlsDefaults): readonly FlagSpec[] {
  const pair = prefix === "" ? "cloud-controller-manager" : "webhook";
  return [
    text(`${prefix}cert-dir`, `folder with ${pair}.crt and ${pair}.key, made when missing`, d.certDir),
    text(
      `${prefix}tls-cert-file`,
      "certificate, and those of its issuers; without it, one signed by itself",
      d.certFile,
    ),
    text(`${prefix}tls-private-key-file`, "its key", d.keyFile),
    list(`${prefix}tls-cipher-suites`, "cipher suites up to TLS 1.2, by their standard names", d.cipherSuites),
    text(`${prefix}tls-min-version`, "VersionTLS10, VersionTLS11, VersionTLS12 or VersionTLS13", d.minVersion),
    integers(`${prefix}tls-curve-preferences`, "key exchange groups, by number, best first", d.curves),
    repeated(`${prefix}tls-sni-cert-key`, "cert,key or cert,key:name,*.name; may be repeated", d.sni),
    toggle(
      prefix === "" ? "disable-http2-serving" : "webhook-disable-http2-serving",
      "no effect: HTTP/1.1 is served",
      d.noHttp2,
    ),
  ];
}
