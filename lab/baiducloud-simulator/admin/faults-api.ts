import { type HttpResponse, jsonResponse, type ServerRequest } from "@ccm/base";
import { inputOf, parseTarget } from "../api/wire.ts";
import type { Faults } from "../faults/engine.ts";
import { type Change, parseChange } from "../faults/mutations.ts";
import { PRESETS } from "../faults/presets.ts";

export const FAULTS_INDEX = {
  "GET /admin/faults": "the rules by which the cloud misbehaves, with their firings",
  "POST /admin/faults": 'add one: {"match": {"product"?, "operation"?, "resource"?, …}, "effect": {"kind", …}}',
  "PUT /admin/faults/{id}": 'change one: {"enabled"?, "match"?, "effect"?}',
  "DELETE /admin/faults/{id}": "remove one; without an id: all",
  "GET /admin/fault-presets": "rules to choose from, by name",
  "POST /admin/mutations": 'change something behind the client\'s back: {"action", "resource", …}',
};

/** Undefined for what is not about faults. Throws Faults. */
export function handleFaults(
  { faults, mutate }: { readonly faults: Faults; mutate(change: Change): void },
  request: ServerRequest,
): HttpResponse | undefined {
  if (!/^\/admin\/(faults|fault-presets|mutations)([/?]|$)/.test(request.target)) return undefined;
  const { method, path, body } = inputOf(request.method, parseTarget(request.target), request.body);
  const id = /^\/admin\/faults\/([^/]+)$/.exec(path)?.[1];
  if (id !== undefined) {
    if (method === "PUT") return jsonResponse(200, faults.change(id, body));
    if (method !== "DELETE") return undefined;
    faults.remove(id);
    return jsonResponse(200, {});
  }
  switch (`${method} ${path}`) {
    case "GET /admin/faults":
      return jsonResponse(200, { rules: faults.list() });
    case "POST /admin/faults":
      return jsonResponse(200, faults.add(body));
    case "DELETE /admin/faults":
      faults.clear();
      return jsonResponse(200, {});
    case "GET /admin/fault-presets":
      return jsonResponse(200, PRESETS);
    case "POST /admin/mutations":
      mutate(parseChange(body));
      return jsonResponse(200, {});
    default:
      return undefined;
  }
}
