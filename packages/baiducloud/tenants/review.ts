import type { Clock } from "@ccm/base";
import type { Tag } from "@ccm/bce";
import { keyOf, type Namespace, type Service } from "@ccm/kube";
import { createCloudLedger, NOTHING, type Tenant, tenantOf } from "@ccm/tenancy";
import type { Observed } from "../load-balancers/observed.ts";
import { namedBy } from "../load-balancers/sharing.ts";
import type { Plan } from "../load-balancers/steps.ts";
import { serviceTagValue } from "../marks.ts";
import { createTenantGate } from "./gate.ts";
import type { Inventory } from "./inventory.ts";
import { tenantTags } from "./tags.ts";

/** Tenants and namespaces of a cluster, all of them. */
export interface TenantContent {
  readonly tenants: readonly Tenant[];
  readonly namespaces: readonly Namespace[];
}

/** What limits would do to plans, for commands. One plan after the other: what the first would take, the next cannot have. */
export interface TenantReview {
  tagsFor(service: Service): readonly Tag[];
  admit(service: Service, plan: Plan, observed: Observed): Plan;
}

export function createTenantReview(options: {
  readonly clusterId: string;
  readonly tenants: TenantContent;
  readonly services: readonly Service[];
  readonly inventory: Inventory;
  readonly clock: Clock;
}): TenantReview {
  const { clusterId, tenants, services, inventory, clock } = options;
  const names = new Map(tenants.namespaces.map((one) => [one.metadata.name, tenantOf(one)]));
  const byName = new Map(tenants.tenants.map((one) => [one.metadata.name, one]));
  const nameOf = ({ metadata: { namespace } }: Service) => names.get(namespace);
  const tenantFor = (service: Service) => byName.get(nameOf(service));
  const members = {
    tenantNameOf: nameOf,
    naming: (blbId: string) => services.filter((service) => namedBy(service) === blbId),
    membersOf: (tenant: string) => services.filter((service) => nameOf(service) === tenant),
    marks: new Set(services.map(({ metadata: { uid = "" } }) => serviceTagValue(clusterId, uid))),
  };
  const ledger = createCloudLedger({ clock, settleMs: 0 });
  const gate = createTenantGate({ ledger, inventory, members, mayCome: () => NOTHING });
  const decided = new Map<string, Plan>();
  return {
    tagsFor(service) {
      const tenant = tenantFor(service);
      return tenant ? tenantTags(tenant).tags : [];
    },
    admit(service, plan, observed) {
      const tenant = tenantFor(service);
      if (!tenant) return plan;
      const key = keyOf(service);
      const known = decided.get(key);
      if (known) return known;
      const admitted = gate.admit(tenant, service, plan, observed);
      const all = { ...admitted, problems: [...admitted.problems, ...tenantTags(tenant).problems] };
      decided.set(key, all);
      return all;
    },
  };
}
