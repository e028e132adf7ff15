import type { Message } from "./protobuf/message.ts";
import type { KubeList, KubeObject, ObjectRef, ResourceType } from "./types/meta.ts";

export interface CallOptions {
  readonly signal?: AbortSignal;
}

export interface ListOptions extends CallOptions {
  /** Absent: all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
  readonly continue?: string;
  /** "0": any version the server has at hand. */
  readonly resourceVersion?: string;
}

export interface WatchOptions<T extends KubeObject = KubeObject> extends CallOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly resourceVersion: string;
  /**
   * All objects come first, as additions, then a bookmark for which `endsInitialEvents` holds; the changes since follow.
   * A server that cannot do this refuses with code "invalid".
   */
  readonly sendInitialEvents?: boolean;
  /** The server ends the watch after this long. */
  readonly timeoutSeconds?: number;
  /**
   * Reads the objects from protobuf, which costs the server and us much less than JSON does. Of each object only the fields
   * that the message names are there. A server that does not know protobuf answers in JSON, with whole objects.
   */
  readonly message?: Message<T>;
}

export type WatchEvent<T extends KubeObject> =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: T }
  /** Only metadata.resourceVersion is set. */
  | { readonly type: "BOOKMARK"; readonly object: KubeObject };

export function endsInitialEvents(event: WatchEvent<KubeObject>): boolean {
  return event.type === "BOOKMARK" && event.object.metadata.annotations?.["k8s.io/initial-events-end"] === "true";
}

/** json: a list of RFC 6902 operations; merge: RFC 7386; strategic: merge with Kubernetes' list keys and directives. */
export interface Patch {
  readonly type: "json" | "merge" | "strategic";
  readonly body: unknown;
}

export interface DeleteOptions extends CallOptions {
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: "Orphan" | "Background" | "Foreground";
}

/**
 * The Kubernetes API. Every call throws a KubeError (`error.ts`) when the server refuses or cannot be reached, and the
 * signal's reason after an abort. Objects are plain JSON; fields this code does not know survive a get and an update.
 */
export interface KubeClient {
  get<T extends KubeObject>(
    type: ResourceType<T>,
    ref: ObjectRef,
    options?: CallOptions & { readonly resourceVersion?: string },
  ): Promise<T>;
  /** One page. `listAll` in list.ts follows the pages. */
  list<T extends KubeObject>(type: ResourceType<T>, options?: ListOptions): Promise<KubeList<T>>;
  create<T extends KubeObject>(type: ResourceType<T>, object: T, options?: CallOptions): Promise<T>;
  /** Replaces the object, or a subresource of it such as "status". Conflicts when its resourceVersion is not the newest. */
  update<T extends KubeObject>(
    type: ResourceType<T>,
    object: T,
    options?: CallOptions & { readonly subresource?: string },
  ): Promise<T>;
  patch<T extends KubeObject>(
    type: ResourceType<T>,
    ref: ObjectRef,
    patch: Patch,
    options?: CallOptions & { readonly subresource?: string },
  ): Promise<T>;
  delete<T extends KubeObject>(type: ResourceType<T>, ref: ObjectRef, options?: DeleteOptions): Promise<void>;
  /** Ends when the server ends it; throws a KubeError with code "gone" when resourceVersion is too old. Bookmarks are asked for. */
  watch<T extends KubeObject>(type: ResourceType<T>, options: WatchOptions<T>): AsyncIterable<WatchEvent<T>>;
  /** Creates a review object (TokenReview, SubjectAccessReview) and returns the answer; the path is absolute. */
  post<T>(path: string, body: unknown, options?: CallOptions): Promise<T>;
  /** The text at an absolute path such as "/healthz" or "/version". */
  read(path: string, options?: CallOptions): Promise<string>;
}
