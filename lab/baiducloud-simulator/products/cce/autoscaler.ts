import { ANY_TEXT } from "../../api/common.ts";
import { operations, part } from "../../api/operation.ts";
import { anything, boolean, integer, list, object, oneOf, optional, text } from "../../api/schema.ts";
import { getCluster } from "./cluster-model.ts";
import { instanceGroupsOf, type Json, numberOf, partOf } from "./records.ts";
import { DONE, done, exists, noSuchObject, REQUEST_ID, v2 } from "./wire.ts";

interface Autoscaler {
  readonly clusterId: string;
  readonly config: Json;
}

const PERCENT = optional(integer(0, 100));
const CONFIG = object({
  kubeVersion: ANY_TEXT,
  replicaCount: optional(integer(), 1),
  instanceGroups: optional(
    list(
      object({
        InstanceGroupID: text(),
        MinReplicas: optional(integer(), 0),
        MaxReplicas: optional(integer(), 0),
        Priority: optional(integer(), 0),
      }),
    ),
  ),
  scaleDownEnabled: optional(boolean(), false),
  scaleDownUtilizationThreshold: PERCENT,
  scaleDownGPUUtilizationThreshold: PERCENT,
  scaleDownUnneededTime: optional(integer()),
  scaleDownDelayAfterAdd: optional(integer()),
  maxEmptyBulkDelete: optional(integer()),
  skipNodesWithLocalStorage: optional(boolean()),
  skipNodesWithSystemPods: optional(boolean()),
  expander: optional(oneOf("random", "most-pods", "least-waste", "priority"), "random"),
  customConfigs: optional(anything()),
});
const NOT_FOUND = ["cce.warning.ClusterNotFound", "cce.warning.NoSuchObject"];
const DEFAULTS = {
  replicaCount: 1,
  scaleDownEnabled: false,
  scaleDownUtilizationThreshold: 50,
  scaleDownGPUUtilizationThreshold: 50,
  scaleDownUnneededTime: 10,
  scaleDownDelayAfterAdd: 10,
  maxEmptyBulkDelete: 10,
  skipNodesWithLocalStorage: true,
  skipNodesWithSystemPods: true,
  expander: "random",
};

const OPERATIONS = operations({
  CreateAutoscaler: {
    summary: "Installs the cloud's own autoscaler in a cluster. It is only kept: nothing scales by itself here.",
    method: "POST",
    ...v2("/autoscaler/{clusterID}"),
    answer: DONE,
    errors: ["cce.warning.ClusterNotFound", "cce.warning.AlreadyExist"],
  },
  GetAutoscaler: {
    summary: "How the autoscaler of a cluster is configured.",
    method: "GET",
    ...v2("/autoscaler/{clusterID}"),
    answer: object({
      autoscaler: object({ clusterID: text(), clusterName: text(), caConfig: CONFIG }),
      ...REQUEST_ID,
    }),
    errors: NOT_FOUND,
  },
  UpdateAutoscaler: {
    summary: "Configures the autoscaler of a cluster.",
    method: "PUT",
    ...v2("/autoscaler/{clusterID}"),
    body: CONFIG,
    answer: DONE,
    errors: [...NOT_FOUND, "cce.warning.InvalidParam"],
  },
});

export const autoscaler = part(OPERATIONS, (account) => {
  const all = account.store.table<Autoscaler>("cceAutoscalers");
  const known = (clusterId: string): Autoscaler => {
    getCluster(account, clusterId);
    const found = all.get(clusterId);
    if (!found) throw noSuchObject(`The autoscaler of cluster ${clusterId}`);
    return found;
  };
  /** Groups say themselves whether they are scaled. */
  const scaledGroups = (clusterId: string) =>
    instanceGroupsOf(account)
      .all()
      .filter((group) => group.clusterId === clusterId && partOf(group.spec, "clusterAutoscalerSpec").enabled === true)
      .map(({ groupId, spec }) => {
        const range = partOf(spec, "clusterAutoscalerSpec");
        return {
          InstanceGroupID: groupId,
          MinReplicas: numberOf(range, "minReplicas"),
          MaxReplicas: numberOf(range, "maxReplicas"),
          Priority: numberOf(range, "scalingGroupPriority"),
        };
      });
  return {
    CreateAutoscaler({ params: { clusterID } }) {
      getCluster(account, clusterID);
      if (all.has(clusterID)) throw exists(`Cluster ${clusterID} has an autoscaler.`);
      all.set(clusterID, { clusterId: clusterID, config: DEFAULTS });
      return done(account);
    },
    GetAutoscaler({ params: { clusterID } }) {
      const { config } = known(clusterID);
      const { clusterName } = getCluster(account, clusterID).spec;
      const caConfig = { ...config, instanceGroups: scaledGroups(clusterID) };
      return { autoscaler: { clusterID, clusterName, caConfig }, ...done(account) };
    },
    UpdateAutoscaler({ params: { clusterID }, body }) {
      const { config } = known(clusterID);
      const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
      all.set(clusterID, { clusterId: clusterID, config: { ...config, ...given } });
      return done(account);
    },
  };
});
