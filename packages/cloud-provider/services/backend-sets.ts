import type { Informer, Node } from "@ccm/kube";
import { backendChanged, backendsOf, isBackend, type NodeSelector } from "./backends.ts";

/** The backends of all Services whose provider asks for the same labels. */
export interface BackendSet {
  /** Two sets with the same id are the same to a load balancer: the names and provider IDs of their nodes are. */
  readonly id: string;
  /** As of now, in the order of their names; the same array until a Node changes. */
  readonly nodes: readonly Node[];
}

/**
 * Computes who the backends are once for each change of them, not once for each Service. `onChange` is called when load
 * balancers should be looked at; a heartbeat, a condition or a node that is no backend is no reason to.
 */
export interface BackendSets {
  of(selector: NodeSelector | undefined): BackendSet;
  subscribe(onChange: () => void): () => void;
}

interface Kept {
  readonly id: string;
  readonly names: readonly string[];
  nodes: readonly Node[];
  /** The version `nodes` is of. */
  version: number;
}

export function createBackendSets(nodes: Informer<Node>): BackendSets {
  /** By selector; forgotten when a set may be another one. */
  const sets = new Map<string, Kept>();
  /** Of the Nodes: a set can stay the same while one of its objects is renewed. */
  let version = 0;
  let selecting = false;

  const compute = (selector: NodeSelector): Kept => {
    const found = backendsOf(nodes.list(), selector);
    return { id: idOf(found), names: found.map(({ metadata }) => metadata.name ?? ""), nodes: found, version };
  };
  const forget = (): void => {
    sets.clear();
    version++;
  };
  return {
    of(selector) {
      // Asked for each Service after each change of nodes: the common case costs nothing.
      const key = selector ? JSON.stringify(Object.entries(selector).sort()) : "[]";
      if (key !== "[]") selecting = true;
      let set = sets.get(key);
      if (!set) {
        set = compute(selector ?? {});
        sets.set(key, set);
      } else if (set.version !== version) {
        set.nodes = set.names.map((name) => nodes.get(name)).filter((node) => node !== undefined);
        set.version = version;
      }
      return set;
    },
    subscribe: (onChange) =>
      nodes.subscribe({
        add(node) {
          if (!isBackend(node)) return;
          forget();
          onChange();
        },
        delete() {
          // Also one that was no backend any more: load balancers that were not touched since still have it.
          forget();
          onChange();
        },
        update(before, after) {
          const relabelled = selecting && labelsOf(before) !== labelsOf(after);
          if (backendChanged(before, after) || relabelled) {
            forget();
            onChange();
          } else if (isBackend(before) !== isBackend(after)) forget();
          else version++;
        },
      }),
  };
}

function labelsOf(node: Node): string {
  return JSON.stringify(Object.entries(node.metadata.labels ?? {}).sort());
}

/** The number of nodes and 64 bits of a hash over what makes them: short, for thousands of Services keep it. */
function idOf(nodes: readonly Node[]): string {
  let [a, b] = [0x811c9dc5, 0x9747b28c];
  const mix = (text: string): void => {
    for (let i = 0; i <= text.length; i++) {
      // Past the end comes a mark that no name has, so that "ab","c" is not "a","bc".
      const code = i < text.length ? text.charCodeAt(i) : 0x10000;
      a = Math.imul(a ^ code, 0x01000193);
      b = Math.imul(b ^ code, 0x85ebca6b);
      b ^= b >>> 15;
    }
  };
  for (const node of nodes) {
    mix(node.metadata.name ?? "");
    mix(node.spec?.providerID ?? "");
  }
  return `${nodes.length}-${(a >>> 0).toString(16)}-${(b >>> 0).toString(16)}`;
}
