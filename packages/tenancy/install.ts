import { hasCode, type KubeClient, type KubeObject, type ResourceType } from "@ccm/kube";
import { contentOf, same } from "./same.ts";

const PLURALS: Readonly<Record<string, string>> = {
  ValidatingAdmissionPolicy: "validatingadmissionpolicies",
  ValidatingAdmissionPolicyBinding: "validatingadmissionpolicybindings",
  ValidatingWebhookConfiguration: "validatingwebhookconfigurations",
  MutatingWebhookConfiguration: "mutatingwebhookconfigurations",
};

/** Creates, or brings up to date, what admission is made of. An operator that starts again writes nothing that is so already. */
export async function install(client: KubeClient, objects: readonly KubeObject[], signal: AbortSignal): Promise<void> {
  for (const object of objects) {
    const { kind = "", metadata } = object;
    const type: ResourceType<KubeObject> = {
      group: "admissionregistration.k8s.io",
      version: "v1",
      kind,
      plural: PLURALS[kind] ?? "",
      namespaced: false,
    };
    try {
      await client.create(type, object, { signal });
    } catch (error) {
      if (!hasCode(error, "already_exists")) throw error;
      const there = await client.get(type, { name: metadata.name ?? "" }, { signal });
      if (same(meaning(there), meaning(object))) continue;
      const { resourceVersion } = there.metadata;
      await client.update(
        type,
        { ...object, metadata: { ...metadata, ...(resourceVersion ? { resourceVersion } : {}) } },
        { signal },
      );
    }
  }
}

/** The API server adds defaults: objects with them are written once more at the start, which changes nothing. */
function meaning(object: KubeObject) {
  return { ...contentOf(object), webhooks: (object as KubeObject & { readonly webhooks?: unknown }).webhooks };
}
