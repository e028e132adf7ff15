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

/** Whether a change is a reason to clean up now, and not only when the last failure's delay has passed. */
export function cleanupChanged(before: Service, after: Service): boolean {
  const text = (service: Service) =>
    JSON.stringify([service.metadata.deletionTimestamp ?? "", service.spec?.type ?? "", annotations(service)]);
  return needsCleanup(after) && (!needsCleanup(before) || text(before) !== text(after));
}

/** Whether a change concerns the load balancer. The rules, and what they leave out, are upstream's. */
export function needsUpdate(before: Service, after: Service): boolean {
  if (!wantsLoadBalancer(before) && !wantsLoadBalancer(after)) return false;
  if (wantsLoadBalancer(before) !== wantsLoadBalancer(after)) return true;
  return facts(before) !== facts(after) || annotations(before) !== annotations(after);
}

function facts(service: Service): string {
  const spec = service.spec ?? {};
  const ports = (spec.ports ?? []).map((port) => [
    port.name ?? "",
    port.protocol ?? "TCP",
    port.port,
    port.nodePort ?? 0,
    port.targetPort ?? 0,
    port.appProtocol ?? null,
  ]);
  return JSON.stringify([
    service.metadata.uid,
    spec.loadBalancerSourceRanges ?? null,
    ports,
    spec.sessionAffinity ?? "None",
    spec.sessionAffinityConfig ?? null,
    spec.loadBalancerIP ?? "",
    spec.externalIPs ?? [],
    spec.externalTrafficPolicy ?? "",
    spec.healthCheckNodePort ?? 0,
    (spec.ipFamilies ?? []).length,
  ]);
}

function annotations(service: Service): string {
  const entries = Object.entries(service.metadata.annotations ?? {});
  return JSON.stringify(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
