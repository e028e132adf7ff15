import type { ClusterGrant, ClusterRole } from "@ccm/baiducloud-simulator";
import { type HttpHandler, jsonResponse } from "@ccm/base";
import type { AccessQuestion } from "@ccm/kube-server";

/** What users whom CCE lets into the lab's cluster may do there: its roles, which on a real one are ClusterRoles. */
export interface Grants {
  /** From now on a user has just these. */
  set(user: string, grants: readonly ClusterGrant[]): void;
  /** Refuses what a user outside of system:masters was not granted. */
  guard(handler: HttpHandler): HttpHandler;
  /** The same, asked beforehand: `kubectl auth can-i`. */
  allows(question: AccessQuestion): boolean;
}

interface Asked {
  readonly verb: string;
  readonly resource: string;
  /** Undefined: of all namespaces, or not in any. */
  readonly namespace: string | undefined;
  /** Whether objects of the resource are in no namespace. */
  readonly ofCluster: boolean;
}

const MASTERS = "system:masters";
const OBJECTS = /^\/(?:api\/v1|apis\/([^/]+)\/[^/]+)\/(?:namespaces\/([^/]+)\/)?([^/]+)/;
/** Everybody may ask who he is, and what he may. */
const REVIEWS = new Set(["authentication.k8s.io", "authorization.k8s.io"]);
const READABLE_BY_DEVOPS = new Set(["nodes", "namespaces", "persistentvolumes", "storageclasses"]);
const OF_CLUSTER = new Set([
  ...READABLE_BY_DEVOPS,
  "clusterroles",
  "clusterrolebindings",
  "customresourcedefinitions",
  "ingressclasses",
  "priorityclasses",
]);
const VERBS: Readonly<Record<string, string>> = { POST: "create", PUT: "update", PATCH: "patch", DELETE: "delete" };

const READS = new Set(["get", "list", "watch"]);

const MAY: Readonly<Record<ClusterRole, (asked: Asked) => boolean>> = {
  "cce:admin": () => true,
  "cce:devops": ({ verb, resource, ofCluster }) => !ofCluster || (READS.has(verb) && READABLE_BY_DEVOPS.has(resource)),
  "cce:readonly": ({ verb, ofCluster }) => !ofCluster && READS.has(verb),
};

export function createGrants(): Grants {
  const byUser = new Map<string, readonly ClusterGrant[]>();
  const covers = ({ namespace }: ClusterGrant, asked: Asked): boolean =>
    namespace === "all" || (!asked.ofCluster && namespace === asked.namespace);
  const may = (user: string, asked: Asked): boolean =>
    (byUser.get(user) ?? []).some((grant) => covers(grant, asked) && MAY[grant.role](asked));
  return {
    set(user, grants) {
      byUser.set(user, grants);
    },
    guard: (handler) => async (request) => {
      const { peer, method, target } = request;
      if (!peer || peer.organizations.includes(MASTERS)) return handler(request);
      const [path = ""] = target.split("?");
      const [, group = "", namespace, resource] = OBJECTS.exec(path) ?? [];
      // What there is, everybody may see.
      if (resource === undefined || REVIEWS.has(group)) return handler(request);
      const asked = { verb: VERBS[method] ?? "get", resource, namespace, ofCluster: OF_CLUSTER.has(resource) };
      if (may(peer.commonName, asked)) return handler(request);
      return forbidden(peer.commonName, group, asked);
    },
    allows({ user, resourceAttributes }) {
      if (!resourceAttributes) return true;
      const text = (field: string) => String(resourceAttributes[field] ?? "");
      const resource = text("resource");
      const namespace = text("namespace") || undefined;
      return may(user, { verb: text("verb"), resource, namespace, ofCluster: OF_CLUSTER.has(resource) });
    },
  };
}

/** In the words of the real one. */
function forbidden(user: string, group: string, { verb, resource, namespace }: Asked) {
  const scope = namespace === undefined ? "at the cluster scope" : `in the namespace "${namespace}"`;
  const what = `User "${user}" cannot ${verb} resource "${resource}" in API group "${group}" ${scope}`;
  return jsonResponse(403, {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: `${group === "" ? resource : `${resource}.${group}`} is forbidden: ${what}`,
    reason: "Forbidden",
    details: { ...(group === "" ? {} : { group }), kind: resource },
    code: 403,
  });
}
