import { mapLimited } from "@ccm/base";
import type { KubeObject } from "@ccm/kube";
import type { ControlPlane } from "./control-plane.ts";

/** What a cluster has from its start and keeps. */
const KEPT_NAMESPACES = new Set(["default", "kube-system", "kube-public", "kube-node-lease"]);
const NAMESPACED = [
  "/api/v1/services",
  "/api/v1/pods",
  "/api/v1/endpoints",
  "/api/v1/events",
  "/apis/coordination.k8s.io/v1/leases",
  "/apis/discovery.k8s.io/v1/endpointslices",
];

const AT_ONCE = 20;

/** Deletes what tests leave behind, finalizers or not, without any controller's help. Objects of RBAC and CRDs stay. */
export async function emptyCluster({ admin: { request } }: ControlPlane): Promise<void> {
  const list = async (path: string) =>
    (JSON.parse((await request("GET", path)).text) as { items?: readonly KubeObject[] }).items ?? [];
  const remove = async (path: string, { metadata }: KubeObject) => {
    if (metadata.finalizers?.length) {
      const text = JSON.stringify({ metadata: { finalizers: null } });
      await request("PATCH", path, { contentType: "application/merge-patch+json", text });
    }
    await request("DELETE", `${path}?gracePeriodSeconds=0`);
  };
  for (const path of NAMESPACED) {
    const [root, plural] = [path.slice(0, path.lastIndexOf("/")), path.slice(path.lastIndexOf("/") + 1)];
    await mapLimited(await list(path), AT_ONCE, async (object) => {
      const { namespace, name } = object.metadata;
      // The API server makes these for itself, and needs them.
      if (name === "kubernetes" || (plural === "leases" && name?.startsWith("apiserver-"))) return;
      await remove(`${root}/namespaces/${namespace}/${plural}/${name}`, object);
    });
  }
  const nodes = await list("/api/v1/nodes");
  await mapLimited(nodes, AT_ONCE, (node) => remove(`/api/v1/nodes/${node.metadata.name}`, node));
  for (const { metadata } of await list("/api/v1/namespaces")) {
    if (KEPT_NAMESPACES.has(metadata.name ?? "")) continue;
    await request("DELETE", `/api/v1/namespaces/${metadata.name}`);
    // What the namespace controller would do at the end.
    const text = JSON.stringify({ apiVersion: "v1", kind: "Namespace", metadata: { name: metadata.name }, spec: {} });
    await request("PUT", `/api/v1/namespaces/${metadata.name}/finalize`, { contentType: "application/json", text });
  }
}
