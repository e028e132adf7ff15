import { badRequest, noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { list, object, optional, text } from "../../api/schema.ts";
import {
  ACCESS,
  addAccesses,
  checkAccesses,
  NEW_ACCESS_FIELDS,
  startAccesses,
  viewAccess,
  viewAccesses,
} from "./access-model.ts";
import { PAGES, pageOf, pageSchema, UNDERLAY } from "./paging.ts";
import { accessesIn, accessesOf, checkUnlocked, getDeployGroup } from "./records.ts";
import { removeAccess } from "./remove.ts";

const GROUP = "/workspaces/{workspaceID}/applications/{applicationID}/deployGroups/{deployGroupID}";

const OPERATIONS = operations({
  CreateAccesses: {
    summary:
      "Makes a deploy group reachable: in the cluster (1), the VPC (2) or from everywhere (3). Takes and gives bare lists.",
    method: "POST",
    path: `/v2${GROUP}/accesses`,
    body: list(object({ ...NEW_ACCESS_FIELDS, deployGroupID: optional(text()) })),
    answer: list(ACCESS),
    errors: ["NoSuchObject", "Conflict", "OperationDenied"],
    delay: "cnapDeploy",
  },
  DeleteAccess: {
    summary: "Takes an access away.",
    method: "DELETE",
    path: `/v2${GROUP}/accesses/{accessID}`,
    query: UNDERLAY,
    answer: ACCESS,
    errors: ["NoSuchObject", "OperationDenied"],
  },
  ListAccesses: {
    summary: "Lists the accesses of a deploy group.",
    method: "GET",
    path: `/v2/console${GROUP}/accesses`,
    query: PAGES,
    answer: pageSchema(ACCESS),
    errors: ["NoSuchObject"],
  },
});

export const accesses = part(OPERATIONS, (account) => {
  startAccesses(account);
  return {
    CreateAccesses({ params, body }) {
      const group = getDeployGroup(account, params);
      checkUnlocked(group);
      if (body.length === 0) throw badRequest("expected at least one access.");
      const other = body.find(({ deployGroupID }) => deployGroupID && deployGroupID !== group.resourceID);
      if (other) throw badRequest(`deployGroupID: expected ${group.resourceID} in every access.`);
      checkAccesses(account, group.environmentID, body, accessesIn(account, group.resourceID));
      return addAccesses(account, group, body).map(viewAccess);
    },
    DeleteAccess({ params: { accessID, ...params } }) {
      const group = getDeployGroup(account, params);
      checkUnlocked(group);
      const access = accessesOf(account).get(accessID);
      if (access?.deployGroupID !== group.resourceID) throw noSuchObject(accessID);
      removeAccess(account, access);
      return viewAccess(access);
    },
    ListAccesses: ({ params, query }) =>
      pageOf(query, viewAccesses(account, getDeployGroup(account, params).resourceID)),
  };
});
