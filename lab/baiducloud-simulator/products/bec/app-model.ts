import type { Account } from "../../account.ts";
import { badRequest, denied } from "../../api/fault.ts";
import { type InferFields, integer, oneOf, optional, text } from "../../api/schema.ts";
import { notFound } from "./faults.ts";

export const APP = "/v2/appblb";
/** One of the SDKs misspells the marker. */
export const MARKED = { marker: optional(text()), maker: optional(text()), maxKeys: optional(integer(1, 1000)) };

export const HEALTH = {
  healthCheck: optional(text()),
  healthCheckPort: optional(integer(0, 65_535)),
  healthCheckUrlPath: optional(text()),
  healthCheckHost: optional(text()),
  healthCheckNormalStatus: optional(text()),
  healthCheckIntervalInSecond: optional(integer(0, 60)),
  healthCheckTimeoutInSecond: optional(integer(0, 60)),
  healthCheckUpRetry: optional(integer(0, 10)),
  healthCheckDownRetry: optional(integer(0, 10)),
  udpHealthCheckString: optional(text()),
};
export const CHECKED = oneOf("TCP", "UDP", "HTTP");
export const HEALTH_VIEW = {
  id: text(),
  type: text(),
  healthCheck: text(),
  healthCheckPort: integer(),
  healthCheckUrlPath: text(),
  healthCheckHost: text(),
  healthCheckNormalStatus: text(),
  healthCheckIntervalInSecond: integer(),
  healthCheckTimeoutInSecond: integer(),
  healthCheckUpRetry: integer(),
  healthCheckDownRetry: integer(),
  udpHealthCheckString: text(),
};
export type HealthPolicy = InferFields<typeof HEALTH_VIEW>;

export function healthOf(
  id: string,
  type: string,
  given: InferFields<typeof HEALTH>,
  before?: HealthPolicy,
): HealthPolicy {
  const healthCheck = given.healthCheck || (before?.healthCheck ?? type);
  const udpHealthCheckString = given.udpHealthCheckString ?? before?.udpHealthCheckString ?? "";
  if (healthCheck === "UDP" && udpHealthCheckString === "")
    throw badRequest("udpHealthCheckString is required for a UDP health check.");
  return {
    id,
    type,
    healthCheck,
    healthCheckPort: given.healthCheckPort || (before?.healthCheckPort ?? 0),
    healthCheckUrlPath: given.healthCheckUrlPath || (before?.healthCheckUrlPath ?? "/"),
    healthCheckHost: given.healthCheckHost ?? before?.healthCheckHost ?? "",
    healthCheckNormalStatus: given.healthCheckNormalStatus || (before?.healthCheckNormalStatus ?? "http_2xx|http_3xx"),
    healthCheckIntervalInSecond: given.healthCheckIntervalInSecond || (before?.healthCheckIntervalInSecond ?? 3),
    healthCheckTimeoutInSecond: given.healthCheckTimeoutInSecond || (before?.healthCheckTimeoutInSecond ?? 3),
    healthCheckUpRetry: given.healthCheckUpRetry || (before?.healthCheckUpRetry ?? 3),
    healthCheckDownRetry: given.healthCheckDownRetry || (before?.healthCheckDownRetry ?? 3),
    udpHealthCheckString,
  };
}

export interface AppListener {
  readonly type: "TCP" | "UDP";
  readonly listenerPort: number;
  readonly scheduler: string;
  /** Seconds. */
  readonly timeout: number;
}

export interface IpGroup {
  readonly id: string;
  readonly name: string;
  readonly desc: string;
  readonly members: readonly {
    readonly memberId: string;
    readonly ip: string;
    readonly port: number;
    readonly weight: number;
  }[];
  readonly policies: readonly HealthPolicy[];
}

export interface ListenerPolicy {
  readonly id: string;
  readonly type: string;
  readonly frontendPort: number;
  readonly priority: number;
  readonly desc: string;
  readonly appIpGroupId: string;
}

export interface ServerGroup {
  readonly id: string;
  readonly name: string;
  readonly desc: string;
  readonly ports: readonly (HealthPolicy & { readonly port: number })[];
  readonly servers: readonly { readonly instanceId: string; readonly weight: number }[];
}

export interface AppBlb {
  readonly blbId: string;
  readonly name: string;
  readonly desc: string;
  readonly status: string;
  readonly regionId: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly address: string;
  readonly publicIp: string;
  readonly createTime: string;
  readonly listeners: readonly AppListener[];
  readonly ipGroups: readonly IpGroup[];
  readonly policies: readonly ListenerPolicy[];
  readonly serverGroups: readonly ServerGroup[];
}

export const appBlbsOf = ({ shared }: Pick<Account, "shared">) => shared.table<AppBlb>("becAppBlbs");

export function getAppBlb(account: Pick<Account, "shared">, id: string): AppBlb {
  const found = appBlbsOf(account).get(id);
  if (!found) throw notFound(id);
  return found;
}

/** One that takes changes. */
export function readyAppBlb(account: Pick<Account, "shared">, id: string): AppBlb {
  const blb = getAppBlb(account, id);
  if (blb.status !== "RUNNING") throw denied(`load balancer ${id} is ${blb.status}: try again when it is RUNNING.`);
  return blb;
}

export function found<T extends { readonly id: string }>(all: readonly T[], id: string): T {
  const one = all.find((candidate) => candidate.id === id);
  if (!one) throw notFound(id);
  return one;
}

/** The list with one of them as it is now. */
export const replaced = <T extends { readonly id: string }>(all: readonly T[], one: T): readonly T[] =>
  all.map((other) => (other.id === one.id ? one : other));

export function markerOf<Q extends { readonly marker: string | undefined; readonly maker: string | undefined }>(
  query: Q,
): Q {
  return { ...query, marker: query.marker || query.maker };
}

/** Those whose name is this, or has it in it. */
export const named = <T extends { readonly name: string }>(
  all: readonly T[],
  { name = "", exactlyMatch }: { readonly name: string | undefined; readonly exactlyMatch: boolean | undefined },
): readonly T[] => all.filter((one) => name === "" || (exactlyMatch ? one.name === name : one.name.includes(name)));
