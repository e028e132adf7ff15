import { badRequest, denied, Fault, noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { list, object, oneOf, openObject, optional, text } from "../../api/schema.ts";
import { clustersOf, textOf } from "../cce/records.ts";
import { UNDERLAY } from "./paging.ts";
import { cnapClustersOf, environmentsIn, environmentsOf, found, newCnapId, workspacesOf } from "./records.ts";
import { CLUSTER, viewCluster } from "./views.ts";

const IDS = object({ clusterIDs: list(text()) });

const OPERATIONS = operations({
  ImportCluster: {
    summary: "Lets CNAP use a cluster of CCE, and workspaces use it at once.",
    method: "POST",
    path: "/v2/clusters",
    body: object({
      cluster: object({
        region: text(),
        underlayClusterID: text(),
        type: optional(oneOf("cce"), "cce"),
        description: optional(text(), ""),
      }),
      workspaceList: optional(list(openObject({ resourceID: text() })), []),
    }),
    answer: CLUSTER,
    errors: ["NoSuchObject", "Conflict", "OperationDenied"],
  },
  ReleaseCluster: {
    summary: "CNAP lets go of a cluster, which stays.",
    method: "DELETE",
    path: "/v2/clusters/{clusterID}",
    query: UNDERLAY,
    answer: CLUSTER,
    errors: ["NoSuchObject", "OperationDenied"],
  },
  BindClusterToWorkspace: {
    summary: "Lets a workspace use clusters.",
    method: "POST",
    path: "/v2/workspaces/{workspaceID}/clusters",
    body: IDS,
    answer: IDS,
    errors: ["NoSuchObject"],
  },
  UnbindClusterFromWorkspace: {
    summary: "Takes a cluster from a workspace.",
    method: "DELETE",
    path: "/v2/workspaces/{workspaceID}/clusters/{clusterID}",
    query: UNDERLAY,
    answer: IDS,
    errors: ["NoSuchObject", "OperationDenied"],
  },
});

export const clusters = part(OPERATIONS, (account) => {
  const all = cnapClustersOf(account);
  const workspaces = workspacesOf(account);
  account.onGone((id) => {
    const gone = all.all().find(({ underlayClusterID }) => underlayClusterID === id);
    if (gone) all.patch(gone.resourceID, { status: "UNAVAILABLE", updatedAt: account.time() });
  });
  return {
    ImportCluster({ body: { cluster, workspaceList } }) {
      const { underlayClusterID, region } = cluster;
      if (region !== account.region) throw badRequest(`cluster.region: expected ${account.region}.`);
      const { spec, phase } = found(clustersOf(account), underlayClusterID);
      if (phase !== "running") throw denied(`cluster ${underlayClusterID} is ${phase}.`);
      if (all.all().some((one) => one.underlayClusterID === underlayClusterID))
        throw new Fault(409, "Conflict", `cluster ${underlayClusterID} is imported already.`);
      for (const { resourceID } of workspaceList) found(workspaces, resourceID);
      const time = account.time();
      const resourceID = newCnapId(account, `clus-${region}`);
      const name = textOf(spec, "clusterName");
      const made = { resourceID, name, ...cluster, status: "RUNNING", createdAt: time, updatedAt: time };
      all.set(resourceID, made);
      for (const workspace of workspaceList) bind(workspace.resourceID, [resourceID]);
      return viewCluster(account, made);
    },
    ReleaseCluster({ params: { clusterID } }) {
      const cluster = found(all, clusterID);
      const user = environmentsOf(account)
        .all()
        .find((environment) => environment.clusterID === clusterID);
      if (user) throw denied(`cluster ${clusterID} is bound to environment ${user.resourceID}.`);
      for (const { resourceID, clusterIDs } of workspaces.all()) {
        if (clusterIDs.includes(clusterID))
          workspaces.patch(resourceID, { clusterIDs: without(clusterIDs, clusterID) });
      }
      all.delete(clusterID);
      return viewCluster(account, cluster);
    },
    BindClusterToWorkspace({ params: { workspaceID }, body }) {
      found(workspaces, workspaceID);
      for (const id of body.clusterIDs) found(all, id);
      return { clusterIDs: bind(workspaceID, body.clusterIDs) };
    },
    UnbindClusterFromWorkspace({ params: { workspaceID, clusterID } }) {
      const { clusterIDs } = found(workspaces, workspaceID);
      if (!clusterIDs.includes(clusterID)) throw noSuchObject(clusterID);
      const user = environmentsIn(account, workspaceID).find((environment) => environment.clusterID === clusterID);
      if (user) throw denied(`cluster ${clusterID} is bound to environment ${user.resourceID}.`);
      workspaces.patch(workspaceID, { clusterIDs: without(clusterIDs, clusterID), updatedAt: account.time() });
      return { clusterIDs: without(clusterIDs, clusterID) };
    },
  };

  function bind(workspaceID: string, ids: readonly string[]): readonly string[] {
    const clusterIDs = [...new Set([...found(workspaces, workspaceID).clusterIDs, ...ids])];
    workspaces.patch(workspaceID, { clusterIDs, updatedAt: account.time() });
    return clusterIDs;
  }
});

const without = (ids: readonly string[], id: string): readonly string[] => ids.filter((one) => one !== id);
