#!/usr/bin/env node
import { createBaiduCloud, parseCloudConfig } from "@ccm/baiducloud";
import { openTransport } from "@ccm/base/node";
import { createBceClient, staticCredentials } from "@ccm/bce";
import { UsageError } from "@ccm/cloud-provider";
import { type ProviderParts, runProgram } from "@ccm/cloud-provider/node";

await runProgram({
  command: "cloud-controller-manager",
  description: "The cloud controller manager for Baidu AI Cloud",
  version: "0.1.0",
  cloudProvider: "cce",
  createProvider,
});

function createProvider({ config, cloudConfig, env, onEnd, ...parts }: ProviderParts) {
  if (cloudConfig === undefined) {
    throw new UsageError(
      "--cloud-config is missing: expected a file with ClusterId, Region, AccessKeyID, SecretAccessKey",
    );
  }
  const cloud = parseCloudConfig(cloudConfig, config.cloudConfig, env);
  const { clock, random, logger, metrics } = parts;
  const transport = openTransport({});
  onEnd(transport.close);
  const client = createBceClient({
    credentials: staticCredentials({
      accessKeyId: cloud.accessKeyId,
      secretAccessKey: cloud.secretAccessKey,
      ...(cloud.sessionToken ? { sessionToken: cloud.sessionToken } : {}),
    }),
    region: cloud.region,
    endpoints: cloud.endpoints,
    send: transport.send,
    clock,
    random,
    logger,
    metrics,
    userAgent: `cce-k8s:${cloud.clusterId}`,
  });
  return createBaiduCloud({ config: cloud, client, clock, random, logger });
}
