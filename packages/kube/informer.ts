import type { KubeObject } from "./types/meta.ts";

export interface InformerHandler<T extends KubeObject> {
  add?(object: T): void;
  /** Also called on a resync, with the same object twice. */
  update?(before: T, after: T): void;
  /** The last state seen, when the deletion itself was missed. */
  delete?(object: T): void;
}

/** A local copy of one kind of object, kept current by list and watch. */
export interface Informer<T extends KubeObject> {
  /** Lists, then watches, until the signal aborts. Never gives up by itself; resolves after the abort. */
  run(signal: AbortSignal): Promise<void>;
  /** Whether the first list is complete. */
  readonly synced: boolean;
  /** Resolves once it is; rejects with the signal's reason on abort. */
  waitForSync(signal: AbortSignal): Promise<void>;
  /** By `namespace/name` or `name`. The object is shared: never change it. */
  get(key: string): T | undefined;
  list(): readonly T[];
  /** What is already in the copy is told as adds. Returns a function that unsubscribes. */
  subscribe(handler: InformerHandler<T>, options?: { readonly resyncMs?: number }): () => void;
}
