#!/usr/bin/env node
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { errorText, type Listen } from "@ccm/base";
import { systemClock as clock, listen, openTransport, systemRandom as random } from "@ccm/base/node";
import { createPrometheusMetrics, createStderrLogger } from "@ccm/cloud-provider/node";
import { openAccount } from "@ccm/cluster-access";
import { createRobotKeeper } from "@ccm/image-registry";
import { createEventRecorder, createKubeClient, createLeaderElector } from "@ccm/kube";
import { connectKube } from "@ccm/kube/node";
import { admissionPolicies, createTenantOperator, install, webhookConfigurations } from "@ccm/tenancy";
import { CommanderError } from "commander";
import { followCertificate, type WebhookCertificate, webhookCertificate } from "./certificate.ts";
import { cceTenantCloud } from "./cloud.ts";
import { createProgram, type Flags } from "./program.ts";

const program = createProgram(async (flags) => {
  process.exitCode = await run(flags);
});
try {
  await program.parseAsync();
} catch (error) {
  // Commander has printed its line already.
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}

async function run(flags: Flags): Promise<number> {
  const { namespace } = flags;
  const logger = createStderrLogger(flags.logLevel, "json");
  const metrics = createPrometheusMetrics();
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => stop.abort(new Error(`ended by ${signal}`)));
  try {
    const { server, tls, authorize } = await connectKube({ kubeconfig: flags.kubeconfig ?? "", metrics });
    const { send } = openTransport(tls);
    const client = createKubeClient({
      baseUrl: server,
      send,
      authorize,
      clock,
      random,
      logger,
      metrics,
      userAgent: "tenant-operator",
      qps: 200,
      burst: 400,
    });
    const events = createEventRecorder({
      client,
      clock,
      random,
      logger,
      component: "tenant-operator",
      host: hostname(),
    });
    const cloud = flags.region === undefined && flags.clusterId === undefined ? {} : await openCloud(flags);
    const operator = createTenantOperator({
      client,
      clock,
      random,
      logger,
      metrics,
      events,
      operatorNamespace: namespace,
      ...cloud,
    });
    const { webhookUrl: url } = flags;
    const host = url ? url.hostname.replace(/^\[|\]$/g, "") : `${flags.service}.${namespace}.svc`;
    const look = () => webhookCertificate(client, { namespace, host, clock });
    const first = await look();
    const listening = async (flag: string, options: Omit<Parameters<Listen>[0], "host">) => {
      try {
        return await listen({ host: "0.0.0.0", ...options });
      } catch (error) {
        throw new Error(`${flag} ${options.port}: ${errorText(error)}`);
      }
    };
    const webhooks = await listening("--port", { port: flags.port, handler: operator.handler, tls: first });
    const scrapes = await listening("--metrics-port", { port: flags.metricsPort, handler: operator.metrics });
    const address = url ? { url: url.origin } : { service: { namespace, name: flags.service } };
    const announce = ({ ca }: WebhookCertificate) => install(client, webhookConfigurations(address, ca), stop.signal);
    await install(client, admissionPolicies(), stop.signal);
    await announce(first);
    logger.info("serving webhooks", { port: webhooks.port, metricsPort: scrapes.port });
    const elector = createLeaderElector({
      client,
      clock,
      random,
      logger,
      metrics,
      events,
      namespace,
      name: "tenant-operator",
      identity: `${hostname()}_${random.uuid()}`,
      leaseDurationMs: 15_000,
      renewDeadlineMs: 10_000,
      retryPeriodMs: 2_000,
    });
    await Promise.all([
      operator.serve(stop.signal),
      elector.run((signal) => operator.lead(signal), stop.signal),
      followCertificate(
        first,
        { clock, logger, look, announce, show: (certificate) => webhooks.renew?.(certificate) },
        stop.signal,
      ),
    ]);
    await Promise.all([webhooks.close(), scrapes.close()]);
    process.exit(0);
  } catch (error) {
    process.stderr.write(`tenant-operator: ${errorText(error)}\n`);
    // What still hangs must not go on without the lease.
    process.exit(1);
  }
}

/** Robots of the region's registries; grants, where the cluster is named. */
async function openCloud({ clusterId, region }: Flags) {
  const account = await openAccount(region === undefined ? {} : { region }, {
    env: process.env,
    readFile: (path) => readFile(path, "utf8"),
    openTransport,
    clock,
    random,
    readSecret: () => async () => {
      throw new Error("the operator takes its keys from the environment or a profile");
    },
  });
  const { ccr, cceAccess } = account.client();
  const robots = createRobotKeeper(ccr, random);
  return clusterId === undefined ? { robots } : { robots, cloud: cceTenantCloud(cceAccess, clusterId) };
}
