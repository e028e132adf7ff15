import type { KubeClient, ListOptions } from "./client.ts";
import type { KubeObject, ResourceType } from "./types/meta.ts";

/** All objects of a kind, page by page; `transform` sees each as it comes, so that what it drops is never kept. */
export async function listAll<T extends KubeObject>(
  client: KubeClient,
  type: ResourceType<T>,
  options: Omit<ListOptions, "continue"> & { readonly transform?: (object: T) => T } = {},
): Promise<{ readonly items: readonly T[]; readonly resourceVersion: string }> {
  const { transform, limit = 500, ...rest } = options;
  const items: T[] = [];
  let next: string | undefined;
  for (;;) {
    const page = await client.list(type, { ...rest, limit, ...(next ? { continue: next } : {}) });
    for (const item of page.items) items.push(transform ? transform(item) : item);
    next = page.metadata.continue;
    if (!next) return { items, resourceVersion: page.metadata.resourceVersion ?? "" };
  }
}
