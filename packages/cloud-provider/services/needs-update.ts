import type { Service } from "@ccm/kube";
import { FINALIZER_LOAD_BALANCER } from "../well-known.ts";

/** Whether the Service asks this controller for a load balancer. One with a class is somebody else's, even an empty class. */
export function wantsLoadBalancer(service: Service): boolean {
  return service.spec?.type === "LoadBalancer" && service.spec.loadBalancerClass === undefined;
}

export function hasFinalizer(service: Service): boolean {
  return (service.metadata.finalizers ?? []).includes(FINALIZER_LOAD_BALANCER);
}

/** Whether a load balancer that was made for the Service has to go. One with a class and our finalizer waits for its deletion. */
export function needsCleanup(service: Service): boolean {
  const unwanted = service.metadata.deletionTimestamp !== undefined || service.spec?.type !== "LoadBalancer";
  return hasFinalizer(service) && unwanted;
}

/** Tells annotations that are no reason to look at the load balancer. `annotations`: all of the Service. */
export type AnnotationFilter = (key: string, annotations: Readonly<Record<string, string>>) => boolean;

/** kubectl's own notes say nothing that is not in the object. */
export const IGNORED_ANNOTATIONS: readonly string[] = ["kubectl.kubernetes.io/last-applied-configuration"];

/** `names`: annotation keys; one that ends in "/" stands for all keys that begin with it. */
export function annotationFilter(names: readonly string[]): AnnotationFilter {
  const exact = new Set(names);
  const prefixes = names.filter((name) => name.endsWith("/"));
  return (key) => exact.has(key) || prefixes.some((prefix) => key.startsWith(prefix));
}

const DEFAULT_FILTER = annotationFilter(IGNORED_ANNOTATIONS);

/** Whether a change is a reason to clean up now, and not only when the last failure's delay has passed. */
export function cleanupChanged(before: Service, after: Service, ignored = DEFAULT_FILTER): boolean {
  const text = (service: Service) =>
    JSON.stringify([service.metadata.deletionTimestamp ?? "", service.spec?.type ?? "", annotations(service, ignored)]);
  return needsCleanup(after) && (!needsCleanup(before) || text(before) !== text(after));
}

/** Whether a change concerns the load balancer. */
export function needsUpdate(before: Service, after: Service, ignored = DEFAULT_FILTER): boolean {
  return changeOf(before, after, ignored) !== undefined;
}

/** What a load balancer is made from, in upstream's order. What is not here (labels, the selector …) does not concern it. */
const FACTS: readonly (readonly [what: string, of: (service: Service) => unknown])[] = [
  ["loadBalancerSourceRanges", ({ spec }) => spec?.loadBalancerSourceRanges ?? null],
  ["ports", ({ spec }) => portsOf(spec)],
  ["sessionAffinity", ({ spec }) => [spec?.sessionAffinity ?? "None", spec?.sessionAffinityConfig ?? null]],
  ["loadBalancerIP", ({ spec }) => spec?.loadBalancerIP ?? ""],
  ["externalIPs", ({ spec }) => spec?.externalIPs ?? []],
  ["uid", ({ metadata }) => metadata.uid],
  ["externalTrafficPolicy", ({ spec }) => spec?.externalTrafficPolicy ?? ""],
  ["healthCheckNodePort", ({ spec }) => spec?.healthCheckNodePort ?? 0],
  // Their number alone, as upstream has it: the API server lets nobody exchange the first one.
  ["ipFamilies", ({ spec }) => (spec?.ipFamilies ?? []).length],
];

/** The first thing in which the two differ for a load balancer. The rules, and what they leave out, are upstream's. */
export function changeOf(before: Service, after: Service, ignored = DEFAULT_FILTER): string | undefined {
  if (before === after) return undefined;
  if (!wantsLoadBalancer(before) && !wantsLoadBalancer(after)) return undefined;
  if (wantsLoadBalancer(before) !== wantsLoadBalancer(after)) return "type";
  for (const [what, of] of FACTS) if (JSON.stringify(of(before)) !== JSON.stringify(of(after))) return what;
  return annotations(before, ignored) === annotations(after, ignored) ? undefined : "annotations";
}

function portsOf(spec: Service["spec"]): readonly unknown[] {
  return (spec?.ports ?? []).map((port) => [
    port.name ?? "",
    port.protocol ?? "TCP",
    port.port,
    port.nodePort ?? 0,
    port.targetPort ?? 0,
    port.appProtocol ?? null,
  ]);
}

function annotations(service: Service, ignored: AnnotationFilter): string {
  const all = service.metadata.annotations ?? {};
  const entries = Object.entries(all).filter(([key]) => !ignored(key, all));
  return JSON.stringify(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
