import type { Service } from "@ccm/kube";
import type { Written } from "./service-writer.ts";

/** A Service that has, or may have, something in the cloud. */
export interface Entry {
  /** As it was handed to the provider. */
  readonly service: Service;
  /** The id of the BackendSet handed to the provider last. */
  backends: string;
  /** The last ensure left nothing to do: a change of nodes is an update of backends and no more. */
  ensured: boolean;
  /** EnsuringLoadBalancer was told, EnsuredLoadBalancer was not yet. */
  announced: boolean;
  written: Written;
  /** A write of the status is on its way: what the Service shows meanwhile may be ours. */
  writing: boolean;
  /** When it was looked at last, on the monotonic clock. */
  at: number;
}

/** By Service key, those that were looked at longest ago first. In memory only: a restart looks at all Services anew. */
export class Entries {
  readonly #entries = new Map<string, Entry>();

  get(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /** As the one that was looked at last. */
  put(key: string, entry: Entry): void {
    this.#entries.delete(key);
    this.#entries.set(key, entry);
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  get size(): number {
    return this.#entries.size;
  }

  [Symbol.iterator](): IterableIterator<[string, Entry]> {
    return this.#entries.entries();
  }
}
