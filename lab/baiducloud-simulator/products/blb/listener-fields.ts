import { ANY_TEXT } from "../../api/common.ts";
import { badRequest, Fault } from "../../api/fault.ts";
import { boolean, type Fields, integer, list, object, oneOf, optional, text } from "../../api/schema.ts";

export const LISTENER_TYPES = ["TCP", "UDP", "HTTP", "HTTPS", "SSL"] as const;
export type ListenerType = (typeof LISTENER_TYPES)[number];

type Values = Readonly<Record<string, unknown>>;

/** What one family's listeners of one protocol have: all optional here; which are required, the calls say. */
export interface ListenerKind {
  readonly fields: Fields;
  /** Required of a new one, beside listenerPort. */
  readonly required: Fields;
  /** What it gets when its creator says nothing. */
  defaults(body: Values): Values;
}

export const PORT = integer(1, 65535);
const SCHEDULERS = ["RoundRobin", "LeastConnection", "WeightLeastConn", "Hash"] as const;
const NO_PORT_OR_PORT = optional(integer(0, 65535));
const NORMAL_STATUS = optional(text({ pattern: /^http_[1-5]xx(\|http_[1-5]xx)*$/, hint: "such as http_2xx|http_3xx" }));
const ENCRYPTION = optional(
  oneOf(
    "tls_cipher_policy_default",
    "tls_cipher_policy_1_1",
    "tls_cipher_policy_1_2",
    "tls_cipher_policy_1_2_secure",
    "userDefind",
    "compatibleIE",
    "incompatibleIE",
  ),
);

/** Least connections have two names; the one that was sent is given back. */
export function schedulerOf(type: ListenerType) {
  return text({ oneOf: isWeb(type) ? SCHEDULERS.filter((name) => name !== "Hash") : SCHEDULERS });
}

export const isWeb = (type: string): boolean => type === "HTTP" || type === "HTTPS";
export const isSecure = (type: string): boolean => type === "HTTPS" || type === "SSL";

export const WEB_FIELDS = {
  keepSession: optional(boolean()),
  keepSessionType: optional(oneOf("insert", "rewrite")),
  keepSessionCookieName: ANY_TEXT,
  xForwardedProto: optional(boolean()),
  additionalAttributes: optional(object({ gzipJson: optional(oneOf("on", "off")) })),
  serverTimeout: optional(integer(1, 3600)),
};
export const SECURE_FIELDS = {
  certIds: optional(list(text())),
  encryptionType: ENCRYPTION,
  encryptionProtocols: optional(list(oneOf("tlsv10", "tlsv11", "tlsv12"))),
  appliedCiphers: ANY_TEXT,
  dualAuth: optional(boolean()),
  clientCertIds: optional(list(text())),
};
/** One spelling is of the documentation, the other of the official clients. */
export const CERT_DOMAINS = optional(list(object({ certId: text(), host: ANY_TEXT, Host: ANY_TEXT })));
export const SESSION_TIMEOUTS = {
  TCP: { tcpSessionTimeout: optional(integer(10, 4000)) },
  UDP: { udpSessionTimeout: optional(integer(5, 4000)) },
};
export const REDIRECT = { redirectPort: NO_PORT_OR_PORT };

export const WEB_DEFAULTS = {
  keepSession: false,
  keepSessionType: "insert",
  keepSessionCookieName: "",
  xForwardedProto: false,
  additionalAttributes: { gzipJson: "off" },
  serverTimeout: 30,
};
export const SECURE_DEFAULTS = {
  encryptionType: "tls_cipher_policy_default",
  encryptionProtocols: [],
  appliedCiphers: "",
  dualAuth: false,
  clientCertIds: [],
};

const CHECKS: Readonly<Record<ListenerType, readonly [string, ...string[]]>> = {
  TCP: ["TCP"],
  UDP: ["UDP", "ICMP"],
  HTTP: ["HTTP", "TCP"],
  HTTPS: ["HTTP", "TCP"],
  SSL: ["TCP"],
};

/** Of an ordinary load balancer, whose listeners bring their own backend port and health check. */
export function ordinaryKind(type: ListenerType): ListenerKind {
  const web = isWeb(type);
  const checks = CHECKS[type];
  return {
    fields: {
      backendPort: optional(PORT),
      scheduler: optional(schedulerOf(type)),
      ...(type === "TCP" || type === "UDP" ? SESSION_TIMEOUTS[type] : {}),
      healthCheckType: optional(text({ oneOf: checks })),
      healthCheckTimeoutInSecond: optional(integer(1, 60)),
      healthCheckInterval: optional(integer(1, 10)),
      unhealthyThreshold: optional(integer(2, 5)),
      healthyThreshold: optional(integer(2, 5)),
      ...(web || type === "UDP" ? { healthCheckPort: optional(PORT) } : {}),
      ...(type === "UDP" ? { healthCheckString: optional(text({ max: 1299 })) } : {}),
      ...(web
        ? {
            ...WEB_FIELDS,
            keepSessionDuration: optional(integer(1, 15_552_000)),
            xForwardFor: optional(boolean()),
            healthCheckURI: ANY_TEXT,
            healthCheckHost: ANY_TEXT,
            healthCheckNormalStatus: NORMAL_STATUS,
          }
        : {}),
      ...(type === "HTTP" ? REDIRECT : {}),
      ...(isSecure(type) ? SECURE_FIELDS : {}),
      ...(type === "HTTPS" ? { additionalCertDomains: CERT_DOMAINS } : {}),
      ...(type === "SSL" ? { serverTimeout: optional(integer(10, 4000)) } : {}),
      ...(type === "TCP" ? { getBlbIp: optional(boolean()) } : {}),
    },
    required: {
      backendPort: PORT,
      scheduler: schedulerOf(type),
      ...(isSecure(type) ? { certIds: list(text()) } : {}),
    },
    defaults: ({ backendPort }) => ({
      healthCheckTimeoutInSecond: 3,
      healthCheckInterval: 3,
      unhealthyThreshold: 3,
      healthyThreshold: 3,
      healthCheckType: checks[0],
      ...(type === "TCP" ? { tcpSessionTimeout: 900 } : {}),
      ...(type === "UDP" ? { udpSessionTimeout: 90, healthCheckPort: backendPort } : {}),
      ...(web
        ? {
            ...WEB_DEFAULTS,
            keepSessionDuration: 3600,
            xForwardFor: false,
            healthCheckPort: backendPort,
            healthCheckURI: "/",
            healthCheckHost: "",
            healthCheckNormalStatus: "http_2xx|http_3xx",
          }
        : {}),
      ...(type === "HTTP" ? { redirectPort: 0 } : {}),
      ...(isSecure(type) ? SECURE_DEFAULTS : {}),
      ...(type === "HTTPS" ? { additionalCertDomains: [] } : {}),
      ...(type === "SSL" ? { serverTimeout: 900 } : {}),
      getBlbIp: false,
    }),
  };
}

/** The fields that a request sets: those that are there and not null. */
export function changeIn(kind: ListenerKind, body: Values): Values {
  const given = Object.keys(kind.fields).filter((name) => body[name] !== undefined && body[name] !== null);
  return Object.fromEntries(
    given.map((name) => [name, name === "additionalCertDomains" ? hosts(body[name]) : body[name]]),
  );
}

function hosts(value: unknown): readonly Values[] {
  return (value as readonly { certId: string; host?: string; Host?: string }[]).map(({ certId, host, Host }) => ({
    certId,
    host: host || Host || "",
  }));
}

/** Refuses what does not go together. */
export function checkListener(type: ListenerType, fields: Values): void {
  if (type === "UDP" && fields.healthCheckType === "UDP" && !fields.healthCheckString)
    throw new Fault(400, "InappropriateJSON", "healthCheckString is required for a UDP health check.");
  if (isSecure(type) && (fields.certIds as readonly string[] | undefined)?.length === 0)
    throw new Fault(400, "InappropriateJSON", "certIds is required.");
  if (fields.keepSession === true && fields.keepSessionType === "rewrite" && !fields.keepSessionCookieName)
    throw badRequest("keepSessionCookieName is required to rewrite cookies.");
  if (fields.encryptionType === "userDefind" && (fields.encryptionProtocols as readonly string[]).length === 0)
    throw badRequest("encryptionProtocols is required with userDefind.");
  if (fields.dualAuth === true && (fields.clientCertIds as readonly string[]).length === 0)
    throw badRequest("clientCertIds is required with dualAuth.");
}
