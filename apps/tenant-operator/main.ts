#!/usr/bin/env node
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { errorText } from "@ccm/base";
import { systemClock as clock, listen, openTransport, systemRandom as random } from "@ccm/base/node";
import { createPrometheusMetrics, createStderrLogger } from "@ccm/cloud-provider/node";
import { openAccount } from "@ccm/cluster-access";
import { createRobotKeeper } from "@ccm/image-registry";
import { createEventRecorder, createKubeClient, createLeaderElector } from "@ccm/kube";
import { connectKube } from "@ccm/kube/node";
import { admissionPolicies, createTenantOperator, install, webhookConfigurations } from "@ccm/tenancy";
import { Command } from "commander";
import { webhookCertificate } from "./certificate.ts";
import { cceTenantCloud } from "./cloud.ts";

interface Flags {
  readonly kubeconfig: string;
  readonly namespace: string;
  readonly service: string;
  readonly port: string;
  readonly metricsPort: string;
  readonly clusterId?: string;
  readonly region?: string;
  readonly logLevel: "debug" | "info" | "warn" | "error";
}

const program = new Command("tenant-operator")
  .description("Keeps the tenants of a shared cluster as their Tenant objects say")
  .option("--kubeconfig <file>", "the cluster; inside of one, its service account", "")
  .option("--namespace <name>", "where the operator runs, and keeps the tenants' own Secrets", "tenant-system")
  .option("--service <name>", "the Service through which the API server reaches the webhooks", "tenant-operator")
  .option("--port <port>", "of the webhooks, over TLS", "9443")
  .option("--metrics-port <port>", "of GET /metrics, without TLS", "8080")
  .option("--cluster-id <id>", "of CCE, for owners that are IAM users; keys come from the environment or a profile")
  .option("--region <region>", "of the cluster and of registries that robots are made in, such as bj")
  .option("--log-level <level>", "debug, info, warn or error", "info")
  .addHelpText(
    "after",
    "\nExample:\n  tenant-operator --namespace=tenant-system --cluster-id=cce-abcdefgh --region=bj\n",
  )
  .action(async (flags: Flags) => {
    process.exitCode = await run(flags);
  });
await program.parseAsync();

async function run(flags: Flags): Promise<number> {
  const { namespace } = flags;
  const logger = createStderrLogger(flags.logLevel, "json");
  const metrics = createPrometheusMetrics();
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => stop.abort(new Error(`ended by ${signal}`)));
  try {
    const { server, tls, authorize } = await connectKube({ kubeconfig: flags.kubeconfig, metrics });
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
    const host = `${flags.service}.${namespace}.svc`;
    const { ca, cert, key } = await webhookCertificate(client, { namespace, dnsNames: [host], clock });
    const webhooks = await listen({
      host: "0.0.0.0",
      port: Number(flags.port),
      handler: operator.handler,
      tls: { cert, key },
    });
    const scrapes = await listen({ host: "0.0.0.0", port: Number(flags.metricsPort), handler: operator.metrics });
    const address = { service: { namespace, name: flags.service } };
    await install(client, [...admissionPolicies(), ...webhookConfigurations(address, ca)], stop.signal);
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
    await Promise.all([operator.serve(stop.signal), elector.run((signal) => operator.lead(signal), stop.signal)]);
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
