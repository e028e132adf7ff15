import { ANY_TEXT } from "../../api/common.ts";
import { Fault } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { anything, boolean, integer, list, object, openObject, optional, text } from "../../api/schema.ts";
import { subjectOf } from "../iam/authorize.ts";
import {
  addCluster,
  beginDeletion,
  checkNewCluster,
  getCluster,
  simpleInstances,
  startClusters,
  viewCluster,
} from "./cluster-model.ts";
import { addGroup, checkGroup } from "./group-model.ts";
import { addNode, checkSpec } from "./node-model.ts";
import { type Cluster, clustersOf, type Json, textOf } from "./records.ts";
import { CLUSTER, CLUSTER_SPEC, GROUP_SPEC, INSTANCE_SET } from "./schemas.ts";
import { DONE, done, invalid, numbered, PAGE, quotaExceeded, REQUEST_ID, SEARCH, search, v2 } from "./wire.ts";

const FLAG = optional(boolean(), false);
const NOT_FOUND = "cce.warning.ClusterNotFound";

const OPERATIONS = operations({
  CreateCluster: {
    summary: "Creates a cluster with its first instances and groups.",
    method: "POST",
    ...v2("/cluster"),
    body: object({
      metadata: optional(anything()),
      cluster: CLUSTER_SPEC,
      masters: optional(list(INSTANCE_SET), []),
      nodes: optional(list(INSTANCE_SET), []),
      nodeGroups: optional(list(GROUP_SPEC), []),
      options: optional(openObject({ skipNetworkCheck: optional(boolean()) })),
    }),
    answer: object({ clusterID: text(), orderID: ANY_TEXT, ...REQUEST_ID }),
    errors: ["cce.warning.InvalidParam", "cce.warning.QuotaExceeded"],
    delay: "cceClusterCreate",
  },
  GetCluster: {
    summary: "One cluster with its instances.",
    method: "GET",
    ...v2("/cluster/{clusterID}"),
    answer: object({ cluster: CLUSTER, ...REQUEST_ID }),
    errors: [NOT_FOUND],
  },
  ListClusters: {
    summary: "Clusters, paged by number.",
    method: "GET",
    ...v2("/clusters"),
    query: { ...SEARCH, ...PAGE },
    answer: object({
      clusterPage: object({
        keywordType: ANY_TEXT,
        keyword: ANY_TEXT,
        orderBy: ANY_TEXT,
        order: ANY_TEXT,
        pageNo: integer(),
        pageSize: integer(),
        totalCount: integer(),
        clusterList: list(CLUSTER),
      }),
      ...REQUEST_ID,
    }),
    errors: ["cce.warning.InvalidParam"],
  },
  DeleteCluster: {
    summary: "Deletes a cluster. Its machines stay unless deleteResource is true.",
    method: "DELETE",
    ...v2("/cluster/{clusterID}"),
    query: { deleteResource: FLAG, deleteCDSSnapshot: FLAG, batchRefundResource: FLAG, moveOut: FLAG },
    answer: DONE,
    errors: [NOT_FOUND, "cce.warning.ForbidDelete"],
    delay: "cceClusterDelete",
  },
});

const KEYWORDS = {
  clusterName: ({ spec }: Cluster) => textOf(spec, "clusterName"),
  clusterID: ({ clusterId }: Cluster) => clusterId,
};
const ORDERS = { ...KEYWORDS, createdAt: ({ createdAt }: Cluster) => createdAt };

export const clusters = part(OPERATIONS, (account) => {
  startClusters(account);
  return {
    CreateCluster({ body, principal }) {
      const { cluster: given, masters, nodes, nodeGroups } = body;
      checkNewCluster(account, given);
      const isCustom = given.masterConfig?.masterType === "custom";
      if (masters.length > 0 && !isCustom) throw invalid("masters: only for masterType custom.");
      if (isCustom && masters.length === 0) throw invalid("masters: expected instances for masterType custom.");
      const planned = { clusterId: "", spec: given } as Pick<Cluster, "clusterId" | "spec"> as Cluster;
      const sets: readonly (readonly [role: string, set: { instanceSpec: Json; count: number }])[] = [
        ...masters.map((set) => ["master", set] as const),
        ...nodes.map((set) => ["node", set] as const),
      ];
      for (const [role, { instanceSpec }] of sets) checkSpec(account, planned, instanceSpec, `${role}s`);
      for (const group of nodeGroups) checkGroup(account, planned, group);
      const size =
        sets.reduce((sum, [, { count }]) => sum + count, 0) + nodeGroups.reduce((n, { replicas }) => n + replicas, 0);
      if (size > account.quotas.cceNodesPerCluster) throw quotaExceeded("nodes of a cluster");
      const cluster = addCluster(account, given, subjectOf(account, principal).id);
      for (const [clusterRole, { instanceSpec, count }] of sets)
        for (let i = 0; i < count; i++) addNode(account, cluster, { ...instanceSpec, clusterRole });
      for (const group of nodeGroups) addGroup(account, cluster, group);
      return { clusterID: cluster.clusterId, orderID: account.random.uuid(), ...done(account) };
    },
    GetCluster({ params: { clusterID } }) {
      const cluster = getCluster(account, clusterID);
      const instances = simpleInstances(account, cluster);
      return { cluster: { ...viewCluster(account, cluster), instances }, ...done(account) };
    },
    ListClusters({ query }) {
      const all = search(clustersOf(account).all(), query, KEYWORDS, ORDERS);
      const { entries, ...page } = numbered(query, all);
      const { keywordType = "", keyword = "", orderBy = "", order = "" } = query;
      const clusterList = entries.map((cluster) => viewCluster(account, cluster));
      return { clusterPage: { keywordType, keyword, orderBy, order, ...page, clusterList }, ...done(account) };
    },
    DeleteCluster({ params: { clusterID }, query: { deleteResource, moveOut } }) {
      const cluster = getCluster(account, clusterID);
      if (cluster.spec.forbidDelete === true)
        throw new Fault(403, "cce.warning.ForbidDelete", `Cluster ${clusterID} is protected from deletion.`);
      beginDeletion(account, cluster, { deleteResource, moveOut });
      return done(account);
    },
  };
});
