#!/usr/bin/env node
import { Secret } from "@ccm/base";
import { openTransport } from "@ccm/base/node";
import { UsageError } from "@ccm/cloud-provider";
import { type ProviderParts, runProgram } from "@ccm/cloud-provider/node";
import { createShelfCloud } from "./provider.ts";

await runProgram({
  command: "shelf-cloud-controller-manager",
  description: "The cloud controller manager for Shelf Cloud",
  version: "0.1.0",
  cloudProvider: "shelf",
  createProvider,
});

function createProvider({ env, clock, onEnd }: ProviderParts) {
  const { SHELF_ENDPOINT: endpoint = "", SHELF_CLUSTER: cluster = "", SHELF_TOKEN: token = "" } = env;
  if (endpoint === "") throw new UsageError("SHELF_ENDPOINT is missing: expected a URL such as http://shelf.example");
  const { send, close } = openTransport({});
  onEnd(close);
  return createShelfCloud({ endpoint, cluster, token: new Secret(token), send, clock });
}
