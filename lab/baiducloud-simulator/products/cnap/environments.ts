import type { Account } from "../../account.ts";
import { denied } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { list, object, optional, text } from "../../api/schema.ts";
import { PAGES, pageOf, pageSchema, UNDERLAY } from "./paging.ts";
import {
  applicationsOf,
  checkName,
  cnapClustersOf,
  type DeployGroup,
  deployGroupsOf,
  environmentsIn,
  environmentsOf,
  found,
  getEnvironment,
  newCnapId,
  workspacesOf,
} from "./records.ts";
import { APPLICATION, CLUSTER, ENVIRONMENT, viewApplication, viewCluster, viewEnvironment } from "./views.ts";

const PATH = "/v2/workspaces/{workspaceID}/environments";

const OPERATIONS = operations({
  CreateEnvironment: {
    summary: "Creates an environment, on a cluster or on none.",
    method: "POST",
    path: PATH,
    body: object({
      name: text({ max: 65 }),
      description: optional(text(), ""),
      clusterID: optional(text(), ""),
      region: optional(text()),
    }),
    answer: object(ENVIRONMENT),
    errors: ["NoSuchObject", "Conflict", "OperationDenied"],
  },
  UpdateEnvironment: {
    summary: 'Changes the description, or the cluster: "" takes it away.',
    method: "PUT",
    path: `${PATH}/{environmentID}`,
    query: UNDERLAY,
    body: object({ description: optional(text()), clusterID: optional(text()), region: optional(text()) }),
    answer: object(ENVIRONMENT),
    errors: ["NoSuchObject", "OperationDenied"],
  },
  DeleteEnvironment: {
    summary: "Deletes an environment that nothing is deployed to.",
    method: "DELETE",
    path: `${PATH}/{environmentID}`,
    query: UNDERLAY,
    answer: object(ENVIRONMENT),
    errors: ["NoSuchObject", "OperationDenied"],
  },
  ListEnvironments: {
    summary: "Lists the environments with their cluster and what is deployed to them.",
    method: "GET",
    path: "/v2/console/workspaces/{workspaceID}/environments",
    query: { ...PAGES, name: optional(text()) },
    answer: pageSchema(
      object({ ...ENVIRONMENT, cluster: optional(CLUSTER), applicationList: list(object(APPLICATION)) }),
    ),
    errors: ["NoSuchObject"],
  },
});

export const environments = part(OPERATIONS, (account) => {
  const all = environmentsOf(account);
  const checkCluster = (workspaceID: string, clusterID: string): void => {
    if (clusterID === "") return;
    found(cnapClustersOf(account), clusterID);
    if (!found(workspacesOf(account), workspaceID).clusterIDs.includes(clusterID))
      throw denied(`cluster ${clusterID} is not bound to workspace ${workspaceID}.`);
  };
  return {
    CreateEnvironment({ params: { workspaceID }, body }) {
      found(workspacesOf(account), workspaceID);
      checkName("environment", body.name, environmentsIn(account, workspaceID));
      checkCluster(workspaceID, body.clusterID);
      const time = account.time();
      const resourceID = newCnapId(account, "env");
      const region = body.region || account.region;
      const made = { ...body, resourceID, workspaceID, region, createdAt: time, updatedAt: time };
      all.set(resourceID, made);
      return viewEnvironment(made);
    },
    UpdateEnvironment({ params: { workspaceID, environmentID }, body }) {
      const environment = getEnvironment(account, workspaceID, environmentID);
      const { clusterID = environment.clusterID, description = environment.description } = body;
      checkCluster(workspaceID, clusterID);
      if (clusterID !== environment.clusterID) checkEmpty(account, environmentID);
      const region = body.region || environment.region;
      const changed = { ...environment, description, clusterID, region, updatedAt: account.time() };
      all.set(environmentID, changed);
      return viewEnvironment(changed);
    },
    DeleteEnvironment({ params: { workspaceID, environmentID } }) {
      const environment = getEnvironment(account, workspaceID, environmentID);
      checkEmpty(account, environmentID);
      all.delete(environmentID);
      return viewEnvironment(environment);
    },
    ListEnvironments({ params: { workspaceID }, query }) {
      found(workspacesOf(account), workspaceID);
      const chosen = environmentsIn(account, workspaceID).filter(({ name }) => name.includes(query.name ?? ""));
      const views = chosen.map((environment) => {
        const cluster = cnapClustersOf(account).get(environment.clusterID);
        const ids = new Set(deployedTo(account, environment.resourceID).map(({ applicationID }) => applicationID));
        return {
          ...viewEnvironment(environment),
          ...(cluster ? { cluster: viewCluster(account, cluster) } : {}),
          applicationList: [...ids].flatMap((id) => {
            const application = applicationsOf(account).get(id);
            return application ? [viewApplication(application)] : [];
          }),
        };
      });
      return pageOf(query, views);
    },
  };
});

function deployedTo(account: Account, id: string): readonly DeployGroup[] {
  return deployGroupsOf(account)
    .all()
    .filter(({ environmentID }) => environmentID === id);
}

function checkEmpty(account: Account, id: string): void {
  const [first] = deployedTo(account, id);
  if (first) throw denied(`deploy group ${first.resourceID} is deployed to environment ${id}.`);
}
