import type { Account } from "../../account.ts";
import type { Tag } from "../../api/common.ts";
import { badRequest, denied } from "../../api/fault.ts";
import { boolean, type Infer, type InferFields, integer, object, oneOf, optional, text } from "../../api/schema.ts";
import { podsOf } from "./container-model.ts";
import { notFound } from "./faults.ts";
import type { Location } from "./locations.ts";
import { type CarrierIp, deploymentIdOf, vmsOf } from "./records.ts";

export const PROTOCOLS = ["TCP", "UDP", "HTTP", "HTTPS", "SSL"] as const;
const SCHEDULER = optional(oneOf("wrr", "minconn", "srch"));
const PORT = integer(1, 65_535);

/** As lists and the creation of a load balancer have it. */
export const LISTENER = object({
  protocol: oneOf(...PROTOCOLS),
  port: PORT,
  backendPort: PORT,
  keepaliveTimeout: optional(integer(0, 4000)),
  scheduler: SCHEDULER,
  enableCipTTM: optional(boolean()),
  enableVipTTM: optional(boolean()),
  healthCheckInterval: optional(integer(0, 3600)),
  healthCheckRetry: optional(integer(0, 100)),
  healthCheckTimeout: optional(integer(0, 3600)),
  udpHealthCheckString: optional(text()),
  healthCheckType: optional(text()),
});
export const LISTENER_VIEW = object({
  protocol: text(),
  port: integer(),
  backendPort: integer(),
  keepaliveTimeout: integer(),
  scheduler: text(),
  enableCipTTM: boolean(),
  enableVipTTM: boolean(),
  healthCheckInterval: integer(),
  healthCheckRetry: integer(),
  healthCheckTimeout: integer(),
  udpHealthCheckString: text(),
  healthCheckType: text(),
});
/** As the calls for a single one have it. */
export const MONITOR = {
  lbMode: SCHEDULER,
  keepaliveTimeout: optional(integer(0, 4000)),
  healthCheck: optional(
    object({
      timeoutInSeconds: optional(integer(0, 3600)),
      intervalInSeconds: optional(integer(0, 3600)),
      unhealthyThreshold: optional(integer(0, 100)),
      healthyThreshold: optional(integer(0, 100)),
      healthCheckString: optional(text()),
      healthCheckType: optional(text()),
    }),
  ),
  enableCipTTM: optional(boolean()),
  enableVipTTM: optional(boolean()),
};

export interface EdgeListener {
  readonly protocol: string;
  readonly port: number;
  readonly backendPort: number;
  readonly keepaliveTimeout: number;
  readonly scheduler: string;
  readonly enableCipTTM: boolean;
  readonly enableVipTTM: boolean;
  readonly healthCheckInterval: number;
  /** The threshold of failures; that of successes is beside it. */
  readonly healthCheckRetry: number;
  readonly healthyThreshold: number;
  readonly healthCheckTimeout: number;
  readonly udpHealthCheckString: string;
  readonly healthCheckType: string;
}

export interface BoundBackend {
  /** A machine's or a pod's id. */
  readonly name: string;
  readonly deploymentId: string;
  readonly weight: number;
}

export interface EdgeBlb extends Location {
  readonly blbId: string;
  readonly blbName: string;
  readonly status: string;
  readonly lbType: string;
  readonly publicIps: readonly CarrierIp[];
  readonly internalIp: string;
  readonly subnetId: string;
  readonly listeners: readonly EdgeListener[];
  readonly backends: readonly BoundBackend[];
  readonly bandwidthInMbpsLimit: number;
  readonly createTime: string;
  readonly tags: readonly Tag[];
}

export const edgeBlbsOf = ({ shared }: Pick<Account, "shared">) => shared.table<EdgeBlb>("becBlbs");

export function getBlb(account: Pick<Account, "shared">, id: string): EdgeBlb {
  const found = edgeBlbsOf(account).get(id);
  if (!found) throw notFound(id);
  return found;
}

/** One that takes changes. */
export function readyBlb(account: Pick<Account, "shared">, id: string): EdgeBlb {
  const blb = getBlb(account, id);
  if (blb.status !== "RUNNING") throw denied(`load balancer ${id} is ${blb.status}: try again when it is RUNNING.`);
  return blb;
}

export function listenerOf(given: Infer<typeof LISTENER>, before?: EdgeListener): EdgeListener {
  const udpHealthCheckString = given.udpHealthCheckString ?? before?.udpHealthCheckString ?? "";
  if (given.protocol === "UDP" && given.healthCheckType === "UDP" && udpHealthCheckString === "")
    throw badRequest("healthCheckString is required for a UDP health check.");
  return {
    protocol: given.protocol,
    port: given.port,
    backendPort: given.backendPort,
    keepaliveTimeout: given.keepaliveTimeout || (before?.keepaliveTimeout ?? 900),
    scheduler: given.scheduler || (before?.scheduler ?? "wrr"),
    enableCipTTM: given.enableCipTTM ?? before?.enableCipTTM ?? false,
    enableVipTTM: given.enableVipTTM ?? before?.enableVipTTM ?? false,
    healthCheckInterval: given.healthCheckInterval || (before?.healthCheckInterval ?? 3),
    healthCheckRetry: given.healthCheckRetry || (before?.healthCheckRetry ?? 3),
    healthyThreshold: before?.healthyThreshold ?? 3,
    healthCheckTimeout: given.healthCheckTimeout || (before?.healthCheckTimeout ?? 3),
    udpHealthCheckString,
    healthCheckType: given.healthCheckType || (before?.healthCheckType ?? (given.protocol === "UDP" ? "ICMP" : "TCP")),
  };
}

/** The other form of a listener. */
export function fromMonitor(
  port: { readonly protocol: EdgeListener["protocol"]; readonly port: number; readonly backendPort: number },
  given: InferFields<typeof MONITOR>,
  before?: EdgeListener,
): EdgeListener {
  const { lbMode, healthCheck, keepaliveTimeout, enableCipTTM, enableVipTTM } = given;
  const after = listenerOf(
    {
      ...port,
      protocol: port.protocol as (typeof PROTOCOLS)[number],
      keepaliveTimeout,
      scheduler: lbMode,
      enableCipTTM,
      enableVipTTM,
      healthCheckInterval: healthCheck?.intervalInSeconds,
      healthCheckRetry: healthCheck?.unhealthyThreshold,
      healthCheckTimeout: healthCheck?.timeoutInSeconds,
      udpHealthCheckString: healthCheck?.healthCheckString,
      healthCheckType: healthCheck?.healthCheckType,
    },
    before,
  );
  return { ...after, healthyThreshold: healthCheck?.healthyThreshold || after.healthyThreshold };
}

export const sameListener = (a: { protocol: string; port: number }, b: { protocol: string; port: number }): boolean =>
  a.protocol === b.protocol && a.port === b.port;

export function listenerView({ healthyThreshold: _, ...shown }: EdgeListener) {
  return shown;
}

export interface Candidate {
  readonly name: string;
  readonly ip: string;
  readonly deploymentId: string;
  readonly serviceId: string;
  readonly status: string;
  readonly regionId: string;
}

/** What the load balancer could send to: machines or pods, as its type is, at its own place. */
export function candidatesOf(account: Pick<Account, "shared">, blb: EdgeBlb): readonly Candidate[] {
  const vms = vmsOf(account)
    .all()
    .map(({ vmId, internalIp, serviceId, status, regionId }) => ({
      name: vmId,
      ip: internalIp,
      serviceId,
      status,
      regionId,
      deploymentId: deploymentIdOf({ serviceId, regionId }),
    }));
  const pods = podsOf(account)
    .all()
    .map(({ podId, internalIp, serviceId, status, regionId, deploymentId }) => ({
      name: podId,
      ip: internalIp,
      serviceId,
      status,
      regionId,
      deploymentId,
    }));
  return (blb.lbType === "vm" ? vms : pods).filter(({ regionId }) => regionId === blb.regionId);
}
