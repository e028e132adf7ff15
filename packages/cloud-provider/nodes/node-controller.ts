import { errorText, mapLimited, repeat } from "@ccm/base";
import {
  bucketLimiter,
  createWorkQueue,
  type Informer,
  itemExponentialLimiter,
  keyOf,
  maxOfLimiters,
  NODES,
  type Node,
  retryOnConflict,
} from "@ccm/kube";
import type { Controller, ControllerContext } from "../context.ts";
import type { InstanceMetadata } from "../contract.ts";
import { type InstanceSource, whyNotFound } from "../instance-source.ts";
import { TAINT_UNINITIALIZED } from "../well-known.ts";
import { sameAddresses, wantedAddresses } from "./addresses.ts";
import { initialLabels, missingAliases } from "./labels.ts";

export interface NodeControllerOptions {
  readonly instances: InstanceSource;
  readonly workers: number;
  /** Between the ends of two passes over all addresses. */
  readonly addressPeriodMs: number;
}

/** A first retry after 5 ms as upstream's would only ask the cloud the same again. */
const RETRY_MIN_MS = 500;
const RETRY_MAX_MS = 300_000;
const CONFLICT = { attempts: 20, delayMs: 50, jitter: 1 };
const DELAY_BUCKETS = [1, 4, 16, 64, 256, 1024];
/** Nodes looked up together in the address pass. */
const PASS_BATCH = 500;

/** cloud-node-controller: gives a new Node what the cloud knows of it, then keeps its addresses and alias labels right. */
export function createNodeController(context: ControllerContext, options: NodeControllerOptions): Controller {
  const { client, nodes, clock, random, logger, metrics, events } = context;
  const { instances } = options;
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
  /** The last failure told of each Node, by UID. */
  const told = new Map<string, string>();

  const fail = (node: Node, message: string): never => {
    const uid = node.metadata.uid ?? "";
    if (told.get(uid) !== message) events.event(NODES, node, "Warning", "FailedToInitializeNode", message);
    told.set(uid, message);
    throw new Error(message);
  };
  const metadataOf = async (node: Node, signal: AbortSignal): Promise<InstanceMetadata> => {
    const name = node.metadata.name;
    let lookup: Awaited<ReturnType<InstanceSource["lookup"]>>;
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
    let addresses = node.status?.addresses ?? [];
    try {
      addresses = wantedAddresses(node, metadata.addresses);
    } catch (error) {
      fail(
        node,
        `failed to initialize node: provided node ip for node "${ref.name}" is not valid: ${errorText(error)}`,
      );
    }
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
    await retryOnConflict({ clock, random, signal, ...CONFLICT }, async (attempt) => {
      if (attempt > 0) current = await client.get(NODES, ref, { signal });
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
    });
    const age = (clock.now() - Date.parse(node.metadata.creationTimestamp ?? "")) / 1000;
    if (age >= 0) {
      untaintDelay.observe(age);
      initialDelay.observe(age);
    }
    told.delete(node.metadata.uid ?? "");
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
      await (isUninitialized(node) ? initialise(node, signal) : reconcileAliases(node, signal));
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
    const initialised = nodes.list().filter((node) => !isUninitialized(node));
    for (let start = 0; start < initialised.length && !signal.aborted; start += PASS_BATCH) {
      const batch = initialised.slice(start, start + PASS_BATCH);
      try {
        const found = await instances.lookupMany(batch, signal);
        await mapLimited(batch, options.workers, async (node, index) => {
          const lookup = found[index];
          if (lookup?.state !== "found") return;
          await refresh(node, lookup.metadata, signal).catch((error: unknown) => {
            logger.warn("node addresses not updated", { node: node.metadata.name, error: errorText(error) });
          });
        });
      } catch (error) {
        if (!signal.aborted) logger.warn("addresses of nodes not checked", { error: errorText(error) });
      }
    }
  };

  return {
    async run(signal) {
      const unsubscribe = subscribe(
        nodes,
        (key) => queue.add(key),
        (uid) => told.delete(uid),
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
function subscribe(nodes: Informer<Node>, add: (key: string) => void, gone: (uid: string) => void): () => void {
  const consider = (node: Node) => {
    if (isUninitialized(node) || Object.keys(missingAliases(node)).length > 0) add(keyOf(node));
  };
  return nodes.subscribe({
    add: consider,
    update: (_before, after) => consider(after),
    delete: (node) => gone(node.metadata.uid ?? ""),
  });
}
