import { ALL, type BceClient, CLUSTER_ROLES, type ClusterRole } from "@ccm/bce";
import type { TenantCloud } from "@ccm/tenancy";

/** Grants in one cluster of CCE. Those for all namespaces are nobody's of a tenant: they are not told. */
export function cceTenantCloud(access: BceClient["cceAccess"], clusterId: string): TenantCloud {
  return {
    async grantsOf(user, signal) {
      const grants = await access.listGrants(user, { signal });
      return grants
        .filter((grant) => grant.clusterId === clusterId && grant.namespace !== ALL)
        .map(({ namespace, role }) => ({ user, namespace, role }));
    },
    async grant({ user, namespace, role }, signal) {
      const known = CLUSTER_ROLES.find((one): one is ClusterRole => one === role);
      if (!known) throw new Error(`role ${role}: expected one of ${CLUSTER_ROLES.join(", ")}`);
      const outcomes = await access.grant({ clusterId, userId: user, role: known, namespace }, { signal });
      const failed = outcomes.find(({ success }) => !success);
      if (failed) throw new Error(`${failed.clusterId}: ${failed.message || "refused without a reason"}`);
    },
    revoke: ({ user, namespace }, signal) => access.revoke({ clusterId, userId: user, namespace }, { signal }),
  };
}
