import { errorText, repeat } from "@ccm/base";
import {
  bucketLimiter,
  createWorkQueue,
  itemExponentialLimiter,
  keyOf,
  maxOfLimiters,
  NODES,
  type Node,
} from "@ccm/kube";
import type { Controller, ControllerContext } from "../context.ts";
import type { InstanceSource } from "../instance-source.ts";
import { mayBeOf } from "../provider-id.ts";
import { createRepeatFilter } from "../repeat-filter.ts";
import { ALIAS_LABELS, ANNOTATION_PROVIDED_IP } from "../well-known.ts";
import { sameAddresses } from "./addresses.ts";
import { createGate } from "./gate.ts";
import { createInitialiser } from "./initialise.ts";
import { missingAliases } from "./labels.ts";
import { createNodePass } from "./node-pass.ts";
import { isUninitialized } from "./taints.ts";

export interface NodeControllerOptions {
  readonly instances: InstanceSource;
  /** Scheme of this cloud's provider IDs: Nodes with another one are another controller's to initialise. */
  readonly providerName: string;
  /** Nodes written at a time. Many more are looked up meanwhile, in few calls. */
  readonly workers: number;
  /** Nodes written at a time in the periodic pass. */
  readonly statusWorkers: number;
  /** Between the ends of two passes over all Nodes. */
  readonly addressPeriodMs: number;
}

/** Nodes on their way at a time. Most of them only wait, for a look-up they share or for their turn to be written. */
const IN_FLIGHT = 1000;
/** A first retry after 5 ms as upstream's would only ask the cloud the same again. */
const RETRY_MIN_MS = 500;
const RETRY_MAX_MS = 300_000;

/** cloud-node-controller: gives a new Node what the cloud knows of it, then keeps its addresses and labels right. */
export function createNodeController(context: ControllerContext, options: NodeControllerOptions): Controller {
  const { client, nodes, clock, logger, metrics } = context;
  const { instances, providerName } = options;
  const queue = createWorkQueue({
    name: "Nodes",
    clock,
    metrics,
    limiter: maxOfLimiters(itemExponentialLimiter(RETRY_MIN_MS, RETRY_MAX_MS), bucketLimiter(clock, 100, 1000)),
  });
  const told = createRepeatFilter(clock);
  /** Being initialised: that their addresses change is our own doing. */
  const busy = new Set<string>();
  /** By UID: the version without the taint, until our copy has it. */
  const finished = new Map<string, string>();
  const write = createGate(options.workers);
  const initialise = createInitialiser(context, { instances, write, told });
  const pass = createNodePass(context, { instances, providerName, workers: options.statusWorkers });

  const reconcileAliases = async (node: Node, signal: AbortSignal): Promise<void> => {
    const labels = missingAliases(node);
    if (Object.keys(labels).length === 0) return;
    const { name = "", uid } = node.metadata;
    const body = { metadata: { uid, labels } };
    await write(() => client.patch(NODES, { name }, { type: "merge", body }, { signal }));
  };
  /** Our copy, or what is told of it, is older than what we have written: the taint in it is gone already. */
  const isOutdated = ({ metadata: { uid = "", resourceVersion } }: Node): boolean => {
    const ours = finished.get(uid);
    if (ours === undefined) return false;
    if (isOlder(resourceVersion, ours)) return true;
    finished.delete(uid);
    return false;
  };
  const sync = async (key: string, signal: AbortSignal): Promise<void> => {
    const node = nodes.get(key);
    if (!node || isOutdated(node)) return;
    try {
      busy.add(key);
      if (!isUninitialized(node)) await reconcileAliases(node, signal);
      else if (mayBeOf(node, providerName)) {
        const { metadata } = await initialise(node, signal);
        finished.set(metadata.uid ?? "", metadata.resourceVersion ?? "");
      }
      queue.forget(key);
    } catch (error) {
      if (signal.aborted) return;
      logger.warn("node could not be synced, trying again", { node: key, error: errorText(error) });
      queue.addRateLimited(key);
    } finally {
      busy.delete(key);
    }
  };

  return {
    async run(signal) {
      const gone = (node: Node): void => {
        told.forget(node.metadata.uid ?? "");
        finished.delete(node.metadata.uid ?? "");
        queue.forget(keyOf(node));
      };
      const unsubscribe = nodes.subscribe({
        add(node) {
          if (needsSync(node)) queue.add(keyOf(node));
        },
        update(before, after) {
          if (before.metadata.uid !== after.metadata.uid) gone(before);
          if (isOutdated(after)) return;
          // Most updates are heartbeats. A failed Node waits for its retry: one of them is no reason to ask the cloud again.
          if (!needsSync(after)) return;
          const key = keyOf(after);
          if (isNews(before, after) || (!busy.has(key) && haveMoved(before, after))) queue.add(key);
        },
        delete: gone,
      });
      const unpublish = context.nextAttempts?.publish("Node", queue.waiting);
      await Promise.all([
        queue.run(IN_FLIGHT, sync, signal),
        repeat(clock, options.addressPeriodMs, signal, () => pass(signal)),
      ]);
      unsubscribe();
      unpublish?.();
    },
  };
}

/** Versions of one object are numbers that grow; what is no number is not compared. */
function isOlder(version: string | undefined, than: string): boolean {
  return version !== undefined && /^\d+$/.test(version) && /^\d+$/.test(than) && BigInt(version) < BigInt(than);
}

function needsSync(node: Node): boolean {
  return isUninitialized(node) || Object.keys(missingAliases(node)).length > 0;
}

/** Whether something changed that decides whether, and how, the Node is synced. */
function isNews(before: Node, after: Node): boolean {
  return relevant(before) !== relevant(after);
}

function relevant(node: Node): string {
  const { uid, labels, annotations } = node.metadata;
  const aliases = ALIAS_LABELS.flat().map((key) => labels?.[key] ?? null);
  const provided = annotations?.[ANNOTATION_PROVIDED_IP] ?? null;
  return JSON.stringify([uid, isUninitialized(node), node.spec?.providerID ?? "", provided, aliases]);
}

/** The kubelet tells other addresses: a provider may know the machine by them. */
function haveMoved(before: Node, after: Node): boolean {
  return !sameAddresses(before.status?.addresses ?? [], after.status?.addresses ?? []);
}
