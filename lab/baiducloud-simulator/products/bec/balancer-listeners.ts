import { denied } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { boolean, integer, list, object, oneOf, optional, text } from "../../api/schema.ts";
import {
  type EdgeListener,
  edgeBlbsOf,
  fromMonitor,
  getBlb,
  LISTENER_VIEW,
  listenerView,
  MONITOR,
  PROTOCOLS,
  readyBlb,
  sameListener,
} from "./balancer-model.ts";
import { limitExceeded, notFound } from "./faults.ts";
import { ACTION, listing, listingOf, written } from "./wire.ts";

const PATH = "/v1/blb/{blbId}/monitor";
const PORT = integer(1, 65_535);
const PROTOCOL = oneOf(...PROTOCOLS);
const KEY = object({ protocol: PROTOCOL, port: PORT });
const PAGES = { pageNo: optional(integer(1), 1), pageSize: optional(integer(1, 1000), 1000) };
const ONE = object({ frontendPort: KEY, backendPort: PORT, ...MONITOR });

const OPERATIONS = operations({
  CreateBlbMonitorPort: {
    summary: "Adds a listener.",
    method: "POST",
    path: PATH,
    body: ONE,
    answer: ACTION,
    errors: ["ResourceNotFound", "OperationDenied", "LimitExceeded"],
  },
  BatchCreateBlbMonitorPorts: {
    summary: "Adds listeners alike for several ports.",
    method: "POST",
    path: "/v1/blb/batch/create/{blbId}/monitor",
    body: object({
      protocol: PROTOCOL,
      portGroups: list(object({ port: PORT, backendPort: PORT }), 50),
      ...MONITOR,
    }),
    answer: ACTION,
    errors: ["ResourceNotFound", "OperationDenied", "LimitExceeded"],
  },
  UpdateBlbMonitorPort: {
    summary: "Changes the listener of a port.",
    method: "PUT",
    path: PATH,
    body: ONE,
    answer: ACTION,
    errors: ["ResourceNotFound", "OperationDenied"],
  },
  ListBlbMonitorPorts: {
    summary: "The listeners of a load balancer.",
    method: "GET",
    path: PATH,
    query: PAGES,
    answer: listingOf(LISTENER_VIEW),
    errors: ["ResourceNotFound"],
  },
  GetBlbMonitorPort: {
    summary: "The listener of a port.",
    method: "GET",
    path: `${PATH}/port`,
    query: { protocol: text(), port: PORT },
    answer: object({
      frontendPort: object({ protocol: text(), port: integer() }),
      backendPort: integer(),
      lbMode: text(),
      keepaliveTimeout: integer(),
      healthCheck: object({
        timeoutInSeconds: integer(),
        intervalInSeconds: integer(),
        unhealthyThreshold: integer(),
        healthyThreshold: integer(),
        healthCheckString: optional(text()),
        healthCheckType: text(),
      }),
      enableCipTTM: boolean(),
      enableVipTTM: boolean(),
    }),
    errors: ["ResourceNotFound"],
  },
  DeleteBlbMonitorPorts: {
    summary: "Deletes listeners. The body is a list of protocols and ports.",
    method: "DELETE",
    path: PATH,
    body: list(KEY, 50),
    answer: ACTION,
    errors: ["ResourceNotFound", "OperationDenied"],
  },
});

export const balancerListeners = part(OPERATIONS, (account) => {
  const blbs = edgeBlbsOf(account);
  const add = (blbId: string, more: readonly EdgeListener[]): void => {
    const { listeners } = readyBlb(account, blbId);
    const all = [...listeners];
    for (const listener of more) {
      if (all.some((other) => sameListener(other, listener)))
        throw denied(`${blbId} has a listener ${listener.protocol}:${listener.port} already.`);
      all.push(listener);
    }
    if (all.length > account.quotas.listenersPerBlb) throw limitExceeded("listeners");
    blbs.patch(blbId, { listeners: all });
  };
  const find = (listeners: readonly EdgeListener[], key: { protocol: string; port: number }): EdgeListener => {
    const found = listeners.find((one) => sameListener(one, key));
    if (!found) throw notFound(`${key.protocol}:${key.port}`);
    return found;
  };
  return {
    CreateBlbMonitorPort({ params: { blbId }, body: { frontendPort, backendPort, ...rest } }) {
      add(blbId, [fromMonitor({ ...frontendPort, backendPort }, rest)]);
      return written("CreateBlbMonitorPort");
    },
    BatchCreateBlbMonitorPorts({ params: { blbId }, body: { protocol, portGroups, ...rest } }) {
      add(
        blbId,
        portGroups.map((ports) => fromMonitor({ protocol, ...ports }, rest)),
      );
      return written("BatchCreateBlbMonitorPort");
    },
    UpdateBlbMonitorPort({ params: { blbId }, body: { frontendPort, backendPort, ...rest } }) {
      const { listeners } = readyBlb(account, blbId);
      const before = find(listeners, frontendPort);
      const after = fromMonitor({ ...frontendPort, backendPort }, rest, before);
      blbs.patch(blbId, { listeners: listeners.map((one) => (one === before ? after : one)) });
      return written("UpdateBlbMonitorPort");
    },
    ListBlbMonitorPorts({ params, query }) {
      const views = getBlb(account, params.blbId).listeners.map(listenerView);
      return listing(
        { ...query, order: undefined, orderBy: undefined, keyword: undefined, keywordType: undefined },
        views,
      );
    },
    GetBlbMonitorPort({ params, query }) {
      const one = find(getBlb(account, params.blbId).listeners, query);
      return {
        frontendPort: { protocol: one.protocol, port: one.port },
        backendPort: one.backendPort,
        lbMode: one.scheduler,
        keepaliveTimeout: one.keepaliveTimeout,
        healthCheck: {
          timeoutInSeconds: one.healthCheckTimeout,
          intervalInSeconds: one.healthCheckInterval,
          unhealthyThreshold: one.healthCheckRetry,
          healthyThreshold: one.healthyThreshold,
          healthCheckString: one.udpHealthCheckString,
          healthCheckType: one.healthCheckType,
        },
        enableCipTTM: one.enableCipTTM,
        enableVipTTM: one.enableVipTTM,
      };
    },
    DeleteBlbMonitorPorts({ params: { blbId }, body: keys }) {
      const { listeners } = readyBlb(account, blbId);
      for (const key of keys) find(listeners, key);
      blbs.patch(blbId, { listeners: listeners.filter((one) => !keys.some((key) => sameListener(one, key))) });
      return written("DeleteBlbMonitorPort");
    },
  };
});
