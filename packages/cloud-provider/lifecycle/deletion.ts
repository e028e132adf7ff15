import { errorText, mapLimited } from "@ccm/base";
import { hasCode, keyOf, NODES, type Node } from "@ccm/kube";
import type { ControllerContext } from "../context.ts";
import { isReady } from "../nodes/taints.ts";
import { fuseBlows } from "./absence.ts";

/** A Node whose instance the cloud has twice said not to exist, and its words. */
export interface Gone {
  readonly node: Node;
  readonly evidence: string;
}

export interface DeletionOptions {
  /** When more than this share of the cloud's Nodes has no instance any more, none is deleted. 1: always delete. */
  readonly stopShare: number;
  readonly workers: number;
  readonly onError: () => void;
}

/** One stop is told on so many Nodes at most: the log and the metric know the number. */
const EVENTS_OF_A_STOP = 10;

/** Deletes Nodes whose instances are gone, unless too many of them vanished at once. */
export function createDeletion(context: ControllerContext, { stopShare, workers, onError }: DeletionOptions) {
  const { client, nodes, logger, metrics, events } = context;
  const stopped = metrics.gauge({
    name: "cloud_node_lifecycle_controller_deletions_stopped",
    help: "Nodes whose instances seem to be gone and that are kept since too many vanished at once",
  });
  let fuseBlown = false;

  const remove = async ({ node, evidence }: Gone, signal: AbortSignal): Promise<void> => {
    const { name = "", uid = "" } = node.metadata;
    const now = nodes.get(keyOf(node));
    // It came back, or another took its place, while the cloud was being asked.
    if (signal.aborted || !now || now.metadata.uid !== uid || isReady(now)) return;
    logger.warn("deleting a node whose instance is gone", { node: name, evidence });
    const message = `Deleting node ${name} because it does not exist in the cloud provider`;
    events.event(NODES, node, "Normal", "DeletingNode", message);
    try {
      // With the UID, a Node that registered anew under the same name is not hit.
      await client.delete(NODES, { name }, { preconditions: { uid }, signal });
    } catch (error) {
      if (signal.aborted || hasCode(error, "not_found", "conflict")) return;
      onError();
      events.event(NODES, node, "Warning", "DeletingNodeFailed", `Failed deleting node ${name}: ${errorText(error)}`);
    }
  };

  return {
    /** `absent` of the cloud's `total` Nodes have no instance in this pass, confirmed or not. */
    async removeAll(gone: readonly Gone[], absent: number, total: number, signal: AbortSignal): Promise<void> {
      const blows = fuseBlows(absent, total, stopShare);
      stopped.set(blows ? gone.length : 0);
      if (blows && !fuseBlown && gone.length > 0) {
        const text = `${absent} of ${total} nodes seem to have no instance any more; none is deleted until fewer do (--node-deletion-stop-share)`;
        logger.error("node deletion stopped: too many instances vanished at once", { absent, total });
        fuseBlown = true;
        for (const { node } of gone.slice(0, EVENTS_OF_A_STOP)) {
          events.event(NODES, node, "Warning", "NodeDeletionStopped", text);
        }
      }
      if (blows) return;
      if (fuseBlown) logger.info("node deletion goes on");
      fuseBlown = false;
      await mapLimited(gone, workers, (one) => remove(one, signal));
    },
  };
}
