import { errorText, repeat } from "@ccm/base";
import { hasCode, NODES, type Node, retryOnConflict, type Taint } from "@ccm/kube";
import type { Controller, ControllerContext } from "../context.ts";
import type { InstanceLookup } from "../contract.ts";
import type { InstanceSource } from "../instance-source.ts";
import { isUninitialized } from "../nodes/node-controller.ts";
import { mayBeOf } from "../provider-id.ts";
import { TAINT_SHUTDOWN } from "../well-known.ts";
import { createAbsenceTracker, fuseBlows } from "./absence.ts";

export interface LifecycleControllerOptions {
  readonly instances: InstanceSource;
  /** Scheme of this cloud's provider IDs: Nodes with another one are never touched. */
  readonly providerName: string;
  /** Between the end of a pass and the next; an absence is believed when it is seen in two passes. */
  readonly periodMs: number;
  /** When more than this share of all Nodes has no instance any more, none is deleted. 1: always delete. */
  readonly stopShare: number;
  /** A Node that was never initialised is not deleted before this age: the cloud may not list it yet. Default two minutes. */
  readonly newNodeGraceMs?: number;
}

const CONFLICT = { attempts: 5, delayMs: 100, jitter: 1 };
/** One stop is told on so many Nodes at most: the log and the metric know the number. */
const EVENTS_OF_A_STOP = 10;

interface Gone {
  readonly node: Node;
  readonly evidence: string;
}

const SHUTDOWN: Taint = { key: TAINT_SHUTDOWN, effect: "NoSchedule" };

/**
 * cloud-node-lifecycle-controller: a Node that is not Ready is deleted when its instance is gone, and tainted while its
 * instance is switched off. One look-up for all of them; none while every Node is Ready.
 */
export function createLifecycleController(context: ControllerContext, options: LifecycleControllerOptions): Controller {
  const { client, nodes, clock, random, logger, metrics, events } = context;
  const absence = createAbsenceTracker(clock, options.periodMs, options.newNodeGraceMs ?? 120_000);
  const stopped = metrics.gauge({
    name: "cloud_node_lifecycle_controller_deletions_stopped",
    help: "Nodes whose instances seem to be gone and that are kept since too many vanished at once",
  });
  let fuseBlown = false;

  const setTaint = async (node: Node, wanted: boolean, signal: AbortSignal): Promise<void> => {
    const ref = { name: node.metadata.name ?? "" };
    await retryOnConflict({ clock, random, signal, ...CONFLICT }, async (attempt) => {
      const current = attempt === 0 ? node : await client.get(NODES, ref, { signal });
      if (hasTaint(current) === wanted) return;
      const others = (current.spec?.taints ?? []).filter(({ key }) => key !== TAINT_SHUTDOWN);
      const body = {
        metadata: { resourceVersion: current.metadata.resourceVersion },
        spec: { taints: wanted ? [...others, SHUTDOWN] : others },
      };
      await client.patch(NODES, ref, { type: "merge", body }, { signal });
    });
  };
  const remove = async (node: Node, evidence: string, signal: AbortSignal): Promise<void> => {
    const { name = "", uid = "" } = node.metadata;
    logger.warn("deleting a node whose instance is gone", { node: name, evidence });
    events.event(
      NODES,
      node,
      "Normal",
      "DeletingNode",
      `Deleting node ${name} because it does not exist in the cloud provider`,
    );
    try {
      // With the UID, a Node that registered anew under the same name is not hit.
      await client.delete(NODES, { name }, { preconditions: { uid }, signal });
    } catch (error) {
      if (hasCode(error, "not_found", "conflict")) return;
      events.event(NODES, node, "Warning", "DeletingNodeFailed", `Failed deleting node ${name}: ${errorText(error)}`);
    }
  };
  /** `absent`: how many Nodes have no instance in this pass, confirmed or not. */
  const removeAll = async (gone: readonly Gone[], absent: number, signal: AbortSignal): Promise<void> => {
    const total = nodes.list().length;
    const blows = fuseBlows(absent, total, options.stopShare);
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
    for (const { node, evidence } of gone) await remove(node, evidence, signal);
  };

  const pass = async (signal: AbortSignal): Promise<void> => {
    const ours = nodes.list().filter((node) => mayBeOf(node, options.providerName));
    const attempt = async (node: Node, taint: boolean): Promise<void> => {
      await setTaint(node, taint, signal).catch((error: unknown) => {
        if (signal.aborted || hasCode(error, "not_found")) return;
        logger.warn("shutdown taint not updated", { node: node.metadata.name, error: errorText(error) });
      });
    };
    for (const node of ours.filter((node) => isReady(node) && hasTaint(node))) await attempt(node, false);
    const suspects = ours.filter((node) => !isReady(node));
    absence.keep(new Set(suspects.map((node) => node.metadata.uid ?? "")));
    let found: readonly InstanceLookup[];
    try {
      found = await options.instances.lookupMany(suspects, signal);
    } catch (error) {
      if (!signal.aborted) {
        logger.warn("instances of nodes that are not ready could not be checked", { error: errorText(error) });
      }
      return;
    }
    let absent = 0;
    const gone: Gone[] = [];
    for (const [index, node] of suspects.entries()) {
      const lookup = found[index];
      const uid = node.metadata.uid ?? "";
      if (lookup?.state === "absent") {
        absent++;
        const young = isUninitialized(node) ? Date.parse(node.metadata.creationTimestamp ?? "") : undefined;
        if (absence.confirm(uid, young)) gone.push({ node, evidence: lookup.evidence });
        continue;
      }
      absence.reset(uid);
      if (lookup?.state === "found" && lookup.metadata.shutdown !== hasTaint(node)) {
        await attempt(node, lookup.metadata.shutdown);
      }
    }
    await removeAll(gone, absent, signal);
  };

  return { run: (signal) => repeat(clock, options.periodMs, signal, () => pass(signal)) };
}

function isReady(node: Node): boolean {
  return (node.status?.conditions ?? []).some(({ type, status }) => type === "Ready" && status === "True");
}

function hasTaint(node: Node): boolean {
  return (node.spec?.taints ?? []).some(({ key }) => key === TAINT_SHUTDOWN);
}
