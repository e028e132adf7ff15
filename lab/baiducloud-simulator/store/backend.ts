/** A record of a table: plain JSON. */
export interface Row {
  readonly table: string;
  readonly id: string;
  readonly record: unknown;
}

/** A row to write, or to delete where the record is undefined. */
export interface Change {
  readonly table: string;
  readonly id: string;
  readonly record: unknown;
}

/** Where records last. The store reads it once, at the start, and writes what each request has changed. */
export interface Backend {
  /** All rows, those of a table in the order in which they were first written. */
  load(): Iterable<Row>;
  /** All or nothing, and durable when it returns. A row that is written again keeps its place in the order. */
  commit(changes: readonly Change[]): void;
  /** Waits as long as it pays for a commit to wait, so that what others change meanwhile is in it. Default: not at all. */
  gather?(): Promise<void>;
  close(): void;
}

/** Nothing lasts. */
export const memoryBackend: Backend = { load: () => [], commit: () => {}, close: () => {} };
