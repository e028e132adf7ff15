import type { Node } from "@ccm/kube";
import type { InstanceMetadata } from "../contract.ts";
import { ALIAS_LABELS } from "../well-known.ts";

type Labels = Readonly<Record<string, string>>;

/** Label keys that belong to Kubernetes: a provider may not set them as additional labels. */
const RESERVED = /(^|\.)(kubernetes|k8s)\.io\//;

/** The labels that initialisation sets: type, zone and region always, additional ones only where the node has none. */
export function initialLabels(node: Node, metadata: InstanceMetadata): Labels {
  const has = node.metadata.labels ?? {};
  const labels: Record<string, string> = {};
  const set = (pair: number, value: string) => {
    const [primary, secondary] = ALIAS_LABELS[pair] ?? [];
    if (value === "" || !primary || !secondary) return;
    labels[primary] = value;
    labels[secondary] = value;
  };
  set(0, metadata.zone);
  set(1, metadata.region);
  set(2, metadata.instanceType);
  for (const [key, value] of Object.entries(metadata.additionalLabels)) {
    if (!RESERVED.test(key) && !(key in has)) labels[key] = value;
  }
  return labels;
}

/** Stable labels that differ from their beta twins. */
export function missingAliases(node: Node): Labels {
  const has = node.metadata.labels ?? {};
  const labels: Record<string, string> = {};
  for (const [primary, secondary] of ALIAS_LABELS) {
    const value = has[primary];
    if (value !== undefined && has[secondary] !== value) labels[secondary] = value;
  }
  return labels;
}
