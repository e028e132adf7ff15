import { type Clock, unlessAborted } from "@ccm/base";
import { type BceClient, type Eip, isBceError, type Lane, type LoadBalancer, type SecurityGroup } from "@ccm/bce";
import { CloudError, type IpFamily } from "@ccm/cloud-provider";
import type { Service } from "@ccm/kube";
import { description, isMadeFor, serviceResourceName } from "../marks.ts";
import type { Inventory } from "../tenants/inventory.ts";
import type { ServiceSettings } from "./annotation-table.ts";
import { readAnnotations } from "./annotations.ts";
import { findEips, findLoadBalancer } from "./find.ts";
import { listenerKey, type Observed, type ObservedLoadBalancer } from "./observed.ts";
import { RecentlyMade, SharedRead } from "./snapshot.ts";

/** Until then, an object that we made and that no list shows is taken for late, not for gone. */
const LIST_LAG_MS = 30_000;
const LOOK_AGAIN_MS = 2000;

export interface Observer {
  /** `lane`: who waits. Default: a user. */
  observe(service: Service, signal: AbortSignal, lane?: Lane): Promise<Observed>;
  readonly made: RecentlyMade;
  /** Part of the clientToken of a create. */
  attempt(purpose: string): number;
  /** What the last create made is gone: the cloud would answer its token with what is not there, so the next needs another. */
  startAnew(purpose: string): void;
  /**
   * The cloud knows the token of a create from another one, before a restart. What that one made may be there and not be
   * visible yet; when it is still not seen at the next time, after a while, the next create has another token.
   */
  tokenTaken(purpose: string): void;
}

export interface ObserverOptions {
  readonly client: BceClient;
  readonly clusterId: string;
  readonly clock: Clock;
  /** Instances of the cluster's nodes. */
  readonly clusterInstances: () => ReadonlySet<string>;
  /** All Services of the cluster. Default: none is known. */
  readonly services?: () => readonly Service[];
  /** For security groups, which are not looked for without it. */
  readonly vpcId?: () => Promise<string>;
  /** Default: one of its own. */
  readonly memory?: ObserverMemory;
  /** For how long what was asked for, by this manager or another, may still come to be. Default: not at all. */
  readonly lateMs?: (uid: string) => number;
  /** Is shown what the lists show, each time. */
  readonly inventory?: () => Inventory | undefined;
}

/** What was made a moment ago, and how often: it is the cluster's, whichever observer looks. */
export interface ObserverMemory {
  readonly made: RecentlyMade;
  readonly attempts: Map<string, number>;
}

export function createObserverMemory(clock: Clock): ObserverMemory {
  return { made: new RecentlyMade(clock), attempts: new Map() };
}

export function createObserver(options: ObserverOptions): Observer {
  const { client, clusterId, clock, clusterInstances, services = () => [], vpcId, lateMs = () => 0 } = options;
  const blbLists = (family: IpFamily, filter: Parameters<typeof client.blb.list>[0]) =>
    new SharedRead(async () => {
      const listed = await client.blb.list(filter);
      options.inventory?.()?.noteLoadBalancers(family, listed);
      return listed;
    });
  const eipLists = (family: IpFamily, filter: Parameters<typeof client.eip.list>[0]) =>
    new SharedRead(async () => {
      const listed = await client.eip.list(filter);
      options.inventory?.()?.noteAddresses(family, listed);
      return listed;
    });
  const blbs = blbLists("IPv4", undefined);
  const eips = eipLists("IPv4", undefined);
  const ipv6Blbs = blbLists("IPv6", { type: "ipv6" });
  const ipv6Eips = eipLists("IPv6", { ipVersion: "ipv6" });
  const groups = new SharedRead(async () => (vpcId ? client.securityGroups.list(await vpcId()) : []));
  /** Services that were looked at once and had no security group: they get one only through us. */
  const groupless = new Set<string>();
  /** Services whose security group was seen when groups could last be read. */
  const grouped = new Set<string>();
  /** Services that have no IPv6 address of their own. */
  const without6 = new Set<string>();
  const { made, attempts } = options.memory ?? createObserverMemory(clock);

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

  /**
   * A process that has just started does not know what was made a moment ago: what it wrote to the Service, and what the
   * Service's address is bound to, may name a load balancer that no list shows yet.
   */
  const hintsOf = (
    uid: string,
    settings: ServiceSettings,
    addresses: readonly Eip[],
    listed: readonly LoadBalancer[],
  ): readonly string[] => {
    const bound = addresses.filter((eip) => eip.instanceType === "BLB" && isMadeFor(eip, clusterId, uid));
    const named = [settings.addedId, ...bound.map(({ instanceId }) => instanceId ?? "")];
    return [...new Set(named)].filter((id) => id !== "" && !listed.some(({ blbId }) => blbId === id));
  };
  const hinted = async (
    ids: readonly string[],
    uid: string,
    look: (id: string) => Promise<LoadBalancer | undefined>,
  ): Promise<LoadBalancer | undefined> => {
    for (const id of ids) {
      const found = await look(id);
      if (found && isMadeFor(found, clusterId, uid)) return found;
    }
    return undefined;
  };

  const eipsOf = async (
    question: { readonly service: Service; readonly settings: ServiceSettings; readonly clusterId: string },
    listed: readonly Eip[],
    blb: LoadBalancer | undefined,
  ): Promise<readonly Eip[]> => {
    const found = findEips(question, listed, blb);
    const { uid = "" } = question.service.metadata;
    const late: Eip[] = [];
    for (const [purpose, ipVersion] of [
      [`${uid} eip`, undefined],
      [`${uid} eip6`, "ipv6"],
    ] as const) {
      if (found.some(({ eip }) => eip.includes(":") === (ipVersion === "ipv6"))) continue;
      const ask = async (address: string) => {
        const filter = { eip: address, ...(ipVersion === undefined ? {} : { ipVersion }) };
        return (await client.eip.list(filter)).find((eip) => isMadeFor(eip, clusterId, uid));
      };
      const one = await missing(purpose, ask);
      if (one) late.push(one);
    }
    return [...found, ...late];
  };

  /** The security group made for the Service. That groups cannot be read only matters to who wants one. */
  const groupOf = async (service: Service): Promise<SecurityGroup | undefined> => {
    const { uid = "", namespace = "", name = "", annotations } = service.metadata;
    const wants =
      (service.spec?.loadBalancerSourceRanges ?? []).length > 0 ||
      annotations?.["service.beta.kubernetes.io/load-balancer-source-ranges"] !== undefined;
    if (wants) groupless.delete(uid);
    else if (groupless.has(uid)) return undefined;
    try {
      const ours = (group: SecurityGroup) =>
        isMadeFor(group, clusterId, uid) ||
        (group.name === serviceResourceName(clusterId, namespace, name) && group.desc === description(clusterId));
      const found = (await groups.get()).find(ours);
      if (found) grouped.add(uid);
      else grouped.delete(uid);
      if (!found && !wants && lateMs(uid) === 0) groupless.add(uid);
      return found;
    } catch (error) {
      // One that was seen before has to go.
      if (wants || grouped.has(uid)) throw error;
      return undefined;
    }
  };

  const describe = async (
    service: Service,
    blb: LoadBalancer,
    ours: boolean,
    settings: ServiceSettings,
    group: SecurityGroup | undefined,
    options: { readonly signal: AbortSignal; readonly lane: Lane },
  ): Promise<ObservedLoadBalancer> => {
    const [listeners, backends, detail, bound] = await Promise.all([
      client.blb.listListeners(blb.blbId, options),
      client.blb.listBackends(blb.blbId, options),
      settings.performanceLevel && ours ? client.blb.get(blb.blbId, options) : undefined,
      group ? client.blb.securityGroups(blb.blbId, options) : Promise.resolve<readonly string[]>([]),
    ]);
    const nodePorts = new Set((service.spec?.ports ?? []).map((port) => port.nodePort));
    const recorded = new Set<string>(settings.ownListeners.split(","));
    for (const { ports } of service.status?.loadBalancer?.ingress ?? []) {
      for (const { port, protocol, error } of ports ?? []) if (!error) recorded.add(`${protocol}/${port}`);
    }
    // A node port belongs to one Service of the cluster, so a listener that forwards to it is that Service's; one that
    // forwards to another Service's is not, whatever was recorded.
    const others = new Set(
      (ours ? [] : services())
        .filter(({ metadata }) => metadata.uid !== service.metadata.uid)
        .flatMap(({ spec }) => (spec?.ports ?? []).map((port) => port.nodePort)),
    );
    const own = listeners.filter(
      (listener) =>
        nodePorts.has(listener.backendPort) ||
        ((recorded.has(listenerKey(listener)) || recordedOverTcp(recorded, listener)) &&
          !others.has(listener.backendPort)),
    );
    const marked = backends.filter(({ desc }) => desc === description(clusterId));
    return {
      id: blb.blbId,
      name: blb.name,
      description: blb.desc ?? "",
      address: blb.address,
      ipv6: blb.ipv6 ?? "",
      status: blb.status,
      publicIp: blb.publicIp ?? "",
      publicIpv6: blb.publicIpv6 ?? "",
      ours,
      tags: blb.tags ?? [],
      protectedFromDeletion: blb.allowDelete === false,
      performanceLevel: detail?.performanceLevel ?? undefined,
      listeners,
      ownListeners: new Set(own.map(listenerKey)),
      backends,
      // Those of Nodes that are gone are known by what we wrote to them.
      clusterInstances: new Set([...clusterInstances(), ...marked.map(({ instanceId }) => instanceId)]),
      guarded: group !== undefined && bound.includes(group.id),
    };
  };

  return {
    made,
    attempt: (purpose) => attempts.get(purpose) ?? 0,
    startAnew,
    tokenTaken(purpose) {
      const taken = `token ${purpose}`;
      const since = made.get(taken);
      if (!since) made.note(taken, purpose);
      else if (since.ageMs >= LIST_LAG_MS) {
        made.forget(taken);
        startAnew(purpose);
      }
    },
    async observe(service, signal, lane = "user") {
      const { settings } = readAnnotations(service.metadata.annotations ?? {});
      const { uid = "" } = service.metadata;
      const ipv6 = service.spec?.ipFamilies?.includes("IPv6") === true;
      const [blbs4, blbs6, eips4, group] = await Promise.all([
        unlessAborted(blbs.get(), signal),
        unlessAborted(ipv6 ? ipv6Blbs.get() : Promise.resolve([]), signal),
        unlessAborted(eips.get(), signal),
        unlessAborted(groupOf(service), signal),
      ]);
      const listed = [...blbs4, ...blbs6];
      const hasMarked = listed.some((blb) => isMadeFor(blb, clusterId, uid));
      const look = (id: string) => client.blb.look(id, { lane, signal });
      const late = hasMarked
        ? undefined
        : ((await missing(`${uid} blb`, look)) ?? (await hinted(hintsOf(uid, settings, eips4, listed), uid, look)));
      const question = { service, settings, clusterId, listed, services: services(), late };
      const { main, ours, refused, surplus } = findLoadBalancer(question);
      // One may be left of a time when the Service wanted one: looked for once, and while anything shows it.
      const shows6 = service.status?.loadBalancer?.ingress?.some(({ ip }) => ip?.includes(":")) === true;
      const may6 = ipv6 || main?.publicIpv6 || shows6 || !without6.has(uid);
      const eips6 = may6 ? await unlessAborted(ipv6Eips.get(), signal) : [];
      const has6 = eips6.some((eip) => isMadeFor(eip, clusterId, uid));
      if (may6 && !has6 && lateMs(uid) === 0) without6.add(uid);
      else if (may6) without6.delete(uid);
      const listedEips = [...eips4, ...eips6];
      const given = service.spec?.loadBalancerIP;
      const ownEips = await eipsOf(question, listedEips, ours ? main : undefined);
      const former = listedEips.find(
        (eip) => eip.eip === settings.boundEip && eip.eip !== given && main && eip.instanceId === main.blbId,
      );
      return {
        blb: main
          ? await unlessAbsent(() => describe(service, main, ours, settings, group, { signal, lane }))
          : undefined,
        refused,
        surplus,
        ownEips,
        formerEip: former && !ownEips.includes(former) ? former : undefined,
        givenEip: given ? listedEips.find(({ eip }) => eip === given) : undefined,
        securityGroup: group,
      };
    },
  };
}

/** The status of a Service knows TCP and UDP; HTTP, HTTPS and SSL come over TCP. */
function recordedOverTcp(
  recorded: ReadonlySet<string>,
  listener: { readonly listenerType: string; readonly listenerPort: number },
): boolean {
  return listener.listenerType !== "UDP" && recorded.has(`TCP/${listener.listenerPort}`);
}

/** What goes between two looks at it is not there. */
async function unlessAbsent<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (isBceError(error, "absent")) return undefined;
    throw error;
  }
}
