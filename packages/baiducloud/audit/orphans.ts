import type { Eip, LoadBalancer, RouteRule, SecurityGroup } from "@ccm/bce";
import { FINALIZER_LOAD_BALANCER } from "@ccm/cloud-provider";
import type { Node, Service } from "@ccm/kube";
import { readAnnotations } from "../load-balancers/annotations.ts";
import { FORMER_EIP_MARK } from "../load-balancers/find.ts";
import {
  clusterInDescription,
  description,
  formerNames,
  isMadeByCluster,
  isMadeFor,
  makerOf,
  serviceResourceName,
  userOf,
} from "../marks.ts";
import { instanceIdOf } from "../provider-id.ts";
import { podCidrsOf, rangeOf } from "../routes/node-routes.ts";
import { anySource } from "../routes/route-tables.ts";
import type { CloudContent } from "./content.ts";

/** Something in the cloud that carries this cluster's marks and that nothing in the cluster claims. */
export interface Orphan {
  readonly kind: "address" | "load balancer" | "security group" | "route";
  /** What the cloud calls it: an address itself, lb-…, g-…, rr-…. */
  readonly id: string;
  readonly name: string;
  /** By which mark it is this cluster's. */
  readonly mark: string;
  /** Why it cannot be deleted from here; "": it can. */
  readonly kept: string;
  /** Of an address: what it is bound to; "" for nothing. */
  readonly boundTo: string;
}

export interface ClusterObjects {
  readonly services: readonly Service[];
  readonly nodes: readonly Node[];
}

/**
 * Pure. `cloud` has to be read before `cluster`: what was made in between then has its Service in the second list. Only
 * proved marks count, so nothing foreign is ever in the answer; in doubt an object is claimed.
 */
export function findOrphans(clusterId: string, cloud: CloudContent, cluster: ClusterObjects): readonly Orphan[] {
  const claimants = cluster.services.filter(
    ({ spec, metadata }) =>
      spec?.type === "LoadBalancer" || metadata.finalizers?.includes(FINALIZER_LOAD_BALANCER) === true,
  );
  const blbs = cloud.loadBalancers.filter((blb) => isOrphanBlb(blb, clusterId, claimants, cluster.services));
  const blbIds = new Set(blbs.map(({ blbId }) => blbId));
  const formerIds = new Set(blbs.filter(({ desc }) => desc?.startsWith(FORMER_EIP_MARK)).map(({ blbId }) => blbId));
  const addresses = cloud.addresses.filter((eip) => {
    if (cluster.services.some((service) => namesAddress(service, eip.eip))) return false;
    if (isMadeByCluster(eip, clusterId)) return !isClaimed(eip, clusterId, claimants);
    return makerOf(eip) === undefined && formerIds.has(eip.instanceId ?? "");
  });
  const groups = cloud.securityGroups.filter((group) => isOrphanGroup(group, clusterId, claimants));
  return [
    ...addresses.map((eip) => orphanAddress(eip, blbIds)),
    ...blbs.map((blb) => orphanBlb(blb, clusterId)),
    ...groups.map(({ id, name, desc }): Orphan => {
      return { kind: "security group", id, name, mark: desc || "its tags", kept: "", boundTo: "" };
    }),
    ...cloud.routeTables.flatMap(({ rules }) => orphanRoutes(rules, clusterId, cluster.nodes)),
  ];
}

function isClaimed(object: Parameters<typeof isMadeFor>[0], clusterId: string, claimants: readonly Service[]): boolean {
  return claimants.some(({ metadata }) => isMadeFor(object, clusterId, metadata.uid ?? ""));
}

function isOrphanBlb(
  blb: LoadBalancer,
  clusterId: string,
  claimants: readonly Service[],
  services: readonly Service[],
): boolean {
  if (services.some((service) => namesBlb(service, blb.blbId))) return false;
  if (isMadeByCluster(blb, clusterId)) return !isClaimed(blb, clusterId, claimants);
  // Of an earlier controller, which had no tags: its description says whose it is, and its name that it was a Service's.
  if (makerOf(blb) !== undefined || clusterInDescription(blb.desc) !== clusterId) return false;
  if (!isServiceName(blb.name, clusterId)) return false;
  return !claimants.some(({ metadata: { uid = "", namespace = "", name = "" } }) => {
    const names = [serviceResourceName(clusterId, namespace, name), ...formerNames(clusterId, namespace, name, uid)];
    return names.includes(blb.name);
  });
}

/** Whether an earlier controller of this cluster would have given the name to a Service's load balancer. */
function isServiceName(name: string, clusterId: string): boolean {
  return (
    [`CCE/SVC/${clusterId}/`, `${clusterId}/`].some((prefix) => name.startsWith(prefix)) || /^a[0-9a-f]{31}$/.test(name)
  );
}

function namesBlb(service: Service, blbId: string): boolean {
  const { existingId, id, addedId } = readAnnotations(service.metadata.annotations ?? {}).settings;
  return [existingId, id, addedId].includes(blbId);
}

function namesAddress(service: Service, address: string): boolean {
  const shown = service.status?.loadBalancer?.ingress ?? [];
  return service.spec?.loadBalancerIP === address || shown.some(({ ip }) => ip === address);
}

function orphanBlb(blb: LoadBalancer, clusterId: string): Orphan {
  const { blbId: id, name, desc, allowDelete } = blb;
  const user = userOf(blb);
  const foreign = user !== undefined && user !== clusterId && !user.startsWith(`${clusterId}/`);
  const kept = foreign
    ? `its tag cce-resource-name says that ${user} uses it`
    : allowDelete === false
      ? "it is protected against deletion: switch that off in the console"
      : "";
  return { kind: "load balancer", id, name, mark: makerOf(blb) ?? desc ?? "", kept, boundTo: "" };
}

function orphanAddress(eip: Eip, blbIds: ReadonlySet<string>): Orphan {
  const { eip: id, name, deleteProtect, paymentTiming, instanceId } = eip;
  const boundTo = instanceId ?? "";
  const kept = deleteProtect
    ? "it is protected against release: switch that off in the console"
    : paymentTiming === "Prepaid"
      ? "it is prepaid: it cannot be released before its term ends"
      : boundTo !== "" && !blbIds.has(boundTo)
        ? `it is bound to ${boundTo}, which is in use: unbind it there if that is wrong`
        : "";
  return { kind: "address", id, name, mark: makerOf(eip) ?? `bound to ${boundTo}`, kept, boundTo };
}

function isOrphanGroup(group: SecurityGroup, clusterId: string, claimants: readonly Service[]): boolean {
  if (isClaimed(group, clusterId, claimants)) return false;
  const generated = group.name.startsWith(`CCE/SVC/${clusterId}/`) && group.desc === description(clusterId);
  if (!isMadeByCluster(group, clusterId) && !generated) return false;
  return !claimants.some(
    ({ metadata: { namespace = "", name = "" } }) => serviceResourceName(clusterId, namespace, name) === group.name,
  );
}

/**
 * Routes of ours that lead to no machine of a Node, to a range that no Node has. CCE's network plugin writes the same
 * mark, and may route ranges that no Node shows: a rule to a machine of a living Node is never an orphan.
 */
function orphanRoutes(rules: readonly RouteRule[], clusterId: string, nodes: readonly Node[]): readonly Orphan[] {
  const machines = new Set(nodes.map(({ spec }) => instanceIdOf(spec?.providerID)));
  const ranges = new Set(nodes.flatMap(podCidrsOf).map(rangeOf));
  return rules
    .filter(
      ({ description: text, nexthopType, nexthopId, sourceAddress, destinationAddress }) =>
        text === description(clusterId) &&
        nexthopType === "custom" &&
        sourceAddress === anySource(destinationAddress) &&
        !machines.has(nexthopId) &&
        !ranges.has(rangeOf(destinationAddress)),
    )
    .map(({ routeRuleId, destinationAddress, nexthopId }) => ({
      kind: "route",
      id: routeRuleId,
      name: `${destinationAddress} to ${nexthopId}`,
      mark: description(clusterId),
      kept: "",
      boundTo: "",
    }));
}
