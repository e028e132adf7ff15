import type { Account } from "../../account.ts";
import { noSuchObject, quotaExceeded } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { integer, list, object, optional, text } from "../../api/schema.ts";
import { usersOf } from "../iam/records.ts";
import { PAGES, pageOf, pageSchema, UNDERLAY } from "./paging.ts";
import {
  applicationsIn,
  applicationsOf,
  checkName,
  checkUnlocked,
  cnapClustersOf,
  environmentsIn,
  environmentsOf,
  found,
  groupsIn,
  imageRepositoriesOf,
  newCnapId,
  type Workspace,
  workspacesOf,
} from "./records.ts";
import { removeApplication } from "./remove.ts";
import { COMMON } from "./views.ts";

const BASE = object(COMMON);
const DETAIL = object({ ...COMMON, applicationCount: integer(), clusterCount: integer() });
const PATH = "/v2/workspaces/{workspaceID}";
/** Every workspace begins with these. */
const ENVIRONMENTS = ["PROD", "DEV"];

const OPERATIONS = operations({
  CreateWorkspace: {
    summary: "Creates a workspace, with the environments PROD and DEV.",
    method: "POST",
    path: "/v2/workspaces",
    body: object({
      workspace: object({ name: text({ max: 65 }), description: optional(text(), "") }),
      clusterIDs: optional(list(text()), []),
    }),
    answer: BASE,
    errors: ["NoSuchObject", "Conflict", "QuotaLimitExceeded"],
  },
  ListWorkspaces: {
    summary: "Lists the workspaces.",
    method: "GET",
    path: "/v2/workspaces",
    query: { ...PAGES, name: optional(text()), resourceID: optional(text()) },
    answer: pageSchema(DETAIL),
  },
  GetWorkspace: {
    summary: "One workspace.",
    method: "GET",
    path: PATH,
    answer: DETAIL,
    errors: ["NoSuchObject"],
  },
  UpdateWorkspace: {
    summary: "Changes the description.",
    method: "PUT",
    path: PATH,
    body: object({ description: optional(text(), "") }),
    answer: BASE,
    errors: ["NoSuchObject"],
  },
  DeleteWorkspace: {
    summary: "Deletes a workspace with all that is in it; its clusters stay.",
    method: "DELETE",
    path: PATH,
    query: UNDERLAY,
    answer: BASE,
    errors: ["NoSuchObject", "OperationDenied"],
  },
  GetBillingWorkspaceName: {
    summary: "The name of a workspace of a user, for bills.",
    method: "GET",
    path: "/billing/v1/billingWorkspaces/{workspaceID}/users/{userID}/workspaceName",
    answer: object({ name: text() }),
    errors: ["NoSuchObject"],
  },
});

export const workspaces = part(OPERATIONS, (account) => {
  const all = workspacesOf(account);
  return {
    CreateWorkspace({ body: { workspace, clusterIDs } }) {
      if (all.size >= account.quotas.cnapWorkspaces) throw quotaExceeded("workspaces");
      checkName("workspace", workspace.name, all.all());
      for (const id of clusterIDs) found(cnapClustersOf(account), id);
      const time = account.time();
      const stamps = { createdAt: time, updatedAt: time };
      const made = { resourceID: newCnapId(account, "ws"), ...workspace, clusterIDs, ...stamps };
      all.set(made.resourceID, made);
      for (const name of ENVIRONMENTS) {
        const resourceID = newCnapId(account, "env");
        const where = { workspaceID: made.resourceID, clusterID: "", region: account.region };
        environmentsOf(account).set(resourceID, { resourceID, name, description: "", ...where, ...stamps });
      }
      return base(made);
    },
    ListWorkspaces({ query }) {
      const { name = "", resourceID = "" } = query;
      const chosen = all.all().filter((one) => one.name.includes(name) && one.resourceID.includes(resourceID));
      return pageOf(
        query,
        chosen.map((one) => detail(account, one)),
      );
    },
    GetWorkspace: ({ params: { workspaceID } }) => detail(account, found(all, workspaceID)),
    UpdateWorkspace({ params: { workspaceID }, body }) {
      const changed = { ...found(all, workspaceID), description: body.description, updatedAt: account.time() };
      all.set(workspaceID, changed);
      return base(changed);
    },
    DeleteWorkspace({ params: { workspaceID } }) {
      const workspace = found(all, workspaceID);
      const applications = applicationsIn(account, workspaceID);
      for (const group of applications.flatMap(({ resourceID }) => groupsIn(account, resourceID))) checkUnlocked(group);
      for (const application of applications) removeApplication(account, application);
      for (const { resourceID } of environmentsIn(account, workspaceID)) environmentsOf(account).delete(resourceID);
      for (const repository of imageRepositoriesOf(account).all()) {
        if (repository.workspaceID === workspaceID) imageRepositoriesOf(account).delete(repository.resourceID);
      }
      all.delete(workspaceID);
      return base(workspace);
    },
    GetBillingWorkspaceName({ params: { workspaceID, userID } }) {
      const isMine =
        userID === account.id ||
        usersOf(account)
          .all()
          .some(({ id }) => id === userID);
      if (!isMine) throw noSuchObject(userID);
      return { name: found(all, workspaceID).name };
    },
  };
});

function base({ clusterIDs: _, ...shown }: Workspace): object {
  return shown;
}

function detail(account: Account, workspace: Workspace): object {
  const applicationCount = applicationsOf(account)
    .all()
    .filter(({ workspaceID }) => workspaceID === workspace.resourceID).length;
  return { ...base(workspace), applicationCount, clusterCount: workspace.clusterIDs.length };
}
