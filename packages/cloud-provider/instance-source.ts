import { type Clock, errorText, mapLimited, SingleFlight } from "@ccm/base";
import type { Node } from "@ccm/kube";
import type { InstanceLookup, Instances } from "./contract.ts";
import { CloudError } from "./error.ts";

/** Instance look-ups shared by the controllers: those asked for within a moment go to the cloud in one call. */
export interface InstanceSource {
  /** Callers that ask for one Node at the same time share one look-up. Throws when the cloud cannot be asked. */
  lookup(node: Node, signal: AbortSignal): Promise<InstanceLookup>;
  /** In the order of the nodes. Throws when the cloud cannot be asked for any of them. */
  lookupMany(nodes: readonly Node[], signal: AbortSignal): Promise<readonly InstanceLookup[]>;
}

/** How long a look-up waits for others to join it. Milliseconds. */
const WINDOW_MS = 50;
/** Look-ups at a time of a provider that cannot answer for many at once. */
const CONCURRENCY = 10;

interface Waiting {
  readonly node: Node;
  readonly resolve: (lookup: InstanceLookup) => void;
  readonly reject: (error: unknown) => void;
}

/** `signal` ends look-ups that several callers share; a caller's own signal only ends its waiting. */
export function createInstanceSource(instances: Instances, clock: Clock, signal: AbortSignal): InstanceSource {
  const flights = new SingleFlight<InstanceLookup>();
  let waiting: Waiting[] = [];

  const many = async (nodes: readonly Node[], inner: AbortSignal): Promise<readonly InstanceLookup[]> => {
    if (!instances.lookupMany) return oneByOne(instances, nodes, inner);
    const found = await instances.lookupMany(nodes, inner);
    if (found.length === nodes.length) return found;
    throw new CloudError("permanent", `the provider answered ${found.length} look-ups for ${nodes.length} nodes`);
  };
  const flush = (): void => {
    const batch = waiting;
    waiting = [];
    const nodes = batch.map(({ node }) => node);
    const [only] = nodes;
    const asked =
      nodes.length === 1 && only ? instances.lookup(only, signal).then((lookup) => [lookup]) : many(nodes, signal);
    asked.then(
      (found) => {
        for (const [index, { resolve }] of batch.entries()) resolve(found[index] as InstanceLookup);
      },
      (error: unknown) => {
        for (const { reject } of batch) reject(error);
      },
    );
  };
  const join = (node: Node): Promise<InstanceLookup> =>
    new Promise((resolve, reject) => {
      if (waiting.push({ node, resolve, reject }) === 1) clock.schedule(WINDOW_MS, flush);
    });

  return {
    lookup(node, inner) {
      const key = `${node.metadata.uid} ${node.spec?.providerID ?? ""}`;
      const ask = () => (instances.lookupMany ? join(node) : instances.lookup(node, signal));
      return unlessAborted(inner, flights.run(key, ask));
    },
    lookupMany: async (nodes, inner) => (nodes.length === 0 ? [] : many(nodes, inner)),
  };
}

/** A Node that could not be asked for is unknown; when none could, the cloud is at fault and the first error is thrown. */
async function oneByOne(
  instances: Instances,
  nodes: readonly Node[],
  signal: AbortSignal,
): Promise<readonly InstanceLookup[]> {
  const errors: unknown[] = [];
  const found = await mapLimited(nodes, CONCURRENCY, async (node): Promise<InstanceLookup> => {
    try {
      return await instances.lookup(node, signal);
    } catch (error) {
      errors.push(error);
      return { state: "unknown", reason: errorText(error) };
    }
  });
  if (errors.length === nodes.length || signal.aborted) throw errors[0] ?? signal.reason;
  return found;
}

function unlessAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

/** A look-up that did not find the instance, as words for an Event. */
export function whyNotFound(lookup: Exclude<InstanceLookup, { readonly state: "found" }>): string {
  return lookup.state === "absent" ? `the cloud has no such instance (${lookup.evidence})` : lookup.reason;
}
