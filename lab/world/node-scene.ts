import assert from "node:assert/strict";
import type { InstanceLookup, InstanceMetadata } from "@ccm/cloud-provider";
import type { Node } from "@ccm/kube";
import { createProviderScene, type ProviderScene } from "./provider-scene.ts";

/** For tests of nodes: look-ups of the provider on the simulated cloud. */
const signal = new AbortController().signal;

export function node(
  name: string,
  more: { providerID?: string; annotations?: Record<string, string>; ip?: string } = {},
): Node {
  return {
    metadata: { name, uid: `uid-${name}`, ...(more.annotations ? { annotations: more.annotations } : {}) },
    spec: more.providerID === undefined ? {} : { providerID: more.providerID },
    status: more.ip ? { addresses: [{ type: "InternalIP", address: more.ip }] } : {},
  };
}

export async function look(scene: ProviderScene, ...nodes: readonly Node[]): Promise<readonly InstanceLookup[]> {
  const { instances } = scene.provider;
  assert.ok(instances?.lookupMany);
  return scene.during(instances.lookupMany(nodes, signal));
}

export function metadataOf(lookup: InstanceLookup | undefined): InstanceMetadata {
  assert.equal(lookup?.state, "found", JSON.stringify(lookup));
  return lookup.metadata;
}

export const reasonOf = (lookup: InstanceLookup | undefined) => (lookup?.state === "unknown" ? lookup.reason : "");
export const SOURCES = ["bcc", "cce"] as const;
export const sourced = (source: string, more: object = {}) =>
  createProviderScene({ cloudConfig: { NodeSource: source, ...more } });
