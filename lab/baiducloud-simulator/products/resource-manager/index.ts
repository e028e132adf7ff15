import type { Account } from "../../account.ts";
import { ANY_TEXT, TAGS } from "../../api/common.ts";
import { denied, Fault, noSuchObject } from "../../api/fault.ts";
import { operations, type Product, part } from "../../api/operation.ts";
import { anything, boolean, csv, integer, list, object, optional, text } from "../../api/schema.ts";
import { type Resource, resourceOf, resourcesOf } from "../tag/resources.ts";

const RESOURCES = "/v1/res/resource";
const BRIEF = { resourceId: text(), resourceType: text(), resourceRegion: text() };
const BINDING = object({ ...BRIEF, groupId: text() });
const BINDINGS = object({ bindings: list(BINDING) });
const FORCE = { force: optional(boolean()) };
const INFO = {
  id: text(),
  uuid: text(),
  name: ANY_TEXT,
  type: text(),
  region: text(),
  accountId: text(),
  userId: text(),
  summary: ANY_TEXT,
  url: ANY_TEXT,
};
const GROUP = {
  groupId: text(),
  name: text(),
  extra: ANY_TEXT,
  parentUuid: ANY_TEXT,
};
const BOUND = object({
  status: text(),
  resGroups: list(object({ ...INFO, groups: list(object(GROUP)) })),
});

const OPERATIONS = operations({
  CreateResourceGroup: {
    summary: "Creates a group.",
    method: "POST",
    path: "/v1/res/group",
    body: object({ name: text({ max: 65 }), extra: optional(text(), "") }),
    answer: object({ groupId: text() }),
    errors: ["OperationDenied"],
  },
  QueryGroupList: {
    summary: "The groups.",
    method: "GET",
    path: "/v1/res/group",
    query: { name: ANY_TEXT },
    answer: object({
      groups: list(
        object({
          parentId: ANY_TEXT,
          groupId: text(),
          name: text(),
          extra: ANY_TEXT,
          // Groups in groups cannot be made.
          children: list(anything()),
        }),
      ),
    }),
  },
  BindResourceToGroup: {
    summary: "Puts resources into groups.",
    method: "POST",
    path: RESOURCES,
    query: FORCE,
    body: BINDINGS,
    answer: BOUND,
    errors: ["NoSuchObject"],
  },
  RemoveResourceFromGroup: {
    summary: "Takes resources out of groups.",
    method: "PUT",
    path: RESOURCES,
    query: FORCE,
    body: BINDINGS,
    errors: ["NoSuchObject"],
  },
  ChangeResourceGroup: {
    summary: "Moves resources from one group to another.",
    method: "POST",
    path: "/v1/res/resource/move",
    query: FORCE,
    body: object({
      moveResModels: list(object({ targetGroupId: text(), oldGroupResInfo: BINDING })),
    }),
    answer: BOUND,
    errors: ["NoSuchObject"],
  },
  QueryGroupResource: {
    summary: "The resources of a group.",
    method: "GET",
    path: RESOURCES,
    when: "queryGroupResource",
    query: {
      groupId: ANY_TEXT,
      id: ANY_TEXT,
      types: optional(csv()),
      regions: optional(csv()),
      name: ANY_TEXT,
      isCurrent: optional(boolean()),
      tags: ANY_TEXT,
      pageNo: optional(integer(1), 1),
      pageSize: optional(integer(1, 1000), 100),
    },
    answer: object({
      infos: list(object({ ...INFO, tags: TAGS, groupIds: list(text()) })),
      total: integer(),
    }),
  },
  GetResGroupBatch: {
    summary: "The groups of resources; those that are in none are left out.",
    method: "POST",
    path: "/v1/res/resource/batch/queryGroupRes",
    body: object({ resourceBriefs: list(object(BRIEF)) }),
    answer: object({
      resGroups: list(
        object({
          ...INFO,
          tags: TAGS,
          groups: list(
            object({
              ...GROUP,
              accountId: text(),
              userId: text(),
              createTime: text(),
              updateTime: text(),
              deleteTime: ANY_TEXT,
              bindTime: text(),
            }),
          ),
        }),
      ),
    }),
    clientToken: false,
  },
});

interface Group {
  readonly groupId: string;
  readonly name: string;
  readonly extra: string;
  readonly createTime: string;
}

interface Membership {
  readonly groupId: string;
  readonly resourceId: string;
  readonly resourceType: string;
  readonly resourceRegion: string;
  readonly bindTime: string;
}

type Brief = Pick<Membership, "resourceId" | "resourceType" | "resourceRegion">;

const keyOf = ({ groupId, resourceType, resourceId, resourceRegion }: Omit<Membership, "bindTime">): string =>
  `${groupId} ${resourceType} ${resourceRegion} ${resourceId}`;

/** Resource groups: which resources belong together. */
const resourceGroups = part(OPERATIONS, (account) => {
  const groups = account.shared.table<Group>("resourceGroups");
  const members = account.shared.table<Membership>("resourceGroupMembers");
  const infoOf = (brief: Brief) => {
    const found = resourceOf(account, brief.resourceType, brief.resourceId, brief.resourceRegion);
    return { found, info: viewOf(account, found) };
  };
  /** A resource may be gone that was put into a group. */
  const isThere = (brief: Brief): boolean =>
    resourcesOf(account).some(
      ({ serviceType, resourceId, region }) =>
        serviceType === brief.resourceType && resourceId === brief.resourceId && region === brief.resourceRegion,
    );
  const groupOf = (id: string): Group => {
    const found = groups.get(id);
    if (!found) throw noSuchObject(id);
    return found;
  };
  const memberOf = (binding: Omit<Membership, "bindTime">): Membership => {
    const found = members.get(keyOf(binding));
    if (!found) throw noSuchObject(`${binding.resourceId} in ${binding.groupId}`);
    return found;
  };
  const put = (brief: Brief, groupId: string): void => {
    const { resourceId, resourceType, resourceRegion } = brief;
    const record = { groupId, resourceId, resourceType, resourceRegion, bindTime: account.time() };
    members.set(keyOf(record), record);
  };
  const groupsOf = (brief: Brief) =>
    members
      .all()
      .filter((one) => keyOf({ ...brief, groupId: one.groupId }) === keyOf(one))
      .flatMap(({ groupId, bindTime }) => {
        const group = groups.get(groupId);
        return group ? [{ ...group, bindTime }] : [];
      });
  const bound = (briefs: readonly Brief[]) => ({
    status: "success",
    resGroups: briefs.map((brief) => ({
      ...infoOf(brief).info,
      groups: groupsOf(brief).map(({ groupId, name, extra }) => ({ groupId, name, extra, parentUuid: "" })),
    })),
  });

  return {
    CreateResourceGroup({ body: { name, extra } }) {
      if (groups.all().some((group) => group.name === name)) throw denied(`there is a group ${name} already.`);
      const groupId = account.newId("RESG");
      groups.set(groupId, { groupId, name, extra, createTime: account.time() });
      return { groupId };
    },
    QueryGroupList({ query }) {
      const chosen = groups.all().filter(({ name }) => !query.name || name.includes(query.name));
      return {
        groups: chosen.map(({ groupId, name, extra }) => ({ parentId: "", groupId, name, extra, children: [] })),
      };
    },
    BindResourceToGroup({ body }) {
      const bindings = some(body.bindings);
      for (const binding of bindings) {
        groupOf(binding.groupId);
        infoOf(binding);
      }
      for (const binding of bindings) put(binding, binding.groupId);
      return bound(bindings);
    },
    RemoveResourceFromGroup({ body }) {
      for (const binding of some(body.bindings)) memberOf(binding);
      for (const binding of body.bindings) members.delete(keyOf(binding));
      return {};
    },
    ChangeResourceGroup({ body }) {
      const moves = some(body.moveResModels);
      for (const { targetGroupId, oldGroupResInfo } of moves) {
        groupOf(targetGroupId);
        memberOf(oldGroupResInfo);
      }
      for (const { targetGroupId, oldGroupResInfo } of moves) {
        members.delete(keyOf(oldGroupResInfo));
        put(oldGroupResInfo, targetGroupId);
      }
      return bound(moves.map(({ oldGroupResInfo }) => oldGroupResInfo));
    },
    QueryGroupResource({ query }) {
      const chosen = members
        .all()
        .filter(
          (one) =>
            (!query.groupId || one.groupId === query.groupId) &&
            (!query.id || one.resourceId === query.id) &&
            (!query.types || query.types.includes(one.resourceType)) &&
            (!query.regions || query.regions.includes(one.resourceRegion)) &&
            isThere(one),
        )
        .filter((one, index, all) => all.findIndex((other) => other.resourceId === one.resourceId) === index);
      const from = (query.pageNo - 1) * query.pageSize;
      const infos = chosen.slice(from, from + query.pageSize).map((one) => {
        const { found, info } = infoOf(one);
        return { ...info, tags: found.tags, groupIds: groupsOf(one).map(({ groupId }) => groupId) };
      });
      return { infos, total: chosen.length };
    },
    GetResGroupBatch({ body }) {
      const inGroups = body.resourceBriefs.filter((brief) => groupsOf(brief).length > 0 && isThere(brief));
      return {
        resGroups: inGroups.map((brief) => {
          const { found, info } = infoOf(brief);
          return {
            ...info,
            tags: found.tags,
            groups: groupsOf(brief).map((group) => ({
              ...group,
              parentUuid: "",
              accountId: account.id,
              userId: account.id,
              updateTime: group.createTime,
              deleteTime: "",
            })),
          };
        }),
      };
    },
  };
});

function viewOf({ id: accountId }: Account, { resourceId, serviceType, region }: Resource) {
  return {
    id: resourceId,
    uuid: resourceId,
    name: resourceId,
    type: serviceType,
    region,
    accountId,
    userId: accountId,
    summary: "",
    url: "",
  };
}

function some<T>(all: readonly T[]): readonly T[] {
  if (all.length === 0) throw new Fault(400, "InappropriateJSON", "expected at least one resource.");
  return all;
}

export const RESOURCE_MANAGER: Product = {
  name: "resourcemanager",
  title: "Resource groups",
  hosts: ["resourcemanager"],
  parts: [resourceGroups],
};
