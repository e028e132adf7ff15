import type { Node } from "@ccm/kube";
import type { InstanceMetadata } from "../contract.ts";
import { ALIAS_LABELS, ANNOTATION_OWNED_LABELS } from "../well-known.ts";
import { additionalLabels, initialLabels, type Labels, topologyLabels } from "./labels.ts";

/**
 * What we know of labels that we set: the value we gave, or null for one that a user has changed or removed since. That
 * one is the user's, until it has the cloud's value again.
 */
export type OwnedLabels = Readonly<Record<string, string | null>>;

/** The record on the Node. Nothing, or what is no such record, is empty: then only labels that are missing or right are ours. */
export function ownedLabels(node: Node): OwnedLabels {
  try {
    const read: unknown = JSON.parse(node.metadata.annotations?.[ANNOTATION_OWNED_LABELS] ?? "{}");
    if (typeof read !== "object" || read === null) return {};
    const valid = Object.entries(read).filter(([, value]) => typeof value === "string" || value === null);
    return Object.fromEntries(valid);
  } catch {
    return {};
  }
}

/** Keys in order, so that equal records are equal texts. */
export function recordOf(owned: OwnedLabels): string {
  return JSON.stringify(Object.fromEntries(Object.entries(owned).sort(([a], [b]) => (a < b ? -1 : 1))));
}

/** The labels that initialisation gives, and that it leaves to their users. */
export function labelsAtStart(node: Node, metadata: InstanceMetadata): { labels: Labels; owned: OwnedLabels } {
  const labels = initialLabels(node, metadata);
  const equal = Object.entries(additionalLabels(metadata)).filter(([key, value]) => {
    return node.metadata.labels?.[key] === value;
  });
  return { labels, owned: { ...Object.fromEntries(equal), ...labels } };
}

const TOPOLOGY = new Set(ALIAS_LABELS.flat());

export interface LabelChange {
  /** null removes. */
  readonly labels: Readonly<Record<string, string | null>>;
  readonly owned: OwnedLabels;
}

/** What later changes of the cloud ask for, leaving alone what users have changed. Undefined: nothing to do. */
export function labelChange(node: Node, metadata: InstanceMetadata): LabelChange | undefined {
  const has = node.metadata.labels ?? {};
  const before = ownedLabels(node);
  const topology = topologyLabels(metadata);
  const labels: Record<string, string | null> = {};
  const owned: Record<string, string | null> = {};
  for (const [key, value] of Object.entries({ ...additionalLabels(metadata), ...topology })) {
    const [current, recorded] = [has[key], before[key]];
    const untouched = current === recorded;
    if (current === value) owned[key] = value;
    else if (untouched) {
      labels[key] = value;
      owned[key] = value;
    } else if (recorded !== undefined) owned[key] = null;
  }
  for (const [key, recorded] of Object.entries(before)) {
    if (key in owned || key in labels) continue;
    if (TOPOLOGY.has(key)) {
      // The cloud does not know it any more: what was right once is better than nothing.
      owned[key] = recorded;
    } else if (recorded !== null && has[key] === recorded) labels[key] = null;
  }
  const nothing = Object.keys(labels).length === 0 && isSameRecord(owned, before);
  return nothing ? undefined : { labels, owned };
}

function isSameRecord(a: OwnedLabels, b: OwnedLabels): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
