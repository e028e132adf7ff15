/** Objects to bytes; each stored object is turned into JSON once, whoever asks for it. */
import type { Stored } from "./json.ts";
import { apiVersionOf, type Resource } from "./resource.ts";

export class Encoder {
  readonly #tails = new Map<string, WeakMap<Stored, string>>();
  /** The newest event: a change goes to one watcher after the other, and is made into bytes for the first. */
  #last: { readonly head: string; readonly stored: Stored; readonly bytes: Uint8Array } | undefined;

  /** The object's JSON without its opening brace, apiVersion and kind; items of a list have neither. */
  #tail(resource: Resource, stored: Stored): string {
    const view = resource.toView ? apiVersionOf(resource) : "";
    let tails = this.#tails.get(view);
    if (!tails) {
      tails = new WeakMap();
      this.#tails.set(view, tails);
    }
    let tail = tails.get(stored);
    if (tail === undefined) {
      const { metadata, ...rest } = resource.toView ? resource.toView(stored) : stored;
      tail = JSON.stringify({ metadata, ...rest }).slice(1);
      tails.set(stored, tail);
    }
    return tail;
  }

  object(resource: Resource, stored: Stored): string {
    return `{"kind":"${resource.kind}","apiVersion":"${apiVersionOf(resource)}",${this.#tail(resource, stored)}`;
  }

  /** A line of a watch. The bytes are shared, and not to be changed. */
  event(type: string, resource: Resource, stored: Stored): Uint8Array {
    const head = `{"type":"${type}","object":{"kind":"${resource.kind}","apiVersion":"${apiVersionOf(resource)}",`;
    if (this.#last?.stored === stored && this.#last.head === head) return this.#last.bytes;
    const bytes = Buffer.from(`${head}${this.#tail(resource, stored)}}\n`);
    this.#last = { head, stored, bytes };
    return bytes;
  }

  /** `metadata`: of the list. */
  list(resource: Resource, items: readonly Stored[], metadata: unknown): string {
    const texts = items.map((item) => `{${this.#tail(resource, item)}`);
    const head = `{"kind":"${resource.kind}List","apiVersion":"${apiVersionOf(resource)}","metadata":${JSON.stringify(metadata)}`;
    return `${head},"items":[${texts.join(",")}]}`;
  }
}

export function wireOf(resource: Resource, stored: Stored): Stored {
  const view = resource.toView ? resource.toView(stored) : stored;
  return { apiVersion: apiVersionOf(resource), kind: resource.kind, ...view };
}
