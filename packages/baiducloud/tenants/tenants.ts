import { type Clock, errorText, type Logger, type Random } from "@ccm/base";
import type { FacetProblem, ProviderContext } from "@ccm/cloud-provider";
import { createWorkQueue, itemExponentialLimiter, type Service } from "@ccm/kube";
import { type CloudAmount, createCloudLedger, NOTHING, plus, TENANTS, type TenantStatus } from "@ccm/tenancy";
import type { Observed } from "../load-balancers/observed.ts";
import type { Plan } from "../load-balancers/steps.ts";
import { createTenantDirectory } from "./directory.ts";
import { createTenantGate, usageOf } from "./gate.ts";
import { createInventory, type Inventory } from "./inventory.ts";
import { tenantTags } from "./tags.ts";

/** Tenants, as load balancers see them. */
export interface Tenants {
  readonly inventory: Inventory;
  /** Undefined: the Service is of no tenant, and there is no limit. */
  of(service: Service, signal: AbortSignal): Promise<TenantTerms | undefined>;
  /** All that was made for the Service was removed. */
  removed(service: Service): void;
}

/** What holds for one Service, in one look at it. */
export interface TenantTerms extends ReturnType<typeof tenantTags> {
  readonly problems: readonly FacetProblem[];
  admit(plan: Plan, observed: Observed): Plan;
  looked(observed: Observed): void;
}

export interface TenantsOptions {
  readonly context: Pick<ProviderContext, "client" | "services" | "signal">;
  readonly clusterId: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** After this long, what was asked of the cloud is carried out and shown by its lists, or never. */
  readonly settleMs: number;
  /** What a Service may have asked for by a manager before this one, which is not seen yet. */
  readonly mayCome: (service: Service) => CloudAmount;
  readonly lookAgain: (uid: string) => void;
}

/** Changes within this time make one status, and one round among those that wait. */
const WINDOW_MS = 2000;
const RETRY_MIN_MS = 5000;
const RETRY_MAX_MS = 300_000;

/** Keeps what tenants have in the cloud within their limits, and tells in their status how much it is. */
export function createTenants(options: TenantsOptions): Tenants {
  const { context, clusterId, clock, random, logger, settleMs, mayCome, lookAgain } = options;
  const { client, signal } = context;
  const inventory = createInventory(clusterId);
  const publishing = createWorkQueue({
    name: "tenant-usage",
    clock,
    limiter: itemExponentialLimiter(RETRY_MIN_MS, RETRY_MAX_MS),
    onError: (tenant, error) => logger.warn("usage of a tenant was not written", { tenant, error: errorText(error) }),
  });
  const waking = new Set<string>();
  /** Of one moment, what was freed is given out once; never within what freed it. */
  const wakeSoon = (name: string): void => {
    if (waking.has(name) || signal.aborted || ledger.waiting.length === 0) return;
    waking.add(name);
    clock.schedule(0, () => {
      waking.delete(name);
      const tenant = directory.get(name);
      if (!tenant || signal.aborted) return;
      for (const uid of ledger.wake(gate.accountOf(tenant))) lookAgain(uid);
    });
  };
  const changed = (name: string): void => {
    publishing.addAfter(name, WINDOW_MS);
    wakeSoon(name);
  };
  const ledger = createCloudLedger({ clock, settleMs, onFreed: changed });
  const lookAtAll = (services: readonly Service[]): void => {
    for (const { metadata } of byAge(services)) lookAgain(metadata.uid ?? "");
  };
  const directory = createTenantDirectory({
    ...{ clusterId, client, services: context.services, clock, random, logger, signal },
    changes: {
      tenant(before, after) {
        const name = (after ?? before)?.metadata.name ?? "";
        changed(name);
        // Tags are corrected on what is there; of limits only those that wait have to know.
        if (JSON.stringify(before && tenantTags(before)) !== JSON.stringify(after && tenantTags(after))) {
          lookAtAll(directory.membersOf(name));
        }
      },
      namespace(name, before, after) {
        for (const tenant of [before, after]) if (tenant !== undefined) changed(tenant);
        lookAtAll(directory.inNamespace(name));
      },
      service: ({ metadata: { uid = "" } }) => ledger.gone(uid),
    },
  });
  const gate = createTenantGate({ ledger, inventory, members: directory, mayCome });
  const publish = async (name: string): Promise<void> => {
    const tenant = directory.get(name);
    const members = directory.membersOf(name);
    // Before anything was read of the cloud, nothing can be told, but of who has nothing to read of.
    if (!tenant || (!inventory.known && members.length > 0)) return;
    const used = ledger.countOf(gate.accountOf(tenant)).reduce((sum, one) => plus(sum, one.amount), NOTHING);
    const cloud: TenantStatus["cloud"] = usageOf(tenant, used);
    if (sameUsage(tenant.status?.cloud, cloud)) return;
    const body = { metadata: { uid: tenant.metadata.uid }, status: { cloud: withNulls(cloud) } };
    await client.patch(TENANTS, { name }, { type: "merge", body }, { subresource: "status", signal });
  };
  void publishing.run(1, publish, signal);
  // What the manager before may have asked for has come by now, or never comes.
  clock.schedule(settleMs, () => {
    if (signal.aborted) return;
    for (const tenant of directory.list()) {
      publishing.addAfter(tenant.metadata.name ?? "", WINDOW_MS);
      for (const uid of ledger.wake(gate.accountOf(tenant), true)) lookAgain(uid);
    }
  });

  return {
    inventory,
    async of(service, aborted) {
      const tenant = await directory.find(service, aborted);
      if (!tenant) {
        ledger.forget(service.metadata.uid ?? "");
        return undefined;
      }
      const { name = "" } = tenant.metadata;
      return {
        ...tenantTags(tenant),
        admit: (plan, observed) => gate.admit(directory.get(name) ?? tenant, service, plan, observed),
        looked(observed) {
          gate.looked(tenant, service, observed);
          publishing.addAfter(name, WINDOW_MS);
        },
      };
    },
    removed(service) {
      ledger.gone(service.metadata.uid ?? "");
      const name = directory.tenantNameOf(service);
      if (name !== undefined) changed(name);
    },
  };
}

function byAge(services: readonly Service[]): readonly Service[] {
  const at = ({ metadata }: Service) => metadata.creationTimestamp ?? "";
  return [...services].sort((a, b) => (at(a) < at(b) ? -1 : at(a) > at(b) ? 1 : 0));
}

type Usage = NonNullable<TenantStatus["cloud"]>;
const KEYS = ["loadBalancers", "publicIPs", "bandwidthMbps"] as const;

function sameUsage(a: Usage | undefined, b: Usage): boolean {
  return KEYS.every((key) => a?.[key]?.used === b[key]?.used && a?.[key]?.limit === b[key]?.limit);
}

/** A limit that is no more has to go from a merged patch, too. */
function withNulls(usage: Usage) {
  return Object.fromEntries(
    KEYS.map((key) => [key, { used: usage[key]?.used ?? 0, limit: usage[key]?.limit ?? null }]),
  );
}
