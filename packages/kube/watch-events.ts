import { refusal, statusOf } from "./answer.ts";
import type { WatchEvent } from "./client.ts";
import { KubeError } from "./error.ts";
import { LineSplitter } from "./lines.ts";
import { readObject, statusAsJson } from "./protobuf/envelope.ts";
import { FrameSplitter } from "./protobuf/frames.ts";
import { anyText, type Message, message, nestedBytes, readMessage } from "./protobuf/message.ts";
import { OBJECT_MESSAGE } from "./protobuf/types.ts";
import type { KubeObject } from "./types/meta.ts";

/** Makes events of a watch's bytes. Throws a KubeError for what is no event, and for an error that the server reports. */
export interface EventReader<T extends KubeObject> {
  push(chunk: Uint8Array): Iterable<WatchEvent<T>>;
  /** The event that the stream ended with, if its end is what completes it. */
  end(): WatchEvent<T> | undefined;
}

/** One JSON object a line. `what` names the call in errors. */
export function jsonEvents<T extends KubeObject>(what: string): EventReader<T> {
  const lines = new LineSplitter();
  return {
    *push(chunk) {
      for (const line of lines.push(chunk)) yield jsonEvent<T>(what, line);
    },
    end() {
      const last = lines.end();
      return last === undefined ? undefined : jsonEvent<T>(what, last);
    },
  };
}

function jsonEvent<T extends KubeObject>(what: string, line: string): WatchEvent<T> {
  let event: { readonly type?: unknown; readonly object?: unknown };
  try {
    event = JSON.parse(line) as typeof event;
  } catch {
    // Without the parser's words: they quote the object, which may be a Secret.
    throw new KubeError("unexpected", `${what}: a line of ${line.length} characters is not JSON`);
  }
  if (event?.type === "ERROR") throw reported(what, JSON.stringify(event.object ?? null));
  return checked(what, event?.type, event?.object);
}

const EVENT = message<{ readonly type: string; readonly object: Uint8Array }>({
  1: ["type", anyText],
  2: ["object", nestedBytes],
});

/** One frame an event; of its object what `kind` names. */
export function protobufEvents<T extends KubeObject>(what: string, kind: Message<T>): EventReader<T> {
  const frames = new FrameSplitter();
  const eventOf = (frame: Uint8Array): WatchEvent<T> => {
    const { type, object = new Uint8Array(0) } = readMessage(EVENT, frame) as { type?: string; object?: Uint8Array };
    if (type === "ERROR") throw reported(what, statusAsJson(object));
    const from: Message<KubeObject> = type === "BOOKMARK" ? OBJECT_MESSAGE : kind;
    return checked(what, type, readObject(from, object));
  };
  return {
    *push(chunk) {
      try {
        for (const frame of frames.push(chunk)) yield eventOf(frame);
      } catch (error) {
        // Its words name positions only.
        if (!(error instanceof RangeError)) throw error;
        throw new KubeError("unexpected", `${what}: the answer is not the protobuf it should be: ${error.message}`);
      }
    },
    end() {
      if (frames.rest > 0) throw new KubeError("unexpected", `${what}: the answer ends in the middle of an event`);
      return undefined;
    },
  };
}

function checked<T extends KubeObject>(what: string, type: unknown, object: unknown): WatchEvent<T> {
  switch (type) {
    case "ADDED":
    case "MODIFIED":
    case "DELETED":
    case "BOOKMARK":
      if (hasMetadata(object)) return { type, object } as WatchEvent<T>;
      throw new KubeError("unexpected", `${what}: an event ${type} without an object`);
    default:
      throw new KubeError("unexpected", `${what}: unknown event type ${JSON.stringify(type)}`);
  }
}

function reported(what: string, text: string): KubeError {
  return refusal(what, statusOf(text)?.code ?? 500, text);
}

function hasMetadata(value: unknown): value is KubeObject {
  if (typeof value !== "object" || value === null || !("metadata" in value)) return false;
  return typeof value.metadata === "object" && value.metadata !== null;
}
