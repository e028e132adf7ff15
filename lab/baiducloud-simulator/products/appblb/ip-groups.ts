import { parseIp } from "@ccm/base";
import { ANY_TEXT, NAME, PAGING, pageOf } from "../../api/common.ts";
import { badRequest, denied, Fault, noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { boolean, type Infer, integer, list, object, oneOf, optional, text } from "../../api/schema.ts";
import { getOf, mutate } from "../blb/mutate.ts";
import { changeIpGroup, ipGroupOf } from "./change.ts";
import { HEALTH, HEALTH_VIEW, healthOf, IP_GROUP_CHECKS } from "./health-fields.ts";
import { APP, type AppBlb, type IpGroup, type IpGroupMember } from "./records.ts";
import { fits } from "./server-groups.ts";

const GROUP = "/v1/appblb/{blbId}/ipgroup";
const POLICY = "/v1/appblb/{blbId}/ipgroup/backendpolicy";
const MEMBERS = "/v1/appblb/{blbId}/ipgroup/member";
const DESC = optional(text({ max: 200 }));
const ERRORS = ["NoSuchObject", "OperationDenied"];
const ID = { ipGroupId: text() };
const WEIGHT = optional(integer(0, 100));
const NEW_MEMBER = object({ ip: text(), port: integer(1, 65535), weight: WEIGHT, desc: DESC });
const POLICIES = object({ ...ID, backendPolicyIdList: list(text()) });

const OPERATIONS = operations({
  CreateAppIpGroup: {
    summary: "Creates a group of addresses, with members in it.",
    method: "POST",
    path: GROUP,
    delay: "blbUpdate",
    body: object({
      name: NAME,
      desc: DESC,
      preserveClientIpEnabled: optional(boolean(), true),
      groupTargetType: optional(oneOf("customized", "sameVpc", "acrossVpc", "acrossRegion", "hybridCloud")),
      memberList: optional(list(NEW_MEMBER), []),
    }),
    answer: object({ id: text(), name: text(), desc: ANY_TEXT }),
    errors: [...ERRORS, "MemberAlreadyExist"],
  },
  DescribeAppIpGroup: {
    summary: "Lists IP groups with the protocols that they speak.",
    method: "GET",
    path: GROUP,
    query: { ...PAGING, name: ANY_TEXT, exactlyMatch: optional(boolean()) },
    answer: pageOf(
      "appIpGroupList",
      object({
        id: text(),
        name: text(),
        desc: ANY_TEXT,
        preserveClientIpEnabled: boolean(),
        groupTargetType: text(),
        backendPolicyList: list(object({ id: text(), type: text(), ...HEALTH_VIEW })),
      }),
    ),
    errors: ["NoSuchObject"],
  },
  UpdateAppIpGroup: {
    summary: "Changes name and description of an IP group.",
    method: "PUT",
    path: GROUP,
    delay: "blbUpdate",
    body: object({ ...ID, name: NAME, desc: DESC, preserveClientIpEnabled: optional(boolean()) }),
    errors: ERRORS,
  },
  DeleteAppIpGroup: {
    summary: "Deletes an IP group that no policy uses.",
    method: "PUT",
    path: GROUP,
    when: "delete",
    delay: "blbUpdate",
    body: object(ID),
    errors: ERRORS,
  },
  CreateAppIpGroupBackendPolicy: {
    summary: "Lets an IP group speak a protocol, with its health check.",
    method: "POST",
    path: POLICY,
    delay: "blbUpdate",
    body: object({ ...ID, type: oneOf("TCP", "UDP", "HTTP", "HTTPS"), ...HEALTH }),
    answer: object({ id: text() }),
    errors: [...ERRORS, "PolicyAlreadyExist"],
  },
  UpdateAppIpGroupBackendPolicy: {
    summary: "Changes the health check of a protocol.",
    method: "PUT",
    path: POLICY,
    delay: "blbUpdate",
    body: object({ ...ID, id: text(), ...HEALTH }),
    errors: ERRORS,
  },
  DeleteAppIpGroupBackendPolicy: {
    summary: "Takes protocols away that no policy uses.",
    method: "PUT",
    path: POLICY,
    when: "delete",
    delay: "blbUpdate",
    body: POLICIES,
    errors: ERRORS,
  },
  RemoveAppIpGroupBackendPolicy: {
    summary: "The same, as the official Python client asks for it.",
    method: "DELETE",
    path: POLICY,
    delay: "blbUpdate",
    body: POLICIES,
    errors: ERRORS,
  },
  CreateAppIpGroupMember: {
    summary: "Adds members, all or none.",
    method: "POST",
    path: MEMBERS,
    delay: "blbUpdate",
    body: object({ ...ID, memberList: list(NEW_MEMBER) }),
    errors: [...ERRORS, "MemberAlreadyExist"],
  },
  UpdateAppIpGroupMember: {
    summary: "Changes members.",
    method: "PUT",
    path: MEMBERS,
    delay: "blbUpdate",
    body: object({
      ...ID,
      memberList: list(object({ memberId: text(), port: optional(integer(0, 65535)), weight: WEIGHT, desc: DESC })),
    }),
    errors: [...ERRORS, "MemberAlreadyExist"],
  },
  DeleteAppIpGroupMember: {
    summary: "Removes members, all or none.",
    method: "PUT",
    path: MEMBERS,
    when: "delete",
    delay: "blbUpdate",
    body: object({ ...ID, memberIdList: list(text()) }),
    errors: ERRORS,
  },
  DescribeAppIpGroupMember: {
    summary: "The members of an IP group with their health.",
    method: "GET",
    path: MEMBERS,
    query: { ...PAGING, ...ID },
    answer: pageOf(
      "memberList",
      object({
        memberId: text(),
        ip: text(),
        port: integer(),
        weight: integer(),
        desc: ANY_TEXT,
        portList: list(object({ healthCheckPortType: text(), status: oneOf("Alive", "Dead", "Unknown") })),
      }),
    ),
    errors: ["NoSuchObject"],
  },
});

/** IP groups of application load balancers: any addresses, such as those of Pods. */
export const ipGroups = part(OPERATIONS, (account) => {
  const made = (members: readonly Infer<typeof NEW_MEMBER>[]): readonly IpGroupMember[] =>
    members.map(({ ip, port, weight = 100, desc = "" }) => {
      if (!parseIp(ip)) throw badRequest(`ip: "${ip}" is not an address.`);
      return { memberId: account.newId("ip_member"), ip, port, weight, desc };
    });
  const removePolicies = (blbId: string, { ipGroupId, backendPolicyIdList: ids }: Infer<typeof POLICIES>): object =>
    changeIpGroup(account, blbId, ipGroupId, (group, found) => {
      if (ids.length === 0) throw new Fault(400, "InappropriateJSON", "backendPolicyIdList is required.");
      for (const id of ids) unused(found, group, policyOf(group, id).type);
      return { policies: group.policies.filter(({ id }) => !ids.includes(id)) };
    });

  return {
    CreateAppIpGroup({ params, body }) {
      const id = account.newId("ip_group");
      const { preserveClientIpEnabled } = body;
      const groupTargetType = body.groupTargetType || "customized";
      const group = { id, name: body.name || id, desc: body.desc ?? "", preserveClientIpEnabled, groupTargetType };
      mutate(account, APP, params.blbId, (found) => {
        if (!preserveClientIpEnabled && groupTargetType !== "sameVpc")
          throw badRequest("preserveClientIpEnabled: can be switched off with sameVpc only.");
        const members = distinct(made(body.memberList));
        return { ipGroups: [...found.ipGroups, { ...group, policies: [], members }] };
      });
      return { id, name: group.name, desc: group.desc };
    },
    DescribeAppIpGroup({ params, query }) {
      const { ipGroups: all } = getOf(account, APP, params.blbId);
      const chosen = all.filter((group) => fits(group.name, query.name, query.exactlyMatch));
      const views = chosen.map(({ members: _, policies, ...group }) => ({ ...group, backendPolicyList: policies }));
      return page(query, "appIpGroupList", views, ({ id }) => id);
    },
    UpdateAppIpGroup: ({ params, body }) =>
      changeIpGroup(account, params.blbId, body.ipGroupId, (group) => {
        const preserveClientIpEnabled = body.preserveClientIpEnabled ?? group.preserveClientIpEnabled;
        if (!preserveClientIpEnabled && group.groupTargetType !== "sameVpc")
          throw badRequest("preserveClientIpEnabled: can be switched off with sameVpc only.");
        return { name: body.name || group.name, desc: body.desc ?? group.desc, preserveClientIpEnabled };
      }),
    DeleteAppIpGroup({ params, body }) {
      mutate(account, APP, params.blbId, (found) => {
        const group = ipGroupOf(found, body.ipGroupId);
        unused(found, group);
        return { ipGroups: found.ipGroups.filter((one) => one !== group) };
      });
      return {};
    },
    CreateAppIpGroupBackendPolicy({ params, body }) {
      const id = account.newId("bp");
      changeIpGroup(account, params.blbId, body.ipGroupId, ({ policies }) => {
        const { type } = body;
        if (policies.some((one) => one.type === type))
          throw new Fault(409, "PolicyAlreadyExist", `IP group ${body.ipGroupId} speaks ${type} already.`);
        if (type === "HTTP" && !body.healthCheckPort)
          throw new Fault(400, "InappropriateJSON", "healthCheckPort is required for HTTP.");
        return { policies: [...policies, { id, type, ...healthOf({}, body, IP_GROUP_CHECKS[type] ?? [], 0) }] };
      });
      return { id };
    },
    UpdateAppIpGroupBackendPolicy: ({ params, body }) =>
      changeIpGroup(account, params.blbId, body.ipGroupId, (group) => {
        const policy = policyOf(group, body.id);
        const after = { ...policy, ...healthOf(policy, body, IP_GROUP_CHECKS[policy.type] ?? [], 0) };
        return { policies: group.policies.map((one) => (one === policy ? after : one)) };
      }),
    DeleteAppIpGroupBackendPolicy: ({ params, body }) => removePolicies(params.blbId, body),
    RemoveAppIpGroupBackendPolicy: ({ params, body }) => removePolicies(params.blbId, body),
    CreateAppIpGroupMember: ({ params, body }) =>
      changeIpGroup(account, params.blbId, body.ipGroupId, ({ members }) => {
        if (body.memberList.length === 0) throw new Fault(400, "InappropriateJSON", "memberList is required.");
        const after = distinct([...members, ...made(body.memberList)]);
        if (after.length > account.quotas.backendsPerBlb)
          throw new Fault(403, "QuotaLimitExceeded", "The quota of members of an IP group is used up.");
        return { members: after };
      }),
    UpdateAppIpGroupMember: ({ params, body }) =>
      changeIpGroup(account, params.blbId, body.ipGroupId, (group) => {
        if (body.memberList.length === 0) throw new Fault(400, "InappropriateJSON", "memberList is required.");
        const changes = new Map(body.memberList.map((change) => [change.memberId, change]));
        known(group, [...changes.keys()]);
        const after = group.members.map((member) => {
          const { port, weight, desc } = changes.get(member.memberId) ?? {};
          return { ...member, port: port || member.port, weight: weight ?? member.weight, desc: desc ?? member.desc };
        });
        return { members: distinct(after) };
      }),
    DeleteAppIpGroupMember: ({ params, body }) =>
      changeIpGroup(account, params.blbId, body.ipGroupId, (group) => {
        if (body.memberIdList.length === 0) throw new Fault(400, "InappropriateJSON", "memberIdList is required.");
        known(group, body.memberIdList);
        return { members: group.members.filter(({ memberId }) => !body.memberIdList.includes(memberId)) };
      }),
    DescribeAppIpGroupMember({ params, query }) {
      const found = getOf(account, APP, params.blbId);
      const group = ipGroupOf(found, query.ipGroupId);
      const users = found.policies.filter(({ appIpGroupId }) => appIpGroupId === group.id);
      const views = group.members.map((member) => ({
        ...member,
        portList: users.map(({ listenerType, listenerPort, portType }) => ({
          healthCheckPortType: group.policies.find(({ type }) => type === portType)?.healthCheck ?? portType,
          status: account.dataPlane.health(found.blbId, listenerType, listenerPort, member.memberId),
        })),
      }));
      return page(query, "memberList", views, ({ memberId }) => memberId);
    },
  };
});

function distinct(members: readonly IpGroupMember[]): readonly IpGroupMember[] {
  const ends = members.map(({ ip, port }) => `${ip} ${port}`);
  const twice = ends.find((end, index) => ends.indexOf(end) !== index);
  if (twice) throw new Fault(409, "MemberAlreadyExist", `${twice.replace(" ", ":")} is a member already.`);
  return members;
}

function known({ id, members }: IpGroup, ids: readonly string[]): void {
  for (const one of ids)
    if (!members.some(({ memberId }) => memberId === one)) throw noSuchObject(`member ${one} of IP group ${id}`);
}

function policyOf({ id: groupId, policies }: IpGroup, id: string) {
  const found = policies.find((policy) => policy.id === id);
  if (!found) throw noSuchObject(`backend policy ${id} of IP group ${groupId}`);
  return found;
}

/** Refuses what a policy of a listener uses: a group, or one protocol of it. */
function unused({ policies }: AppBlb, { id }: IpGroup, type?: string): void {
  const user = policies.find((policy) => policy.appIpGroupId === id && (!type || policy.portType === type));
  if (user) throw denied(`${type ? `${type} of ` : ""}IP group ${id} is used by the policy ${user.id}.`);
}
