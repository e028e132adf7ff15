import { ANY_TEXT } from "../../api/common.ts";
import { operations, part } from "../../api/operation.ts";
import { boolean, list, object, oneOf, openObject, optional, text } from "../../api/schema.ts";
import { instancesOf } from "../bcc/records.ts";
import { getCluster, runningCluster, switchCluster, viewCluster } from "./cluster-model.ts";
import { nodesOfCluster } from "./node-model.ts";
import { clustersOf, instanceGroupsOf, nodesOf, partOf } from "./records.ts";
import { CLUSTER_STATUS } from "./schemas.ts";
import { DONE, done, invalid, REQUEST_ID, v2 } from "./wire.ts";

const ERRORS = ["cce.warning.ClusterNotFound", "PreconditionFailed", "cce.warning.InvalidParam"];
const CRD_META = openObject({ name: ANY_TEXT, generateName: ANY_TEXT, clusterName: ANY_TEXT });
const WORKFLOW = object({ success: boolean(), workflowID: text(), ...REQUEST_ID });

const OPERATIONS = operations({
  UpdateClusterForbidDelete: {
    summary: "Protects a cluster from deletion, or no longer.",
    method: "PUT",
    ...v2("/cluster/{clusterID}/forbiddelete"),
    body: openObject({}),
    answer: object({ success: boolean(), forbidDelete: boolean(), ...REQUEST_ID }),
    errors: ["cce.warning.ClusterNotFound", "cce.warning.InvalidParam"],
  },
  ConfigureKMSEncryption: {
    summary: "Encrypts the Secrets of a cluster with a key of KMS, or no longer.",
    method: "PUT",
    ...v2("/cluster/{clusterID}/kmsencryption"),
    body: object({
      configureKMSEncryption: object({ action: oneOf("enable", "disable"), kmsKeyID: ANY_TEXT }),
    }),
    answer: WORKFLOW,
    errors: ERRORS,
    delay: "cceClusterChange",
  },
  UpdateAPIServerCertSAN: {
    summary: "Puts other names into the certificate of the API server.",
    method: "PUT",
    ...v2("/cluster/{clusterID}/apiservercertsan"),
    body: object({
      configureAPIServerCertSAN: object({ clusterID: ANY_TEXT, apiServerCertSAN: list(text()) }),
    }),
    answer: WORKFLOW,
    errors: ERRORS,
    delay: "cceClusterChange",
  },
  GetClusterCRD: {
    summary: "A cluster as CCE itself keeps it.",
    method: "GET",
    ...v2("/cluster/{clusterID}/crd"),
    answer: object({
      cluster: object({
        metadata: CRD_META,
        spec: openObject({ clusterID: text() }),
        status: CLUSTER_STATUS,
      }),
      ...REQUEST_ID,
    }),
    errors: ["cce.warning.ClusterNotFound"],
  },
  UpdateClusterCRD: {
    summary: "Changes what can be changed of a cluster: its name, description, tags, public address.",
    method: "PUT",
    ...v2("/cluster/{clusterID}/crd"),
    body: object({
      cluster: openObject({
        spec: openObject({
          clusterName: ANY_TEXT,
          description: ANY_TEXT,
          forbidDelete: optional(boolean()),
          masterConfig: optional(openObject({ exposedPublic: optional(boolean()) })),
        }),
      }),
    }),
    answer: DONE,
    errors: ERRORS,
  },
  SyncInstances: {
    summary: "Forgets instances whose machines are gone.",
    method: "POST",
    path: "/v2/sync/cluster/{clusterID}/instances",
    // The Go SDK forgets a slash.
    aliases: [
      "/api/cce/service/v2/sync/cluster/{clusterID}/instances",
      "/v2/sync/cluster{clusterID}/instances",
      "/api/cce/service/v2/sync/cluster{clusterID}/instances",
    ],
    answer: object({ clusterID: text(), ...REQUEST_ID }),
    errors: ["cce.warning.ClusterNotFound"],
  },
});

export const clusterSwitches = part(OPERATIONS, (account) => {
  const workflow = () => ({ success: true, workflowID: account.newId("workflow"), ...done(account) });
  return {
    UpdateClusterForbidDelete({ params: { clusterID }, body }) {
      const { spec } = getCluster(account, clusterID);
      // The Go SDK sends ForbidDelete, the documentation forbidDelete.
      const given = Object.entries(body).find(([name]) => name.toLowerCase() === "forbiddelete")?.[1];
      if (typeof given !== "boolean") throw invalid("forbidDelete: expected a boolean.");
      clustersOf(account).patch(clusterID, { spec: { ...spec, forbidDelete: given }, updatedAt: account.time() });
      return { success: true, forbidDelete: given, ...done(account) };
    },
    ConfigureKMSEncryption({ params: { clusterID }, body }) {
      const cluster = runningCluster(account, clusterID);
      const { action, kmsKeyID = "" } = body.configureKMSEncryption;
      const isOn = action === "enable";
      const config = partOf(cluster.spec, "k8sCustomConfig");
      if (isOn && !kmsKeyID) throw invalid("configureKMSEncryption.kmsKeyID is required.");
      const k8sCustomConfig = { ...config, enableKMSProvider: isOn, kmsKeyID: isOn ? kmsKeyID : "" };
      const phase = isOn ? "kms_encryption_enabling" : "kms_encryption_disabling";
      switchCluster(account, { ...cluster, spec: { ...cluster.spec, k8sCustomConfig } }, phase);
      return workflow();
    },
    UpdateAPIServerCertSAN({ params: { clusterID }, body }) {
      const cluster = runningCluster(account, clusterID);
      const { apiServerCertSAN } = body.configureAPIServerCertSAN;
      const k8sCustomConfig = { ...partOf(cluster.spec, "k8sCustomConfig"), apiServerCertSAN };
      switchCluster(account, { ...cluster, spec: { ...cluster.spec, k8sCustomConfig } }, "apiserver_san_updating");
      return workflow();
    },
    GetClusterCRD({ params: { clusterID } }) {
      const cluster = getCluster(account, clusterID);
      const { status } = viewCluster(account, cluster);
      const metadata = { name: clusterID, clusterName: clusterID };
      return { cluster: { metadata, spec: cluster.spec, status }, ...done(account) };
    },
    UpdateClusterCRD({ params: { clusterID }, body: { cluster: wanted } }) {
      const cluster = runningCluster(account, clusterID);
      const { clusterName, description, forbidDelete, tags, masterConfig } = wanted.spec;
      const spec = {
        ...cluster.spec,
        ...(clusterName ? { clusterName } : {}),
        ...(description === undefined ? {} : { description }),
        ...(forbidDelete === undefined ? {} : { forbidDelete }),
        ...(Array.isArray(tags) ? { tags } : {}),
      };
      const before = partOf(cluster.spec, "masterConfig");
      const exposedPublic = masterConfig?.exposedPublic ?? before.exposedPublic === true;
      if (exposedPublic === (before.exposedPublic === true)) {
        clustersOf(account).patch(clusterID, { spec, updatedAt: account.time() });
      } else {
        const next = { ...cluster, spec: { ...spec, masterConfig: { ...before, exposedPublic } } };
        const eip = exposedPublic ? account.nextPublicIp() : "";
        switchCluster(account, next, exposedPublic ? "eip_opening" : "eip_closing", { eip });
      }
      return done(account);
    },
    SyncInstances({ params: { clusterID } }) {
      getCluster(account, clusterID);
      const machines = instancesOf(account);
      for (const node of nodesOfCluster(account, clusterID)) {
        const isGone = node.machineId !== "" && (machines.get(node.machineId)?.status ?? "Deleted") === "Deleted";
        if (!isGone) continue;
        nodesOf(account).delete(node.cceInstanceId);
        const group = instanceGroupsOf(account).get(node.groupId);
        if (group) {
          const replicas = Math.max(0, group.spec.replicas - 1);
          instanceGroupsOf(account).patch(group.groupId, { spec: { ...group.spec, replicas } });
        }
      }
      return { clusterID, ...done(account) };
    },
  };
});
