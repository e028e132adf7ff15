import { TENANT_LABEL } from "../names.ts";
import type { Tenant } from "../tenant.ts";
import { type Managed, managedMeta, OBJECT_NAME } from "./managed.ts";

/** In each namespace a NetworkPolicy for all Pods: in comes who may, out goes everything. */
export function networkPolicies(tenant: Tenant, namespaces: readonly string[]): readonly Managed[] {
  const { network } = tenant.spec;
  if (!network || network.isolation === "none") return [];
  const name = tenant.metadata.name ?? "";
  const ofTenant = (other: string) => ({ namespaceSelector: { matchLabels: { [TENANT_LABEL]: other } } });
  const from = [
    network.isolation === "tenant" ? ofTenant(name) : { podSelector: {} },
    ...(network.allowFrom ?? []).map((peer) =>
      peer.cidr
        ? { ipBlock: { cidr: peer.cidr } }
        : peer.tenant
          ? ofTenant(peer.tenant)
          : { namespaceSelector: { matchLabels: peer.namespaceLabels } },
    ),
  ];
  const spec = { podSelector: {}, policyTypes: ["Ingress"], ingress: [{ from }] };
  return namespaces.map((namespace) => ({
    facet: "network",
    kind: "NetworkPolicy",
    object: { metadata: managedMeta(name, OBJECT_NAME, namespace), spec },
  }));
}
