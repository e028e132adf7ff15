import { type Clock, type Logger, type Metrics, noMetrics, type Random, silentLogger, type Transport } from "@ccm/base";
import type { KubeClient, ListOptions, Patch, WatchOptions } from "./client.ts";
import { clientMetrics } from "./client-metrics.ts";
import { KubeError } from "./error.ts";
import { queryText, resourcePath } from "./path.ts";
import { type Call, createSender } from "./sender.ts";
import type { KubeObject, ResourceType } from "./types/meta.ts";
import { watchEvents } from "./watch-stream.ts";

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

/** The Kubernetes API over a transport, as plain JSON. See KubeClient. */
export function createKubeClient(options: KubeClientOptions): KubeClient {
  const base = options.baseUrl.replace(/\/+$/, "");
  const { authorize, qps, burst, userAgent = "cloud-provider-baiducloud", timeoutMs = 30_000 } = options;
  const { clock, random, send } = options;
  const sender = createSender({
    base,
    send,
    clock,
    random,
    logger: options.logger ?? silentLogger,
    measure: clientMetrics(options.metrics ?? noMetrics, clock, base),
    userAgent,
    timeoutMs,
    ...(authorize ? { authorize } : {}),
    ...(qps ? { qps, burst: burst ?? Math.max(1, qps) } : {}),
  });
  const { request } = sender;
  /** "patch services default/web at https://kubernetes:443" */
  const describe = (
    verb: string,
    type: { readonly plural: string },
    ref: { readonly namespace?: string | undefined; readonly name?: string | undefined },
    subresource?: string,
  ): string => {
    const key = [ref.namespace, ref.name].filter(Boolean).join("/");
    return `${verb} ${type.plural}${subresource ? `/${subresource}` : ""}${key ? ` ${key}` : ""} at ${base}`;
  };
  const json = async <T>(call: Call): Promise<T> => {
    const text = await request(call);
    try {
      return JSON.parse(text) as T;
    } catch {
      // Without the parser's words: they quote the answer, which may be a Secret.
      throw new KubeError("unexpected", `${call.what}: the answer of ${text.length} characters is not JSON`);
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
    watch: (type, watch) =>
      watchEvents(sender, clock, watch, {
        method: "GET",
        path: resourcePath(type, watch) + queryText(watchQuery(watch)),
        what: describe("watch", type, watch),
        signal: watch.signal,
      }),
    post: (path, body, { signal } = {}) =>
      json({
        method: "POST",
        path,
        what: `post ${path} at ${base}`,
        body: JSON.stringify(body),
        contentType: "application/json",
        signal,
      }),
    read: (path, { signal } = {}) => request({ method: "GET", path, what: `get ${path} at ${base}`, signal }),
  };
}

function listQuery(list: ListOptions): Record<string, string | number | undefined> {
  const { labelSelector, fieldSelector, limit, resourceVersion } = list;
  return { labelSelector, fieldSelector, limit, continue: list.continue, resourceVersion };
}

/** Bookmarks cost the server little and keep a quiet watch's version from growing too old. */
function watchQuery<T extends KubeObject>(
  watch: WatchOptions<T>,
): Record<string, string | number | boolean | undefined> {
  const { labelSelector, fieldSelector, resourceVersion, sendInitialEvents, timeoutSeconds } = watch;
  return {
    watch: true,
    allowWatchBookmarks: true,
    resourceVersion,
    ...(sendInitialEvents ? { sendInitialEvents, resourceVersionMatch: "NotOlderThan" } : {}),
    timeoutSeconds,
    labelSelector,
    fieldSelector,
  };
}

function namespaceOf(metadata: { readonly namespace?: string }): { readonly namespace?: string } {
  return metadata.namespace ? { namespace: metadata.namespace } : {};
}

/** The server insists on both; objects from a list have neither. */
function withKind<T extends KubeObject>(type: ResourceType<T>, object: T): T {
  const apiVersion = type.group === "" ? type.version : `${type.group}/${type.version}`;
  return { ...object, apiVersion, kind: type.kind };
}
