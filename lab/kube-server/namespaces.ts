/** What the namespace controller does: empties a dying namespace, then lets it go. */
import type { Cancel } from "@ccm/base";
import { fieldsOf, listOf, type Stored } from "./json.ts";
import { type Context, type Resource, timestamp } from "./resource.ts";
import type { Writes } from "./writes.ts";

const FIRST = ["default", "kube-node-lease", "kube-public", "kube-system"];

/** Makes the namespaces of every cluster and the Service of the API server. */
export function bootstrap({ store, clock, random }: Context, firstIp: string): void {
  const meta = () => ({ uid: random.uuid(), creationTimestamp: timestamp(clock) });
  for (const name of FIRST) {
    store.put("namespaces", name, {
      metadata: { name, ...meta(), labels: { "kubernetes.io/metadata.name": name } },
      spec: { finalizers: ["kubernetes"] },
      status: { phase: "Active" },
    });
  }
  store.put("services", "default/kubernetes", {
    metadata: {
      name: "kubernetes",
      namespace: "default",
      ...meta(),
      labels: { component: "apiserver", provider: "kubernetes" },
    },
    spec: {
      type: "ClusterIP",
      sessionAffinity: "None",
      internalTrafficPolicy: "Cluster",
      ipFamilies: ["IPv4"],
      ipFamilyPolicy: "SingleStack",
      clusterIP: firstIp,
      clusterIPs: [firstIp],
      ports: [{ name: "https", protocol: "TCP", port: 443, targetPort: 6443 }],
    },
    status: { loadBalancer: {} },
  });
}

/** Follows the store until the returned function is called. */
export function runNamespaces(context: Context, resources: readonly Resource[], writes: Writes): () => void {
  const { store, clock } = context;
  const waiting = new Map<string, Cancel>();
  let closed = false;
  const kept = resources.filter((one) => one.namespaced && !one.toView);
  const look = (name: string) => {
    const namespace = store.get("namespaces", name);
    if (closed || !namespace?.metadata.deletionTimestamp || waiting.has(name)) return;
    // Later, so that a client sees the namespace as Terminating first, and a burst of deletions is one look.
    waiting.set(
      name,
      clock.schedule(0, () => {
        waiting.delete(name);
        empty(name);
      }),
    );
  };
  const empty = (name: string) => {
    let left = 0;
    for (const resource of kept) {
      for (const object of inNamespace(resource, name)) {
        if (!writes.delete({ resource, namespace: name, name: object.metadata.name ?? "" }, { grace: 0 }).gone) left++;
      }
    }
    const namespace = store.get("namespaces", name);
    if (left > 0 || !namespace?.metadata.deletionTimestamp) return;
    const finalizers = listOf(fieldsOf(namespace.spec).finalizers).filter((one) => one !== "kubernetes");
    if (finalizers.length > 0 || listOf(namespace.metadata.finalizers).length > 0) {
      if (finalizers.length !== listOf(fieldsOf(namespace.spec).finalizers).length) {
        store.put("namespaces", name, { ...namespace, spec: { finalizers } });
      }
    } else store.remove("namespaces", name);
  };
  const inNamespace = (resource: Resource, namespace: string): Stored[] => {
    const snapshot = store.snapshot(resource.table);
    return (snapshot?.keys ?? []).flatMap((key) => {
      const object = key.startsWith(`${namespace}/`) ? snapshot?.get(key) : undefined;
      return object ? [object] : [];
    });
  };
  store.observe((table, change) => {
    if (table === "namespaces") look(change.key);
    else if (change.type === "DELETED" && change.object.metadata.namespace) look(change.object.metadata.namespace);
  });
  return () => {
    closed = true;
    for (const cancel of waiting.values()) cancel();
  };
}
