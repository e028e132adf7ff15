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

/** What the cloud said in one pass. */
export interface CloudView {
  /** Nodes that may be the cloud's. */
  readonly total: number;
  /** Of those that are not Ready: without an instance, confirmed or not. */
  readonly absent: number;
  /** Of those that are not Ready: nobody could say. */
  readonly unknown: number;
  /** Ready nodes that were asked about as well, and how many of them have no instance. */
  readonly witnesses: number;
  readonly denied: number;
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
    async removeAll(gone: readonly Gone[], view: CloudView, signal: AbortSignal): Promise<void> {
      const why = reasonToStop(view, stopShare);
      stopped.set(why ? gone.length : 0);
      if (why && !fuseBlown && gone.length > 0) {
        logger.error("node deletion stopped: the cloud's answer is more likely wrong than right", { why });
        fuseBlown = true;
        for (const { node } of gone.slice(0, EVENTS_OF_A_STOP)) {
          events.event(NODES, node, "Warning", "NodeDeletionStopped", why);
        }
      }
      if (why) return;
      if (fuseBlown) logger.info("node deletion goes on");
      fuseBlown = false;
      await mapLimited(gone, workers, (one) => remove(one, signal));
    },
  };
}

/** Fewer witnesses than this may all have been made anew under their old names. */
const LEAST_WITNESSES = 3;

/** Undefined: the cloud's answer can be believed. */
function reasonToStop({ total, absent, unknown, witnesses, denied }: CloudView, share: number): string | undefined {
  const flag = "(--node-deletion-stop-share)";
  // What nobody could say may be the same answer: a cloud that fails now and then must not get past the fuse bit by bit.
  const vanished = absent + unknown;
  if (fuseBlows(vanished, total, share)) {
    const said = unknown > 0 ? `, or could not be looked up (${unknown})` : "";
    return `${vanished} of ${total} nodes seem to have no instance any more${said}; none is deleted until fewer do ${flag}`;
  }
  if (share < 1 && witnesses >= LEAST_WITNESSES && denied === witnesses) {
    return `the cloud has no instance of ${denied} Ready nodes either; no node is deleted until it has: is this its account and region? ${flag}`;
  }
  return undefined;
}
