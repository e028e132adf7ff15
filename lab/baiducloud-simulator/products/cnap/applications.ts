import { badRequest } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { integer, list, object, optional, text } from "../../api/schema.ts";
import { addAccesses, checkAccesses, NEW_ACCESS } from "./access-model.ts";
import { addGroup, checkGroup, NEW_GROUP } from "./group-model.ts";
import { PAGES, pageOf, pageSchema, UNDERLAY } from "./paging.ts";
import {
  applicationsIn,
  applicationsOf,
  checkName,
  checkUnlocked,
  found,
  getApplication,
  groupsIn,
  newCnapId,
  workspacesOf,
} from "./records.ts";
import { removeApplication } from "./remove.ts";
import { APPLICATION, COMMON, DEPLOY_GROUP, viewApplication, viewGroup } from "./views.ts";

const PATH = "/v2/workspaces/{workspaceID}/applications";
const MICRO_SERVICE = 4;

const OPERATIONS = operations({
  CreateApplication: {
    summary: "Creates an application, and deploys it where a deploy group is given.",
    method: "POST",
    path: PATH,
    body: object({
      application: object({
        name: text({ max: 65 }),
        description: optional(text(), ""),
        workloadType: optional(integer(1, MICRO_SERVICE), MICRO_SERVICE),
        deployType: optional(integer(1, 1), 1),
      }),
      deployGroup: optional(NEW_GROUP),
      access: optional(list(NEW_ACCESS), []),
    }),
    answer: object({ ...APPLICATION, workspace: object(COMMON) }),
    errors: ["NoSuchObject", "Conflict", "OperationDenied"],
  },
  ListApplications: {
    summary: "Lists the applications with their deploy groups.",
    method: "GET",
    path: PATH,
    query: {
      ...PAGES,
      name: optional(text()),
      resourceID: optional(text()),
      deployType: optional(integer()),
      workloadType: optional(integer()),
    },
    answer: pageSchema(
      object({ ...APPLICATION, deployGroupCount: integer(), deployGroupList: list(object(DEPLOY_GROUP)) }),
    ),
    errors: ["NoSuchObject"],
  },
  DeleteApplication: {
    summary: "Deletes an application with its deploy groups.",
    method: "DELETE",
    path: `${PATH}/{applicationID}`,
    query: UNDERLAY,
    answer: object(APPLICATION),
    errors: ["NoSuchObject", "OperationDenied"],
  },
});

export const applications = part(OPERATIONS, (account) => ({
  CreateApplication({ params: { workspaceID }, body: { application, deployGroup, access } }) {
    const { clusterIDs: _, ...workspace } = found(workspacesOf(account), workspaceID);
    checkName("application", application.name, applicationsIn(account, workspaceID));
    if (access.length > 0 && !deployGroup) throw badRequest("access: expected a deployGroup with it.");
    if (deployGroup) {
      checkGroup(account, workspaceID, deployGroup, []);
      checkAccesses(account, deployGroup.environmentID, access, []);
    }
    const time = account.time();
    const made = {
      resourceID: newCnapId(account, "app"),
      workspaceID,
      ...application,
      createdAt: time,
      updatedAt: time,
    };
    applicationsOf(account).set(made.resourceID, made);
    if (deployGroup) addAccesses(account, addGroup(account, made, deployGroup), access);
    return { ...viewApplication(made), workspace };
  },
  ListApplications({ params: { workspaceID }, query }) {
    found(workspacesOf(account), workspaceID);
    const { name = "", resourceID = "", deployType, workloadType } = query;
    const views = applicationsIn(account, workspaceID)
      .filter((one) => one.name.includes(name) && one.resourceID.includes(resourceID))
      .filter((one) => deployType === undefined || one.deployType === deployType)
      .filter((one) => workloadType === undefined || one.workloadType === workloadType)
      .map((one) => {
        const groups = groupsIn(account, one.resourceID).map((group) => viewGroup(account, group));
        return { ...viewApplication(one), deployGroupCount: groups.length, deployGroupList: groups };
      });
    return pageOf(query, views);
  },
  DeleteApplication({ params: { workspaceID, applicationID } }) {
    const application = getApplication(account, workspaceID, applicationID);
    for (const group of groupsIn(account, applicationID)) checkUnlocked(group);
    removeApplication(account, application);
    return viewApplication(application);
  },
}));
