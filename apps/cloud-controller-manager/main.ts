#!/usr/bin/env node
import { readFile } from "node:fs/promises";
import { type Cloud, FORMER_FLAGS, openBaiduCloud } from "@ccm/baiducloud";
import { openTransport } from "@ccm/base/node";
import { BUILT_IN_CONTROLLERS, UsageError } from "@ccm/cloud-provider";
import { type ProviderParts, runProgram } from "@ccm/cloud-provider/node";
import { pullSecretEntry } from "./pull-secrets.ts";

const VERSION = "0.1.0";

/** Known once the provider is made, which is before any controller is. */
let cloud: () => Cloud;

await runProgram({
  command: "cloud-controller-manager",
  description: "The cloud controller manager for Baidu AI Cloud",
  version: VERSION,
  cloudProvider: "cce",
  formerFlags: FORMER_FLAGS,
  controllers: [...BUILT_IN_CONTROLLERS, pullSecretEntry(() => cloud())],
  createProvider,
});

async function createProvider({ config, cloudConfig, env, onEnd, ...parts }: ProviderParts) {
  const path = config.cloudConfig;
  if (cloudConfig === undefined)
    throw new UsageError("--cloud-config is missing: expected a file with ClusterId and Region");
  const { provider, now, close } = await openBaiduCloud({
    ...parts,
    cloudConfig: { path, content: cloudConfig, env },
    openTransport,
    readFile: (file) => readFile(file, "utf8"),
    version: VERSION,
    // As in the former CCM, whose clusters need no flag to be left alone by routes: it takes both flags.
    routes: config.allocateNodeCidrs,
  });
  cloud = now;
  onEnd(close);
  return provider;
}
