import { Channel, type Clock, repeat } from "@ccm/base";
import type { CallsHint, Place, Places, Rates } from "../console/data.ts";
import { formatEvent } from "../console/event-stream.ts";
import type { TopologyTracker } from "./topology-tracker.ts";

/** Changes within this time become one event. */
const TICK_MS = 250;
const TICKS_PER_RATES = 4;
/** A reader this many events behind is cut off: it comes back and begins with a snapshot. */
const MAX_BEHIND = 200;

export interface ChangesOptions {
  readonly clock: Clock;
  readonly tracker: TopologyTracker;
  rates(): Rates;
  newestCall(): number;
  places(): readonly Place[];
}

/** The stream of GET /admin/changes: a snapshot, then what changes. Looks for changes only while somebody reads. */
export function createChanges(options: ChangesOptions): (signal: AbortSignal) => AsyncIterable<Uint8Array> {
  const { clock, tracker } = options;
  const readers = new Set<Channel<Uint8Array>>();
  let stop: AbortController | undefined;
  let ticks = 0;
  let toldCall = 0;
  let toldPlaces = 0;
  const leave = (reader: Channel<Uint8Array>): void => {
    readers.delete(reader);
    if (readers.size > 0) return;
    stop?.abort();
    stop = undefined;
  };
  const tell = (event: string, data: unknown): void => {
    const bytes = encode(event, data);
    for (const reader of readers) {
      if (reader.length < MAX_BEHIND) {
        reader.push(bytes);
        continue;
      }
      reader.close();
      leave(reader);
    }
  };
  const tellDelta = (): void => {
    const delta = tracker.refresh();
    if (delta) tell("delta", delta);
  };
  const tick = async (): Promise<void> => {
    tellDelta();
    const newest = options.newestCall();
    if (newest !== toldCall) tell("calls", { newest } satisfies CallsHint);
    toldCall = newest;
    // There are more of them, or as many as before: none goes.
    const places = options.places();
    if (places.length !== toldPlaces) tell("places", { places } satisfies Places);
    toldPlaces = places.length;
    if (ticks++ % TICKS_PER_RATES === 0) tell("rates", options.rates());
  };
  return (signal) => {
    // What the others do not know yet is theirs to hear, before the newcomer's snapshot has it.
    tellDelta();
    const reader = new Channel<Uint8Array>();
    reader.push(encode("snapshot", tracker.snapshot()));
    reader.push(encode("places", { places: options.places() } satisfies Places));
    reader.push(encode("rates", options.rates()));
    readers.add(reader);
    signal.addEventListener(
      "abort",
      () => {
        reader.close();
        leave(reader);
      },
      { once: true },
    );
    if (!stop) {
      stop = new AbortController();
      void repeat(clock, TICK_MS, stop.signal, tick);
    }
    return reader;
  };
}

function encode(event: string, data: unknown): Uint8Array {
  return new TextEncoder().encode(formatEvent(event, data));
}
