import type { Account } from "../../account.ts";
import { ANY_TEXT, PAGING, pageOf } from "../../api/common.ts";
import { badRequest, Fault, noSuchObject, quotaExceeded } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { type Fields, type Infer, integer, list, object, oneOf, optional, text } from "../../api/schema.ts";
import { instancesOf } from "../bcc/records.ts";
import { enisOf } from "../vpc/records.ts";
import { PORT } from "./listener-fields.ts";
import { getBlb, mutateBlb } from "./mutate.ts";
import type { Balancer, BlbBackend } from "./records.ts";

const PATH = "/v1/blb/{blbId}/backendserver";
/** Official clients send null for a weight that is not given. */
export const SERVER = object({
  instanceId: text(),
  weight: optional(integer(0, 100)),
  desc: ANY_TEXT,
  privateIp: ANY_TEXT,
});
const SERVERS = object({ backendServerList: list(SERVER) });
type Server = Infer<typeof SERVER>;
const LISTED = {
  instanceId: text(),
  weight: integer(0, 100),
  desc: ANY_TEXT,
  privateIp: ANY_TEXT,
};

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

function backendPage(): Fields {
  const server = object({ ...LISTED, status: optional(oneOf("Alive", "Dead", "Unknown")) });
  const { shape } = pageOf("backendServerList", server);
  return shape.kind === "object" ? shape.fields : {};
}

/** Backends of load balancers: one set for all listeners. Each call is done as a whole or not at all. */
export const backends = part(OPERATIONS, (account) => {
  const { quotas, dataPlane } = account;
  return {
    AddBackendServers({ params: { blbId }, body }) {
      const added = distinct(body.backendServerList);
      mutateBlb(account, blbId, (blb) => {
        const after = [...blb.backends, ...newBackends(account, blb, blb.backends, added)];
        if (after.length > quotas.backendsPerBlb) throw quotaExceeded("backends");
        return changed(account, blbId, after);
      });
      return {};
    },
    UpdateBackendServers({ params: { blbId }, body }) {
      const wanted = distinct(body.backendServerList);
      mutateBlb(account, blbId, (blb) => changed(account, blbId, reweighed(blb.backends, wanted)));
      return {};
    },
    RemoveBackendServers({ params: { blbId }, body }) {
      mutateBlb(account, blbId, (blb) => changed(account, blbId, without(blb.backends, body.backendServerList)));
      return {};
    },
    DescribeBackendServers({ params: { blbId }, query }) {
      const blb = getBlb(account, blbId);
      const port = query.listenerPort;
      const listener = port ? blb.listeners.find(({ listenerPort }) => listenerPort === port) : undefined;
      if (port && !listener) throw noSuchObject(`listener ${port}`);
      const views = blb.backends.map((backend) => ({
        ...backend,
        privateIp: privateIpOf(account, backend),
        ...(listener
          ? { status: dataPlane.health(blbId, listener.listenerType, listener.listenerPort, backend.instanceId) }
          : {}),
      }));
      const { listenerType: type, listenerPort, fields } = listener ?? {};
      return {
        ...(listener ? { type, listenerPort, backendPort: fields?.backendPort } : {}),
        ...page(query, "backendServerList", views, ({ instanceId }) => instanceId),
      };
    },
  };
});

/** The address that traffic goes to. */
export function privateIpOf(account: Account, { instanceId, privateIp }: BlbBackend): string {
  return privateIp || (instancesOf(account).get(instanceId)?.internalIp ?? "");
}

/** Refuses an empty list, and a machine that is named twice. */
export function distinct(servers: readonly Server[]): readonly Server[] {
  if (servers.length === 0) throw new Fault(400, "InappropriateJSON", "backendServerList is required.");
  if (new Set(servers.map(({ instanceId }) => instanceId)).size !== servers.length)
    throw badRequest("backendServerList: an instance is named twice.");
  return servers;
}

/** The backends that are added to those that are there, or the refusal of the first that cannot be. */
export function newBackends(
  account: Account,
  { vpcId }: Pick<Balancer, "vpcId">,
  present: readonly BlbBackend[],
  added: readonly Server[],
): readonly BlbBackend[] {
  return added.map(({ instanceId, weight = 100, desc = "", privateIp = "" }) => {
    const instance = instancesOf(account).get(instanceId);
    if (!instance) throw noSuchObject(instanceId);
    if (instance.vpcId !== vpcId) throw badRequest(`instanceId: ${instanceId} is not in ${vpcId}.`);
    const own = enisOf(account)
      .all()
      .filter((eni) => eni.instanceId === instanceId)
      .flatMap(({ privateIps }) => privateIps.map(({ ip }) => ip));
    if (privateIp !== "" && privateIp !== instance.internalIp && !own.includes(privateIp))
      throw badRequest(`privateIp: ${instanceId} does not have ${privateIp}.`);
    if (present.some((one) => one.instanceId === instanceId))
      throw new Fault(409, "BackendServerAlreadyExist", `${instanceId} is a backend already.`);
    return { instanceId, weight, desc, privateIp };
  });
}

export function reweighed(present: readonly BlbBackend[], wanted: readonly Server[]): readonly BlbBackend[] {
  const weights = new Map(wanted.map(({ instanceId, weight }) => [instanceId, weight]));
  for (const id of weights.keys()) if (!present.some(({ instanceId }) => instanceId === id)) throw noSuchObject(id);
  return present.map((one) => ({ ...one, weight: weights.get(one.instanceId) ?? one.weight }));
}

export function without(present: readonly BlbBackend[], removed: readonly string[]): readonly BlbBackend[] {
  if (removed.length === 0) throw new Fault(400, "InappropriateJSON", "backendServerList is required.");
  for (const id of removed) if (!present.some(({ instanceId }) => instanceId === id)) throw noSuchObject(id);
  return present.filter(({ instanceId }) => !removed.includes(instanceId));
}

function changed(account: Account, blbId: string, after: readonly BlbBackend[]) {
  account.emit({ kind: "backends.changed", blbId, instanceIds: after.map(({ instanceId }) => instanceId) });
  return { backends: after };
}
