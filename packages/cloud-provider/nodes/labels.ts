import type { Node } from "@ccm/kube";
import type { InstanceMetadata } from "../contract.ts";
import { ALIAS_LABELS } from "../well-known.ts";

export type Labels = Readonly<Record<string, string>>;

/** Label keys that belong to Kubernetes: a provider may not set them as additional labels. */
const RESERVED = /(^|\.)(kubernetes|k8s)\.io\//;

const NAME = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const PREFIX = /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/;

/** What the API server takes: it would refuse all labels of a patch for one that is wrong. */
function isValid(key: string, value: string): boolean {
  const [name = "", prefix, ...more] = key.split("/").reverse();
  const validKey = NAME.test(name) && (prefix === undefined || PREFIX.test(prefix)) && more.length === 0;
  return validKey && (value === "" || NAME.test(value));
}

function isAllowed([key, value]: readonly [string, string]): boolean {
  return !RESERVED.test(key) && isValid(key, value);
}

/** In the order of ALIAS_LABELS. */
function topologyOf({ zone, region, instanceType }: InstanceMetadata): readonly string[] {
  return [zone, region, instanceType];
}

/** Zone, region and type, under their old names and their new ones; what the cloud does not know is left out. */
export function topologyLabels(metadata: InstanceMetadata): Labels {
  const labels: Record<string, string> = {};
  for (const [index, value] of topologyOf(metadata).entries()) {
    const [primary, secondary] = ALIAS_LABELS[index] ?? [];
    if (value === "" || !primary || !secondary || !isValid(primary, value)) continue;
    labels[primary] = value;
    labels[secondary] = value;
  }
  return labels;
}

/** The provider's own labels, without those that it may not set, and what it may set under Kubernetes' names. */
export function additionalLabels({ additionalLabels: given, wellKnownLabels = {} }: InstanceMetadata): Labels {
  const topology = new Set(ALIAS_LABELS.flat());
  const known = Object.entries(wellKnownLabels).filter(([key, value]) => !topology.has(key) && isValid(key, value));
  return Object.fromEntries([...Object.entries(given).filter(isAllowed), ...known]);
}

/** What the provider gives and no node can have: names of Kubernetes, and what is no label. */
export function refusedLabels(metadata: InstanceMetadata): readonly string[] {
  const additional = Object.entries(metadata.additionalLabels).filter((label) => !isAllowed(label));
  const topology = ALIAS_LABELS.map(([, key], index): readonly [string, string] => [
    key,
    topologyOf(metadata)[index] ?? "",
  ]);
  return [...additional, ...topology.filter(([key, value]) => !isValid(key, value))].map(
    ([key, value]) => `${key}=${value}`,
  );
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
