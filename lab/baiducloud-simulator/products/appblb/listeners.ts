import { boolean, integer, list, optional, text } from "../../api/schema.ts";
import {
  CERT_DOMAINS,
  isSecure,
  isWeb,
  type ListenerKind,
  type ListenerType,
  REDIRECT,
  SECURE_DEFAULTS,
  SECURE_FIELDS,
  SESSION_TIMEOUTS,
  schedulerOf,
  WEB_DEFAULTS,
  WEB_FIELDS,
} from "../blb/listener-fields.ts";
import { keyOf, listenerParts } from "../blb/listener-parts.ts";
import { APP } from "./records.ts";

/** Backend ports and health checks are of the groups here, and two fields have names of their own. */
function applicationKind(type: ListenerType): ListenerKind {
  const web = isWeb(type);
  return {
    fields: {
      scheduler: optional(schedulerOf(type)),
      description: optional(text({ max: 200 })),
      ...(type === "TCP" || type === "UDP" ? SESSION_TIMEOUTS[type] : {}),
      ...(web
        ? {
            ...WEB_FIELDS,
            keepSessionTimeout: optional(integer(1, 15_552_000)),
            xForwardedFor: optional(boolean()),
          }
        : {}),
      ...(type === "HTTP" ? REDIRECT : {}),
      ...(isSecure(type) ? SECURE_FIELDS : {}),
      ...(type === "HTTPS" ? { additionalCertDomains: CERT_DOMAINS } : {}),
    },
    required: { scheduler: schedulerOf(type), ...(isSecure(type) ? { certIds: list(text()) } : {}) },
    defaults: () => ({
      description: "",
      ...(type === "TCP" ? { tcpSessionTimeout: 900 } : {}),
      ...(type === "UDP" ? { udpSessionTimeout: 90 } : {}),
      ...(web ? { ...WEB_DEFAULTS, keepSessionTimeout: 3600, xForwardedFor: false } : {}),
      ...(type === "HTTP" ? { redirectPort: 0 } : {}),
      ...(isSecure(type) ? SECURE_DEFAULTS : {}),
      ...(type === "HTTPS" ? { additionalCertDomains: [] } : {}),
    }),
  };
}

/** Listeners of application load balancers; their policies go with them. */
export const listeners = listenerParts({
  family: APP,
  word: "App",
  kind: applicationKind,
  renamed: { xForwardedFor: "xForwardFor" },
  without: ({ policies }, gone) => ({
    policies: policies.filter((policy) => !gone.some((listener) => keyOf(listener) === keyOf(policy))),
  }),
});
