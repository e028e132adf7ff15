import { errorText, mapLimited, repeat } from "@ccm/base";
import {
  bucketLimiter,
  createWorkQueue,
  hasCode,
  type Informer,
  itemExponentialLimiter,
  keyOf,
  maxOfLimiters,
  NODES,
  type Node,
  retryOnConflict,
} from "@ccm/kube";
import type { Controller, ControllerContext } from "../context.ts";
import type { InstanceLookup, InstanceMetadata } from "../contract.ts";
import { type InstanceSource, whyNotFound } from "../instance-source.ts";
import { mayBeOf } from "../provider-id.ts";
import { createRepeatFilter } from "../repeat-filter.ts";
import { ALIAS_LABELS, ANNOTATION_PROVIDED_IP, TAINT_UNINITIALIZED } from "../well-known.ts";
import { sameAddresses, wantedAddresses } from "./addresses.ts";
import { initialLabels, missingAliases } from "./labels.ts";
import { enforceProvidedIps } from "./provided-ip.ts";

export interface NodeControllerOptions {
  readonly instances: InstanceSource;
  /** Scheme of this cloud's provider IDs: Nodes with another one are another controller's to initialise. */
  readonly providerName: string;
  readonly workers: number;
  /** Nodes whose addresses are written at a time in the periodic pass. */
  readonly statusWorkers: number;
  /** Between the ends of two passes over all addresses. */
  readonly addressPeriodMs: number;
}

/** A first retry after 5 ms as upstream's would only ask the cloud the same again. */
const RETRY_MIN_MS = 500;
const RETRY_MAX_MS = 300_000;
const CONFLICT = { attempts: 20, delayMs: 50, jitter: 1 };
const DELAY_BUCKETS = [1, 4, 16, 64, 256, 1024];

/** cloud-node-controller: gives a new Node what the cloud knows of it, then keeps its addresses and alias labels right. */
export function createNodeController(context: ControllerContext, options: NodeControllerOptions): Controller {
  const { client, nodes, clock, random, logger, metrics, events } = context;
  const { instances, providerName } = options;
  const queue = createWorkQueue({
    name: "Nodes",
    clock,
    metrics,
    limiter: maxOfLimiters(itemExponentialLimiter(RETRY_MIN_MS, RETRY_MAX_MS), bucketLimiter(clock, 100, 1000)),
  });
  const histogram = (name: string, help: string) =>
    metrics.histogram({ name: `node_controller_${name}`, help, buckets: DELAY_BUCKETS });
  const untaintDelay = histogram(
    "cloud_provider_taint_removal_delay_seconds",
    "From the Node's creation to the removal of the uninitialized taint",
  );
  const initialDelay = histogram(
    "initial_node_sync_delay_seconds",
    "From the Node's creation to the end of its initialisation",
  );
  /** Failures told of each Node, by UID. */
  const told = createRepeatFilter(clock);

  const fail = (node: Node, message: string): never => {
    if (told.isNews(node.metadata.uid ?? "", message)) {
      events.event(NODES, node, "Warning", "FailedToInitializeNode", message);
    }
    throw new Error(message);
  };
  const metadataOf = async (node: Node, signal: AbortSignal): Promise<InstanceMetadata> => {
    const name = node.metadata.name;
    let lookup: InstanceLookup;
    try {
      lookup = await instances.lookup(node, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      return fail(node, `failed to get instance metadata for node ${name}: ${errorText(error)}`);
    }
    if (lookup.state === "found") return lookup.metadata;
    return fail(node, `failed to get instance metadata for node ${name}: ${whyNotFound(lookup)}`);
  };

  const initialise = async (node: Node, signal: AbortSignal): Promise<void> => {
    const ref = { name: node.metadata.name ?? "" };
    const metadata = await metadataOf(node, signal);
    const provided = node.metadata.annotations?.[ANNOTATION_PROVIDED_IP];
    try {
      if (provided !== undefined) enforceProvidedIps(provided, metadata.addresses);
    } catch (error) {
      const what = "failed to get node modifiers from cloud provider";
      fail(node, `${what}: provided node ip for node "${ref.name}" is not valid: ${errorText(error)}`);
    }
    const addresses = wantedAddresses(node, metadata.addresses);
    // Addresses first: once the taint is gone, Pods may start and need them.
    let current = node;
    if (!sameAddresses(addresses, node.status?.addresses ?? [])) {
      current = await client.patch(
        NODES,
        ref,
        { type: "merge", body: { status: { addresses } } },
        { subresource: "status", signal },
      );
    }
    const untainted = await retryOnConflict({ clock, random, signal, ...CONFLICT }, async (attempt) => {
      if (attempt > 0) current = await client.get(NODES, ref, { signal });
      // Another machine under this name: its own sync will find out what it is.
      if (current.metadata.uid !== node.metadata.uid) throw new Error(`node ${ref.name} was replaced meanwhile`);
      // Our copy was old: the work is done already.
      if (!isUninitialized(current)) return false;
      const { spec } = current;
      const body = {
        // The version makes the server refuse the list of taints if somebody changed it meanwhile.
        metadata: { resourceVersion: current.metadata.resourceVersion, labels: initialLabels(current, metadata) },
        spec: {
          ...(spec?.providerID ? {} : { providerID: metadata.providerId }),
          taints: (spec?.taints ?? []).filter(({ key }) => key !== TAINT_UNINITIALIZED),
        },
      };
      await client.patch(NODES, ref, { type: "merge", body }, { signal });
      return true;
    });
    told.forget(node.metadata.uid ?? "");
    if (!untainted) return;
    const age = (clock.now() - Date.parse(node.metadata.creationTimestamp ?? "")) / 1000;
    if (age >= 0) {
      untaintDelay.observe(age);
      initialDelay.observe(age);
    }
    logger.info("node initialised", { node: ref.name, providerID: metadata.providerId });
    events.event(NODES, node, "Normal", "Synced", "Node synced successfully");
  };

  const reconcileAliases = async (node: Node, signal: AbortSignal): Promise<void> => {
    const labels = missingAliases(node);
    if (Object.keys(labels).length === 0) return;
    await client.patch(
      NODES,
      { name: node.metadata.name ?? "" },
      { type: "merge", body: { metadata: { labels } } },
      { signal },
    );
  };
  const sync = async (key: string, signal: AbortSignal): Promise<void> => {
    const node = nodes.get(key);
    if (!node) return;
    try {
      if (!isUninitialized(node)) await reconcileAliases(node, signal);
      else if (mayBeOf(node, providerName)) await initialise(node, signal);
      queue.forget(key);
    } catch (error) {
      if (signal.aborted) return;
      logger.warn("node could not be synced, trying again", { node: key, error: errorText(error) });
      queue.addRateLimited(key);
    }
  };

  const refresh = async (node: Node, metadata: InstanceMetadata, signal: AbortSignal): Promise<void> => {
    const addresses = wantedAddresses(node, metadata.addresses);
    if (sameAddresses(addresses, node.status?.addresses ?? [])) return;
    const patch = { type: "merge", body: { status: { addresses } } } as const;
    await client.patch(NODES, { name: node.metadata.name ?? "" }, patch, { subresource: "status", signal });
  };
  const addressPass = async (signal: AbortSignal): Promise<void> => {
    const initialised = nodes.list().filter((node) => !isUninitialized(node) && mayBeOf(node, providerName));
    let found: readonly InstanceLookup[];
    try {
      found = await instances.lookupMany(initialised, signal);
    } catch (error) {
      if (!signal.aborted) logger.warn("addresses of nodes not checked", { error: errorText(error) });
      return;
    }
    await mapLimited(initialised, options.statusWorkers, async (node, index) => {
      const lookup = found[index];
      if (signal.aborted || lookup?.state !== "found") return;
      await refresh(node, lookup.metadata, signal).catch((error: unknown) => {
        if (signal.aborted || hasCode(error, "not_found")) return;
        logger.warn("node addresses not updated", { node: node.metadata.name, error: errorText(error) });
      });
    });
  };

  return {
    async run(signal) {
      const unsubscribe = subscribe(
        nodes,
        (key) => queue.add(key),
        (node) => {
          told.forget(node.metadata.uid ?? "");
          queue.forget(keyOf(node));
        },
      );
      await Promise.all([
        queue.run(options.workers, sync, signal),
        repeat(clock, options.addressPeriodMs, signal, () => addressPass(signal)),
      ]);
      unsubscribe();
    },
  };
}

export function isUninitialized(node: Node): boolean {
  return (node.spec?.taints ?? []).some(({ key }) => key === TAINT_UNINITIALIZED);
}

/** Most node updates are heartbeats: only a Node that needs something is queued. */
function subscribe(nodes: Informer<Node>, add: (key: string) => void, gone: (node: Node) => void): () => void {
  const consider = (node: Node) => {
    if (isUninitialized(node) || Object.keys(missingAliases(node)).length > 0) add(keyOf(node));
  };
  return nodes.subscribe({
    add: consider,
    update: (before, after) => {
      // A failed Node waits for its retry: another heartbeat of it is no reason to ask the cloud again.
      if (needs(before) !== needs(after)) consider(after);
    },
    delete: gone,
  });
}

/** What of a Node decides whether, and how, it is synced. */
function needs(node: Node): string {
  const { uid, labels, annotations } = node.metadata;
  const aliases = ALIAS_LABELS.flat().map((key) => labels?.[key] ?? null);
  return JSON.stringify([
    uid,
    isUninitialized(node),
    node.spec?.providerID ?? "",
    annotations?.[ANNOTATION_PROVIDED_IP] ?? null,
    node.status?.addresses ?? [],
    aliases,
  ]);
}
