import type { BlbSpec, EipSpec, Listener, Tag } from "@ccm/bce";
import { allowsAll, type FacetProblem, type IpFamily, sourceRangesOf } from "@ccm/cloud-provider";
import type { Node, Service } from "@ccm/kube";
import { description, formerNames, serviceResourceName, serviceTags } from "../marks.ts";
import type { ServiceSettings } from "./annotation-table.ts";
import { DEFAULT_BANDWIDTH_MBPS, readAnnotations } from "./annotations.ts";
import { BACKENDS_PER_BLB, type BackendChoice, backendProblems, candidatesOf } from "./backends.ts";
import { listenersFor } from "./listeners.ts";
import type { Heirs } from "./sharing.ts";

/** A listener with everything that we decide about it. */
export type WantedListener = Listener;

export type WantedAddress = { readonly family: IpFamily } & (
  | /** Only the address in the VPC. */ { readonly kind: "internal" }
  | /** A public address made for the Service. */ {
      readonly kind: "own";
      readonly spec: EipSpec;
      /** An existing one is only resized when the Service says so. */
      readonly resize: boolean;
      /** Its shared bandwidth group; "": none, or whatever it is in. */
      readonly groupId: string;
      /** Undefined: as it is. */
      readonly protect: boolean | undefined;
    }
  | /** A public address of the user's (spec.loadBalancerIP): bound, never released. */ {
      readonly kind: "given";
      readonly eip: string;
    }
);

/** What a Service wants of the cloud: plain data. */
export interface Desired {
  /** For a new load balancer, but for the VPC and what the provider chooses. */
  readonly create: Omit<BlbSpec, "vpcId" | "subnetId"> & {
    /** "" for the provider's choice. */
    readonly subnetId: string;
    readonly zone: string;
    /** Those of the tenant, to choose from; none: any. */
    readonly allowedSubnets?: readonly string[];
  };
  /** Names that are right: that of `create`, and those that earlier controllers gave. */
  readonly names: readonly string[];
  readonly tags: readonly Tag[];
  /** On a load balancer that others use too. */
  readonly sharedTags: readonly Tag[];
  /** A load balancer that the user chose; "" for one of our own. */
  readonly existingId: string;
  /** Whether there is to be another one when that does not exist. */
  readonly mayReplace: boolean;
  readonly protect: boolean | undefined;
  /** "": as it is. */
  readonly performanceLevel: string;
  /** Whether an IPv4 one has an IPv6 address too. */
  readonly dualStack: boolean;
  readonly listeners: readonly WantedListener[];
  readonly backends: BackendChoice;
  /** On a load balancer that others use too: those of all Services of this cluster on it. */
  readonly sharedBackends: BackendChoice;
  readonly addresses: readonly WantedAddress[];
  /** Protection of an address that is given up comes from our own annotation, and goes with it. */
  readonly mayUnprotectEip: boolean;
  /** To whom an address goes over that this Service needs no longer. */
  readonly heirs?: Heirs;
  /** Who may use it; undefined: everybody. Empty: nobody. */
  readonly sourceRanges: readonly string[] | undefined;
  /** Of the security group that keeps the others out. */
  readonly groupName: string;
}

/** What the cloud config says about all Services. */
export interface LoadBalancerDefaults {
  /** Of a new address that is billed by traffic. */
  readonly bandwidthMbps?: number;
}

/** A Service with the nodes that may be its backends. */
export interface ServiceNodes {
  readonly service: Service;
  readonly nodes: readonly Node[];
}

export interface DesiredOptions {
  readonly defaults?: LoadBalancerDefaults;
  /** The other Services that name the same load balancer. */
  readonly sharers?: readonly ServiceNodes[];
  /** Of the tenant, on all that is made. */
  readonly tenantTags?: readonly Tag[];
}

export function desiredOf(
  service: Service,
  nodes: readonly Node[],
  clusterId: string,
  { defaults = {}, sharers = [], tenantTags = [] }: DesiredOptions = {},
): { readonly desired: Desired; readonly problems: readonly FacetProblem[] } {
  const { settings, problems: bad } = readAnnotations(service.metadata.annotations ?? {});
  const problems = [...bad, ...backendProblems(nodes)];
  const { namespace = "", name = "", uid = "" } = service.metadata;
  const resourceName = serviceResourceName(clusterId, namespace, name);
  const userTags = Object.entries(settings.tags).map(([tagKey, tagValue]) => ({ tagKey, tagValue }));
  const marks = [...serviceTags(clusterId, uid), ...tenantTags];
  // Nobody can take away a mark, or a tenant's tag, by a tag of the same key.
  const tags = [...marks, ...userTags.filter(({ tagKey }) => !marks.some((mark) => mark.tagKey === tagKey))];
  const { listeners, problems: left } = listenersFor(service, settings);
  problems.push(...left);
  const families: readonly IpFamily[] = service.spec?.ipFamilies?.length ? service.spec.ipFamilies : ["IPv4"];
  const onlyIpv6 = families.length === 1 && families[0] === "IPv6";
  const dualStack = families.length > 1;
  const { sourceRanges, problems: outside } = rangesOf(service);
  problems.push(...outside);
  const existingId = chosenId(settings);
  const protect = settings.deletionProtection === "" ? undefined : settings.deletionProtection === "true";
  const all = [{ service, nodes }, ...sharers];
  const desired: Desired = {
    create: {
      name: settings.name || resourceName,
      desc: description(clusterId),
      tags,
      subnetId: settings.subnetId,
      zone: settings.zone,
      ...(onlyIpv6 ? { type: "ipv6" } : {}),
      ...(dualStack ? { allocateIpv6: true } : {}),
      ...(protect ? { allowDelete: false } : {}),
      ...optional({
        address: settings.privateAddress,
        performanceLevel: settings.performanceLevel,
        resourceGroupId: settings.resourceGroupId,
        layer4ClusterId: settings.layer4ClusterId,
        layer7ClusterId: settings.layer7ClusterId,
      }),
      ...(settings.allocateVip ? { allocateVip: true } : {}),
    },
    names: settings.name ? [settings.name] : [resourceName, ...formerNames(clusterId, namespace, name, uid)],
    tags,
    sharedTags: [{ tagKey: "cce-resource-name", tagValue: clusterId }],
    existingId,
    mayReplace: settings.existingId === "",
    protect,
    performanceLevel: settings.performanceLevel,
    dualStack,
    listeners,
    backends: { candidates: candidatesOf(nodes), limit: settings.maxBackends, seed: uid },
    sharedBackends: {
      candidates: candidatesOf(all.flatMap((each) => each.nodes)),
      limit: BACKENDS_PER_BLB,
      seed: existingId || uid,
    },
    addresses: families.map((family) => addressFor(family, service, settings, resourceName, tags, defaults)),
    mayUnprotectEip: settings.eipProtection !== "",
    sourceRanges,
    groupName: resourceName,
  };
  if (settings.eipPayment === "Prepaid" && settings.eipBilling !== "") {
    problems.push({
      facet: "address",
      reason: "InvalidAnnotation",
      message: `annotation service.beta.kubernetes.io/cce-elastic-ip-billing-method: not for prepaid addresses, it is ignored`,
      retryable: false,
    });
  }
  return { desired, problems };
}

/** The load balancer that the user chose; "" for one of our own, which is what a controller wrote down when it made one. */
export function chosenId({ existingId, id, addedId }: ServiceSettings): string {
  return existingId || (id === addedId ? "" : id);
}

function addressFor(
  family: IpFamily,
  service: Service,
  settings: ServiceSettings,
  resourceName: string,
  tags: readonly Tag[],
  defaults: LoadBalancerDefaults,
): WantedAddress {
  if (settings.internal) return { family, kind: "internal" };
  const given = service.spec?.loadBalancerIP ?? "";
  if (given !== "" && given.includes(":") === (family === "IPv6")) return { family, kind: "given", eip: given };
  const prepaid = settings.eipPayment === "Prepaid";
  const byTraffic = !prepaid && settings.eipBilling !== "ByBandwidth";
  const bandwidth = (byTraffic ? defaults.bandwidthMbps : undefined) ?? DEFAULT_BANDWIDTH_MBPS;
  const reservation = {
    reservationLength: Number(settings.eipReservation || "1"),
    reservationTimeUnit: "month" as const,
  };
  return {
    family,
    kind: "own",
    resize: settings.eipBandwidth > 0,
    groupId: settings.eipGroupId,
    protect: settings.eipProtection === "" ? undefined : settings.eipProtection === "true",
    spec: {
      name: settings.eipName || resourceName,
      bandwidthInMbps: settings.eipBandwidth || bandwidth,
      billing: prepaid
        ? { paymentTiming: "Prepaid", reservation }
        : { paymentTiming: "Postpaid", billingMethod: settings.eipBilling || "ByTraffic" },
      tags,
      ...(family === "IPv6" ? { ipVersion: "ipv6" } : {}),
      ...(settings.eipRouteType === "" ? {} : { routeType: settings.eipRouteType }),
      ...optional({ resourceGroupId: settings.resourceGroupId }),
      ...(settings.eipProtection === "true" ? { deleteProtect: true } : {}),
    },
  };
}

/** A bad range lets nobody in: to let everybody in is not what was asked for. */
function rangesOf(service: Service): {
  readonly sourceRanges: readonly string[] | undefined;
  readonly problems: readonly FacetProblem[];
} {
  try {
    const ranges = sourceRangesOf(service);
    return { sourceRanges: allowsAll(ranges) ? undefined : ranges.map(({ text }) => text), problems: [] };
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    const message = `${words}; nobody is let in until it is corrected`;
    return {
      sourceRanges: [],
      problems: [{ facet: "source-ranges", reason: "InvalidSourceRanges", message, retryable: false }],
    };
  }
}

/** Without what is "". */
function optional<K extends string>(values: Readonly<Record<K, string>>): Partial<Record<K, string>> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== "")) as Partial<Record<K, string>>;
}
