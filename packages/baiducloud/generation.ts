import { type Clock, KeyedMutex, type Logger, type Random } from "@ccm/base";
import type { Instances, LoadBalancers, Routes } from "@ccm/cloud-provider";
import type { Cloud } from "./live-cloud.ts";
import { createApply, unanswered } from "./load-balancers/apply.ts";
import { createLoadBalancers } from "./load-balancers/load-balancers.ts";
import { createObserver, createObserverMemory } from "./load-balancers/observe.ts";
import { createSubnetChooser } from "./load-balancers/subnet.ts";
import type { Surroundings } from "./load-balancers/surroundings.ts";
import { createWaits } from "./load-balancers/wait.ts";
import { createNodes } from "./nodes/nodes.ts";
import type { Replaceable } from "./replaceable.ts";
import type { NodeNotes } from "./routes/node-notes.ts";
import type { RouteReports } from "./routes/route-reports.ts";
import { createRouteTables } from "./routes/route-tables.ts";
import { createRoutes } from "./routes/routes.ts";
import { withServicePolicy } from "./service-policy.ts";
import type { Tenants } from "./tenants/tenants.ts";

/** The provider as one cloud config makes it. */
export interface Generation {
  readonly cloud: Cloud;
  readonly instances: Instances;
  readonly routes: Routes;
  readonly loadBalancers: LoadBalancers;
}

/** What outlives a cloud config. */
export interface Lasting {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly clusterInstances: () => ReadonlySet<string>;
  readonly reports: RouteReports;
  readonly notes: NodeNotes;
  /** Undefined before the provider is initialised. */
  readonly surroundings: () => Surroundings | undefined;
  readonly tenants: () => Tenants | undefined;
  /** Has the Service of this UID looked at again. */
  readonly lookAgain: (uid: string) => void;
}

/** Makes generations that share what must not be forgotten: who works on what, and what was made a moment ago. */
export function createGenerations(lasting: Lasting): (cloud: Cloud) => Generation {
  const { clock, random, logger, clusterInstances, reports, notes, surroundings, tenants, lookAgain } = lasting;
  const mutex = new KeyedMutex();
  const memory = createObserverMemory(clock);
  const services = () => surroundings()?.services.list() ?? [];
  return (cloud) => {
    const { config, client } = cloud;
    const { clusterId } = config;
    const { instances, vpcId } = createNodes({ config, client, clock, logger, clusterInstances });
    const tables = createRouteTables({ vpc: client.vpc, vpcId, tableIds: config.routeTableIds, clock, random });
    // A request that was given up is carried out soon or not at all.
    const travelMs = 2 * config.timeoutMs;
    const lateMs = (uid: string) => {
      const others = surroundings()?.inheritance.lateMs(uid, travelMs) ?? 0;
      return Math.max(others, travelMs - (memory.made.get(unanswered(uid))?.ageMs ?? travelMs));
    };
    const inventory = () => tenants()?.inventory;
    const observer = createObserver({
      client,
      clusterId,
      clock,
      clusterInstances,
      services,
      vpcId,
      memory,
      lateMs,
      inventory,
    });
    const waits = createWaits(client, clock);
    const chooseSubnet = createSubnetChooser({ client, subnetId: config.subnetId, vpcId, clusterInstances });
    const apply = createApply({ client, clusterId, observer, waits, random, logger, vpcId, chooseSubnet });
    const defaults = { bandwidthMbps: config.eipBandwidthInMbps };
    const parts = { clusterId, observer, apply, logger, defaults };
    const made = createLoadBalancers({ ...parts, surroundings, mutex, lookAgain, lateMs, tenants });
    return {
      cloud,
      instances,
      routes: createRoutes({ tables, clusterId, vpcId, reports, notes }),
      loadBalancers: withServicePolicy(made, config),
    };
  };
}

export function currentInstances(current: Replaceable<Generation>): Instances {
  return {
    lookup: (node, signal) => current.use(({ instances }) => instances.lookup(node, signal)),
    lookupMany: (nodes, signal) =>
      current.use(({ instances: { lookup, lookupMany } }) =>
        lookupMany ? lookupMany(nodes, signal) : Promise.all(nodes.map((node) => lookup(node, signal))),
      ),
  };
}

/** A pass over the routes goes to its end with what its list was made by. */
export function currentRoutes(current: Replaceable<Generation>): Routes {
  let pass: ReturnType<typeof current.hold> | undefined;
  const routes = () => (pass?.held ?? current.now).routes;
  return {
    wants: (node) => current.now.routes.wants?.(node) ?? true,
    list(...args) {
      pass?.end();
      pass = current.hold();
      return routes().list(...args);
    },
    create: (...args) => current.use(() => routes().create(...args)),
    delete: (...args) => current.use(() => routes().delete(...args)),
  };
}

/** `onSettings`: calls its argument when Services are to be looked at again. */
export function currentLoadBalancers(
  current: Replaceable<Generation>,
  onSettings: NonNullable<LoadBalancers["onSettings"]>,
): LoadBalancers {
  return {
    nodeSelector: (service) => current.now.loadBalancers.nodeSelector?.(service) ?? {},
    isOwnNote: (...args) => current.now.loadBalancers.isOwnNote?.(...args) ?? false,
    handles: (service) => current.now.loadBalancers.handles?.(service) ?? true,
    onSettings,
    ensure: (request) => current.use(({ loadBalancers }) => loadBalancers.ensure(request)),
    updateBackends: (request) => current.use(({ loadBalancers }) => loadBalancers.updateBackends(request)),
    ensureDeleted: (request) => current.use(({ loadBalancers }) => loadBalancers.ensureDeleted(request)),
  };
}
