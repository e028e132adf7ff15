import type { Clock } from "@ccm/base";
import { type BceClient, type Eip, isBceError, type LoadBalancer } from "@ccm/bce";
import { CloudError } from "@ccm/cloud-provider";
import type { Service } from "@ccm/kube";
import { description, formerNames, isMadeFor } from "../marks.ts";
import { readAnnotations } from "./annotations.ts";
import { listenerKey, type Observed, type ObservedLoadBalancer } from "./observed.ts";
import { RecentlyMade, SharedRead } from "./snapshot.ts";

/** Until then, an object that we made and that no list shows is taken for late, not for gone. */
const LIST_LAG_MS = 30_000;
const LOOK_AGAIN_MS = 2000;

/** The former CCM's mark in the description of a load balancer whose public address it had made. */
const FORMER_EIP_MARK = "cce_auto_create_eip";

export interface Observer {
  observe(service: Service, signal: AbortSignal): Promise<Observed>;
  readonly made: RecentlyMade;
  /** Part of the clientToken of a create. */
  attempt(purpose: string): number;
  /** What the last create made is gone: the cloud would answer its token with what is not there, so the next needs another. */
  startAnew(purpose: string): void;
}

export interface ObserverOptions {
  readonly client: BceClient;
  readonly clusterId: string;
  readonly clock: Clock;
  /** Instances of the cluster's nodes. */
  readonly clusterInstances: () => ReadonlySet<string>;
}

export function createObserver({ client, clusterId, clock, clusterInstances }: ObserverOptions): Observer {
  const blbs = new SharedRead(() => client.blb.list());
  const eips = new SharedRead(() => client.eip.list());
  const made = new RecentlyMade(clock);
  const attempts = new Map<string, number>();

  const startAnew = (purpose: string): void => {
    made.forget(purpose);
    attempts.set(purpose, (attempts.get(purpose) ?? 0) + 1);
  };

  /** What the lists do not show although we have just made it: wait for it, or let it go when it is truly not there. */
  const missing = async <T>(purpose: string, ask: (id: string) => Promise<T | undefined>): Promise<T | undefined> => {
    const recent = made.get(purpose);
    if (!recent) return undefined;
    const found = await ask(recent.id);
    if (found) return found;
    if (recent.ageMs < LIST_LAG_MS) {
      throw new CloudError("retryable", `${recent.id} was just made and is not visible yet`, {
        retryAfterMs: LOOK_AGAIN_MS,
      });
    }
    startAnew(purpose);
    return undefined;
  };

  const findBlbs = async (service: Service, listed: readonly LoadBalancer[]): Promise<readonly LoadBalancer[]> => {
    const { uid = "", namespace = "", name = "" } = service.metadata;
    const marked = listed.filter((blb) => isMadeFor(blb, clusterId, uid));
    if (marked.length > 0) return marked;
    const late = await missing(`${uid} blb`, (id) => getBlb(client, id));
    if (late) return [late];
    // Made by an earlier controller of this cluster, which had no tags: its description and name together prove it.
    const names = new Set(formerNames(clusterId, namespace, name, uid));
    return listed.filter((blb) => names.has(blb.name) && isFormerMark(blb.desc, clusterId) && !hasOtherMark(blb));
  };
  const findEips = async (
    service: Service,
    listed: readonly Eip[],
    blb: LoadBalancer | undefined,
  ): Promise<readonly Eip[]> => {
    const { uid = "" } = service.metadata;
    const marked = listed.filter((eip) => isMadeFor(eip, clusterId, uid));
    if (blb?.desc?.startsWith(FORMER_EIP_MARK)) {
      marked.push(...listed.filter((eip) => eip.instanceId === blb.blbId && !marked.includes(eip)));
    }
    if (marked.length > 0) return marked;
    const ask = async (address: string) =>
      (await client.eip.list({ eip: address })).find((eip) => isMadeFor(eip, clusterId, uid));
    const late = await missing(`${uid} eip`, ask);
    return late ? [late] : [];
  };

  const describe = async (
    service: Service,
    blb: LoadBalancer,
    ours: boolean,
    signal: AbortSignal,
  ): Promise<ObservedLoadBalancer> => {
    const options = { signal, lane: "user" as const };
    const [listeners, backends] = await Promise.all([
      client.blb.listListeners(blb.blbId, options),
      client.blb.listBackends(blb.blbId, options),
    ]);
    const nodePorts = new Set((service.spec?.ports ?? []).map((port) => port.nodePort));
    const recorded = new Set<string>();
    for (const { ports } of service.status?.loadBalancer?.ingress ?? []) {
      for (const { port, protocol } of ports ?? []) recorded.add(`${protocol}/${port}`);
    }
    // A node port belongs to one Service of the cluster, so a listener that forwards to it is that Service's.
    const own = listeners.filter(
      (listener) => nodePorts.has(listener.backendPort) || recorded.has(listenerKey(listener)),
    );
    return {
      id: blb.blbId,
      address: blb.address,
      status: blb.status,
      publicIp: blb.publicIp ?? "",
      ours,
      listeners,
      ownListeners: new Set(own.map(listenerKey)),
      backends,
      clusterInstances: clusterInstances(),
    };
  };

  return {
    made,
    attempt: (purpose) => attempts.get(purpose) ?? 0,
    startAnew,
    async observe(service, signal) {
      const { settings } = readAnnotations(service.metadata.annotations ?? {});
      const [listedBlbs, listedEips] = await Promise.all([blbs.get(), eips.get()]);
      const ours = await findBlbs(service, listedBlbs);
      const chosen = settings.existingId ? listedBlbs.find(({ blbId }) => blbId === settings.existingId) : undefined;
      const isOurs = chosen !== undefined && ours.includes(chosen);
      const main = settings.existingId ? chosen : preferred(ours, service);
      const surplus = ours.filter((blb) => blb !== main).map(({ blbId }) => blbId);
      const given = service.spec?.loadBalancerIP;
      return {
        blb: main
          ? await describeIfThere(() => describe(service, main, isOurs || !settings.existingId, signal))
          : undefined,
        surplus,
        ownEips: await findEips(service, listedEips, main),
        givenEip: given ? listedEips.find(({ eip }) => eip === given) : undefined,
      };
    },
  };
}

/** The one whose address users know already; else the first by id, so that every run takes the same. */
function preferred(blbs: readonly LoadBalancer[], service: Service): LoadBalancer | undefined {
  const known = new Set((service.status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip));
  const sorted = [...blbs].sort((a, b) => (a.blbId < b.blbId ? -1 : 1));
  return sorted.find((blb) => known.has(blb.publicIp ?? "") || known.has(blb.address)) ?? sorted[0];
}

/** A load balancer that went between the list and the look at it is not there. */
async function describeIfThere(
  describe: () => Promise<ObservedLoadBalancer>,
): Promise<ObservedLoadBalancer | undefined> {
  try {
    return await describe();
  } catch (error) {
    if (isBceError(error, "absent")) return undefined;
    throw error;
  }
}

export async function getBlb(client: BceClient, id: string): Promise<LoadBalancer | undefined> {
  try {
    return await client.blb.get(id, { lane: "user" });
  } catch (error) {
    if (isBceError(error, "absent")) return undefined;
    throw error;
  }
}

function isFormerMark(desc: string | null | undefined, clusterId: string): boolean {
  return desc === description(clusterId) || desc === `${FORMER_EIP_MARK}${description(clusterId)}`;
}

/** Marked for another Service: not this one's, whatever its name says. */
function hasOtherMark(blb: LoadBalancer): boolean {
  return (blb.tags ?? []).some(({ tagKey }) => tagKey === "cce-created");
}
