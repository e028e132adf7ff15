import type { KubeClient } from "@ccm/kube";

/** One thing that the CCM does in the cluster. */
export interface AccessNeed {
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly verbs: readonly string[];
  /** "" for all of them. */
  readonly namespace: string;
  /** "" for all of them. */
  readonly name: string;
  readonly why: string;
}

const need = (
  resource: string,
  verbs: string,
  why: string,
  { group = "", namespace = "", name = "" } = {},
): AccessNeed => {
  const [main = "", subresource] = resource.split("/");
  return {
    group,
    resource: main,
    ...(subresource ? { subresource } : {}),
    verbs: verbs.split(" "),
    namespace,
    name,
    why,
  };
};

/** What deploy/rbac.yaml and deploy/rbac-baiducloud.yaml grant, but for what only some cloud configs need. */
export const ACCESS_NEEDS: readonly AccessNeed[] = [
  need("nodes", "get list watch patch delete", "initialises nodes, and removes those whose machine is gone"),
  need("nodes/status", "patch", "writes addresses and the condition NetworkUnavailable"),
  need("services", "get list watch patch", "sees load balancers that are wanted, and notes which they are"),
  need("services/status", "patch", "writes addresses and conditions"),
  need("events", "create patch", "tells what goes wrong"),
  need("endpointslices", "list watch", "knows the nodes of a Service with externalTrafficPolicy Local", {
    group: "discovery.k8s.io",
  }),
  need("tenants", "get list watch", "knows what tenants may have in the cloud", { group: "tenancy.baidubce.com" }),
  need("tenants/status", "patch", "tells what tenants have in the cloud", { group: "tenancy.baidubce.com" }),
  need("namespaces", "get list watch", "knows whose a namespace is, where there are tenants"),
  need("leases", "create", "elects a leader", { group: "coordination.k8s.io", namespace: "kube-system" }),
  need("leases", "get update", "elects a leader", {
    group: "coordination.k8s.io",
    namespace: "kube-system",
    name: "cloud-controller-manager",
  }),
];

/** A need for a Secret that the cloud config names. */
export function secretNeed(secret: { readonly namespace: string; readonly name: string }): AccessNeed {
  return need("secrets", "get", "reads the credentials that the cloud config names", secret);
}

/** The verbs that the client's user may not use. Throws what the API server says. */
export async function refusedVerbs(
  client: Pick<KubeClient, "post">,
  { group, resource, subresource, verbs, namespace, name }: AccessNeed,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const asked = verbs.map(async (verb) => {
    const resourceAttributes = {
      verb,
      group,
      resource,
      ...(subresource ? { subresource } : {}),
      ...(namespace === "" ? {} : { namespace }),
      ...(name === "" ? {} : { name }),
    };
    const path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    const body = {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SelfSubjectAccessReview",
      spec: { resourceAttributes },
    };
    const { status } = await client.post<{ readonly status?: { readonly allowed?: boolean } }>(path, body, { signal });
    return status?.allowed === true ? [] : [verb];
  });
  return (await Promise.all(asked)).flat();
}
