import { type Clock, errorText } from "@ccm/base";
import type { Node } from "@ccm/kube";
import type { InstanceLookup, Instances } from "./contract.ts";
import { CloudError } from "./error.ts";

/** Instance look-ups shared by the controllers: those asked for within a moment go to the cloud in one call. */
export interface InstanceSource {
  lookup(node: Node, signal: AbortSignal): Promise<InstanceLookup>;
  /** In the order of the nodes. Throws when the cloud cannot be asked. */
  lookupMany(nodes: readonly Node[], signal: AbortSignal): Promise<readonly InstanceLookup[]>;
}

/** How long a look-up waits for others to join it. Milliseconds. */
const WINDOW_MS = 50;

interface Waiting {
  readonly node: Node;
  readonly resolve: (lookup: InstanceLookup) => void;
  readonly reject: (error: unknown) => void;
}

export function createInstanceSource(instances: Instances, clock: Clock, signal: AbortSignal): InstanceSource {
  let waiting: Waiting[] = [];
  const lookupMany = async (nodes: readonly Node[], inner: AbortSignal): Promise<readonly InstanceLookup[]> => {
    if (nodes.length === 0) return [];
    if (!instances.lookupMany) return Promise.all(nodes.map((node) => instances.lookup(node, inner)));
    const found = await instances.lookupMany(nodes, inner);
    if (found.length === nodes.length) return found;
    throw new CloudError("permanent", `the provider answered ${found.length} look-ups for ${nodes.length} nodes`);
  };
  const flush = (): void => {
    const batch = waiting;
    waiting = [];
    lookupMany(
      batch.map(({ node }) => node),
      signal,
    ).then(
      (found) => {
        for (const [index, { resolve }] of batch.entries()) resolve(found[index] as InstanceLookup);
      },
      (error: unknown) => {
        for (const { reject } of batch) reject(error);
      },
    );
  };
  return {
    lookupMany,
    lookup(node, inner) {
      if (!instances.lookupMany) return instances.lookup(node, inner);
      return new Promise((resolve, reject) => {
        if (waiting.push({ node, resolve, reject }) === 1) clock.schedule(WINDOW_MS, flush);
      });
    },
  };
}

/** A look-up that did not find the instance, as words for an Event. */
export function whyNotFound(lookup: Exclude<InstanceLookup, { readonly state: "found" }>): string {
  return lookup.state === "absent" ? `the cloud has no such instance (${lookup.evidence})` : errorText(lookup.reason);
}
