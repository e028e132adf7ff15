import type { Node } from "@ccm/kube";
import type { InstanceMetadata } from "../contract.ts";
import { ALIAS_LABELS } from "../well-known.ts";

export type Labels = Readonly<Record<string, string>>;

/** Label keys that belong to Kubernetes: a provider may not set them as additional labels. */
const RESERVED = /(^|\.)(kubernetes|k8s)\.io\//;

/** Zone, region and type, under their old names and their new ones; what the cloud does not know is left out. */
export function topologyLabels({ zone, region, instanceType }: InstanceMetadata): Labels {
  const labels: Record<string, string> = {};
  for (const [index, value] of [zone, region, instanceType].entries()) {
    const [primary, secondary] = ALIAS_LABELS[index] ?? [];
    if (value === "" || !primary || !secondary) continue;
    labels[primary] = value;
    labels[secondary] = value;
  }
  return labels;
}

/** The provider's own labels, without those that it may not set. */
export function additionalLabels({ additionalLabels: given }: InstanceMetadata): Labels {
  return Object.fromEntries(Object.entries(given).filter(([key]) => !RESERVED.test(key)));
}

export function reservedLabels({ additionalLabels: given }: InstanceMetadata): readonly string[] {
  return Object.keys(given).filter((key) => RESERVED.test(key));
}

/** Additional labels that the node has with another value, which it keeps. */
export function keptLabels(node: Node, metadata: InstanceMetadata): readonly string[] {
  const has = node.metadata.labels ?? {};
  const given = Object.entries(additionalLabels(metadata));
  return given.filter(([key, value]) => has[key] !== undefined && has[key] !== value).map(([key]) => key);
}

/** What initialisation sets: zone, region and type always, additional ones where the node has no such label. */
export function initialLabels(node: Node, metadata: InstanceMetadata): Labels {
  const has = node.metadata.labels ?? {};
  const missing = Object.entries(additionalLabels(metadata)).filter(([key]) => !(key in has));
  return { ...Object.fromEntries(missing), ...topologyLabels(metadata) };
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
