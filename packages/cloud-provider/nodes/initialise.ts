import { errorText } from "@ccm/base";
import { hasCode, keyOf, NODES, type Node, retryOnConflict } from "@ccm/kube";
import type { ControllerContext } from "../context.ts";
import type { InstanceLookup, InstanceMetadata } from "../contract.ts";
import { type InstanceSource, whyNotFound } from "../instance-source.ts";
import type { RepeatFilter } from "../repeat-filter.ts";
import { ANNOTATION_OWNED_LABELS, ANNOTATION_PROVIDED_IP, TAINT_UNINITIALIZED } from "../well-known.ts";
import { sameAddresses, wantedAddresses } from "./addresses.ts";
import { keptLabels, refusedLabels } from "./labels.ts";
import { labelsAtStart, recordOf } from "./owned-labels.ts";
import { enforceProvidedIps } from "./provided-ip.ts";
import { isUninitialized } from "./taints.ts";

export interface InitialiserOptions {
  readonly instances: InstanceSource;
  /** Limits how many Nodes are written at a time; how many are looked up is the instance source's affair. */
  readonly write: <T>(fn: () => Promise<T>) => Promise<T>;
  /** Failures told of each Node, by UID. */
  readonly told: RepeatFilter;
}

const CONFLICT = { attempts: 20, delayMs: 50, jitter: 1 };
const DELAY_BUCKETS = [1, 4, 16, 64, 256, 1024];

/**
 * Gives a new Node what the cloud knows of it and takes its taint away, in two writes: addresses (a subresource), then all
 * else. The result throws when it could not, after an Event that says why; else it is the Node without the taint.
 */
export function createInitialiser(
  context: ControllerContext,
  options: InitialiserOptions,
): (node: Node, signal: AbortSignal) => Promise<Node> {
  const { client, nodes, clock, random, logger, metrics, events } = context;
  const { instances, write, told } = options;
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
  const observeAge = (delay: typeof untaintDelay, node: Node): void => {
    const age = (clock.now() - Date.parse(node.metadata.creationTimestamp ?? "")) / 1000;
    if (age >= 0) delay.observe(age);
  };

  const fail = (node: Node, message: string): never => {
    if (told.isNews(node.metadata.uid ?? "", message)) {
      events.event(NODES, node, "Warning", "FailedToInitializeNode", message);
    }
    throw new Error(message);
  };
  const metadataOf = async (node: Node, signal: AbortSignal): Promise<InstanceMetadata> => {
    const { name } = node.metadata;
    let lookup: InstanceLookup;
    try {
      lookup = await instances.lookup(node, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      return fail(node, `failed to get instance metadata for node ${name}: ${errorText(error)}`);
    }
    if (lookup.state !== "found") {
      return fail(node, `failed to get instance metadata for node ${name}: ${whyNotFound(lookup)}`);
    }
    if (lookup.metadata.providerId === "" && !node.spec?.providerID) {
      return fail(node, `cloud provider does not set node provider ID for node ${name}`);
    }
    return lookup.metadata;
  };
  /** Throws, after an Event, when the kubelet was told an address that the cloud does not have. */
  const addressesFor = (node: Node, metadata: InstanceMetadata) => {
    const provided = node.metadata.annotations?.[ANNOTATION_PROVIDED_IP];
    try {
      if (provided !== undefined) enforceProvidedIps(provided, metadata.addresses);
      return wantedAddresses(node, metadata.addresses);
    } catch (error) {
      const what = "failed to get node modifiers from cloud provider";
      return fail(node, `${what}: provided node ip for node "${node.metadata.name}" is not valid: ${errorText(error)}`);
    }
  };

  /** The look-up and the turn to write took a while: a version that kubelet has replaced since would only be refused. */
  const latest = (node: Node): Node => {
    const now = nodes.get(keyOf(node));
    return now && now.metadata.uid === node.metadata.uid ? now : node;
  };
  /** Not `byUs`: somebody else took the taint away meanwhile. */
  const writeNode = async (node: Node, metadata: InstanceMetadata, signal: AbortSignal) => {
    const { name = "", uid } = node.metadata;
    const ref = { name };
    const addresses = addressesFor(node, metadata);
    let current = node;
    // Addresses first: once the taint is gone, Pods may start and need them.
    if (!sameAddresses(addresses, node.status?.addresses ?? [])) {
      // With the UID, a Node that registered anew under the same name is not written to.
      const body = { metadata: { uid }, status: { addresses } };
      current = await client.patch(NODES, ref, { type: "merge", body }, { subresource: "status", signal });
    }
    return retryOnConflict({ clock, random, signal, ...CONFLICT }, async (attempt) => {
      if (attempt > 0) current = await client.get(NODES, ref, { signal });
      // Another machine under this name: its own sync will find out what it is.
      if (current.metadata.uid !== uid) throw new Error(`node ${name} was replaced meanwhile`);
      if (!isUninitialized(current)) return { after: current, byUs: false };
      const { labels, owned } = labelsAtStart(current, metadata);
      const body = {
        metadata: {
          // Makes the server refuse the list of taints if somebody changed it meanwhile.
          resourceVersion: current.metadata.resourceVersion,
          labels,
          ...(Object.keys(owned).length > 0 ? { annotations: { [ANNOTATION_OWNED_LABELS]: recordOf(owned) } } : {}),
        },
        spec: {
          ...(current.spec?.providerID ? {} : { providerID: metadata.providerId }),
          taints: (current.spec?.taints ?? []).filter(({ key }) => key !== TAINT_UNINITIALIZED),
        },
      };
      const after = await client.patch(NODES, ref, { type: "merge", body }, { signal });
      observeAge(untaintDelay, node);
      return { after, byUs: true };
    });
  };

  /** What the API server refuses for good is for people to see; the rest passes by itself. */
  const refused = async (node: Node, error: unknown, signal: AbortSignal): Promise<never> => {
    if (!hasCode(error, "invalid", "forbidden")) throw error;
    const { name = "", uid } = node.metadata;
    // The server calls a UID that is not the Node's any more invalid.
    const now = hasCode(error, "invalid") ? await client.get(NODES, { name }, { signal }) : node;
    if (now.metadata.uid !== uid) throw new Error(`node ${name} was replaced meanwhile`, { cause: error });
    return fail(node, `failed to update node ${name}: ${errorText(error)}`);
  };
  const warnAboutLabels = (node: Node, metadata: InstanceMetadata): void => {
    const warn = (message: string, labels: readonly string[]) => {
      if (labels.length > 0) logger.warn(message, { node: node.metadata.name, labels: labels.join(", ") });
    };
    warn("labels of the provider dropped: names of Kubernetes, or no labels at all", refusedLabels(metadata));
    warn("labels of the provider dropped: the node has them with other values", keptLabels(node, metadata));
  };

  return async (node, signal) => {
    const metadata = await metadataOf(node, signal);
    const { after, byUs } = await write(() =>
      writeNode(latest(node), metadata, signal).catch((error) => refused(node, error, signal)),
    );
    told.forget(node.metadata.uid ?? "");
    if (!byUs) return after;
    warnAboutLabels(node, metadata);
    logger.info("node initialised", { node: node.metadata.name, providerID: metadata.providerId });
    observeAge(initialDelay, node);
    events.event(NODES, node, "Normal", "Synced", "Node synced successfully");
    return after;
  };
}
