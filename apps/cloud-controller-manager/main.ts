#!/usr/bin/env node
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { type CloudConfig, createBaiduCloud, parseCloudConfig } from "@ccm/baiducloud";
import { errorText } from "@ccm/base";
import { createAuthority, listen, openTransport, systemClock, systemRandom } from "@ccm/base/node";
import { createBceClient, staticCredentials } from "@ccm/bce";
import { type ManagerConfig, parseFlags, runManager, UsageError } from "@ccm/cloud-provider";
import { createKubeClient } from "@ccm/kube";
import { connectKube } from "@ccm/kube/node";
import { createStderrLogger } from "./logger.ts";
import { createPrometheusMetrics } from "./metrics.ts";

const COMMAND = "cloud-controller-manager";
const VERSION = "0.1.0";

async function main(argv: readonly string[]): Promise<number> {
  let stacks = argv.some((arg) => /^--log[-_]level=debug$/.test(arg));
  try {
    const parsed = parseFlags(argv, {
      command: COMMAND,
      description: "The cloud controller manager for Baidu AI Cloud",
      version: VERSION,
      cloudProvider: "cce",
    });
    if (parsed.kind === "print") {
      process.stdout.write(parsed.text);
      return 0;
    }
    stacks = parsed.config.logLevel === "debug";
    await run(parsed.config);
    return 0;
  } catch (error) {
    process.stderr.write(`${COMMAND}: ${errorText(error)}\n`);
    if (stacks && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

async function run(config: ManagerConfig): Promise<void> {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => stop.abort(new Error(`ended by ${signal}`)));
  }
  const clock = systemClock;
  const random = systemRandom;
  const logger = createStderrLogger(config.logLevel, config.loggingFormat);
  const metrics = createPrometheusMetrics();
  const cloud = await readCloudConfig(config.cloudConfig);
  const connection = await connectKube({ kubeconfig: config.kubeconfig, server: config.master });
  const kubeTransport = openTransport(connection.tls);
  const electionTransport = openTransport(connection.tls);
  const cloudTransport = openTransport({});
  const userAgent = `${COMMAND}/${VERSION}`;
  const kube = {
    baseUrl: connection.server,
    clock,
    random,
    logger,
    authorize: connection.authorize,
  };
  const client = createKubeClient({
    ...kube,
    send: kubeTransport.send,
    metrics,
    userAgent,
    qps: config.kubeApiQps,
    burst: config.kubeApiBurst,
  });
  const electionClient = createKubeClient({
    ...kube,
    send: electionTransport.send,
    userAgent: `${userAgent} leader-election`,
    timeoutMs: Math.max(1000, config.leaderElectRenewDeadline / 2),
  });
  const bce = createBceClient({
    credentials: staticCredentials({
      accessKeyId: cloud.accessKeyId,
      secretAccessKey: cloud.secretAccessKey,
      ...(cloud.sessionToken ? { sessionToken: cloud.sessionToken } : {}),
    }),
    region: cloud.region,
    endpoints: cloud.endpoints,
    send: cloudTransport.send,
    clock,
    random,
    logger,
    metrics,
    userAgent: `cce-k8s:${cloud.clusterId}`,
  });
  const provider = createBaiduCloud({ config: cloud, client: bce, clock, random, logger });
  try {
    await runManager(
      config,
      provider,
      {
        client,
        electionClient,
        clock,
        random,
        logger,
        metrics,
        hostname: hostname(),
        listen,
        servingCertificate: () => servingCertificate(config),
      },
      stop.signal,
    );
  } finally {
    await Promise.all([kubeTransport.close(), electionTransport.close(), cloudTransport.close()]);
  }
}

async function readCloudConfig(path: string): Promise<CloudConfig> {
  if (path === "")
    throw new UsageError(
      "--cloud-config is missing: expected a file with ClusterId, Region, AccessKeyID, SecretAccessKey",
    );
  return parseCloudConfig(await readText(path, "--cloud-config"), path, process.env);
}

async function servingCertificate(config: ManagerConfig): Promise<{ cert: string; key: string }> {
  if (config.tlsCertFile !== "") {
    return {
      cert: await readText(config.tlsCertFile, "--tls-cert-file"),
      key: await readText(config.tlsPrivateKeyFile, "--tls-private-key-file"),
    };
  }
  const authority = await createAuthority({ commonName: `${COMMAND}-ca`, clock: systemClock });
  const { certPem, keyPem } = await authority.issue({
    commonName: COMMAND,
    dnsNames: ["localhost"],
    ipAddresses: ["127.0.0.1"],
    server: true,
  });
  return { cert: certPem, key: keyPem };
}

async function readText(path: string, flag: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    const why = code === "ENOENT" ? "no such file" : code === "EACCES" ? "permission denied" : "cannot be read";
    throw new Error(`${flag} ${path}: ${why}`);
  }
}

process.exitCode = await main(process.argv.slice(2));
