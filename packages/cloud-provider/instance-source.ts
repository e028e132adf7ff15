import { type Clock, errorText, unlessAborted } from "@ccm/base";
import type { Node } from "@ccm/kube";
import type { InstanceLookup, Instances } from "./contract.ts";
import { CloudError, cloudErrorOf } from "./error.ts";
import { checkedLookup } from "./instance-answer.ts";

/**
 * Instance look-ups, shared by all controllers: those asked for within a moment go to the cloud in one call, one that is
 * under way is joined, and a found instance is not asked for again within two seconds.
 */
export interface InstanceSource {
  /** Throws when the cloud cannot be asked. */
  lookup(node: Node, signal: AbortSignal): Promise<InstanceLookup>;
  /** In the order of the nodes; one that could not be asked for is unknown. Throws when that is so for all of them. */
  lookupMany(nodes: readonly Node[], signal: AbortSignal): Promise<readonly InstanceLookup[]>;
}

/** How long a call waits for others to join it. Milliseconds. */
const WINDOW_MS = 50;
/** How long a found instance is not asked for again. Below the lifecycle controller's period, whose passes must see news. */
const FRESH_MS = 2000;
/** Bulk calls at a time: of full ones, and of those that could do with company. */
const FULL_CALLS = 4;
const PARTIAL_CALLS = 2;

export interface InstanceSourceOptions {
  /** Look-ups at a time of a provider that cannot answer for many nodes at once. Default 20. */
  readonly concurrency?: number;
}

/** One call to the cloud: what it asks, then what came of it. */
class Call {
  readonly keys: string[] = [];
  readonly nodes: Node[] = [];
  readonly done: Promise<void>;
  /** Its window is over. */
  due = false;
  started = false;
  endedAt: number | undefined;
  answers: readonly InstanceLookup[] = [];
  /** Wrapped, so that even a thrown undefined is a failure. */
  failure: { readonly error: unknown } | undefined;
  finish: () => void = () => {};

  constructor() {
    this.done = new Promise((resolve) => {
      this.finish = resolve;
    });
  }
}

/** Which answer of which call is a Node's. */
interface Place {
  readonly call: Call;
  readonly index: number;
}

/** `signal` ends the calls, which several callers share; a caller's own signal only ends its waiting. */
export function createInstanceSource(
  instances: Instances,
  clock: Clock,
  signal: AbortSignal,
  { concurrency = 20 }: InstanceSourceOptions = {},
): InstanceSource {
  if (typeof instances?.lookup !== "function") {
    throw new CloudError("permanent", "the provider's instances have no lookup function");
  }
  const bulk = instances.lookupMany !== undefined;
  const size = bulk ? Math.max(1, instances.batchSize ?? Number.POSITIVE_INFINITY) : 1;
  /** Every look-up that is waiting, under way, or found a moment ago. */
  const places = new Map<string, Place>();
  const queue: Call[] = [];
  let running = 0;
  let sweeping = false;

  const ask = async ({ nodes }: Call): Promise<readonly InstanceLookup[]> => {
    const [only] = nodes;
    if (nodes.length > 1 || !only) return (await instances.lookupMany?.(nodes, signal)) ?? [];
    try {
      return [await instances.lookup(only, signal)];
    } catch (error) {
      const gone = cloudErrorOf(error);
      // A provider that has only this call means this node. In a bulk provider it may be about anything.
      if (!bulk && gone?.code === "absent") return [{ state: "absent", evidence: gone.message }];
      throw error;
    }
  };
  const carryOut = async (call: Call): Promise<void> => {
    try {
      const answers = await ask(call);
      const [got, want] = [answers.length, call.nodes.length];
      if (got !== want) {
        throw new CloudError("permanent", `the provider answered ${got} look-ups for ${want} nodes`);
      }
      call.answers = answers.map(checkedLookup);
    } catch (error) {
      call.failure = { error };
    }
    call.endedAt = clock.monotonic();
    for (const [index, key] of call.keys.entries()) {
      if (call.answers[index]?.state !== "found") places.delete(key);
    }
    call.finish();
    running--;
    sweepLater();
    startCalls();
  };
  const startCalls = (): void => {
    for (let next = queue[0]; next; next = queue[0]) {
      const full = next.nodes.length >= size;
      const limit = bulk ? (full ? FULL_CALLS : PARTIAL_CALLS) : concurrency;
      if (running >= limit || !(full || next.due)) return;
      queue.shift();
      next.started = true;
      running++;
      carryOut(next);
    }
  };
  /** One timer for all, however many there are. */
  const sweepLater = (): void => {
    if (sweeping || places.size === 0) return;
    sweeping = true;
    clock.schedule(FRESH_MS, () => {
      sweeping = false;
      for (const [key, { call }] of places) if (isStale(call)) places.delete(key);
      sweepLater();
    });
  };
  const isStale = ({ endedAt }: Call): boolean => endedAt !== undefined && clock.monotonic() - endedAt >= FRESH_MS;

  const join = (node: Node): Place => {
    // A Node that got another provider ID, or another Node of this name, is another question.
    const key = `${node.metadata.uid} ${node.metadata.name} ${node.spec?.providerID ?? ""}`;
    const known = places.get(key);
    if (known && !isStale(known.call)) return known;
    let call = queue.at(-1);
    if (!call || call.nodes.length >= size) {
      const opened = new Call();
      call = opened;
      queue.push(opened);
      if (size > 1) {
        clock.schedule(WINDOW_MS, () => {
          opened.due = true;
          if (!opened.started) startCalls();
        });
      }
    }
    const place = { call, index: call.nodes.push(node) - 1 };
    call.keys.push(key);
    places.set(key, place);
    if (call.nodes.length >= size) startCalls();
    return place;
  };

  return {
    async lookup(node, inner) {
      const { call, index } = join(node);
      await unlessAborted(call.done, inner);
      if (call.failure) throw call.failure.error;
      return call.answers[index] as InstanceLookup;
    },
    async lookupMany(nodes, inner) {
      const joined = nodes.map(join);
      const calls = [...new Set(joined.map(({ call }) => call))];
      await unlessAborted(Promise.all(calls.map(({ done }) => done)), inner);
      const failed = calls.filter(({ failure }) => failure);
      if (failed[0]?.failure && failed.length === calls.length) throw failed[0].failure.error;
      return joined.map(({ call, index }) => call.answers[index] ?? notAsked(call));
    },
  };
}

function notAsked({ failure }: Call): InstanceLookup {
  return { state: "unknown", reason: errorText(failure?.error) };
}

/** A look-up that did not find the instance, as words for an Event. */
export function whyNotFound(lookup: Exclude<InstanceLookup, { readonly state: "found" }>): string {
  return lookup.state === "absent" ? `the cloud has no such instance (${lookup.evidence})` : lookup.reason;
}
