import { operations, part } from "../../api/operation.ts";
import { integer, object } from "../../api/schema.ts";
import { getCluster } from "./cluster-model.ts";
import { nodesOfCluster } from "./node-model.ts";
import { clustersOf } from "./records.ts";
import { done, REQUEST_ID, v2 } from "./wire.ts";

const QUOTA = object({ quota: integer(), used: integer(), ...REQUEST_ID });

const OPERATIONS = operations({
  GetClusterQuota: {
    summary: "How many clusters there may be, and are.",
    method: "GET",
    ...v2("/quota/cluster"),
    answer: QUOTA,
  },
  GetClusterNodeQuota: {
    summary: "How many nodes a cluster may have, and has.",
    method: "GET",
    ...v2("/quota/cluster/{clusterID}/node"),
    answer: QUOTA,
    errors: ["cce.warning.ClusterNotFound"],
  },
});

export const quotas = part(OPERATIONS, (account) => ({
  GetClusterQuota: () => ({ quota: account.quotas.cceClusters, used: clustersOf(account).size, ...done(account) }),
  GetClusterNodeQuota({ params: { clusterID } }) {
    const { clusterId } = getCluster(account, clusterID);
    const used = nodesOfCluster(account, clusterId).length;
    return { quota: account.quotas.cceNodesPerCluster, used, ...done(account) };
  },
}));
