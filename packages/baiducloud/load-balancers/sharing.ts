import type { Tag } from "@ccm/bce";
import { type IpFamily, isOnlyLocal, wantsLoadBalancer } from "@ccm/cloud-provider";
import type { Service } from "@ccm/kube";
import { serviceTags } from "../marks.ts";
import { readAnnotations } from "./annotations.ts";
import type { Desired } from "./desired.ts";

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

/** Of the Services on a shared load balancer, those that need its public address when the one leaves for which it was made. */
export type Heirs = Partial<Record<IpFamily, Heir>>;
export interface Heir {
  readonly uid: string;
  /** The marks that make it the heir's: the one that decides comes last. */
  readonly tags: readonly Tag[];
}

export function heirsAmong(
  sharers: readonly { readonly service: Service; readonly desired: Pick<Desired, "addresses"> }[],
  clusterId: string,
): Heirs {
  const heirs: Heirs = {};
  for (const { service, desired } of sharers) {
    const { uid = "" } = service.metadata;
    for (const { kind, family } of desired.addresses) {
      if (kind === "own") heirs[family] ??= { uid, tags: [...serviceTags(clusterId, uid)].reverse() };
    }
  }
  return heirs;
}
