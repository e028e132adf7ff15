import type { Account } from "../../account.ts";
import { ANY_TEXT, PAGING, pageOf } from "../../api/common.ts";
import { badRequest, Fault, noSuchObject, quotaExceeded } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { integer, list, object, oneOf, optional, text } from "../../api/schema.ts";
import { instancesOf } from "../bcc/records.ts";
import { getBlb, mutateBlb } from "./mutate.ts";
import type { BlbBackend } from "./records.ts";

const PATH = "/v1/blb/{blbId}/backendserver";
const SERVERS = object({
  backendServerList: list(
    object({ instanceId: text(), weight: optional(integer(0, 100), 100), desc: optional(text(), "") }),
  ),
});
const PORT = integer(1, 65535);

const OPERATIONS = operations({
  AddBackendServers: {
    summary: "Adds backends, all or none.",
    method: "POST",
    path: PATH,
    delay: "blbUpdate",
    body: SERVERS,
    errors: ["NoSuchObject", "OperationDenied", "BackendServerAlreadyExist", "QuotaLimitExceeded"],
  },
  UpdateBackendServers: {
    summary: "Changes the weights of backends.",
    method: "PUT",
    path: PATH,
    when: "update",
    delay: "blbUpdate",
    body: SERVERS,
    errors: ["NoSuchObject", "OperationDenied"],
  },
  RemoveBackendServers: {
    summary: "Removes backends, all or none.",
    method: "PUT",
    path: PATH,
    delay: "blbUpdate",
    body: object({ backendServerList: list(text()) }),
    errors: ["NoSuchObject", "OperationDenied"],
  },
  DescribeBackendServers: {
    summary: "The backends; with their health when the port of a listener is named.",
    method: "GET",
    path: PATH,
    query: { ...PAGING, listenerPort: optional(PORT) },
    answer: object({
      type: optional(text()),
      listenerPort: optional(PORT),
      backendPort: optional(PORT),
      ...backendPage(),
    }),
    errors: ["NoSuchObject"],
  },
});

function backendPage() {
  const server = object({
    instanceId: text(),
    weight: integer(0, 100),
    desc: ANY_TEXT,
    privateIp: ANY_TEXT,
    status: optional(oneOf("Alive", "Dead", "Unknown")),
  });
  const { shape } = pageOf("backendServerList", server);
  return shape.kind === "object" ? shape.fields : {};
}

/** Backends of load balancers: one set for all listeners. Each call is done as a whole or not at all. */
export const backends = part(OPERATIONS, (account) => {
  const { quotas, dataPlane } = account;
  const distinct = (servers: readonly BlbBackend[]): readonly BlbBackend[] => {
    if (servers.length === 0) throw new Fault(400, "InappropriateJSON", "backendServerList is required.");
    if (new Set(servers.map(({ instanceId }) => instanceId)).size !== servers.length)
      throw badRequest("backendServerList: an instance is named twice.");
    return servers;
  };
  const inOf = (present: readonly BlbBackend[]) => new Set(present.map(({ instanceId }) => instanceId));

  return {
    AddBackendServers({ params: { blbId }, body }) {
      const added = distinct(body.backendServerList);
      mutateBlb(account, blbId, (blb) => {
        const present = inOf(blb.backends);
        for (const { instanceId } of added) {
          if (!instancesOf(account).has(instanceId)) throw noSuchObject(instanceId);
          if (present.has(instanceId))
            throw new Fault(409, "BackendServerAlreadyExist", `${instanceId} is a backend already.`);
        }
        if (present.size + added.length > quotas.backendsPerBlb) throw quotaExceeded("backends");
        return changed(account, blbId, [...blb.backends, ...added]);
      });
      return {};
    },
    UpdateBackendServers({ params: { blbId }, body }) {
      const wanted = new Map(distinct(body.backendServerList).map(({ instanceId, weight }) => [instanceId, weight]));
      mutateBlb(account, blbId, (blb) => {
        const present = inOf(blb.backends);
        for (const instanceId of wanted.keys()) if (!present.has(instanceId)) throw noSuchObject(instanceId);
        const after = blb.backends.map((one) => ({ ...one, weight: wanted.get(one.instanceId) ?? one.weight }));
        return changed(account, blbId, after);
      });
      return {};
    },
    RemoveBackendServers({ params: { blbId }, body }) {
      const removed = new Set(body.backendServerList);
      if (removed.size === 0) throw new Fault(400, "InappropriateJSON", "backendServerList is required.");
      mutateBlb(account, blbId, (blb) => {
        const present = inOf(blb.backends);
        for (const instanceId of removed) if (!present.has(instanceId)) throw noSuchObject(instanceId);
        const left = blb.backends.filter(({ instanceId }) => !removed.has(instanceId));
        return changed(account, blbId, left);
      });
      return {};
    },
    DescribeBackendServers({ params: { blbId }, query }) {
      const blb = getBlb(account, blbId);
      const port = query.listenerPort;
      const listener = port ? blb.listeners.find(({ listenerPort }) => listenerPort === port) : undefined;
      if (port && !listener) throw noSuchObject(`listener ${port}`);
      const views = blb.backends.map((backend) => ({
        ...backend,
        privateIp: instancesOf(account).get(backend.instanceId)?.internalIp ?? "",
        ...(listener
          ? { status: dataPlane.health(blbId, listener.listenerType, listener.listenerPort, backend.instanceId) }
          : {}),
      }));
      return {
        ...(listener
          ? {
              type: listener.listenerType,
              listenerPort: listener.listenerPort,
              backendPort: listener.fields.backendPort,
            }
          : {}),
        ...page(query, "backendServerList", views, ({ instanceId }) => instanceId),
      };
    },
  };
});

function changed(account: Account, blbId: string, after: readonly BlbBackend[]) {
  account.emit({ kind: "backends.changed", blbId, instanceIds: after.map(({ instanceId }) => instanceId) });
  return { backends: after };
}
