import type { KubeClient, ListOptions } from "./client.ts";
import { hasCode } from "./error.ts";
import type { KubeObject, ResourceType } from "./types/meta.ts";

/**
 * All objects of a kind, page by page; `transform` sees each as it comes, so that what it drops is never kept. When the
 * pages grow too old to be followed, everything is read again at once, as upstream does: a list that takes longer than
 * the server remembers would otherwise never end.
 */
export async function listAll<T extends KubeObject>(
  client: KubeClient,
  type: ResourceType<T>,
  options: Omit<ListOptions, "continue"> & { readonly transform?: (object: T) => T } = {},
): Promise<{ readonly items: readonly T[]; readonly resourceVersion: string }> {
  const { transform, limit = 500, ...rest } = options;
  let items: T[] = [];
  let position: Pick<ListOptions, "continue" | "limit"> = { limit };
  for (;;) {
    const page = await client.list(type, { ...rest, ...position }).catch((error: unknown) => {
      if (position.continue && hasCode(error, "gone")) return undefined;
      throw error;
    });
    if (!page) {
      items = [];
      position = {};
      continue;
    }
    for (const item of page.items) items.push(transform ? transform(item) : item);
    const { continue: next, resourceVersion = "" } = page.metadata;
    if (!next) return { items, resourceVersion };
    position = { limit, continue: next };
  }
}
