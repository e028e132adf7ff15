import { pageOf } from "../../api/common.ts";
import { badRequest, denied } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { boolean, type Infer, integer, list, object, optional, text } from "../../api/schema.ts";
import {
  APP,
  type AppBlb,
  appBlbsOf,
  CHECKED,
  found,
  getAppBlb,
  HEALTH,
  HEALTH_VIEW,
  healthOf,
  MARKED,
  markerOf,
  named,
  readyAppBlb,
  replaced,
  type ServerGroup,
} from "./app-model.ts";
import { notFound } from "./faults.ts";
import { getVm, vmsOf } from "./records.ts";

const ONE = `${APP}/{blbId}`;
const NAMES = { name: optional(text({ max: 65 })), desc: optional(text({ max: 200 })) };
const OF = { sgId: text() };
const SERVER = object({ instanceId: text(), weight: optional(integer(0, 100)) });
const SERVERS = list(SERVER, 100);
const CHANGES = ["ResourceNotFound", "OperationDenied"];
/** Weights and backend ports are texts, as the Java SDK has them. */
const SERVER_PAGE = pageOf(
  "backendServerList",
  object({
    instanceId: text(),
    privateIp: text(),
    weight: text(),
    portList: list(
      object({
        portId: text(),
        portType: text(),
        backendPort: text(),
        healthCheckPort: integer(),
        healthCheckPortType: text(),
        status: text(),
      }),
    ),
  }),
);

const OPERATIONS = operations({
  CreateAppServerGroup: {
    summary: "Makes a group of machines to send to.",
    method: "POST",
    path: `${ONE}/appservergroup`,
    body: object({ ...NAMES, backendServerReqList: optional(SERVERS, []) }),
    answer: object({
      id: text(),
      name: text(),
      desc: text(),
      backendServerReqList: list(object({ instanceId: text(), weight: integer() })),
    }),
    errors: CHANGES,
  },
  UpdateAppServerGroup: {
    summary: "Renames a group.",
    method: "PUT",
    path: `${ONE}/appservergroup`,
    body: object({ ...NAMES, ...OF }),
    errors: CHANGES,
  },
  ListAppServerGroups: {
    summary: "Lists the groups.",
    method: "GET",
    path: `${ONE}/appservergroup`,
    query: { ...MARKED, name: optional(text()), exactlyMatch: optional(boolean()) },
    answer: pageOf(
      "appServerGroupList",
      object({ id: text(), name: text(), desc: text(), portList: list(object({ ...HEALTH_VIEW, port: integer() })) }),
    ),
    errors: ["ResourceNotFound"],
  },
  DeleteAppServerGroup: {
    summary: "Deletes a group.",
    method: "PUT",
    path: `${ONE}/appservergroup`,
    when: "delete",
    body: object(OF),
    errors: CHANGES,
  },
  CreateAppServerGroupPort: {
    summary: "Adds a port with its health check.",
    method: "POST",
    path: `${ONE}/appservergroupport`,
    body: object({ ...OF, ...HEALTH, port: integer(1, 65_535), type: CHECKED }),
    answer: object({ id: text() }),
    errors: CHANGES,
  },
  UpdateAppServerGroupPort: {
    summary: "Changes the health check of a port.",
    method: "PUT",
    path: `${ONE}/appservergroupport`,
    body: object({ ...OF, ...HEALTH, portId: optional(text()), id: optional(text()) }),
    errors: CHANGES,
  },
  DeleteAppServerGroupPorts: {
    summary: "Deletes ports of a group.",
    method: "PUT",
    path: `${ONE}/appservergroupport`,
    when: "delete",
    body: object({ ...OF, portIdList: list(text(), 50) }),
    errors: CHANGES,
  },
  CreateBlbRs: {
    summary: "Adds machines to a group.",
    method: "POST",
    path: `${ONE}/blbrs`,
    body: object({ ...OF, backendServerList: SERVERS }),
    errors: CHANGES,
  },
  UpdateBlbRs: {
    summary: "Changes the weights of a group's machines.",
    method: "PUT",
    path: `${ONE}/blbrs`,
    body: object({ ...OF, backendServerList: SERVERS }),
    errors: CHANGES,
  },
  DeleteBlbRs: {
    summary: "Takes machines out of a group.",
    method: "PUT",
    path: `${ONE}/blbrs`,
    when: "batchdelete",
    body: object({ ...OF, backendServerIdList: list(text(), 100) }),
    errors: CHANGES,
  },
  ListBlbRs: {
    summary: "The machines of a group with the health of each port.",
    method: "GET",
    path: `${ONE}/blbrs`,
    query: { ...MARKED, ...OF },
    answer: SERVER_PAGE,
    errors: ["ResourceNotFound"],
  },
  ListBlbRsMounted: {
    summary: "The same.",
    method: "GET",
    path: `${ONE}/blbrsmount`,
    query: { ...MARKED, ...OF },
    answer: SERVER_PAGE,
    errors: ["ResourceNotFound"],
  },
  ListBlbRsUnmounted: {
    summary: "The machines of the VPC that are not in the group.",
    method: "GET",
    path: `${ONE}/blbrsunmount`,
    query: { ...MARKED, ...OF },
    answer: SERVER_PAGE,
    errors: ["ResourceNotFound"],
  },
});

export const appServerGroups = part(OPERATIONS, (account) => {
  const blbs = appBlbsOf(account);
  account.onGone((id) => {
    for (const { blbId, serverGroups } of blbs.all())
      if (serverGroups.some(({ servers }) => servers.some(({ instanceId }) => instanceId === id)))
        blbs.patch(blbId, {
          serverGroups: serverGroups.map((group) => ({
            ...group,
            servers: group.servers.filter(({ instanceId }) => instanceId !== id),
          })),
        });
  });
  const change = (
    blbId: string,
    groupId: string,
    how: (group: ServerGroup, blb: AppBlb) => Partial<ServerGroup>,
  ): Record<string, never> => {
    const blb = readyAppBlb(account, blbId);
    const group = found(blb.serverGroups, groupId);
    blbs.patch(blbId, { serverGroups: replaced(blb.serverGroups, { ...group, ...how(group, blb) }) });
    return {};
  };
  const servers = (blb: AppBlb, before: ServerGroup["servers"], given: readonly Infer<typeof SERVER>[]) =>
    given.map(({ instanceId, weight = 100 }) => {
      if (getVm(account, instanceId).vpcId !== blb.vpcId) throw badRequest(`${instanceId} is not in ${blb.vpcId}.`);
      if (before.some((one) => one.instanceId === instanceId)) throw denied(`${instanceId} is in the group already.`);
      return { instanceId, weight };
    });
  const serverView = ({ ports }: ServerGroup, instanceId: string, weight: number) => {
    const { internalIp, status } = getVm(account, instanceId);
    return {
      instanceId,
      privateIp: internalIp,
      weight: String(weight),
      portList: ports.map(({ id, port, type, healthCheck, healthCheckPort }) => ({
        portId: id,
        portType: type,
        backendPort: String(port),
        healthCheckPort: healthCheckPort || port,
        healthCheckPortType: healthCheck,
        status: status === "RUNNING" ? "Alive" : "Dead",
      })),
    };
  };
  type Query = Infer<ReturnType<typeof object<typeof MARKED & typeof OF>>>;
  const mounted = (blbId: string, query: Query) => {
    const group = found(getAppBlb(account, blbId).serverGroups, query.sgId);
    const views = group.servers.map(({ instanceId, weight }) => serverView(group, instanceId, weight));
    return page(markerOf(query), "backendServerList", views, ({ instanceId }) => instanceId);
  };
  return {
    CreateAppServerGroup({ params: { blbId }, body: { name, desc = "", backendServerReqList } }) {
      const blb = readyAppBlb(account, blbId);
      const id = account.newId("sg");
      const group = { id, name: name || id, desc, ports: [], servers: servers(blb, [], backendServerReqList) };
      blbs.patch(blbId, { serverGroups: [...blb.serverGroups, group] });
      return { id, name: group.name, desc, backendServerReqList: group.servers };
    },
    UpdateAppServerGroup: ({ params, body: { sgId, name, desc } }) =>
      change(params.blbId, sgId, (group) => ({ name: name || group.name, desc: desc ?? group.desc })),
    ListAppServerGroups({ params, query }) {
      const groups = named(getAppBlb(account, params.blbId).serverGroups, query);
      const views = groups.map(({ id, name, desc, ports }) => ({ id, name, desc, portList: ports }));
      return page(markerOf(query), "appServerGroupList", views, ({ id }) => id);
    },
    DeleteAppServerGroup({ params: { blbId }, body: { sgId } }) {
      const { serverGroups } = readyAppBlb(account, blbId);
      found(serverGroups, sgId);
      blbs.patch(blbId, { serverGroups: serverGroups.filter(({ id }) => id !== sgId) });
      return {};
    },
    CreateAppServerGroupPort({ params, body: { sgId, port, type, ...health } }) {
      const id = account.newId("port");
      change(params.blbId, sgId, ({ ports }) => {
        if (ports.some((one) => one.port === port && one.type === type))
          throw denied(`group ${sgId} has ${type}:${port} already.`);
        return { ports: [...ports, { ...healthOf(id, type, health), port }] };
      });
      return { id };
    },
    UpdateAppServerGroupPort: ({ params, body: { sgId, portId, id = portId ?? "", ...health } }) =>
      change(params.blbId, sgId, ({ ports }) => {
        const before = found(ports, id);
        return { ports: replaced(ports, { ...healthOf(id, before.type, health, before), port: before.port }) };
      }),
    DeleteAppServerGroupPorts: ({ params, body: { sgId, portIdList } }) =>
      change(params.blbId, sgId, ({ ports }) => {
        for (const id of portIdList) found(ports, id);
        return { ports: ports.filter(({ id }) => !portIdList.includes(id)) };
      }),
    CreateBlbRs: ({ params, body: { sgId, backendServerList } }) =>
      change(params.blbId, sgId, (group, blb) => ({
        servers: [...group.servers, ...servers(blb, group.servers, backendServerList)],
      })),
    UpdateBlbRs: ({ params, body: { sgId, backendServerList } }) =>
      change(params.blbId, sgId, (group) => {
        const weights = new Map(backendServerList.map(({ instanceId, weight }) => [instanceId, weight]));
        for (const id of weights.keys())
          if (!group.servers.some(({ instanceId }) => instanceId === id)) throw notFound(id);
        return { servers: group.servers.map((one) => ({ ...one, weight: weights.get(one.instanceId) ?? one.weight })) };
      }),
    DeleteBlbRs: ({ params, body: { sgId, backendServerIdList } }) =>
      change(params.blbId, sgId, (group) => {
        for (const id of backendServerIdList)
          if (!group.servers.some(({ instanceId }) => instanceId === id)) throw notFound(id);
        return { servers: group.servers.filter(({ instanceId }) => !backendServerIdList.includes(instanceId)) };
      }),
    ListBlbRs: ({ params, query }) => mounted(params.blbId, query),
    ListBlbRsMounted: ({ params, query }) => mounted(params.blbId, query),
    ListBlbRsUnmounted({ params, query }) {
      const blb = getAppBlb(account, params.blbId);
      const group = found(blb.serverGroups, query.sgId);
      const views = vmsOf(account)
        .all()
        .filter(
          ({ vmId, vpcId }) => vpcId === blb.vpcId && !group.servers.some(({ instanceId }) => instanceId === vmId),
        )
        .map(({ vmId }) => serverView(group, vmId, 0));
      return page(markerOf(query), "backendServerList", views, ({ instanceId }) => instanceId);
    },
  };
});
