import type { Account } from "../../account.ts";
import { ANY_TEXT, NAME, PAGING, pageOf } from "../../api/common.ts";
import { denied, Fault, noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { boolean, integer, list, object, oneOf, optional, text } from "../../api/schema.ts";
import { instancesOf } from "../bcc/records.ts";
import { distinct, newBackends, privateIpOf, reweighed, SERVER, without } from "../blb/backends.ts";
import { getOf, mutate } from "../blb/mutate.ts";
import { changeServerGroup, serverGroupOf } from "./change.ts";
import { GROUP_CHECKS, HEALTH, HEALTH_VIEW, healthOf } from "./health-fields.ts";
import { APP, type AppBlb, type GroupPort, type ServerGroup } from "./records.ts";

const GROUP = "/v1/appblb/{blbId}/appservergroup";
const GROUP_PORT = "/v1/appblb/{blbId}/appservergroupport";
const MEMBERS = "/v1/appblb/{blbId}/blbrs";
const TYPE = oneOf("TCP", "UDP", "HTTP");
const DESC = optional(text({ max: 200 }));
const ERRORS = ["NoSuchObject", "OperationDenied"];
const SG = { sgId: text() };
const SERVERS = object({ ...SG, backendServerList: list(SERVER) });
const MEMBER = object({
  instanceId: text(),
  weight: integer(),
  privateIp: ANY_TEXT,
  desc: ANY_TEXT,
  portList: list(
    object({
      listenerPort: integer(),
      // A text here, a number everywhere else: official clients insist on it.
      backendPort: text(),
      portType: text(),
      healthCheckPortType: text(),
      status: oneOf("Alive", "Dead", "Unknown"),
      portId: text(),
      policyId: text(),
    }),
  ),
});

const OPERATIONS = operations({
  CreateAppServerGroup: {
    summary: "Creates a server group, with machines in it.",
    method: "POST",
    path: GROUP,
    delay: "blbUpdate",
    body: object({
      name: NAME,
      desc: DESC,
      preserveClientIpEnabled: optional(boolean(), true),
      backendServerList: optional(list(SERVER), []),
    }),
    answer: object({ id: text(), name: text(), desc: ANY_TEXT, status: text() }),
    errors: [...ERRORS, "BackendServerAlreadyExist", "QuotaLimitExceeded"],
  },
  DescribeAppServerGroup: {
    summary: "Lists server groups with their ports.",
    method: "GET",
    path: GROUP,
    query: { ...PAGING, name: ANY_TEXT, exactlyMatch: optional(boolean()) },
    answer: pageOf(
      "appServerGroupList",
      object({
        id: text(),
        name: text(),
        desc: ANY_TEXT,
        status: text(),
        preserveClientIpEnabled: boolean(),
        portList: list(object({ id: text(), port: integer(), type: text(), status: text(), ...HEALTH_VIEW })),
      }),
    ),
    errors: ["NoSuchObject"],
  },
  UpdateAppServerGroup: {
    summary: "Changes name and description of a server group.",
    method: "PUT",
    path: GROUP,
    delay: "blbUpdate",
    body: object({ ...SG, name: NAME, desc: DESC, preserveClientIpEnabled: optional(boolean()) }),
    errors: ERRORS,
  },
  DeleteAppServerGroup: {
    summary: "Deletes a server group that no policy uses.",
    method: "PUT",
    path: GROUP,
    when: "delete",
    delay: "blbUpdate",
    body: object(SG),
    errors: ERRORS,
  },
  CreateAppServerGroupPort: {
    summary: "Adds a port to a server group, with its health check.",
    method: "POST",
    path: GROUP_PORT,
    delay: "blbUpdate",
    body: object({ ...SG, port: integer(1, 65535), type: TYPE, ...HEALTH }),
    answer: object({ id: text(), status: text() }),
    errors: [...ERRORS, "PortAlreadyExist"],
  },
  UpdateAppServerGroupPort: {
    summary: "Changes the health check of a port.",
    method: "PUT",
    path: GROUP_PORT,
    delay: "blbUpdate",
    body: object({ ...SG, portId: text(), ...HEALTH }),
    errors: ERRORS,
  },
  DeleteAppServerGroupPort: {
    summary: "Deletes ports that no policy uses.",
    method: "PUT",
    path: GROUP_PORT,
    when: "batchdelete",
    delay: "blbUpdate",
    body: object({ ...SG, portIdList: list(text()) }),
    errors: ERRORS,
  },
  CreateBlbRs: {
    summary: "Adds machines to a server group, all or none.",
    method: "POST",
    path: MEMBERS,
    delay: "blbUpdate",
    body: SERVERS,
    errors: [...ERRORS, "BackendServerAlreadyExist", "QuotaLimitExceeded"],
  },
  UpdateBlbRs: {
    summary: "Changes the weights of machines.",
    method: "PUT",
    path: MEMBERS,
    delay: "blbUpdate",
    body: SERVERS,
    errors: ERRORS,
  },
  DescribeBlbRs: {
    summary: "The machines of a server group, with their health at each listener that uses it.",
    method: "GET",
    path: MEMBERS,
    query: { ...PAGING, ...SG },
    answer: pageOf("backendServerList", MEMBER),
    errors: ["NoSuchObject"],
  },
  DeleteBlbRs: {
    summary: "Removes machines from a server group, all or none.",
    method: "PUT",
    path: MEMBERS,
    when: "batchdelete",
    delay: "blbUpdate",
    body: object({ ...SG, backendServerIdList: list(text()) }),
    errors: ERRORS,
  },
  DescribeRsMount: {
    summary: "The machines of a server group.",
    method: "GET",
    path: "/v1/appblb/{blbId}/blbrsmount",
    query: SG,
    answer: object({ backendServerList: list(MEMBER) }),
    errors: ["NoSuchObject"],
  },
  DescribeRsUnMount: {
    summary: "The machines of the VPC that are not in a server group.",
    method: "GET",
    path: "/v1/appblb/{blbId}/blbrsunmount",
    query: SG,
    answer: object({ backendServerList: list(MEMBER) }),
    errors: ["NoSuchObject"],
  },
});

/** Server groups of application load balancers: ports with health checks, and machines with weights. */
export const serverGroups = part(OPERATIONS, (account) => {
  const { quotas } = account;
  const groupIn = (blbId: string, sgId: string) => {
    const found = getOf(account, APP, blbId);
    return { found, group: serverGroupOf(found, sgId) };
  };
  return {
    CreateAppServerGroup({ params, body }) {
      const id = account.newId("sg");
      const group = {
        id,
        name: body.name || id,
        desc: body.desc ?? "",
        preserveClientIpEnabled: body.preserveClientIpEnabled,
        ports: [],
      };
      mutate(account, APP, params.blbId, (found) => {
        const servers = body.backendServerList.length > 0 ? distinct(body.backendServerList) : [];
        const members = newBackends(account, found, [], servers);
        return { serverGroups: [...found.serverGroups, { ...group, members }] };
      });
      return { id, name: group.name, desc: group.desc, status: getOf(account, APP, params.blbId).status };
    },
    DescribeAppServerGroup({ params, query }) {
      const { serverGroups: all, status } = getOf(account, APP, params.blbId);
      const chosen = all.filter((group) => fits(group.name, query.name, query.exactlyMatch));
      const views = chosen.map(({ members: _, ports, ...group }) => ({
        ...group,
        status,
        portList: ports.map((port) => ({ ...port, status })),
      }));
      return page(query, "appServerGroupList", views, ({ id }) => id);
    },
    UpdateAppServerGroup: ({ params, body }) =>
      changeServerGroup(account, params.blbId, body.sgId, (group) => ({
        name: body.name || group.name,
        desc: body.desc ?? group.desc,
        preserveClientIpEnabled: body.preserveClientIpEnabled ?? group.preserveClientIpEnabled,
      })),
    DeleteAppServerGroup({ params, body }) {
      mutate(account, APP, params.blbId, (found) => {
        const group = serverGroupOf(found, body.sgId);
        unused(found, group);
        return { serverGroups: found.serverGroups.filter((one) => one !== group) };
      });
      return {};
    },
    CreateAppServerGroupPort({ params, body }) {
      const id = account.newId("port");
      changeServerGroup(account, params.blbId, body.sgId, ({ ports }) => {
        const { port, type } = body;
        if (ports.some((one) => one.port === port && transport(one.type) === transport(type)))
          throw new Fault(409, "PortAlreadyExist", `server group ${body.sgId} has the port ${port}/${type} already.`);
        const health = healthOf({}, body, GROUP_CHECKS[type] ?? [], port);
        return { ports: [...ports, { id, port, type, ...health }] };
      });
      return { id, status: getOf(account, APP, params.blbId).status };
    },
    UpdateAppServerGroupPort: ({ params, body }) =>
      changeServerGroup(account, params.blbId, body.sgId, (group) => {
        const port = portOf(group, body.portId);
        const after = { ...port, ...healthOf(port, body, GROUP_CHECKS[port.type] ?? [], port.port) };
        return { ports: group.ports.map((one) => (one === port ? after : one)) };
      }),
    DeleteAppServerGroupPort: ({ params, body }) =>
      changeServerGroup(account, params.blbId, body.sgId, (group, found) => {
        if (body.portIdList.length === 0) throw new Fault(400, "InappropriateJSON", "portIdList is required.");
        for (const port of body.portIdList.map((id) => portOf(group, id))) unused(found, group, port);
        return { ports: group.ports.filter(({ id }) => !body.portIdList.includes(id)) };
      }),
    CreateBlbRs: ({ params, body }) =>
      changeServerGroup(account, params.blbId, body.sgId, ({ members }, found) => {
        const after = [...members, ...newBackends(account, found, members, distinct(body.backendServerList))];
        if (after.length > quotas.backendsPerBlb)
          throw new Fault(403, "QuotaLimitExceeded", "The quota of machines in a server group is used up.");
        return { members: after };
      }),
    UpdateBlbRs: ({ params, body }) =>
      changeServerGroup(account, params.blbId, body.sgId, ({ members }) => ({
        members: reweighed(members, distinct(body.backendServerList)),
      })),
    DescribeBlbRs({ params, query }) {
      const { found, group } = groupIn(params.blbId, query.sgId);
      return page(query, "backendServerList", membersOf(account, found, group), ({ instanceId }) => instanceId);
    },
    DeleteBlbRs: ({ params, body }) =>
      changeServerGroup(account, params.blbId, body.sgId, ({ members }) => ({
        members: without(members, body.backendServerIdList),
      })),
    DescribeRsMount({ params, query }) {
      const { found, group } = groupIn(params.blbId, query.sgId);
      return { backendServerList: membersOf(account, found, group) };
    },
    DescribeRsUnMount({ params, query }) {
      const { found, group } = groupIn(params.blbId, query.sgId);
      const others = instancesOf(account)
        .all()
        .filter(({ id, vpcId, status }) => {
          const inside = group.members.some(({ instanceId }) => instanceId === id);
          return vpcId === found.vpcId && status !== "Deleted" && !inside;
        });
      return {
        backendServerList: others.map(({ id, internalIp }) => ({
          instanceId: id,
          weight: 0,
          privateIp: internalIp,
          desc: "",
          portList: [],
        })),
      };
    },
  };
});

export function fits(name: string, wanted: string | undefined, exact: boolean | undefined): boolean {
  return !wanted || (exact ? name === wanted : name.includes(wanted));
}

const transport = (type: string) => (type === "UDP" ? "UDP" : "TCP");

function portOf({ id: sgId, ports }: ServerGroup, id: string): GroupPort {
  const found = ports.find((port) => port.id === id);
  if (!found) throw noSuchObject(`port ${id} of server group ${sgId}`);
  return found;
}

/** Refuses what a policy uses: a group, or one port of it. */
function unused({ policies }: AppBlb, { id }: ServerGroup, port?: GroupPort): void {
  const user = policies.find(
    (policy) =>
      policy.appServerGroupId === id && (!port || (policy.backendPort === port.port && policy.portType === port.type)),
  );
  if (user) throw denied(`${port ? `port ${port.id} of ` : ""}server group ${id} is used by the policy ${user.id}.`);
}

/** With their health at each listener whose policies point at the group. */
function membersOf(account: Account, { blbId, policies }: AppBlb, group: ServerGroup) {
  const uses = policies.flatMap((policy) => {
    const port = group.ports.find(({ port, type }) => port === policy.backendPort && type === policy.portType);
    return policy.appServerGroupId === group.id && port ? [{ policy, port }] : [];
  });
  return group.members.map((member) => ({
    ...member,
    privateIp: privateIpOf(account, member),
    portList: uses.map(({ policy: { id, listenerPort, listenerType }, port }) => ({
      listenerPort,
      backendPort: String(port.port),
      portType: port.type,
      healthCheckPortType: port.healthCheck,
      status: account.dataPlane.health(blbId, listenerType, listenerPort, member.instanceId),
      portId: port.id,
      policyId: id,
    })),
  }));
}
