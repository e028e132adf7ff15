import { isOnlyLocal, wantsLoadBalancer } from "@ccm/cloud-provider";
import type { Service } from "@ccm/kube";
import { readAnnotations } from "./annotations.ts";

/** The load balancer that a Service names, whoever wrote it; "" for none. */
export function namedBy(service: Service): string {
  const { settings } = readAnnotations(service.metadata.annotations ?? {});
  return settings.existingId || settings.id;
}

/** Labels that a node must have to be a backend. With policy Local the Pods decide. */
export function nodeSelectorOf(service: Service): Readonly<Record<string, string>> {
  return isOnlyLocal(service) ? {} : readAnnotations(service.metadata.annotations ?? {}).settings.backendLabel;
}

/** The other Services on the load balancer that the Service names. */
export function sharersAmong(service: Service, services: readonly Service[]): readonly Service[] {
  const named = namedBy(service);
  if (named === "") return [];
  return services.filter(
    (other) =>
      other.metadata.uid !== service.metadata.uid &&
      !other.metadata.deletionTimestamp &&
      wantsLoadBalancer(other) &&
      namedBy(other) === named,
  );
}
