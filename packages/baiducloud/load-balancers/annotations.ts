import type { FacetProblem } from "@ccm/cloud-provider";

/**
 * What annotations of a Service can say. Keys, values and defaults are those of Baidu's former CCM; docs/annotations.md is
 * the reference for users.
 */
const PREFIX = "service.beta.kubernetes.io/";

export const ANNOTATION = {
  /** "true": no public address, the Service's address is the load balancer's in the VPC. */
  internal: `${PREFIX}cce-load-balancer-internal-vpc`,
  /** `sbn-…`: subnet of a new load balancer. */
  subnetId: `${PREFIX}cce-load-balancer-subnet-id`,
  /** Text: name of a new load balancer. */
  name: `${PREFIX}cce-load-balancer-lb-name`,
  /** `lb-…`: use this load balancer, which stays when the Service goes. */
  id: `${PREFIX}cce-load-balancer-id`,
  /** The same. */
  existingId: `${PREFIX}cce-load-balancer-exist-id`,
  /** "true": keep the load balancer when the Service goes, without listeners and backends. */
  reserve: `${PREFIX}cce-load-balancer-reserve-lb`,
  /** 1 to 50: at most so many backends. */
  maxBackends: `${PREFIX}cce-load-balancer-rs-max-num`,
  /** RoundRobin, LeastConnection or Hash. */
  scheduler: `${PREFIX}cce-load-balancer-scheduler`,
  /** Seconds, 1 to 60. */
  healthTimeout: `${PREFIX}cce-load-balancer-health-check-timeout-in-second`,
  /** Seconds, 1 to 10. */
  healthInterval: `${PREFIX}cce-load-balancer-health-check-interval`,
  /** 2 to 5. */
  unhealthyThreshold: `${PREFIX}cce-load-balancer-unhealthy-threshold`,
  /** 2 to 5. */
  healthyThreshold: `${PREFIX}cce-load-balancer-healthy-threshold`,
  /** Text sent to probe a UDP port. */
  healthString: `${PREFIX}cce-load-balancer-health-check-string`,
  /** Text: name of a new public address. */
  eipName: `${PREFIX}cce-elastic-ip-name`,
  /** Prepaid or Postpaid. */
  eipPayment: `${PREFIX}cce-elastic-ip-payment-timing`,
  /** ByTraffic or ByBandwidth. */
  eipBilling: `${PREFIX}cce-elastic-ip-billing-method`,
  /** 1 to 1000 by traffic, 1 to 500 by bandwidth. */
  eipBandwidth: `${PREFIX}cce-elastic-ip-bandwidth-in-mbps`,
  /** Months: 1 to 9, 12, 24 or 36. */
  eipReservation: `${PREFIX}cce-elastic-ip-reservation-length`,
} as const;

export interface ServiceSettings {
  readonly internal: boolean;
  readonly subnetId: string;
  readonly name: string;
  /** A load balancer that the user chose. */
  readonly existingId: string;
  readonly reserve: boolean;
  readonly maxBackends: number;
  readonly scheduler: "RoundRobin" | "LeastConnection" | "Hash" | "";
  readonly healthTimeout: number;
  readonly healthInterval: number;
  readonly unhealthyThreshold: number;
  readonly healthyThreshold: number;
  readonly healthString: string;
  readonly eipName: string;
  readonly eipPayment: "Prepaid" | "Postpaid";
  readonly eipBilling: "ByTraffic" | "ByBandwidth";
  /** 0: not said. A new address then gets DEFAULT_BANDWIDTH_MBPS, an existing one keeps its own. */
  readonly eipBandwidth: number;
  readonly eipReservation: number;
}

/** The former CCM's 1000 is refused by today's API description (at most 200 by traffic); 100 is accepted by both. */
export const DEFAULT_BANDWIDTH_MBPS = 100;

/** Reads the annotations. A bad value is a problem that names key, value and what is allowed; its default is used. */
export function readAnnotations(annotations: Readonly<Record<string, string>>): {
  readonly settings: ServiceSettings;
  readonly problems: readonly FacetProblem[];
} {
  const problems: FacetProblem[] = [];
  const bad = (key: string, value: string, allowed: string) => {
    problems.push({
      facet: "annotations",
      reason: "InvalidAnnotation",
      message: `annotation ${key}: "${value}" is not allowed: expected ${allowed}; the default is used until it is corrected`,
      retryable: false,
    });
  };
  const at = (key: string) => (annotations[key] ?? "").trim();
  const pattern = (key: string, allowed: RegExp, words: string): string => {
    const value = at(key);
    if (value === "" || allowed.test(value)) return value;
    bad(key, value, words);
    return "";
  };
  const oneOf = <T extends string>(key: string, allowed: readonly T[], otherwise: T): T => {
    const value = at(key);
    if (value === "") return otherwise;
    const found = allowed.find((candidate) => candidate === value);
    if (found === undefined) bad(key, value, `one of ${allowed.filter((name) => name !== "").join(", ")}`);
    return found ?? otherwise;
  };
  const integer = (key: string, min: number, max: number, otherwise: number): number => {
    const value = at(key);
    if (value === "") return otherwise;
    const number = Number(value);
    if (/^\d+$/.test(value) && number >= min && number <= max) return number;
    bad(key, value, `a whole number from ${min} to ${max}`);
    return otherwise;
  };
  const NAME = /^[A-Za-z][A-Za-z0-9\-_/.]{0,64}$/;
  const NAME_WORDS = "1 to 65 characters: a letter, then letters, digits and -_/.";
  const MONTHS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "12", "24", "36"];
  const eipBilling = oneOf(ANNOTATION.eipBilling, ["ByTraffic", "ByBandwidth"], "ByTraffic");

  const settings: ServiceSettings = {
    internal: at(ANNOTATION.internal) === "true",
    subnetId: pattern(ANNOTATION.subnetId, /^sbn-[A-Za-z0-9]+$/, "a subnet ID (sbn-…)"),
    name: pattern(ANNOTATION.name, NAME, NAME_WORDS),
    existingId:
      pattern(ANNOTATION.existingId, /^lb-[A-Za-z0-9]+$/, "a load balancer ID (lb-…)") ||
      pattern(ANNOTATION.id, /^lb-[A-Za-z0-9]+$/, "a load balancer ID (lb-…)"),
    reserve: at(ANNOTATION.reserve) === "true",
    maxBackends: integer(ANNOTATION.maxBackends, 1, 50, 50),
    scheduler: oneOf(ANNOTATION.scheduler, ["RoundRobin", "LeastConnection", "Hash", ""], ""),
    healthTimeout: integer(ANNOTATION.healthTimeout, 1, 60, 3),
    healthInterval: integer(ANNOTATION.healthInterval, 1, 10, 3),
    unhealthyThreshold: integer(ANNOTATION.unhealthyThreshold, 2, 5, 3),
    healthyThreshold: integer(ANNOTATION.healthyThreshold, 2, 5, 3),
    healthString: at(ANNOTATION.healthString) || "HealthCheck",
    eipName: pattern(ANNOTATION.eipName, NAME, NAME_WORDS),
    eipPayment: oneOf(ANNOTATION.eipPayment, ["Prepaid", "Postpaid"], "Postpaid"),
    eipBilling,
    eipBandwidth: integer(ANNOTATION.eipBandwidth, 1, eipBilling === "ByTraffic" ? 1000 : 500, 0),
    eipReservation: Number(oneOf(ANNOTATION.eipReservation, MONTHS, "1")),
  };
  return { settings, problems };
}
