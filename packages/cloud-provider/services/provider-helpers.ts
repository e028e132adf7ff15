/** Rules about Services that all clouds share, for providers: what is allowed in, where health is asked, what to build. */
import { type Cidr, parseCidr } from "@ccm/base";
import type { Service } from "@ccm/kube";
import { CloudError } from "../error.ts";
import type { NodeSelector } from "./backends.ts";

export const ANNOTATION_SOURCE_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges";

export interface SourceRange extends Cidr {
  /** With host bits cleared: "192.168.0.0/16". */
  readonly text: string;
}

/**
 * The ranges that may use the Service: spec.loadBalancerSourceRanges, else the annotation, else all of IPv4. Each comes
 * once, in the order given. Throws a permanent CloudError that names the first bad entry.
 */
export function sourceRangesOf(service: Service): readonly SourceRange[] {
  const listed = service.spec?.loadBalancerSourceRanges ?? [];
  const annotation = (service.metadata.annotations?.[ANNOTATION_SOURCE_RANGES] ?? "").trim();
  const [where, entries] =
    listed.length > 0
      ? ["spec.loadBalancerSourceRanges", listed]
      : [`annotation ${ANNOTATION_SOURCE_RANGES}`, annotation === "" ? ["0.0.0.0/0"] : annotation.split(",")];
  const found = new Map<string, SourceRange>();
  for (const entry of entries) {
    const range = parseCidr(entry.trim());
    if (!range) {
      const expected = `${where}: "${entry.trim()}" is no range: expected a CIDR such as 10.0.0.0/8`;
      throw new CloudError("permanent", expected);
    }
    const text = textOf(range);
    found.set(text, { ...range, text });
  }
  return [...found.values()];
}

/** Whether everybody may use the Service by IPv4; that all of IPv6 may says nothing about it. */
export function allowsAll(ranges: readonly SourceRange[]): boolean {
  return ranges.some(({ family, bits }) => family === 4 && bits === 0);
}

/** Whether nodes pass traffic from outside only to their own Pods. */
export function isOnlyLocal(service: Service): boolean {
  const { type, externalTrafficPolicy } = service.spec ?? {};
  return (type === "LoadBalancer" || type === "NodePort") && externalTrafficPolicy === "Local";
}

/** Whether load balancers must ask each node if it has a Pod of the Service. */
export function needsHealthCheck(service: Service): boolean {
  return service.spec?.type === "LoadBalancer" && isOnlyLocal(service);
}

/** Where to ask, over HTTP on each node. Undefined when it is not needed, or no port was given out. */
export function healthCheckOf(service: Service): { readonly path: string; readonly port: number } | undefined {
  const port = service.spec?.healthCheckNodePort ?? 0;
  return needsHealthCheck(service) && port > 0 ? { path: "/healthz", port } : undefined;
}

export type IpFamily = "IPv4" | "IPv6";

/**
 * The frontends to build, in the order the Service wants them, of the families the cloud has; and those that the Service
 * insists on and that the cloud has not. With PreferDualStack a missing second family is no fault.
 */
export function frontendsOf(
  service: Service,
  supported: readonly IpFamily[],
): { readonly build: readonly IpFamily[]; readonly missing: readonly IpFamily[] } {
  const { ipFamilies = ["IPv4"], ipFamilyPolicy } = service.spec ?? {};
  const wanted = ipFamilies.length > 0 ? ipFamilies : (["IPv4"] as const);
  const build = wanted.filter((family) => supported.includes(family));
  const lacking = wanted.filter((family) => !supported.includes(family));
  const preferred = ipFamilyPolicy === "PreferDualStack" && build.length > 0;
  return { build, missing: preferred ? [] : lacking };
}

/** Reads "key=value,other=value" from an annotation, for `LoadBalancers.nodeSelector`. A key without a value stands for an empty one. */
export function parseNodeSelector(text: string): NodeSelector {
  const pairs = text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map((part) => {
      const at = part.indexOf("=");
      return at < 0 ? [part, ""] : [part.slice(0, at).trim(), part.slice(at + 1).trim()];
    });
  return Object.fromEntries(pairs);
}

function textOf({ family, first, bits }: Cidr): string {
  return `${family === 4 ? ipv4Text(first) : ipv6Text(first)}/${bits}`;
}

function ipv4Text(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join(".");
}

/** RFC 5952: the longest run of at least two zero groups becomes "::". */
function ipv6Text(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16));
  const text = groups.join(":");
  const runs = text.match(/\b0(?::0)+\b/g) ?? [];
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), "");
  if (longest === "") return text;
  const at = text.search(new RegExp(`\\b${longest}\\b`));
  return `${text.slice(0, at).replace(/:$/, "")}::${text.slice(at + longest.length).replace(/^:/, "")}`;
}
