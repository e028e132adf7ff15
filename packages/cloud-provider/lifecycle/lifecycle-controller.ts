import { errorText, mapLimited, repeat } from "@ccm/base";
import { hasCode, type Node } from "@ccm/kube";
import type { Controller, ControllerContext } from "../context.ts";
import type { InstanceLookup } from "../contract.ts";
import type { InstanceSource } from "../instance-source.ts";
import { isReady, isUninitialized } from "../nodes/taints.ts";
import { mayBeOf } from "../provider-id.ts";
import { createAbsenceTracker } from "./absence.ts";
import { createDeletion, type Gone } from "./deletion.ts";
import { lifecycleMetrics } from "./metrics.ts";
import { isTaintedShutdown, setShutdownTaint } from "./shutdown-taint.ts";

export interface LifecycleControllerOptions {
  readonly instances: InstanceSource;
  /** Scheme of this cloud's provider IDs: Nodes with another one are never touched. */
  readonly providerName: string;
  /** Between the end of a pass and the next; an absence is believed when it is seen in two passes. */
  readonly periodMs: number;
  /** When more than this share of the cloud's Nodes has no instance any more, none is deleted. 1: always delete. */
  readonly stopShare: number;
  /** A Node that is not initialised is not looked at before this age. Default two minutes. */
  readonly newNodeGraceMs?: number;
  /** Nodes deleted or tainted at a time. Default 10. */
  readonly workers?: number;
}

/** Ready nodes that are asked about before any node is deleted. */
const WITNESSES = 10;

/**
 * cloud-node-lifecycle-controller: a Node that is not Ready is deleted when its instance is gone, and tainted while its
 * instance is switched off. One look-up for all of them; none while every Node is Ready.
 */
export function createLifecycleController(context: ControllerContext, options: LifecycleControllerOptions): Controller {
  const { nodes, clock, logger } = context;
  const { providerName, periodMs, stopShare, newNodeGraceMs = 120_000, workers = 10 } = options;
  const absence = createAbsenceTracker(clock, periodMs);
  const measure = lifecycleMetrics(context.metrics);
  const deletion = createDeletion(context, { stopShare, workers, onError: () => measure.failed("delete") });

  const setTaint = async (node: Node, wanted: boolean, signal: AbortSignal): Promise<void> => {
    try {
      await setShutdownTaint(context, node, wanted, signal);
    } catch (error) {
      if (signal.aborted || hasCode(error, "not_found")) return;
      measure.failed("taint");
      logger.warn("shutdown taint not updated", { node: node.metadata.name, error: errorText(error) });
    }
  };
  /** Which Nodes are gone for good; those whose machines are switched off or on are tainted or untainted. */
  const judge = async (suspects: readonly Node[], found: readonly InstanceLookup[], signal: AbortSignal) => {
    let absent = 0;
    let unknown = 0;
    const gone: Gone[] = [];
    const changed: { node: Node; off: boolean }[] = [];
    for (const [index, node] of suspects.entries()) {
      const lookup = found[index];
      const uid = node.metadata.uid ?? "";
      if (lookup?.state === "absent") {
        absent++;
        if (absence.confirm(uid)) gone.push({ node, evidence: lookup.evidence });
        continue;
      }
      absence.reset(uid);
      if (lookup?.state !== "found") {
        unknown++;
        logger.warn("error checking if node exists", {
          node: node.metadata.name,
          error: lookup?.reason ?? "no answer",
        });
        measure.failed("lookup");
      } else if (lookup.metadata.shutdown !== isTaintedShutdown(node)) {
        changed.push({ node, off: lookup.metadata.shutdown });
      }
    }
    await mapLimited(changed, workers, ({ node, off }) => setTaint(node, off, signal));
    return { absent, unknown, gone };
  };

  /** It may have registered before the cloud lists it, and the node controller asks for it anyway. */
  const isYoung = (node: Node): boolean =>
    isUninitialized(node) && clock.now() - Date.parse(node.metadata.creationTimestamp ?? "") < newNodeGraceMs;
  /** Undefined when the cloud cannot be asked. */
  const lookupAll = async (asked: readonly Node[], signal: AbortSignal) => {
    try {
      return await options.instances.lookupMany(asked, signal);
    } catch (error) {
      if (signal.aborted) return undefined;
      measure.failed("lookup");
      logger.warn("the cloud could not be asked about instances", { error: errorText(error) });
      return undefined;
    }
  };

  const pass = async (signal: AbortSignal): Promise<void> => {
    const ours = nodes.list().filter((node) => mayBeOf(node, providerName));
    const ready = ours.filter(isReady);
    await mapLimited(ready.filter(isTaintedShutdown), workers, (node) => setTaint(node, false, signal));
    measure.processed("cache", ready.length);
    const suspects = ours.filter((node) => !isReady(node) && !isYoung(node));
    absence.keep(new Set(suspects.map((node) => node.metadata.uid ?? "")));
    const found = await lookupAll(suspects, signal);
    if (!found) return;
    measure.processed("cloud", suspects.length);
    const { absent, unknown, gone } = await judge(suspects, found, signal);
    // A cloud that does not know machines that run is asked with the wrong key, or in the wrong region.
    const asked = gone.length > 0 ? ready.filter(({ spec }) => spec?.providerID).slice(0, WITNESSES) : [];
    const witnesses = await lookupAll(asked, signal);
    if (!witnesses) return;
    const denied = witnesses.filter(({ state }) => state === "absent").length;
    const view = { total: ours.length, absent, unknown, witnesses: asked.length, denied };
    await deletion.removeAll(gone, view, signal);
  };

  return {
    run: (signal) =>
      repeat(clock, periodMs, signal, async () => {
        const start = clock.monotonic();
        await pass(signal);
        measure.took(clock.monotonic() - start);
      }),
  };
}
