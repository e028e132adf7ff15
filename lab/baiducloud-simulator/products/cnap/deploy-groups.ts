import type { Account } from "../../account.ts";
import { operations, part } from "../../api/operation.ts";
import { anything, csv, list, object, optional, text } from "../../api/schema.ts";
import { ACCESS, addAccesses, checkAccesses, NEW_ACCESS, viewAccesses } from "./access-model.ts";
import {
  addGroup,
  COMPONENTS,
  CONF,
  checkConf,
  checkGroup,
  deploy,
  NEW_GROUP,
  REPLICAS,
  startGroups,
} from "./group-model.ts";
import { PAGES, pageOf, pageSchema, UNDERLAY } from "./paging.ts";
import {
  accessesIn,
  applicationsOf,
  checkUnlocked,
  type DeployGroup,
  getApplication,
  getDeployGroup,
  groupsIn,
  workspacesOf,
} from "./records.ts";
import { removeAccess, removeDeployGroup } from "./remove.ts";
import { configsOf, imageNameOf } from "./rollout.ts";
import { APPLICATION, COMMON, DEPLOY_GROUP, viewApplication, viewGroup } from "./views.ts";

const GROUP = object(DEPLOY_GROUP);
const DETAIL = object({
  ...DEPLOY_GROUP,
  conf: anything(),
  componentConf: list(anything()),
  access: list(ACCESS),
  workspace: object(COMMON),
  application: object(APPLICATION),
  task: object({ type: text(), deployGroupID: text(), deployGroupName: text() }),
});
const GROUPS = "/workspaces/{workspaceID}/applications/{applicationID}/deployGroups";
const PATH = `/v2${GROUPS}/{deployGroupID}` as const;
const CONSOLE = `/v2/console${GROUPS}` as const;

const OPERATIONS = operations({
  CreateDeployGroup: {
    summary: "Deploys an application to an environment.",
    method: "POST",
    path: `/v2${GROUPS}`,
    body: object({ deployGroup: NEW_GROUP, access: optional(list(NEW_ACCESS), []) }),
    answer: DETAIL,
    errors: ["NoSuchObject", "Conflict", "OperationDenied"],
    delay: "cnapDeploy",
  },
  GetDeployGroup: {
    summary: "One deploy group with all that it is made of.",
    method: "GET",
    path: PATH,
    answer: DETAIL,
    errors: ["NoSuchObject"],
  },
  UpdateDeployGroup: {
    summary: "Changes what is given; compnonentConf is the SDK's own spelling. With access, the accesses are replaced.",
    method: "PUT",
    path: PATH,
    body: object({
      description: optional(text()),
      replicas: optional(REPLICAS),
      conf: optional(CONF),
      compnonentConf: optional(COMPONENTS),
      componentConf: optional(COMPONENTS),
      access: optional(list(NEW_ACCESS)),
    }),
    answer: DETAIL,
    errors: ["NoSuchObject", "Conflict", "OperationDenied"],
    delay: "cnapDeploy",
  },
  DeleteDeployGroup: {
    summary: "Deletes a deploy group with its accesses.",
    method: "DELETE",
    path: PATH,
    query: UNDERLAY,
    answer: GROUP,
    errors: ["NoSuchObject", "OperationDenied"],
  },
  ScaleDeployGroup: {
    summary: "Changes the number of replicas.",
    method: "PUT",
    path: `${PATH}/scale`,
    body: object({ replicas: REPLICAS }),
    answer: GROUP,
    errors: ["NoSuchObject", "OperationDenied"],
    delay: "cnapDeploy",
  },
  ListDeployGroupByPage: {
    summary: "Lists the deploy groups of an application.",
    method: "GET",
    path: CONSOLE,
    query: { ...PAGES, name: optional(text()), environmentID: optional(text()) },
    answer: pageSchema(GROUP),
    errors: ["NoSuchObject"],
  },
  ListDeployGroupByImage: {
    summary: "Deploy groups with a container of one of these images, on one page.",
    method: "GET",
    path: CONSOLE,
    when: "images",
    query: { images: csv(), configIDs: optional(csv()) },
    answer: object({ result: list(GROUP) }),
    errors: ["NoSuchObject"],
  },
  ListDeployGroupByConfig: {
    summary: "Deploy groups that have one of these configs, on one page.",
    method: "GET",
    path: CONSOLE,
    when: "configIDs",
    query: { configIDs: csv() },
    answer: object({ result: list(GROUP) }),
    errors: ["NoSuchObject"],
  },
});

export const deployGroups = part(OPERATIONS, (account) => {
  startGroups(account);
  /** All that have one of the images (when asked for) and one of the configs (likewise). */
  const having = (
    { workspaceID, applicationID }: { readonly workspaceID: string; readonly applicationID: string },
    images: readonly string[] | undefined,
    configs: readonly string[] | undefined,
  ): object => {
    getApplication(account, workspaceID, applicationID);
    const found = groupsIn(account, applicationID).filter((group) => {
      const names = group.conf.containers.flatMap(({ image }) => [image, imageNameOf(image)]);
      const ids = configsOf(group).map(({ configID }) => configID);
      return (
        (!images || images.some((one) => names.includes(one))) && (!configs || configs.some((one) => ids.includes(one)))
      );
    });
    return { result: found.map((group) => viewGroup(account, group)) };
  };
  const changeable = (params: Parameters<typeof getDeployGroup>[1]): DeployGroup => {
    const group = getDeployGroup(account, params);
    checkUnlocked(group);
    return group;
  };
  return {
    CreateDeployGroup({ params: { workspaceID, applicationID }, body: { deployGroup, access } }) {
      const application = getApplication(account, workspaceID, applicationID);
      checkGroup(account, workspaceID, deployGroup, groupsIn(account, applicationID));
      checkAccesses(account, deployGroup.environmentID, access, []);
      const group = addGroup(account, application, deployGroup);
      addAccesses(account, group, access);
      return detail(account, group);
    },
    GetDeployGroup: ({ params }) => detail(account, getDeployGroup(account, params)),
    UpdateDeployGroup({ params, body }) {
      const group = changeable(params);
      if (body.conf) checkConf(account, params.workspaceID, body.conf);
      if (body.access) checkAccesses(account, group.environmentID, body.access, []);
      if (body.access) {
        for (const access of accessesIn(account, group.resourceID)) removeAccess(account, access);
        addAccesses(account, group, body.access);
      }
      const changed = deploy(account, {
        ...group,
        description: body.description ?? group.description,
        replicas: body.replicas ?? group.replicas,
        conf: body.conf ?? group.conf,
        componentConf: body.compnonentConf ?? body.componentConf ?? group.componentConf,
      });
      return detail(account, changed);
    },
    DeleteDeployGroup({ params }) {
      const group = changeable(params);
      removeDeployGroup(account, group);
      return viewGroup(account, group);
    },
    ScaleDeployGroup: ({ params, body: { replicas } }) =>
      viewGroup(account, deploy(account, { ...changeable(params), replicas })),
    ListDeployGroupByPage({ params: { workspaceID, applicationID }, query }) {
      getApplication(account, workspaceID, applicationID);
      const { name = "", environmentID = "" } = query;
      const chosen = groupsIn(account, applicationID).filter(
        (group) => group.name.includes(name) && (environmentID === "" || group.environmentID === environmentID),
      );
      return pageOf(
        query,
        chosen.map((group) => viewGroup(account, group)),
      );
    },
    ListDeployGroupByImage: ({ params, query }) => having(params, query.images, query.configIDs),
    ListDeployGroupByConfig: ({ params, query }) => having(params, undefined, query.configIDs),
  };
});

function detail(account: Account, group: DeployGroup): object {
  const { clusterIDs: _, ...workspace } = workspacesOf(account).get(group.workspaceID) ?? { clusterIDs: [] };
  const application = applicationsOf(account).get(group.applicationID);
  return {
    ...viewGroup(account, group),
    conf: group.conf,
    componentConf: group.componentConf,
    access: viewAccesses(account, group.resourceID),
    workspace,
    application: application && viewApplication(application),
    task: { type: "DeployGroup", deployGroupID: group.resourceID, deployGroupName: group.name },
  };
}
