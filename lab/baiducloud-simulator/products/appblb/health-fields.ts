import { ANY_TEXT } from "../../api/common.ts";
import { badRequest, Fault } from "../../api/fault.ts";
import { boolean, type InferFields, integer, optional, text } from "../../api/schema.ts";
import type { HealthCheck } from "./records.ts";

/** Health checks of groups. Their names differ from those of ordinary load balancers' listeners. */
export const HEALTH = {
  enableHealthCheck: optional(boolean()),
  healthCheck: ANY_TEXT,
  healthCheckPort: optional(integer(0, 65535)),
  healthCheckUrlPath: ANY_TEXT,
  healthCheckHost: ANY_TEXT,
  healthCheckTimeoutInSecond: optional(integer(1, 60)),
  healthCheckIntervalInSecond: optional(integer(1, 10)),
  healthCheckDownRetry: optional(integer(2, 5)),
  healthCheckUpRetry: optional(integer(2, 5)),
  healthCheckNormalStatus: ANY_TEXT,
  udpHealthCheckString: optional(text({ max: 1299 })),
};
export const HEALTH_VIEW = {
  enableHealthCheck: boolean(),
  healthCheck: text(),
  healthCheckPort: integer(),
  healthCheckUrlPath: ANY_TEXT,
  healthCheckHost: ANY_TEXT,
  healthCheckTimeoutInSecond: integer(),
  healthCheckIntervalInSecond: integer(),
  healthCheckDownRetry: integer(),
  healthCheckUpRetry: integer(),
  healthCheckNormalStatus: ANY_TEXT,
  udpHealthCheckString: ANY_TEXT,
};

/** How the members of a protocol can be checked; the first is the default. */
export const GROUP_CHECKS: Readonly<Record<string, readonly string[]>> = {
  TCP: ["TCP"],
  UDP: ["UDP", "ICMP"],
  HTTP: ["HTTP", "TCP"],
};
export const IP_GROUP_CHECKS: Readonly<Record<string, readonly string[]>> = {
  TCP: ["TCP"],
  UDP: ["UDP", "ICMP"],
  HTTP: ["HTTP", "TCP"],
  HTTPS: ["HTTPS", "HTTP", "TCP"],
};

/** The check after a request, over what was there before it. */
export function healthOf(
  before: Partial<HealthCheck>,
  given: InferFields<typeof HEALTH>,
  checks: readonly string[],
  port: number,
): HealthCheck {
  const healthCheck = given.healthCheck || before.healthCheck || (checks[0] ?? "TCP");
  if (!checks.includes(healthCheck))
    throw badRequest(`healthCheck: "${healthCheck}" is unknown here: expected ${checks.join(" or ")}.`);
  const after = {
    enableHealthCheck: given.enableHealthCheck ?? before.enableHealthCheck ?? true,
    healthCheck,
    healthCheckPort: given.healthCheckPort || before.healthCheckPort || port,
    healthCheckUrlPath: given.healthCheckUrlPath || (before.healthCheckUrlPath ?? "/"),
    healthCheckHost: given.healthCheckHost ?? before.healthCheckHost ?? "",
    healthCheckTimeoutInSecond: given.healthCheckTimeoutInSecond ?? before.healthCheckTimeoutInSecond ?? 3,
    healthCheckIntervalInSecond: given.healthCheckIntervalInSecond ?? before.healthCheckIntervalInSecond ?? 3,
    healthCheckDownRetry: given.healthCheckDownRetry ?? before.healthCheckDownRetry ?? 3,
    healthCheckUpRetry: given.healthCheckUpRetry ?? before.healthCheckUpRetry ?? 3,
    healthCheckNormalStatus: given.healthCheckNormalStatus || (before.healthCheckNormalStatus ?? "http_2xx|http_3xx"),
    udpHealthCheckString: given.udpHealthCheckString ?? before.udpHealthCheckString ?? "",
  };
  if (after.enableHealthCheck && healthCheck === "UDP" && after.udpHealthCheckString === "")
    throw new Fault(400, "InappropriateJSON", "udpHealthCheckString is required for a UDP health check.");
  return after;
}
