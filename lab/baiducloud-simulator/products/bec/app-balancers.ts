import { PAGING, pageOf } from "../../api/common.ts";
import { badRequest, denied } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { boolean, integer, list, object, oneOf, optional, text } from "../../api/schema.ts";
import { nextEdgeIp, releaseEdgeIp, takeEdgeIp } from "./addresses.ts";
import {
  APP,
  type AppBlb,
  type AppListener,
  appBlbsOf,
  getAppBlb,
  MARKED,
  markerOf,
  readyAppBlb,
} from "./app-model.ts";
import { limitExceeded, notFound } from "./faults.ts";
import { CARRIERS, placeOf } from "./locations.ts";
import { subnetsOf, vpcsOf } from "./network-records.ts";
import { suffix } from "./records.ts";
import { checkNetwork } from "./vm-model.ts";

const ONE = `${APP}/{blbId}`;
const PORT = integer(1, 65_535);
const SCHEDULER = oneOf("RoundRobin", "LeastConnection", "Hash");
const TIMEOUT = optional(integer(1, 4000));
const NAMES = { name: optional(text({ max: 65 })), desc: optional(text({ max: 200 })) };
const LISTENERS = { ...MARKED, listenerPort: optional(PORT) };
const CHANGES = ["ResourceNotFound", "OperationDenied"];
const VIEW = object({
  blbId: text(),
  name: text(),
  desc: text(),
  address: text(),
  publicIp: text(),
  status: text(),
  regionId: text(),
  cidr: text(),
  vpcId: text(),
  vpcName: text(),
  subnetId: text(),
  subnetName: text(),
  subnetCidr: text(),
  createTime: text(),
  listener: list(object({ port: text(), type: text() })),
});

const OPERATIONS = operations({
  CreateAppBlb: {
    summary: "Makes an application load balancer in a VPC.",
    method: "POST",
    path: APP,
    body: object({
      ...NAMES,
      name: text({ max: 65 }),
      regionId: text(),
      subServiceProviders: CARRIERS,
      needPublicIp: optional(boolean(), false),
      vpcId: text(),
      subnetId: text(),
    }),
    answer: object({ blbId: text(), name: text(), desc: text() }),
    errors: ["ResourceNotFound", "OperationDenied", "LimitExceeded"],
    delay: "becCreate",
  },
  ListAppBlbs: {
    summary: "Lists the application load balancers.",
    method: "GET",
    path: APP,
    query: PAGING,
    answer: pageOf("blbList", VIEW),
  },
  GetAppBlb: {
    summary: "One application load balancer.",
    method: "GET",
    path: ONE,
    answer: VIEW,
    errors: ["ResourceNotFound"],
  },
  UpdateAppBlb: {
    summary: "Renames an application load balancer.",
    method: "PUT",
    path: ONE,
    body: object(NAMES),
    errors: CHANGES,
  },
  DeleteAppBlb: {
    summary: "Deletes an application load balancer with all that it has.",
    method: "DELETE",
    path: ONE,
    errors: ["ResourceNotFound"],
  },
  CreateTcpListener: {
    summary: "Adds a TCP listener.",
    method: "POST",
    path: `${ONE}/TCPlistener`,
    body: object({ listenerPort: PORT, scheduler: SCHEDULER, tcpSessionTimeout: TIMEOUT }),
    errors: [...CHANGES, "LimitExceeded"],
  },
  UpdateTcpListener: {
    summary: "Changes a TCP listener.",
    method: "PUT",
    path: `${ONE}/TCPlistener`,
    query: { listenerPort: PORT },
    body: object({ scheduler: optional(SCHEDULER), tcpSessionTimeout: TIMEOUT }),
    errors: CHANGES,
  },
  ListTcpListeners: {
    summary: "The TCP listeners.",
    method: "GET",
    path: `${ONE}/TCPlistener`,
    query: LISTENERS,
    answer: pageOf(
      "listenerList",
      object({ listenerPort: integer(), scheduler: text(), tcpSessionTimeout: integer() }),
    ),
    errors: ["ResourceNotFound"],
  },
  CreateUdpListener: {
    summary: "Adds a UDP listener.",
    method: "POST",
    path: `${ONE}/UDPlistener`,
    body: object({ listenerPort: PORT, scheduler: SCHEDULER, udpSessionTimeout: TIMEOUT }),
    errors: [...CHANGES, "LimitExceeded"],
  },
  UpdateUdpListener: {
    summary: "Changes a UDP listener.",
    method: "PUT",
    path: `${ONE}/UDPlistener`,
    query: { listenerPort: PORT },
    body: object({ scheduler: optional(SCHEDULER), udpSessionTimeout: TIMEOUT }),
    errors: CHANGES,
  },
  ListUdpListeners: {
    summary: "The UDP listeners.",
    method: "GET",
    path: `${ONE}/UDPlistener`,
    query: LISTENERS,
    answer: pageOf(
      "listenerList",
      object({ listenerPort: integer(), scheduler: text(), udpSessionTimeout: integer() }),
    ),
    errors: ["ResourceNotFound"],
  },
  DeleteAppBlbListeners: {
    summary: "Deletes listeners with their policies.",
    method: "PUT",
    path: `${ONE}/listener`,
    when: "batchdelete",
    body: object({ portTypeList: list(object({ port: PORT, type: oneOf("TCP", "UDP") }), 50) }),
    errors: CHANGES,
  },
});

export const appBalancers = part(OPERATIONS, (account) => {
  const blbs = appBlbsOf(account);
  account.shared.on("bec.appblb", (id) => void blbs.patch(id, { status: "RUNNING" }));
  const view = (blb: AppBlb) => {
    const vpc = vpcsOf(account).get(blb.vpcId);
    const subnet = subnetsOf(account).get(blb.subnetId);
    const { listeners, ipGroups: _, policies: __, serverGroups: ___, ...shown } = blb;
    return {
      ...shown,
      cidr: vpc?.cidr ?? "",
      vpcName: vpc?.name ?? "",
      subnetName: subnet?.name ?? "",
      subnetCidr: subnet?.cidr ?? "",
      listener: listeners.map(({ listenerPort, type }) => ({ port: String(listenerPort), type })),
    };
  };
  const add = (blbId: string, listener: AppListener): Record<string, never> => {
    const { listeners } = readyAppBlb(account, blbId);
    if (listeners.some((one) => one.type === listener.type && one.listenerPort === listener.listenerPort))
      throw denied(`${blbId} has a ${listener.type} listener at ${listener.listenerPort} already.`);
    if (listeners.length >= account.quotas.listenersPerBlb) throw limitExceeded("listeners");
    blbs.patch(blbId, { listeners: [...listeners, listener] });
    return {};
  };
  const find = (blb: AppBlb, type: string, port: number): AppListener => {
    const one = blb.listeners.find((candidate) => candidate.type === type && candidate.listenerPort === port);
    if (!one) throw notFound(`${type}:${port}`);
    return one;
  };
  const change = (
    blbId: string,
    type: AppListener["type"],
    port: number,
    scheduler: string | undefined,
    timeout: number | undefined,
  ): Record<string, never> => {
    const blb = readyAppBlb(account, blbId);
    const before = find(blb, type, port);
    const after = { ...before, scheduler: scheduler || before.scheduler, timeout: timeout ?? before.timeout };
    blbs.patch(blbId, { listeners: blb.listeners.map((one) => (one === before ? after : one)) });
    return {};
  };
  const listOf = (
    blbId: string,
    type: AppListener["type"],
    query: {
      marker: string | undefined;
      maker: string | undefined;
      maxKeys: number | undefined;
      listenerPort: number | undefined;
    },
  ) => {
    const { listenerPort: port } = query;
    const wanted = getAppBlb(account, blbId).listeners.filter(
      (one) => one.type === type && (port === undefined || one.listenerPort === port),
    );
    const field = type === "TCP" ? "tcpSessionTimeout" : "udpSessionTimeout";
    const views = wanted.map(({ listenerPort, scheduler, timeout }) => ({ listenerPort, scheduler, [field]: timeout }));
    return page(markerOf(query), "listenerList", views, (one) => String(one.listenerPort).padStart(5, "0"));
  };
  return {
    CreateAppBlb({ body: { name, desc = "", regionId, needPublicIp, vpcId, subnetId } }) {
      placeOf(regionId);
      checkNetwork(account, regionId, vpcId, subnetId);
      if (blbs.size >= account.quotas.blbs) throw limitExceeded("load balancers");
      const blbId = `applb-${regionId}-${suffix(account, 8)}`;
      blbs.set(blbId, {
        blbId,
        name,
        desc,
        status: "CREATING",
        regionId,
        vpcId,
        subnetId,
        address: takeEdgeIp(account, subnetId, blbId),
        publicIp: needPublicIp ? nextEdgeIp(account) : "",
        createTime: account.time(),
        listeners: [],
        ipGroups: [],
        policies: [],
        serverGroups: [],
      });
      account.shared.schedule("bec.appblb", blbId, account.timings.becCreate);
      return { blbId, name, desc };
    },
    ListAppBlbs: ({ query }) => page(query, "blbList", blbs.all().map(view), ({ blbId }) => blbId),
    GetAppBlb: ({ params }) => view(getAppBlb(account, params.blbId)),
    UpdateAppBlb({ params: { blbId }, body: { name, desc } }) {
      const blb = readyAppBlb(account, blbId);
      blbs.set(blbId, { ...blb, name: name || blb.name, desc: desc ?? blb.desc });
      return {};
    },
    DeleteAppBlb({ params: { blbId } }) {
      const { subnetId, address } = getAppBlb(account, blbId);
      releaseEdgeIp(account, subnetId, address);
      blbs.delete(blbId);
      return {};
    },
    CreateTcpListener: ({ params, body: { listenerPort, scheduler, tcpSessionTimeout: timeout = 900 } }) =>
      add(params.blbId, { type: "TCP", listenerPort, scheduler, timeout }),
    UpdateTcpListener: ({ params, query, body }) =>
      change(params.blbId, "TCP", query.listenerPort, body.scheduler, body.tcpSessionTimeout),
    ListTcpListeners: ({ params, query }) => listOf(params.blbId, "TCP", query),
    CreateUdpListener: ({ params, body: { listenerPort, scheduler, udpSessionTimeout: timeout = 90 } }) =>
      add(params.blbId, { type: "UDP", listenerPort, scheduler, timeout }),
    UpdateUdpListener: ({ params, query, body }) =>
      change(params.blbId, "UDP", query.listenerPort, body.scheduler, body.udpSessionTimeout),
    ListUdpListeners: ({ params, query }) => listOf(params.blbId, "UDP", query),
    DeleteAppBlbListeners({ params: { blbId }, body: { portTypeList } }) {
      const blb = readyAppBlb(account, blbId);
      if (portTypeList.length === 0) throw badRequest("portTypeList: expected at least one.");
      for (const { port, type } of portTypeList) find(blb, type, port);
      const goes = (type: string, port: number) => portTypeList.some((one) => one.type === type && one.port === port);
      blbs.patch(blbId, {
        listeners: blb.listeners.filter(({ type, listenerPort }) => !goes(type, listenerPort)),
        policies: blb.policies.filter(({ type, frontendPort }) => !goes(type, frontendPort)),
      });
      return {};
    },
  };
});
