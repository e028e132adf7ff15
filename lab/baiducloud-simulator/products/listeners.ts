import type { Account } from "../account.ts";
import { badRequest, Fault, noSuchObject } from "../api/fault.ts";
import { boolean, integer, objects, requiredInteger, requiredText, text, texts } from "../api/fields.ts";
import { page } from "../api/paging.ts";
import type { Router } from "../api/router.ts";
import type { Input } from "../api/wire.ts";
import type { Blbs, SimulatedBlb, SimulatedListener } from "./blbs.ts";

type Fields = Readonly<Record<string, unknown>>;

const TYPES = ["TCP", "UDP", "HTTP", "HTTPS", "SSL"] as const;
const L4_SCHEDULERS = ["RoundRobin", "LeastConnection", "WeightLeastConn", "Hash"];

/** Numbers that any listener has: field, least, most, default. */
const HEALTH: readonly (readonly [string, number, number, number])[] = [
  ["healthCheckTimeoutInSecond", 1, 60, 3],
  ["healthCheckInterval", 1, 10, 3],
  ["unhealthyThreshold", 2, 5, 3],
  ["healthyThreshold", 2, 5, 3],
];

/** Listeners of load balancers, of all protocols; traffic flows through those of TCP and UDP. */
export function createListeners(account: Account, router: Router, blbs: Blbs, samePortForTwoProtocols: boolean): void {
  const tell = (kind: "created" | "updated" | "deleted", blbId: string, listener: SimulatedListener): void => {
    account.emit({
      kind: `listener.${kind}`,
      blbId,
      type: listener.listenerType,
      port: listener.listenerPort,
      backendPort: Number(listener.fields.backendPort),
    });
  };
  const view = ({ listenerType, listenerPort, fields }: SimulatedListener) => ({
    listenerPort,
    listenerType,
    ...fields,
  });
  const listed = (input: Input, blb: SimulatedBlb, type?: string) => {
    const port = input.param("listenerPort");
    const chosen = [...blb.listeners.values()].filter(
      (listener) => (!type || listener.listenerType === type) && (!port || listener.listenerPort === Number(port)),
    );
    return page(
      input,
      "listenerList",
      chosen.map(view),
      (entry) => `${String(entry.listenerPort).padStart(5, "0")}${entry.listenerType}`,
    );
  };
  const conflicts = (blb: SimulatedBlb, type: string, port: number): boolean => {
    const transport = (name: string) => (name === "UDP" ? "UDP" : "TCP");
    return [...blb.listeners.values()].some(
      (other) =>
        other.listenerPort === port && (!samePortForTwoProtocols || transport(other.listenerType) === transport(type)),
    );
  };

  for (const type of TYPES) {
    const path = `/v1/blb/{}/${type}listener`;
    router.on("POST", path, ({ body }, id = "") => {
      const listenerPort = requiredInteger(body, "listenerPort", 1, 65535);
      requiredInteger(body, "backendPort", 1, 65535);
      requiredText(body, "scheduler");
      const fields = { ...defaults(type, body), ...checked(type, body) };
      if (type === "UDP" && fields.healthCheckType === "UDP" && !fields.healthCheckString) {
        throw new Fault(400, "InappropriateJSON", "healthCheckString is required for a UDP health check.");
      }
      if ((type === "HTTPS" || type === "SSL") && !texts(body, "certIds")?.length) {
        throw new Fault(400, "InappropriateJSON", "certIds is required.");
      }
      blbs.mutate(id, (blb) => {
        if (conflicts(blb, type, listenerPort))
          throw new Fault(409, "ListenerAlreadyExist", `Port ${listenerPort}/${type} has a listener already.`);
        if (blb.listeners.size >= account.quotas.listenersPerBlb) {
          throw new Fault(
            413,
            "ListenerExceeded",
            `load balancer ${id} has ${blb.listeners.size} listeners, no more are allowed.`,
          );
        }
        const listener = { listenerType: type, listenerPort, fields };
        blb.listeners.set(`${type}/${listenerPort}`, listener);
        tell("created", id, listener);
      });
      return {};
    });
    router.on("PUT", path, (input, id = "") => {
      const listenerPort = Number(input.param("listenerPort"));
      const change = checked(type, input.body);
      blbs.mutate(id, (blb) => {
        const current = blb.listeners.get(`${type}/${listenerPort}`);
        if (!current) throw noSuchObject(`listener ${listenerPort}/${type}`);
        const listener = { ...current, fields: { ...current.fields, ...change } };
        blb.listeners.set(`${type}/${listenerPort}`, listener);
        tell("updated", id, listener);
      });
      return {};
    });
    router.on("GET", path, (input, id = "") => listed(input, blbs.get(id), type));
  }
  router.on("GET", "/v1/blb/{}/listener", (input, id = "") => listed(input, blbs.get(id)));
  router.on("PUT", "/v1/blb/{}/listener", (input, id = "") => {
    if (!input.has("batchdelete")) throw badRequest("expected the action batchdelete.");
    const ports = (input.body.portList as readonly unknown[] | null | undefined) ?? [];
    const typed = (objects(input.body, "portTypeList") ?? []).map(
      (entry) => `${requiredText(entry, "type")}/${requiredInteger(entry, "port", 1, 65535)}`,
    );
    blbs.mutate(id, (blb) => {
      const untyped = [...blb.listeners.entries()].filter(([, { listenerPort }]) => ports.includes(listenerPort));
      const keys = [...typed, ...untyped.map(([key]) => key)];
      const missing = typed.find((key) => !blb.listeners.has(key));
      if (missing) throw noSuchObject(`listener ${missing}`);
      if (keys.length === 0) throw noSuchObject("listener");
      for (const key of keys) {
        const listener = blb.listeners.get(key);
        if (!listener || !blb.listeners.delete(key)) continue;
        tell("deleted", id, listener);
      }
    });
    return {};
  });
}

function defaults(type: string, body: Fields): Fields {
  const health = Object.fromEntries(HEALTH.map(([field, , , value]) => [field, value]));
  const checkType = type === "UDP" || type === "TCP" || type === "SSL" ? (type === "SSL" ? "TCP" : type) : "HTTP";
  return {
    ...health,
    healthCheckType: checkType,
    ...(type === "TCP" ? { tcpSessionTimeout: 900 } : {}),
    ...(type === "UDP" ? { udpSessionTimeout: 90, healthCheckPort: body.backendPort } : {}),
    getBlbIp: false,
  };
}

/** The fields that a request sets, within their limits. Fields that are not known here are kept as they are. */
function checked(type: string, body: Fields): Fields {
  const out: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(body)) {
    if (value !== null && value !== undefined && field !== "listenerPort" && field !== "listenerType")
      out[field] = value;
  }
  const within = (field: string, min: number, max: number) => {
    const value = integer(body, field, min, max);
    if (value !== undefined) out[field] = value;
  };
  for (const [field, min, max] of HEALTH) within(field, min, max);
  within("backendPort", 1, 65535);
  within("healthCheckPort", 1, 65535);
  within("tcpSessionTimeout", 10, 4000);
  within("udpSessionTimeout", 5, 4000);
  boolean(body, "keepSession");
  const scheduler = text(body, "scheduler");
  if (scheduler !== undefined && !L4_SCHEDULERS.includes(scheduler))
    throw badRequest(`scheduler: "${scheduler}" is unknown.`);
  if (scheduler === "Hash" && (type === "HTTP" || type === "HTTPS"))
    throw badRequest("scheduler: Hash is not for HTTP and HTTPS.");
  const probe = text(body, "healthCheckString");
  if (probe !== undefined && probe.length > 1299) throw badRequest("healthCheckString: at most 1299 characters.");
  return out;
}
