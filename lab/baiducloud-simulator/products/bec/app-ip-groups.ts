import { parseIp } from "@ccm/base";
import { pageOf } from "../../api/common.ts";
import { badRequest, denied } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { boolean, type Infer, integer, list, object, optional, text } from "../../api/schema.ts";
import {
  APP,
  appBlbsOf,
  CHECKED,
  found,
  getAppBlb,
  HEALTH,
  HEALTH_VIEW,
  healthOf,
  type IpGroup,
  MARKED,
  markerOf,
  named,
  readyAppBlb,
  replaced,
} from "./app-model.ts";
import { notFound } from "./faults.ts";

const GROUP = `${APP}/{blbId}/ipgroup`;
const PORT = integer(1, 65_535);
const WEIGHT = optional(integer(0, 100));
const MEMBER = object({ ip: text(), port: PORT, weight: WEIGHT });
const MEMBER_VIEW = object({ memberId: text(), ip: text(), port: integer(), weight: integer() });
const NAMES = { name: optional(text({ max: 65 })), desc: optional(text({ max: 200 })) };
const OF = { ipGroupId: text() };
const CHANGES = ["ResourceNotFound", "OperationDenied"];
const DELETE_POLICIES = {
  summary: "Deletes health checks of a group.",
  path: `${GROUP}/backendpolicy`,
  body: object({ ...OF, backendPolicyIdList: list(text(), 50) }),
  errors: CHANGES,
} as const;

const OPERATIONS = operations({
  CreateIpGroup: {
    summary: "Makes a group of addresses to send to.",
    method: "POST",
    path: GROUP,
    body: object({ ...NAMES, memberList: optional(list(MEMBER, 100), []) }),
    answer: object({ id: text(), name: text(), desc: text() }),
    errors: CHANGES,
  },
  UpdateIpGroup: {
    summary: "Renames a group.",
    method: "PUT",
    path: GROUP,
    body: object({ ...NAMES, ...OF }),
    errors: CHANGES,
  },
  ListIpGroups: {
    summary: "Lists the groups.",
    method: "GET",
    path: GROUP,
    query: { ...MARKED, name: optional(text()), exactlyMatch: optional(boolean()) },
    answer: pageOf(
      "appIpGroupList",
      object({ id: text(), name: text(), desc: text(), backendPolicyList: list(object(HEALTH_VIEW)) }),
    ),
    errors: ["ResourceNotFound"],
  },
  DeleteIpGroup: {
    summary: "Deletes a group that no policy sends to.",
    method: "PUT",
    path: GROUP,
    when: "delete",
    body: object(OF),
    errors: CHANGES,
  },
  CreateIpGroupPolicy: {
    summary: "Gives a group a health check, one for each protocol.",
    method: "POST",
    path: `${GROUP}/backendpolicy`,
    body: object({ ...OF, ...HEALTH, type: CHECKED }),
    answer: object({ id: text() }),
    errors: CHANGES,
  },
  UpdateIpGroupPolicy: {
    summary: "Changes a health check.",
    method: "PUT",
    path: `${GROUP}/backendpolicy`,
    body: object({ ...OF, ...HEALTH, id: text() }),
    errors: CHANGES,
  },
  ListIpGroupPolicies: {
    summary: "The health checks of a group.",
    method: "GET",
    path: `${GROUP}/backendpolicy`,
    query: { ...MARKED, ...OF },
    answer: pageOf("backendPolicyList", object(HEALTH_VIEW)),
    errors: ["ResourceNotFound"],
  },
  DeleteIpGroupPolicies: { ...DELETE_POLICIES, method: "DELETE" },
  DeleteIpGroupPoliciesByPut: { ...DELETE_POLICIES, method: "PUT", when: "delete" },
  CreateIpGroupMembers: {
    summary: "Adds addresses to a group.",
    method: "POST",
    path: `${GROUP}/member`,
    body: object({ ...OF, memberList: list(MEMBER, 100) }),
    answer: object({ memberList: list(MEMBER_VIEW) }),
    errors: CHANGES,
  },
  UpdateIpGroupMembers: {
    summary: "Changes ports and weights of a group's addresses.",
    method: "PUT",
    path: `${GROUP}/member`,
    body: object({ ...OF, memberList: list(object({ memberId: text(), port: optional(PORT), weight: WEIGHT }), 100) }),
    errors: CHANGES,
  },
  ListIpGroupMembers: {
    summary: "The addresses of a group.",
    method: "GET",
    path: `${GROUP}/member`,
    query: { ...MARKED, ...OF },
    answer: pageOf("memberList", MEMBER_VIEW),
    errors: ["ResourceNotFound"],
  },
  DeleteIpGroupMembers: {
    summary: "Takes addresses out of a group.",
    method: "PUT",
    path: `${GROUP}/member`,
    when: "delete",
    body: object({ ...OF, memberIdList: list(text(), 100) }),
    errors: CHANGES,
  },
});

export const appIpGroups = part(OPERATIONS, (account) => {
  const blbs = appBlbsOf(account);
  const change = (blbId: string, groupId: string, how: (group: IpGroup) => Partial<IpGroup>): Record<string, never> => {
    const { ipGroups } = readyAppBlb(account, blbId);
    const group = found(ipGroups, groupId);
    blbs.patch(blbId, { ipGroups: replaced(ipGroups, { ...group, ...how(group) }) });
    return {};
  };
  const members = (before: IpGroup["members"], given: readonly Infer<typeof MEMBER>[]): IpGroup["members"] => {
    const known = new Set(before.map(({ ip, port }) => `${ip}:${port}`));
    return given.map(({ ip, port, weight = 100 }) => {
      if (!parseIp(ip)) throw badRequest(`ip: "${ip}" is not valid, expected an address.`);
      if (known.has(`${ip}:${port}`)) throw denied(`${ip}:${port} is in the group already.`);
      known.add(`${ip}:${port}`);
      return { memberId: account.newId("member"), ip, port, weight };
    });
  };
  const deletePolicies = (blbId: string, groupId: string, ids: readonly string[]) => {
    const { policies: sending } = getAppBlb(account, blbId);
    return change(blbId, groupId, ({ policies }) => {
      for (const id of ids) {
        const { type } = found(policies, id);
        if (sending.some((one) => one.appIpGroupId === groupId && one.type === type))
          throw denied(`health check ${id} is needed by a policy of a ${type} listener.`);
      }
      return { policies: policies.filter(({ id }) => !ids.includes(id)) };
    });
  };
  return {
    CreateIpGroup({ params: { blbId }, body: { name, desc = "", memberList } }) {
      const { ipGroups } = readyAppBlb(account, blbId);
      const id = account.newId("ip_group");
      const group = { id, name: name || id, desc, members: members([], memberList), policies: [] };
      blbs.patch(blbId, { ipGroups: [...ipGroups, group] });
      return { id, name: group.name, desc };
    },
    UpdateIpGroup: ({ params, body: { ipGroupId, name, desc } }) =>
      change(params.blbId, ipGroupId, (group) => ({ name: name || group.name, desc: desc ?? group.desc })),
    ListIpGroups({ params, query }) {
      const groups = named(getAppBlb(account, params.blbId).ipGroups, query);
      const views = groups.map(({ id, name, desc, policies }) => ({ id, name, desc, backendPolicyList: policies }));
      return page(markerOf(query), "appIpGroupList", views, ({ id }) => id);
    },
    DeleteIpGroup({ params: { blbId }, body: { ipGroupId } }) {
      const blb = readyAppBlb(account, blbId);
      found(blb.ipGroups, ipGroupId);
      if (blb.policies.some(({ appIpGroupId }) => appIpGroupId === ipGroupId))
        throw denied(`group ${ipGroupId} is used by a policy.`);
      blbs.patch(blbId, { ipGroups: blb.ipGroups.filter(({ id }) => id !== ipGroupId) });
      return {};
    },
    CreateIpGroupPolicy({ params, body: { ipGroupId, type, ...health } }) {
      const id = account.newId("bp");
      change(params.blbId, ipGroupId, ({ policies }) => {
        if (policies.some((one) => one.type === type)) throw denied(`group ${ipGroupId} has a ${type} check already.`);
        return { policies: [...policies, healthOf(id, type, health)] };
      });
      return { id };
    },
    UpdateIpGroupPolicy: ({ params, body: { ipGroupId, id, ...health } }) =>
      change(params.blbId, ipGroupId, ({ policies }) => {
        const before = found(policies, id);
        return { policies: replaced(policies, healthOf(id, before.type, health, before)) };
      }),
    ListIpGroupPolicies({ params, query }) {
      const { policies } = found(getAppBlb(account, params.blbId).ipGroups, query.ipGroupId);
      return page(markerOf(query), "backendPolicyList", policies, ({ id }) => id);
    },
    DeleteIpGroupPolicies: ({ params, body }) => deletePolicies(params.blbId, body.ipGroupId, body.backendPolicyIdList),
    DeleteIpGroupPoliciesByPut: ({ params, body }) =>
      deletePolicies(params.blbId, body.ipGroupId, body.backendPolicyIdList),
    CreateIpGroupMembers({ params, body: { ipGroupId, memberList } }) {
      const { members: before } = found(readyAppBlb(account, params.blbId).ipGroups, ipGroupId);
      const more = members(before, memberList);
      change(params.blbId, ipGroupId, () => ({ members: [...before, ...more] }));
      return { memberList: more };
    },
    UpdateIpGroupMembers: ({ params, body: { ipGroupId, memberList } }) =>
      change(params.blbId, ipGroupId, (group) => {
        for (const { memberId } of memberList)
          if (!group.members.some((one) => one.memberId === memberId)) throw notFound(memberId);
        const said = new Map(memberList.map((one) => [one.memberId, one]));
        return {
          members: group.members.map((one) => ({
            ...one,
            port: said.get(one.memberId)?.port ?? one.port,
            weight: said.get(one.memberId)?.weight ?? one.weight,
          })),
        };
      }),
    ListIpGroupMembers({ params, query }) {
      const { members: all } = found(getAppBlb(account, params.blbId).ipGroups, query.ipGroupId);
      return page(markerOf(query), "memberList", all, ({ memberId }) => memberId);
    },
    DeleteIpGroupMembers: ({ params, body: { ipGroupId, memberIdList } }) =>
      change(params.blbId, ipGroupId, (group) => {
        for (const id of memberIdList) if (!group.members.some(({ memberId }) => memberId === id)) throw notFound(id);
        return { members: group.members.filter(({ memberId }) => !memberIdList.includes(memberId)) };
      }),
  };
});
