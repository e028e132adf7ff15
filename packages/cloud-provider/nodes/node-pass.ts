import { errorText, mapLimited } from "@ccm/base";
import { hasCode, keyOf, NODES, type Node } from "@ccm/kube";
import type { ControllerContext } from "../context.ts";
import type { InstanceLookup, InstanceMetadata } from "../contract.ts";
import type { InstanceSource } from "../instance-source.ts";
import { mayBeOf } from "../provider-id.ts";
import { ANNOTATION_OWNED_LABELS } from "../well-known.ts";
import { sameAddresses, wantedAddresses } from "./addresses.ts";
import { labelChange, recordOf } from "./owned-labels.ts";
import { createReplacementReport } from "./replacement.ts";
import { isUninitialized } from "./taints.ts";

export interface NodePassOptions {
  readonly instances: InstanceSource;
  readonly providerName: string;
  /** Nodes written at a time. */
  readonly workers: number;
}

/** Nodes compared in one turn of the event loop. */
const NODES_A_TURN = 250;

/** One look at all initialised Nodes: their addresses and the labels that are ours follow the cloud. */
export function createNodePass(context: ControllerContext, options: NodePassOptions) {
  const { client, nodes, clock, logger } = context;
  const { instances, providerName, workers } = options;
  const replacement = createReplacementReport(context, instances);

  const refreshAddresses = async (node: Node, metadata: InstanceMetadata, signal: AbortSignal): Promise<void> => {
    const addresses = wantedAddresses(node, metadata.addresses);
    if (sameAddresses(addresses, node.status?.addresses ?? [])) return;
    const body = { metadata: { uid: node.metadata.uid }, status: { addresses } };
    await client.patch(NODES, refOf(node), { type: "merge", body }, { subresource: "status", signal });
  };
  const refreshLabels = async (node: Node, metadata: InstanceMetadata, signal: AbortSignal): Promise<void> => {
    const change = labelChange(node, metadata);
    if (!change) return;
    const annotations = { [ANNOTATION_OWNED_LABELS]: recordOf(change.owned) };
    // With the version: a label that a user edits at this moment is decided upon in the next pass, not overwritten.
    const { resourceVersion } = node.metadata;
    const body = { metadata: { resourceVersion, labels: change.labels, annotations } };
    await client.patch(NODES, refOf(node), { type: "merge", body }, { signal });
  };
  /** One may fail and the other not: an address that is wrong must not keep a label from being right. */
  const attempt = async (what: string, node: Node, signal: AbortSignal, fn: () => Promise<void>): Promise<void> => {
    try {
      await fn();
    } catch (error) {
      // Gone, or edited just now.
      if (signal.aborted || hasCode(error, "not_found", "conflict")) return;
      logger.warn(`node ${what} not updated`, { node: node.metadata.name, error: errorText(error) });
    }
  };
  /** The lookups took a while: what is written is computed from the newest state. */
  const latest = (node: Node): Node | undefined => {
    const now = nodes.get(keyOf(node));
    return now && now.metadata.uid === node.metadata.uid && !isUninitialized(now) ? now : undefined;
  };

  const refresh = async (listed: Node, metadata: InstanceMetadata, signal: AbortSignal): Promise<void> => {
    const node = latest(listed);
    if (!node || signal.aborted) return;
    // Labels first: their patch is refused when the Node's version is not the newest, which an address would change.
    await attempt("labels", node, signal, () => refreshLabels(node, metadata, signal));
    await attempt("addresses", node, signal, () => refreshAddresses(node, metadata, signal));
  };

  return async (signal: AbortSignal): Promise<void> => {
    const ours = nodes.list().filter((node) => !isUninitialized(node) && mayBeOf(node, providerName));
    let found: readonly InstanceLookup[];
    try {
      found = await instances.lookupMany(ours, signal);
    } catch (error) {
      if (!signal.aborted) logger.warn("nodes not compared with the cloud", { error: errorText(error) });
      return;
    }
    for (let start = 0; start < ours.length && !signal.aborted; start += NODES_A_TURN) {
      await mapLimited(ours.slice(start, start + NODES_A_TURN), workers, async (listed, index) => {
        const lookup = found[start + index];
        if (lookup?.state === "found") await refresh(listed, lookup.metadata, signal);
      });
      // Comparing thousands of nodes in one go would keep the process from everything else.
      await new Promise<void>((resolve) => void clock.schedule(0, resolve));
    }
    await replacement.check(ours, found, signal);
  };
}

function refOf(node: Node): { readonly name: string } {
  return { name: node.metadata.name ?? "" };
}
