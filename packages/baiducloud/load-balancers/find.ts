import type { Eip, LoadBalancer } from "@ccm/bce";
import type { Service } from "@ccm/kube";
import { clusterInDescription, formerNames, isMadeFor, makerOf, serviceTagValue, userOf } from "../marks.ts";
import type { ServiceSettings } from "./annotation-table.ts";
import { chosenId } from "./desired.ts";

/** The former CCM's mark in the description of a load balancer whose public address it had made. */
export const FORMER_EIP_MARK = "cce_auto_create_eip";

export interface Question {
  readonly service: Service;
  readonly settings: ServiceSettings;
  readonly clusterId: string;
  readonly listed: readonly LoadBalancer[];
  /** All Services of the cluster. */
  readonly services: readonly Service[];
  /** A load balancer that we made for it and no list shows yet. */
  readonly late: LoadBalancer | undefined;
}

export interface Found {
  readonly main: LoadBalancer | undefined;
  readonly ours: boolean;
  /** Why `main` may not be touched; "": it may. */
  readonly refused: string;
  readonly surplus: readonly string[];
}

/** Which load balancer is a Service's. Pure. */
export function findLoadBalancer(question: Question): Found {
  const { settings, listed, late, service } = question;
  const { uid = "" } = service.metadata;
  const marked = listed.filter((blb) => isMadeFor(blb, question.clusterId, uid));
  if (marked.length === 0 && late) marked.push(late);
  const chosen = chosenId(settings);
  const named = chosen === "" ? undefined : listed.find(({ blbId }) => blbId === chosen);
  const own = preferred(marked, service) ?? adopted(question);
  // One that must exist and does not: nothing else is looked for, nor is anything lost.
  const main = named ?? (chosen !== "" && settings.existingId !== "" ? undefined : own);
  const ours = main !== undefined && (marked.includes(main) || main === own || isFormerOwn(main, question));
  const refused = main && !ours ? refusal(main, question) : "";
  return {
    main: refused === "" ? main : undefined,
    ours,
    refused,
    surplus: marked.filter((blb) => blb !== main).map(({ blbId }) => blbId),
  };
}

/** The one whose address users know already; else the first by id, so that every run takes the same. */
function preferred(blbs: readonly LoadBalancer[], service: Service): LoadBalancer | undefined {
  const known = new Set((service.status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip));
  const sorted = [...blbs].sort((a, b) => (a.blbId < b.blbId ? -1 : 1));
  return sorted.find((blb) => known.has(blb.publicIp ?? "") || known.has(blb.address)) ?? sorted[0];
}

/** Made by an earlier controller of this cluster, which had no tags: written down in an annotation, or found by name. */
function adopted(question: Question): LoadBalancer | undefined {
  const { settings, listed, service, clusterId } = question;
  const { uid = "", namespace = "", name = "" } = service.metadata;
  const recorded = [settings.addedId, settings.id].filter((id) => id !== "");
  const byId = listed.find((blb) => recorded.includes(blb.blbId) && isFormerOwn(blb, question));
  if (byId) return byId;
  const byName = (names: readonly string[]) =>
    listed.filter((blb) => names.includes(blb.name) && isFormerOwn(blb, question));
  const generated = byName(formerNames(clusterId, namespace, name, uid));
  if (generated.length > 0) return preferred(generated, service);
  const [named, ...others] = settings.name === "" ? [] : byName([settings.name]);
  // Two of a name that somebody chose may be two Services'.
  return others.length === 0 ? named : undefined;
}

/**
 * Its description says that this cluster made it; its name, or a controller's note on the Service together with a name
 * that says nothing else, that it was for this Service.
 */
function isFormerOwn(blb: LoadBalancer, { service, settings, clusterId, services }: Question): boolean {
  if (clusterInDescription(blb.desc) !== clusterId || makerOf(blb) !== undefined) return false;
  const { uid = "", namespace = "", name = "" } = service.metadata;
  if (formerNames(clusterId, namespace, name, uid).includes(blb.name)) return true;
  const noted = blb.name === settings.name || blb.blbId === settings.addedId;
  return noted && !looksGenerated(blb.name, clusterId) && claimant(blb, service, clusterId, services) === undefined;
}

function looksGenerated(name: string, clusterId: string): boolean {
  return name.startsWith("CCE/SVC/") || name.startsWith(`${clusterId}/`) || /^a[0-9a-f]{31}$/.test(name);
}

/** Another Service of this cluster for which it was made. */
function claimant(
  blb: LoadBalancer,
  self: Service,
  clusterId: string,
  services: readonly Service[],
): Service | undefined {
  const maker = makerOf(blb);
  return services.find(({ metadata }) => {
    const { uid = "", namespace = "", name = "", annotations = {} } = metadata;
    if (uid === self.metadata.uid) return false;
    if (maker !== undefined) return maker === serviceTagValue(clusterId, uid);
    if (clusterInDescription(blb.desc) !== clusterId) return false;
    const noted = annotations["service.beta.kubernetes.io/cce-load-balancer-cce-add-id"] === blb.blbId;
    return noted || formerNames(clusterId, namespace, name, uid).includes(blb.name);
  });
}

/** Why a load balancer that somebody named is not for them to use. */
function refusal(blb: LoadBalancer, { service, clusterId, services }: Question): string {
  const other = claimant(blb, service, clusterId, services);
  if (other) {
    const { namespace = "", name = "" } = other.metadata;
    return `load balancer ${blb.blbId} was made for Service ${namespace}/${name}, and goes with it: name one that is not a Service's own`;
  }
  const belongs = (value: string | undefined) =>
    value === undefined || value === clusterId || value.startsWith(`${clusterId}/`);
  const described = clusterInDescription(blb.desc);
  if (!belongs(makerOf(blb)) || !belongs(userOf(blb)) || !belongs(described)) {
    return `load balancer ${blb.blbId} is used by another cluster: its backends would get the traffic of both, name another one`;
  }
  return "";
}

/** The public addresses that were made for a Service. `blb`: its own load balancer. Pure. */
export function findEips(
  { service, settings, clusterId }: Pick<Question, "service" | "settings" | "clusterId">,
  listed: readonly Eip[],
  blb: LoadBalancer | undefined,
): readonly Eip[] {
  const { uid = "", namespace = "", name = "" } = service.metadata;
  const former = blb?.desc?.startsWith(FORMER_EIP_MARK) === true;
  const given = service.spec?.loadBalancerIP;
  const names = blb
    ? [
        blb.name.slice(0, 65),
        settings.eipName,
        ...formerNames(clusterId, namespace, name, uid).map((one) => one.slice(0, 65)),
      ]
    : [];
  return listed.filter((eip) => {
    if (isMadeFor(eip, clusterId, uid)) return true;
    if (!former || makerOf(eip) !== undefined || eip.eip === given) return false;
    // An earlier controller wrote on its load balancer that it was about to make an address, and named it after it.
    return eip.instanceId === blb?.blbId || (!eip.instanceId && names.includes(eip.name));
  });
}
