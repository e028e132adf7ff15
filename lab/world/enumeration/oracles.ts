import type { ServerRequest } from "@ccm/base";
import type { Lease, Node, Service } from "@ccm/kube";
import type { Link, World } from "../world.ts";
import { type Effect, isWrite } from "./effects.ts";
import { createVisits, type Sometimes } from "./sometimes.ts";

/** What must hold after every effect, whatever goes wrong. */
export interface Oracles {
  /** A CCM sends this. */
  onSend(effect: Effect): void;
  /** A server has carried this out; the state is looked at as soon as everybody has heard of it. */
  onEffect(link: Link, request: ServerRequest, status: number): void;
  /** What was found wrong, each thing once. */
  readonly violations: readonly string[];
  /** From now on these rows may only be changed by the scenario. */
  watchForeign(rows: readonly ForeignRow[]): void;
}

export interface ForeignRow {
  readonly table: string;
  readonly id: string;
}

/** Copies of what is in Kubernetes, kept by watches that take no time. */
export interface Copies {
  services(): readonly Service[];
  nodes(): readonly Node[];
  lease(): Lease | undefined;
}

interface Marked {
  readonly name: string;
  readonly tags: readonly { readonly tagKey: string; readonly tagValue: string }[];
}
interface BlbRow extends Marked {
  readonly blbId: string;
  readonly address: string;
  readonly ipv6: string;
  readonly ipv6Only: boolean;
  readonly backends: readonly unknown[];
  readonly listeners: readonly unknown[];
}
interface EipRow extends Marked {
  readonly eip: string;
  readonly ipVersion: string;
  readonly instanceId: string;
  readonly paymentTiming: string;
}

const MARK = /^cce-world\/Service\/UID\/(.+)$/;
const FINALIZER = "service.kubernetes.io/load-balancer-cleanup";

/** The UID of the Service that the mark names; undefined: nothing of ours. */
export function madeFor({ tags }: Marked): string | undefined {
  const value = tags.find(({ tagKey }) => tagKey === "cce-created")?.tagValue;
  return value === undefined ? undefined : MARK.exec(value)?.[1];
}

/** `kept`: rows that are to outlive their Service, as the user asked. */
export function createOracles(
  world: World,
  copies: Copies,
  kept: readonly ForeignRow[],
  sometimes: (state: Sometimes) => void,
): Oracles {
  const visits = createVisits(world, copies, sometimes);
  const violations: string[] = [];
  const seen = new Set<string>();
  const foreign = new Map<string, { readonly row: ForeignRow; readonly record: unknown }>();
  /** How many backends each load balancer had when it was last looked at. */
  const backends = new Map<string, number>();
  let looking = false;

  const violate = (text: string): void => {
    if (seen.has(text)) return;
    seen.add(text);
    violations.push(`${(world.clock.monotonic() / 1000).toFixed(3)} s: ${text}`);
  };
  const blbs = () => [...world.rows.table<BlbRow>("blbs").values()];
  const eips = () => [...world.rows.table<EipRow>("eips").values()];

  const ownedOnce = (): void => {
    const owners = new Map<string, string>();
    const once = (kind: string, id: string, owner: string | undefined): void => {
      if (owner === undefined) return;
      const other = owners.get(`${kind} ${owner}`);
      if (other !== undefined) violate(`two live ${kind} for one Service: ${other} and ${id}`);
      owners.set(`${kind} ${owner}`, id);
    };
    for (const blb of blbs()) once(blb.ipv6Only ? "IPv6 load balancers" : "load balancers", blb.blbId, madeFor(blb));
    for (const eip of eips()) once(`${eip.ipVersion} addresses`, eip.eip, madeFor(eip));
  };
  const guarded = (): void => {
    const services = new Map(copies.services().map((service) => [service.metadata.uid ?? "", service]));
    for (const object of [...blbs(), ...eips()]) {
      const uid = madeFor(object);
      if (uid === undefined) continue;
      const service = services.get(uid);
      const id = "blbId" in object ? object.blbId : object.eip;
      // Nobody can release it before its term ends: it outlives its Service, and an Event says so.
      if ("eip" in object && object.paymentTiming === "Prepaid") continue;
      if (kept.some((row) => row.id === id)) continue;
      if (!service) violate(`${id} (${object.name}) is there, its Service is gone`);
      else if (!service.metadata.finalizers?.includes(FINALIZER))
        violate(`${id} (${object.name}) is there, its Service has no finalizer`);
      else if (service.metadata.deletionTimestamp)
        sometimes("a cloud object is there while its Service is being deleted");
      else if (!service.status?.loadBalancer?.ingress?.length)
        sometimes("a cloud object is there before its Service has an address");
    }
  };
  const truthful = (): void => {
    for (const { metadata, spec, status } of copies.services()) {
      // What is about to go shows its last address to the end, as with every other cloud.
      if (metadata.deletionTimestamp) continue;
      const own = new Set<string>();
      for (const blb of blbs()) {
        const used = blb.tags.some(({ tagValue }) => tagValue.endsWith(`/${metadata.uid}`) || tagValue === "cce-world");
        if (used || madeFor(blb) === metadata.uid || named(metadata.annotations, blb.blbId)) {
          own.add(blb.address);
          // A load balancer has one public address, for whichever of its Services that was made.
          for (const { eip, instanceId } of eips()) if (instanceId === blb.blbId) own.add(eip);
          if (blb.ipv6) own.add(blb.ipv6);
        }
      }
      for (const eip of eips()) {
        if (madeFor(eip) === metadata.uid || spec?.loadBalancerIP === eip.eip || named(metadata.annotations, eip.eip))
          own.add(eip.eip);
      }
      for (const { ip } of status?.loadBalancer?.ingress ?? []) {
        if (ip !== undefined && !own.has(ip))
          violate(`the status of ${metadata.name} shows ${ip}, which is not its own`);
      }
    }
  };
  const served = (): void => {
    for (const blb of blbs()) {
      const owner = madeFor(blb);
      const before = backends.get(blb.blbId) ?? 0;
      backends.set(blb.blbId, blb.backends.length);
      if (owner === undefined || before === 0 || blb.backends.length > 0 || blb.listeners.length === 0) continue;
      const service = copies.services().find(({ metadata }) => metadata.uid === owner);
      if (
        service &&
        !service.metadata.deletionTimestamp &&
        service.spec?.type === "LoadBalancer" &&
        hasReadyNode(copies)
      ) {
        violate(`${blb.blbId} (${blb.name}) has listeners and no backend any more`);
      }
    }
  };
  const untouched = (): void => {
    for (const { row, record } of foreign.values()) {
      if (world.rows.row(row.table, row.id) !== record) violate(`${row.table} ${row.id} is not ours and was changed`);
    }
  };
  /** Of everything that is looked at. */
  const version = (): string => {
    const versions = [...copies.services(), ...copies.nodes()].map(({ metadata }) => metadata.resourceVersion);
    return `${world.rows.commits} ${versions.join()}`;
  };
  let lookedAt = "";
  const look = (): void => {
    looking = false;
    const found = version();
    if (found === lookedAt) return;
    lookedAt = found;
    ownedOnce();
    guarded();
    truthful();
    served();
    untouched();
    visits.look();
  };

  return {
    violations,
    onSend(effect) {
      if (!isWrite(effect)) return;
      const spec = copies.lease()?.spec;
      const renewed = Date.parse(spec?.renewTime ?? "");
      // Written by a clock that may be late.
      const valid = renewed + (spec?.leaseDurationSeconds ?? 0) * 1000 >= world.clock.now() + Math.min(0, world.skewMs);
      if (!spec?.holderIdentity?.startsWith(`${effect.ccm}_`) || !valid) {
        violate(`${effect.ccm} writes without the lease: ${effect.to} ${effect.method} ${effect.path.split("?")[0]}`);
      }
    },
    onEffect(link, request, status) {
      visits.onEffect(link, request, status);
      const deleted = /^\/api\/v1\/nodes\/([^/?]+)$/.exec(request.target.split("?")[0] ?? "")?.[1];
      if (link.to === "kube" && request.method === "DELETE" && deleted && status < 300) {
        const node = copies.nodes().find(({ metadata }) => metadata.name === deleted);
        const id = node?.spec?.providerID?.split("/").at(-1) ?? "";
        const machine = world.rows.table<{ readonly status: string }>("instances").get(id);
        if (machine && machine.status !== "Deleted")
          violate(`node ${deleted} was deleted while its machine ${id} exists`);
        sometimes("a Node is deleted because its machine is gone");
      }
      if (looking) return;
      looking = true;
      // When all who watch have heard of it.
      world.clock.schedule(0, look);
    },
    watchForeign(rows) {
      for (const row of rows) foreign.set(`${row.table} ${row.id}`, { row, record: world.rows.row(row.table, row.id) });
    },
  };
}

function named(annotations: Readonly<Record<string, string>> | undefined, id: string): boolean {
  return Object.values(annotations ?? {}).includes(id);
}

function hasReadyNode(copies: Copies): boolean {
  return copies
    .nodes()
    .some(({ status }) => status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True"));
}
