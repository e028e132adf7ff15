import { NODES, type Node } from "@ccm/kube";
import type { ControllerContext } from "../context.ts";
import type { InstanceLookup } from "../contract.ts";
import { type InstanceSource, whyNotFound } from "../instance-source.ts";
import { createRepeatFilter } from "../repeat-filter.ts";
import { isReady } from "./taints.ts";

/** One pass tells of so many Nodes at most: the log and the metric know the number. */
const EVENTS_OF_A_PASS = 10;

/**
 * Reports Nodes that work (they are Ready, so the lifecycle controller leaves them alone) while the cloud has no instance of
 * their provider ID: mostly a machine that was made anew under its old name, whose Node keeps the old, unchangeable ID.
 */
export function createReplacementReport(context: ControllerContext, instances: InstanceSource) {
  const { clock, logger, metrics, events } = context;
  const told = createRepeatFilter(clock);
  const count = metrics.gauge({
    name: "node_controller_ready_nodes_without_instance",
    help: "Nodes that are Ready although the cloud has no instance of their provider ID",
  });
  /** UIDs of Nodes that were reported and are not healed yet. */
  let reported: ReadonlySet<string> = new Set();

  const describe = (node: Node, lookup: InstanceLookup, byName: InstanceLookup | undefined) => {
    const { name } = node.metadata;
    const id = node.spec?.providerID;
    const advice = "A provider ID cannot be changed: delete the Node, and its kubelet registers it anew";
    if (lookup.state === "found") {
      const text = `the provider ID of node ${name} is ${id}, but the cloud's is ${lookup.metadata.providerId}. ${advice}`;
      return { reason: "ProviderIDMismatch", text };
    }
    if (byName?.state === "found" && byName.metadata.providerId !== id) {
      const text = `node ${name} is Ready, but the cloud has no instance ${id} any more, and the one called ${name} is ${byName.metadata.providerId}. ${advice}`;
      return { reason: "ProviderIDMismatch", text };
    }
    return { reason: "InstanceNotFound", text: `node ${name} is Ready, but ${whyNotFound(lookup)}` };
  };

  return {
    /** `found`: what the cloud said of the `nodes`, in their order. */
    async check(nodes: readonly Node[], found: readonly InstanceLookup[], signal: AbortSignal): Promise<void> {
      const suspects = nodes.flatMap((node, index) => {
        const lookup = found[index];
        return lookup && isSuspect(node, lookup) ? [{ node, lookup }] : [];
      });
      count.set(suspects.length);
      const uids = new Set(suspects.map(({ node }) => node.metadata.uid ?? ""));
      for (const uid of reported) if (!uids.has(uid)) told.forget(uid);
      reported = uids;
      if (suspects.length === 0) return;
      logger.warn("nodes are Ready although the cloud has no instance of their provider ID", {
        count: suspects.length,
      });
      const byName = await lookupByName(instances, suspects, signal);
      let left = EVENTS_OF_A_PASS;
      for (const [index, { node, lookup }] of suspects.entries()) {
        const { reason, text } = describe(node, lookup, byName[index]);
        if (left === 0 || !told.isNews(node.metadata.uid ?? "", text)) continue;
        left--;
        events.event(NODES, node, "Warning", reason, text);
      }
    },
  };
}

function isSuspect(node: Node, lookup: InstanceLookup): boolean {
  const id = node.spec?.providerID;
  if (!id || !isReady(node)) return false;
  if (lookup.state === "found") return lookup.metadata.providerId !== "" && lookup.metadata.providerId !== id;
  return lookup.state === "absent";
}

/** As if the Nodes had no provider ID. Without an answer, the report only says less. */
async function lookupByName(
  instances: InstanceSource,
  suspects: readonly { readonly node: Node }[],
  signal: AbortSignal,
): Promise<readonly InstanceLookup[]> {
  const nameless = suspects.map(({ node: { metadata, spec, ...node } }): Node => {
    const { providerID: _, ...rest } = spec ?? {};
    return { ...node, metadata, spec: rest };
  });
  try {
    return await instances.lookupMany(nameless, signal);
  } catch {
    return [];
  }
}
