/** For this room's tests: an API server of one resource that misbehaves on request, and metrics that can be read. */
import {
  Channel,
  type HttpHandler,
  type HttpResponse,
  inProcessTransport,
  jsonResponse,
  type Labels,
  type Metrics,
  noMetrics,
  type Random,
  seededRandom,
  TransportError,
  VirtualClock,
} from "@ccm/base";
import { createKubeClient, type KubeClientOptions } from "./kube-client.ts";
import type { Service } from "./types/core.ts";

export function status(code: number, reason: string, message: string, details: Record<string, unknown> = {}) {
  return { kind: "Status", apiVersion: "v1", status: "Failure", code, reason, message, details };
}

export function refuse(code: number, reason: string, message: string, headers: Record<string, string> = {}) {
  return jsonResponse(code, status(code, reason, message), headers);
}

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Milliseconds on the test's clock. */
  readonly at: number;
}

/** A client in front of a handler, and what the handler saw. */
export function clientFor(
  answer: (request: Seen, count: number, signal: AbortSignal) => HttpResponse | Promise<HttpResponse>,
  options: Partial<KubeClientOptions> = {},
) {
  const clock = new VirtualClock();
  const seen: Seen[] = [];
  const handler: HttpHandler = async ({ method, target, headers, body, signal }) => {
    const url = new URL(target, "https://kubernetes.test");
    const request = {
      method,
      path: url.pathname,
      query: url.searchParams,
      headers,
      body: new TextDecoder().decode(body),
      at: clock.monotonic(),
    };
    seen.push(request);
    return answer(request, seen.length, signal);
  };
  const client = createKubeClient({
    baseUrl: "https://kubernetes.test",
    send: inProcessTransport(handler),
    clock,
    random: seededRandom("client"),
    ...options,
  });
  return { clock, client, seen };
}

/** Runs a promise to its end under the clock; its value, or what it threw. */
export async function outcome<T>(clock: VirtualClock, promise: Promise<T>, limitMs = 600_000): Promise<T | Error> {
  let result: { readonly value: T | Error } | undefined;
  promise.then(
    (value) => {
      result = { value };
    },
    (error: unknown) => {
      result = { value: error instanceof Error ? error : new Error(String(error)) };
    },
  );
  await clock.advanceUntil(() => result !== undefined, limitMs);
  if (!result) throw new Error(`still running after ${limitMs} ms`);
  return result.value;
}

interface Change {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: Service;
  readonly version: number;
}

/** Services over list and watch: pages, history, compaction, cut connections, lines cut anywhere. */
export class FakeServices {
  readonly objects = new Map<string, Service>();
  readonly lists: URLSearchParams[] = [];
  readonly watches: URLSearchParams[] = [];
  /** How the next watch from a version that is too old is told: by the status, or in the stream. */
  goneInStream = false;
  /** Whether lists are streamed to those who ask for it. */
  streamsLists = true;
  /** Answers instead of everything else while set. */
  failing: (() => HttpResponse | Promise<HttpResponse>) | undefined;
  readonly #random: Random;
  readonly #history: Change[] = [];
  readonly #pages = new Map<string, { readonly items: readonly Service[]; readonly version: number }>();
  readonly #streams = new Set<Channel<Uint8Array | Error>>();
  #version = 1;
  #oldest = 1;
  #uids = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  put(name: string, fields: Partial<Service> = {}): Service {
    const before = this.objects.get(name);
    const uid = before?.metadata.uid ?? `uid-${++this.#uids}`;
    const metadata = { name, namespace: "default", uid, resourceVersion: String(++this.#version) };
    const object: Service = { ...fields, metadata: { ...fields.metadata, ...metadata } };
    this.objects.set(name, object);
    this.#tell({ type: before ? "MODIFIED" : "ADDED", object, version: this.#version });
    return object;
  }

  remove(name: string): void {
    const before = this.objects.get(name);
    if (!before) return;
    this.objects.delete(name);
    const object = { ...before, metadata: { ...before.metadata, resourceVersion: String(++this.#version) } };
    this.#tell({ type: "DELETED", object, version: this.#version });
  }

  bookmark(): void {
    this.#version++;
    const line = { type: "BOOKMARK", object: { metadata: { resourceVersion: String(this.#version) } } };
    for (const stream of this.#streams) this.#write(stream, line);
  }

  /** Forgets the changes so far: watches and pages from before are refused. */
  compact(): void {
    this.#oldest = ++this.#version;
    this.#history.length = 0;
    this.#pages.clear();
  }

  /** Ends all watches: cleanly, or as a broken connection, perhaps in the middle of a line. */
  cut(how: "end" | "reset" | "half"): void {
    for (const stream of this.#streams) {
      if (how === "half") stream.push(new TextEncoder().encode('{"type":"MODI'));
      if (how !== "end") stream.push(new TransportError("reset", "kubernetes.test: connection lost"));
      stream.close();
    }
    this.#streams.clear();
  }

  get watching(): number {
    return this.#streams.size;
  }

  readonly handler: HttpHandler = async ({ target, signal }) => {
    const query = new URL(target, "https://kubernetes.test").searchParams;
    (query.has("watch") ? this.watches : this.lists).push(query);
    if (this.failing) return this.failing();
    return query.has("watch") ? this.#watch(query, signal) : this.#list(query);
  };

  #list(query: URLSearchParams): HttpResponse {
    const token = query.get("continue");
    const page = token ? this.#pages.get(token) : { items: [...this.objects.values()], version: this.#version };
    if (!page) return refuse(410, "Expired", "The provided continue parameter is too old");
    const limit = Number(query.get("limit") ?? page.items.length);
    const rest = page.items.slice(limit);
    const next = rest.length > 0 && limit > 0 ? `page-${this.#pages.size}-${page.version}` : undefined;
    if (next) this.#pages.set(next, { items: rest, version: page.version });
    return jsonResponse(200, {
      kind: "ServiceList",
      metadata: { resourceVersion: String(page.version), ...(next ? { continue: next } : {}) },
      items: next ? page.items.slice(0, limit) : page.items,
    });
  }

  #watch(query: URLSearchParams, signal: AbortSignal): HttpResponse {
    const initial = query.has("sendInitialEvents");
    if (initial && !this.streamsLists) {
      return refuse(
        422,
        "Invalid",
        "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled",
      );
    }
    const from = initial ? this.#version : Number(query.get("resourceVersion"));
    const stream = new Channel<Uint8Array | Error>();
    if (initial) {
      for (const object of this.objects.values()) this.#write(stream, { type: "ADDED", object });
      const annotations = { "k8s.io/initial-events-end": "true" };
      const metadata = { resourceVersion: String(this.#version), annotations };
      this.#write(stream, { type: "BOOKMARK", object: { metadata } });
    } else if (from < this.#oldest) {
      if (!this.goneInStream) return refuse(410, "Expired", `too old resource version: ${from}`);
      this.#write(stream, { type: "ERROR", object: status(410, "Expired", `too old resource version: ${from}`) });
      stream.close();
      return { status: 200, headers: {}, body: throwing(stream) };
    }
    for (const { type, object, version } of this.#history) {
      if (version > from) this.#write(stream, { type, object });
    }
    this.#streams.add(stream);
    signal.addEventListener("abort", () => {
      this.#streams.delete(stream);
      stream.close();
    });
    return { status: 200, headers: {}, body: throwing(stream) };
  }

  #tell(change: Change): void {
    this.#history.push(change);
    for (const stream of this.#streams) this.#write(stream, { type: change.type, object: change.object });
  }

  /** One line in up to three chunks. */
  #write(stream: Channel<Uint8Array | Error>, value: unknown): void {
    const bytes = new TextEncoder().encode(`${JSON.stringify(value)}\n`);
    const cuts = [0, 0].map(() => Math.floor(this.#random.next() * bytes.length)).sort((a, b) => a - b);
    let start = 0;
    for (const end of [...cuts, bytes.length]) {
      if (end > start) stream.push(bytes.subarray(start, end));
      start = end;
    }
  }
}

async function* throwing(stream: AsyncIterable<Uint8Array | Error>): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) {
    if (chunk instanceof Error) throw chunk;
    yield chunk;
  }
}

/** Metrics whose last values can be read as `name{a="b"}`. */
export function readableMetrics(): Metrics & { readonly values: ReadonlyMap<string, number> } {
  const values = new Map<string, number>();
  const keyOf = (name: string, labels: Labels = {}) =>
    `${name}{${Object.entries(labels)
      .map(([label, value]) => `${label}="${value}"`)
      .join(",")}}`;
  const count =
    (name: string) =>
    (labels?: Labels, by = 1) => {
      values.set(keyOf(name, labels), (values.get(keyOf(name, labels)) ?? 0) + by);
    };
  return {
    ...noMetrics,
    values,
    counter: ({ name }) => ({ inc: count(name) }),
    gauge: ({ name }) => ({ set: (value, labels) => void values.set(keyOf(name, labels), value) }),
    histogram: ({ name }) => ({
      observe(value, labels) {
        count(`${name}_count`)(labels);
        count(`${name}_sum`)(labels, value);
      },
    }),
  };
}
