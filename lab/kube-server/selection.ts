/** Which objects a list or a watch is about. */
import { type Stored, textOf } from "./json.ts";
import type { Resource } from "./resource.ts";
import { matchesLabels, parseFieldSelector, parseLabelSelector } from "./selectors.ts";
import { badRequest } from "./status-errors.ts";

export interface Selection {
  readonly namespace: string | undefined;
  /** Whether it takes everything of the namespace. */
  readonly everything: boolean;
  matches(object: Stored): boolean;
}

/** Throws a 400 for a selector that cannot be read or a field that cannot be selected by. */
export function selectionOf(resource: Resource, namespace: string | undefined, query: URLSearchParams): Selection {
  const labels = parseLabelSelector(query.get("labelSelector") ?? "");
  const terms = parseFieldSelector(query.get("fieldSelector") ?? "").map((term) => {
    const read = readerOf(resource, term.field);
    return (object: Stored) => (textOf(read(object)) === term.value) === term.equals;
  });
  const inNamespace = (object: Stored) => namespace === undefined || object.metadata.namespace === namespace;
  return {
    namespace,
    everything: labels.length === 0 && terms.length === 0,
    matches: (object) =>
      inNamespace(object) &&
      matchesLabels(labels, object.metadata.labels ?? {}) &&
      terms.every((matches) => matches(object)),
  };
}

function readerOf(resource: Resource, field: string): (object: Stored) => unknown {
  if (field === "metadata.name") return (object) => object.metadata.name;
  if (field === "metadata.namespace") return (object) => object.metadata.namespace;
  // The stored Event of core/v1 is also what events.k8s.io selects in, under its own names.
  const name = resource.group === "events.k8s.io" ? field.replace(/^regarding\./, "involvedObject.") : field;
  const read = Object.hasOwn(resource.fieldLabels, name) ? resource.fieldLabels[name] : undefined;
  if (!read) {
    const plain = Object.keys(resource.fieldLabels).length === 0;
    throw badRequest(
      plain
        ? `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`
        : `field label not supported: ${field}`,
    );
  }
  return read;
}
