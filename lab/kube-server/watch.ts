/** Watches: what happened since a revision, then what happens. */
import { type Cancel, type Clock, integer, type Random } from "@ccm/base";
import type { Stored } from "./json.ts";
import { revisionOf } from "./list.ts";
import type { Resource } from "./resource.ts";
import type { Selection } from "./selection.ts";
import { expired } from "./status-errors.ts";
import type { Change, Store } from "./store.ts";

const BOOKMARK_EVERY_MS = 60_000;
/** Without timeoutSeconds a watch ends after half an hour to an hour, as the real server's does. */
const MIN_TIMEOUT_S = 1800;

export type EventType = "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
/** Turns an event into the line that is sent; an ERROR carries a Status, a BOOKMARK only metadata. */
export type WriteEvent = (type: EventType, object: Stored) => string | Uint8Array;

export interface WatchParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly resource: Resource;
  readonly selection: Selection;
  readonly query: URLSearchParams;
  readonly write: WriteEvent;
  /** Events waiting for a reader before it is cut off as too slow. */
  readonly backlog: number;
  /** Aborts when the client has gone or the server closes. */
  readonly signal: AbortSignal;
}

/** The stream of lines. A forgotten revision is an ERROR in it. */
export function openWatch(parts: WatchParts): AsyncIterable<Uint8Array> {
  const { store, clock, random, resource, selection, query, write, signal } = parts;
  const version = query.get("resourceVersion") ?? "";
  const initial = query.get("sendInitialEvents") === "true";
  const bookmarks = query.get("allowWatchBookmarks") === "true" || query.get("allowWatchBookmarks") === "1";
  const revision = revisionOf(version);
  const seconds = Number(query.get("timeoutSeconds") ?? 0) || MIN_TIMEOUT_S + integer(random, MIN_TIMEOUT_S);
  const stream = new LineStream();
  const send = (change: Change) => {
    const event = eventFor(change, selection);
    if (!event) return;
    if (stream.length >= parts.backlog) stop();
    else stream.push(write(event.type, event.object));
  };
  const bookmark = (annotations?: Record<string, string>) =>
    stream.push(
      write("BOOKMARK", {
        metadata: { resourceVersion: String(store.revision), ...(annotations ? { annotations } : {}) },
      }),
    );
  const quiet = query.get("sendInitialEvents") === "false";
  if (initial || (revision === 0 && !quiet)) sendState(parts, stream);
  else if (revision > 0 && !store.remembers(resource.table, revision)) {
    // The watch is open by now, so this is told in it.
    const { status } = expired(`too old resource version: ${revision} (${store.revision})`);
    stream.push(write("ERROR", status as Stored));
    stream.end();
    return stream;
  } else if (revision > 0) {
    for (const change of store.since(resource.table, revision)) {
      const event = eventFor(change, selection);
      if (event) stream.push(write(event.type, event.object));
    }
  }
  if (initial && bookmarks) bookmark({ "k8s.io/initial-events-end": "true" });
  const unwatch = store.watch(resource.table, (change) => {
    if (change.revision > revision) send(change);
  });
  let cancelBookmark: Cancel = () => {};
  const nextBookmark = () => {
    cancelBookmark = clock.schedule(BOOKMARK_EVERY_MS, () => {
      bookmark();
      nextBookmark();
    });
  };
  if (bookmarks) nextBookmark();
  const cancelEnd = clock.schedule(seconds * 1000, () => {
    if (bookmarks) bookmark();
    stop();
  });
  const stop = () => {
    unwatch();
    cancelBookmark();
    cancelEnd();
    signal.removeEventListener("abort", stop);
    stream.end();
  };
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  return stream;
}

function sendState({ store, resource, selection, write }: WatchParts, stream: LineStream): void {
  const snapshot = store.snapshot(resource.table);
  for (const key of snapshot?.keys ?? []) {
    const object = snapshot?.get(key);
    if (object && selection.matches(object)) stream.push(write("ADDED", object));
  }
}

/** To somebody who selects, an object that begins to match is new and one that ceases to is gone. */
export function eventFor(
  change: Change,
  selection: Selection,
): { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: Stored } | undefined {
  const before = change.previous !== undefined && selection.matches(change.previous);
  if (change.type === "DELETED") return before ? { type: "DELETED", object: change.object } : undefined;
  if (selection.matches(change.object)) return { type: before ? "MODIFIED" : "ADDED", object: change.object };
  if (!before) return undefined;
  // The last state that matched, with the revision of the change that ended it.
  const { resourceVersion } = change.object.metadata;
  const last = change.previous as Stored;
  return {
    type: "DELETED",
    object: { ...last, metadata: { ...last.metadata, ...(resourceVersion ? { resourceVersion } : {}) } },
  };
}

/** Lines that wait are sent together. */
class LineStream implements AsyncIterable<Uint8Array> {
  #lines: (string | Uint8Array)[] = [];
  #ended = false;
  #wake: (() => void) | undefined;

  get length(): number {
    return this.#lines.length;
  }

  push(line: string | Uint8Array): void {
    if (this.#ended) return;
    this.#lines.push(line);
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      if (this.#lines.length > 0) {
        const lines = this.#lines;
        this.#lines = [];
        const chunks = lines.map((line) => (typeof line === "string" ? Buffer.from(line) : line));
        yield chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks);
      } else if (this.#ended) return;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = undefined;
      }
    }
  }
}
