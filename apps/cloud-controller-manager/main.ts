#!/usr/bin/env node
import { readFile } from "node:fs/promises";
import { createBaiduCloud, FORMER_FLAGS, followCloud, parseCloudConfig } from "@ccm/baiducloud";
import { openTransport } from "@ccm/base/node";
import { UsageError } from "@ccm/cloud-provider";
import { type ProviderParts, runProgram } from "@ccm/cloud-provider/node";

const VERSION = "0.1.0";

await runProgram({
  command: "cloud-controller-manager",
  description: "The cloud controller manager for Baidu AI Cloud",
  version: VERSION,
  cloudProvider: "cce",
  formerFlags: FORMER_FLAGS,
  createProvider,
});

async function createProvider({ config, cloudConfig, env, onEnd, ...parts }: ProviderParts) {
  const path = config.cloudConfig;
  if (cloudConfig === undefined)
    throw new UsageError("--cloud-config is missing: expected a file with ClusterId and Region");
  const read = (file: string) => readFile(file, "utf8");
  const cloud = await followCloud({
    ...parts,
    config: parseCloudConfig(cloudConfig, path, env),
    openTransport,
    readFile: read,
    reload: async () => parseCloudConfig(await read(path), path, env),
  });
  onEnd(cloud.close);
  return createBaiduCloud({
    ...parts,
    ...cloud.now,
    changes: cloud,
    version: VERSION,
    onKubernetes: cloud.useKubernetes,
    // As in the former CCM, whose clusters need no flag to be left alone by routes: it takes both flags.
    routes: config.allocateNodeCidrs,
  });
}
