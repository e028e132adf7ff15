import { readFile } from "node:fs/promises";
import { hasCode, type KubeClient, type KubeObject, type ResourceType, SERVICES } from "@ccm/kube";
import { parseAllDocuments } from "yaml";

const DEPLOYMENTS: ResourceType<KubeObject> = {
  group: "apps",
  version: "v1",
  plural: "deployments",
  kind: "Deployment",
  namespaced: true,
};
const TYPES: Readonly<Record<string, ResourceType<KubeObject>>> = { Service: SERVICES, Deployment: DEPLOYMENTS };
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/** Creates what a manifest describes, marked so that a later `kubectl apply` of the same file carries on from it. */
export async function applyManifest(client: KubeClient, path: string, namespace = "default"): Promise<void> {
  for (const document of parseAllDocuments(await readFile(path, "utf8"))) {
    const object = document.toJS() as KubeObject;
    const type = TYPES[object.kind ?? ""];
    if (!type) throw new Error(`${path}: kind ${object.kind}: expected one of ${Object.keys(TYPES).join(", ")}`);
    const metadata = { ...object.metadata, namespace: object.metadata.namespace ?? namespace };
    const annotations = { ...metadata.annotations, [LAST_APPLIED]: `${JSON.stringify({ ...object, metadata })}\n` };
    try {
      await client.create(type, { ...object, metadata: { ...metadata, annotations } });
    } catch (error) {
      if (!hasCode(error, "already_exists")) throw error;
    }
  }
}
