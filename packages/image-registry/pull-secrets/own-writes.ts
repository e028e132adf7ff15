import type { KubeObject } from "@ccm/kube";

/**
 * Our writes that the copies of the API server's objects do not show yet. Until they do, an object is not looked at: it would
 * be written again, in vain. What then comes of it is told as any change is, and looked at.
 */
export interface OwnWrites {
  /** `before`: what the write was based on; `after`: what the server made of it; `cached`: what the copy shows by now. */
  wrote(
    key: string,
    before: KubeObject | undefined,
    after: KubeObject | undefined,
    cached: KubeObject | undefined,
  ): void;
  /** The copy has changed. */
  seen(key: string): void;
  isWaiting(key: string): boolean;
}

export function createOwnWrites(): OwnWrites {
  const waiting = new Set<string>();
  const version = (object: KubeObject | undefined) => object?.metadata.resourceVersion;
  return {
    wrote(key, before, after, cached) {
      const changed = version(before) !== version(after);
      if (changed && version(cached) === version(before)) waiting.add(key);
    },
    seen: (key) => void waiting.delete(key),
    isWaiting: (key) => waiting.has(key),
  };
}
