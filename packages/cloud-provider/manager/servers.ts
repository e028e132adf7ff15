import { createAuthenticate } from "./authentication.ts";
import { createAuthorize } from "./authorization.ts";
import { createClientAuthorities } from "./client-authorities.ts";
import type { ManagerConfig } from "./config.ts";
import { isEnabled } from "./controller-names.ts";
import type { ManagerEnvironment } from "./environment.ts";
import { isGateEnabled } from "./feature-gates.ts";
import type { HealthChecks } from "./health.ts";
import type { LeaderMigration } from "./leader-migration.ts";
import { createManagerHandler } from "./server.ts";
import { type RunningServer, readFile, startServer } from "./serving.ts";
import { tlsSettings } from "./tls-settings.ts";
import { createWebhookHandler, type Webhook } from "./webhooks.ts";

/** The manager's own server, on every replica, leader or not. Undefined: none is wanted. */
export async function serveManager(
  config: ManagerConfig,
  env: ManagerEnvironment,
  health: HealthChecks,
  migration: LeaderMigration | undefined,
  signal: AbortSignal,
): Promise<RunningServer | undefined> {
  if (!env.listen || config.securePort === 0) return undefined;
  const { client, clock, random, logger, metrics } = env;
  const fileOrNone = (path: string, flag: string) => (path === "" ? "" : readFile(env.files, path, flag));
  const authorities = await createClientAuthorities(
    {
      config,
      client: env.authenticationClient ?? client,
      clock,
      random,
      logger,
      clientCa: await fileOrNone(config.clientCaFile, "--client-ca-file"),
      proxyCa: await fileOrNone(config.requestheaderClientCaFile, "--requestheader-client-ca-file"),
    },
    signal,
  );
  const handler = createManagerHandler({
    health,
    metrics,
    newMetrics: env.newMetrics,
    config,
    migration,
    logger,
    debug: env,
    authenticate: createAuthenticate({
      client: env.authenticationClient ?? client,
      clock,
      metrics,
      authorities,
      tokenTtlMs: config.authenticationTokenWebhookCacheTtl,
    }),
    authorize: createAuthorize({
      client: env.authorizationClient ?? client,
      clock,
      metrics,
      allowedTtlMs: config.authorizationWebhookCacheAuthorizedTtl,
      deniedTtlMs: config.authorizationWebhookCacheUnauthorizedTtl,
    }),
  });
  const server = await startServer(
    {
      prefix: "",
      host: config.bindAddress,
      port: config.securePort,
      sharePort: config.permitPortSharing,
      certFile: config.tlsCertFile,
      keyFile: config.tlsPrivateKeyFile,
      certDir: config.certDir,
      pairName: "cloud-controller-manager",
      sni: config.tlsSniCertKey,
      tls: tlsSettings(config.tlsCipherSuites, config.tlsMinVersion, config.tlsCurvePreferences),
      handler,
      clientCa: () => authorities.current().pem,
    },
    env,
    signal,
  );
  authorities.run(signal, () => void server.refresh());
  return server;
}

/** The webhooks' server: only with the feature gate, a port, and at least one webhook that is wanted. */
export async function serveWebhooks(
  config: ManagerConfig,
  env: ManagerEnvironment,
  webhooks: readonly Webhook[],
  signal: AbortSignal,
): Promise<RunningServer | undefined> {
  const wanted = enabledWebhooks(config, webhooks);
  const enabled = isGateEnabled(config.featureGates, "CloudControllerManagerWebhook");
  if (!env.listen || !enabled || config.webhookSecurePort === 0 || wanted.length === 0) return undefined;
  return startServer(
    {
      prefix: "webhook-",
      host: config.webhookBindAddress,
      port: config.webhookSecurePort,
      sharePort: false,
      certFile: config.webhookTlsCertFile,
      keyFile: config.webhookTlsPrivateKeyFile,
      certDir: config.webhookCertDir,
      pairName: "webhook",
      sni: config.webhookTlsSniCertKey,
      tls: tlsSettings(config.webhookTlsCipherSuites, config.webhookTlsMinVersion, config.webhookTlsCurvePreferences),
      handler: createWebhookHandler({ webhooks: wanted, metrics: env.metrics, clock: env.clock }),
    },
    env,
    signal,
  );
}

/** Those that --webhooks means; without the flag, none. */
export function enabledWebhooks(
  config: Pick<ManagerConfig, "webhooks">,
  webhooks: readonly Webhook[],
): readonly Webhook[] {
  return webhooks.filter(({ name }) => isEnabled(name, config.webhooks));
}
