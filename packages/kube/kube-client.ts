import {
  type Clock,
  type HttpResponse,
  isAbort,
  type Logger,
  type Metrics,
  noMetrics,
  type Random,
  readText,
  silentLogger,
  sleep,
  TokenBucket,
  type Transport,
  withTimeout,
} from "@ccm/base";
import { noAnswer, refusal, statusOf } from "./answer.ts";
import type { KubeClient, ListOptions, Patch, WatchEvent, WatchOptions } from "./client.ts";
import { KubeError } from "./error.ts";
import { splitLines } from "./lines.ts";
import { queryText, resourcePath } from "./path.ts";
import type { KubeObject, ResourceType } from "./types/meta.ts";

export interface KubeClientOptions {
  /** `https://host:port`, with a path prefix if the server is behind one. */
  readonly baseUrl: string;
  readonly send: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger?: Logger;
  readonly metrics?: Metrics;
  /** Headers that prove who calls; asked again with `refresh` after a 401. */
  readonly authorize?: (refresh: boolean) => Promise<Readonly<Record<string, string>>>;
  readonly userAgent?: string;
  /** Calls per second on average, and at once. Absent: no limit. */
  readonly qps?: number;
  readonly burst?: number;
  /** For one attempt of a call that is not a watch. Default 30 s. */
  readonly timeoutMs?: number;
}

const PATCH_TYPES: Readonly<Record<Patch["type"], string>> = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
};

/** Attempts of a call that is safe to send again. */
const ATTEMPTS = 4;
const RETRY_MS = 250;
const LONGEST_RETRY_MS = 30_000;
const LATENCY_BUCKETS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];

interface Call {
  readonly method: string;
  readonly path: string;
  /** "patch services default/web": the start of every error's message. */
  readonly what: string;
  readonly body?: string;
  readonly contentType?: string;
  readonly signal?: AbortSignal | undefined;
}

/** The Kubernetes API over a transport, as plain JSON. See KubeClient. */
export function createKubeClient(options: KubeClientOptions): KubeClient {
  const { send, clock, random, authorize, timeoutMs = 30_000, userAgent = "cloud-provider-baiducloud" } = options;
  const base = options.baseUrl.replace(/\/+$/, "");
  const logger = options.logger ?? silentLogger;
  const measure = instruments(options.metrics ?? noMetrics, base, clock);
  const bucket = options.qps ? new TokenBucket(clock, options.qps, options.burst ?? options.qps) : undefined;

  /** One attempt; a watch's answer is left open. */
  const attempt = async (call: Call, refresh: boolean, signal?: AbortSignal): Promise<HttpResponse> => {
    await bucket?.take(signal);
    const headers = {
      accept: "application/json",
      "user-agent": userAgent,
      ...(call.contentType ? { "content-type": call.contentType } : {}),
      ...(authorize ? await authorize(refresh) : {}),
    };
    const finish = measure(call.method);
    try {
      const response = await send(
        { method: call.method, url: `${base}${call.path}`, headers, ...(call.body ? { body: call.body } : {}) },
        signal ? { signal } : {},
      );
      finish(String(response.status));
      return response;
    } catch (error) {
      finish("<error>");
      throw error;
    }
  };

  /** A call with an answer that is read whole: authorised again after a 401, repeated when that is safe. */
  const request = async (call: Call): Promise<string> => {
    let refresh = false;
    for (let tries = 1; ; tries++) {
      const { signal } = call;
      let failure: KubeError;
      try {
        const what = `${call.what}: ${base}`;
        const { status, headers, text } = await withTimeout(clock, timeoutMs, what, signal, async (inner) => {
          const response = await attempt(call, refresh, inner);
          return { status: response.status, headers: response.headers, text: await readText(response.body) };
        });
        if (status < 400) return text;
        failure = refusal(call.what, status, text, headers);
        if (status === 401 && authorize && !refresh) {
          refresh = true;
          continue;
        }
      } catch (error) {
        if (isAbort(error, signal)) throw error;
        failure = noAnswer(call.what, error);
      }
      const wait = failure.retryAfterMs ?? RETRY_MS * 2 ** (tries - 1);
      if (tries >= ATTEMPTS || wait > LONGEST_RETRY_MS || !mayRepeat(call, failure)) throw failure;
      logger.debug("repeating a Kubernetes API call", { call: call.what, tries, error: failure.message });
      await sleep(clock, wait * (1 + random.next() * 0.2), signal);
    }
  };
  const json = async <T>(call: Call): Promise<T> => {
    const text = await request(call);
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      throw new KubeError("unexpected", `${call.what}: the answer of ${base} is not JSON`, { cause });
    }
  };

  const objectName = (object: KubeObject) => ({ name: object.metadata.name ?? "", ...namespaceOf(object.metadata) });

  return {
    get: (type, ref, { resourceVersion, signal } = {}) =>
      json({
        method: "GET",
        path: resourcePath(type, ref) + queryText({ resourceVersion }),
        what: describe("get", type, ref),
        signal,
      }),
    list: (type, list = {}) =>
      json({
        method: "GET",
        path: resourcePath(type, list) + queryText(listQuery(list)),
        what: describe("list", type, list),
        signal: list.signal,
      }),
    create: (type, object, { signal } = {}) =>
      json({
        method: "POST",
        path: resourcePath(type, namespaceOf(object.metadata)),
        what: describe("create", type, objectName(object)),
        body: JSON.stringify(withKind(type, object)),
        contentType: "application/json",
        signal,
      }),
    update: (type, object, { subresource, signal } = {}) =>
      json({
        method: "PUT",
        path: resourcePath(type, objectName(object), subresource),
        what: describe("update", type, objectName(object), subresource),
        body: JSON.stringify(withKind(type, object)),
        contentType: "application/json",
        signal,
      }),
    patch: (type, ref, patch, { subresource, signal } = {}) =>
      json({
        method: "PATCH",
        path: resourcePath(type, ref, subresource),
        what: describe("patch", type, ref, subresource),
        body: JSON.stringify(patch.body),
        contentType: PATCH_TYPES[patch.type],
        signal,
      }),
    async delete(type, ref, { preconditions, gracePeriodSeconds, propagationPolicy, signal } = {}) {
      const body = {
        kind: "DeleteOptions",
        apiVersion: "v1",
        ...(preconditions ? { preconditions } : {}),
        ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
        ...(propagationPolicy ? { propagationPolicy } : {}),
      };
      await request({
        method: "DELETE",
        path: resourcePath(type, ref),
        what: describe("delete", type, ref),
        body: JSON.stringify(body),
        contentType: "application/json",
        signal,
      });
    },
    watch: (type, watch) => watchEvents(type, watch),
    post: (path, body, { signal } = {}) =>
      json({
        method: "POST",
        path,
        what: `post ${path}`,
        body: JSON.stringify(body),
        contentType: "application/json",
        signal,
      }),
    read: (path, { signal } = {}) => request({ method: "GET", path, what: `get ${path}`, signal }),
  };

  async function* watchEvents<T extends KubeObject>(
    type: ResourceType<T>,
    watch: WatchOptions,
  ): AsyncGenerator<WatchEvent<T>> {
    const { signal } = watch;
    const what = describe("watch", type, watch);
    const query = queryText({
      watch: true,
      allowWatchBookmarks: true,
      resourceVersion: watch.resourceVersion,
      timeoutSeconds: watch.timeoutSeconds,
      labelSelector: watch.labelSelector,
      fieldSelector: watch.fieldSelector,
    });
    const call: Call = { method: "GET", path: resourcePath(type, watch) + query, what, signal };
    try {
      let response = await attempt(call, false, signal);
      if (response.status === 401 && authorize) {
        await readText(response.body);
        response = await attempt(call, true, signal);
      }
      if (response.status >= 400) {
        throw refusal(what, response.status, await readText(response.body), response.headers);
      }
      for await (const line of splitLines(response.body)) yield parseEvent<T>(what, line);
    } catch (error) {
      if (isAbort(error, signal)) throw error;
      throw noAnswer(what, error);
    }
  }
}

function parseEvent<T extends KubeObject>(what: string, line: string): WatchEvent<T> {
  let event: { readonly type?: string; readonly object?: unknown };
  try {
    event = JSON.parse(line) as typeof event;
  } catch (cause) {
    throw new KubeError("unexpected", `${what}: a line of the stream is not JSON`, { cause });
  }
  if (event.type === "ERROR") {
    const text = JSON.stringify(event.object);
    throw refusal(what, statusOf(text)?.code ?? 500, text);
  }
  if (event.object === undefined || !["ADDED", "MODIFIED", "DELETED", "BOOKMARK"].includes(event.type ?? "")) {
    throw new KubeError("unexpected", `${what}: unknown event type ${JSON.stringify(event.type)}`);
  }
  return event as WatchEvent<T>;
}

/**
 * A call that certainly did nothing may be sent again, whatever it is; one that may have been carried out only if it
 * reads. Conflicts and refusals are the caller's.
 */
function mayRepeat(call: Call, failure: KubeError): boolean {
  const reads = call.method === "GET";
  if (failure.code === "throttled") return true;
  if (failure.code === "unavailable") return reads || failure.retryAfterMs !== undefined;
  return reads && (failure.code === "unreachable" || failure.code === "lost");
}

function listQuery(list: ListOptions): Record<string, string | number | undefined> {
  const { labelSelector, fieldSelector, limit, resourceVersion } = list;
  return { labelSelector, fieldSelector, limit, continue: list.continue, resourceVersion };
}

function describe<T extends KubeObject>(
  verb: string,
  type: ResourceType<T>,
  ref: { readonly namespace?: string | undefined; readonly name?: string | undefined },
  subresource?: string,
): string {
  const key = [ref.namespace, ref.name].filter(Boolean).join("/");
  return `${verb} ${type.plural}${subresource ? `/${subresource}` : ""}${key ? ` ${key}` : ""}`;
}

function namespaceOf(metadata: { readonly namespace?: string }): { readonly namespace?: string } {
  return metadata.namespace ? { namespace: metadata.namespace } : {};
}

/** The server insists on both; objects from a list have neither. */
function withKind<T extends KubeObject>(type: ResourceType<T>, object: T): T {
  const apiVersion = type.group === "" ? type.version : `${type.group}/${type.version}`;
  return { ...object, apiVersion, kind: type.kind };
}

function instruments(metrics: Metrics, base: string, clock: Clock): (method: string) => (code: string) => void {
  const host = base.replace(/^[a-z]+:\/\//, "").replace(/\/.*$/, "");
  const requests = metrics.counter({
    name: "rest_client_requests_total",
    help: "Number of HTTP requests, by status code, method and host",
    labels: ["code", "method", "host"],
  });
  const duration = metrics.histogram({
    name: "rest_client_request_duration_seconds",
    help: "Request latency in seconds, by verb and host",
    labels: ["verb", "host"],
    buckets: LATENCY_BUCKETS,
  });
  return (method) => {
    const start = clock.monotonic();
    return (code) => {
      requests.inc({ code, method, host });
      duration.observe((clock.monotonic() - start) / 1000, { verb: method, host });
    };
  };
}
