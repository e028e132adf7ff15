import { boolean, type Infer, integer, list, openObject, optional, text } from "../../api/schema.ts";

export const LISTENER_TYPES = ["TCP", "UDP", "HTTP", "HTTPS", "SSL"] as const;
export type ListenerType = (typeof LISTENER_TYPES)[number];

const SCHEDULERS = ["RoundRobin", "LeastConnection", "WeightLeastConn", "Hash"] as const;
const WITHOUT_HASH = SCHEDULERS.filter((name) => name !== "Hash");
const PORT = integer(1, 65535);

const CHANGEABLE = {
  backendPort: optional(PORT),
  healthCheckTimeoutInSecond: optional(integer(1, 60)),
  healthCheckInterval: optional(integer(1, 10)),
  unhealthyThreshold: optional(integer(2, 5)),
  healthyThreshold: optional(integer(2, 5)),
  healthCheckType: optional(text()),
  healthCheckPort: optional(PORT),
  healthCheckString: optional(text({ max: 1299 })),
  tcpSessionTimeout: optional(integer(10, 4000)),
  udpSessionTimeout: optional(integer(5, 4000)),
  keepSession: optional(boolean()),
};

function schedulerOf(type: ListenerType) {
  return text({ oneOf: type === "HTTP" || type === "HTTPS" ? WITHOUT_HASH : SCHEDULERS });
}

/** Fields that are not named here are kept as they are. */
export function changedListener(type: ListenerType) {
  return openObject({ ...CHANGEABLE, scheduler: optional(schedulerOf(type)), certIds: optional(list(text())) });
}

export function newListener(type: ListenerType) {
  const secure = type === "HTTPS" || type === "SSL";
  return openObject({
    ...CHANGEABLE,
    listenerPort: PORT,
    backendPort: PORT,
    scheduler: schedulerOf(type),
    certIds: secure ? list(text()) : optional(list(text())),
  });
}

export type NewListener = Infer<ReturnType<typeof newListener>>;

/** What a listener gets when its creator says nothing. */
export function listenerDefaults(type: ListenerType, body: NewListener): Readonly<Record<string, unknown>> {
  const checks = { TCP: "TCP", UDP: "UDP", SSL: "TCP", HTTP: "HTTP", HTTPS: "HTTP" };
  return {
    healthCheckTimeoutInSecond: 3,
    healthCheckInterval: 3,
    unhealthyThreshold: 3,
    healthyThreshold: 3,
    healthCheckType: checks[type],
    ...(type === "TCP" ? { tcpSessionTimeout: 900 } : {}),
    ...(type === "UDP" ? { udpSessionTimeout: 90, healthCheckPort: body.backendPort } : {}),
    getBlbIp: false,
  };
}

/** The fields that a request sets: those that are there and not null. */
export function listenerChange(body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(body).filter(
      ([field, value]) => value !== null && value !== undefined && field !== "listenerPort" && field !== "listenerType",
    ),
  );
}
