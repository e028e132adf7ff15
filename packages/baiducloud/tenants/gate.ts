import type { FacetProblem } from "@ccm/cloud-provider";
import { keyOf, type Service } from "@ccm/kube";
import {
  type CloudAmount,
  type CloudLedger,
  type CloudLimits,
  NOTHING,
  refusalText,
  type Tenant,
  type TenantAccount,
} from "@ccm/tenancy";
import type { Observed } from "../load-balancers/observed.ts";
import { NEW, type Plan, type Step } from "../load-balancers/steps.ts";
import { footprintOf, growthsOf, withoutRefused } from "./footprint.ts";
import type { Inventory } from "./inventory.ts";
import { tenantOfObject } from "./tags.ts";

/** Who is whose, from copies at hand. */
export interface TenantMembers {
  /** The tenant's Services that have, or want, something in the cloud. */
  membersOf(tenant: string): readonly Service[];
  /** The marks on what is made for the Services that exist, of all tenants. */
  readonly marks: ReadonlySet<string>;
  /** Services of all tenants that name the load balancer. */
  naming(blbId: string): readonly Service[];
  tenantNameOf(service: Service): string | undefined;
}

/** What a tenant may have, in front of what makes it. */
export interface TenantGate {
  /** What may be done of a plan now, and why the rest may not. What may be done counts from now on. */
  admit(tenant: Tenant, service: Service, plan: Plan, observed: Observed): Plan;
  /** What the Service has, when nothing of a plan is under way any more. */
  looked(tenant: Tenant, service: Service, observed: Observed): void;
  accountOf(tenant: Tenant): TenantAccount;
}

export interface TenantGateOptions {
  readonly ledger: CloudLedger;
  readonly inventory: Inventory;
  readonly members: TenantMembers;
  /** What a manager before this one may have asked for, for this Service, and is not seen yet. */
  readonly mayCome: (service: Service) => CloudAmount;
}

export function createTenantGate({ ledger, inventory, members, mayCome }: TenantGateOptions): TenantGate {
  const accountOf = (tenant: Tenant): TenantAccount => {
    const { name = "" } = tenant.metadata;
    const services = members.membersOf(name).map((service) => ({
      uid: service.metadata.uid ?? "",
      name: keyOf(service),
      seen: inventory.of(service),
      mayCome: mayCome(service),
    }));
    const left = inventory.leftOver(name, members.marks).map((one) => ({
      uid: one.id,
      name: one.name,
      seen: one.amount,
      mayCome: NOTHING,
    }));
    return { name, limits: limitsOf(tenant), holders: [...services, ...left] };
  };

  return {
    accountOf,
    admit(tenant, service, plan, observed) {
      const { name = "" } = tenant.metadata;
      const foreign = foreignText(name, observed, members);
      if (foreign !== "") return { steps: [], problems: [problem("load-balancer", "LoadBalancerNotOurs", foreign)] };
      const problems = [...plan.problems];
      const refused = new Set<string>();
      const steps = inAllowedSubnets(tenant, plan.steps, (text) => {
        refused.add(NEW);
        problems.push(problem("load-balancer", "SubnetNotAllowed", text));
      });
      const { givenEip } = observed;
      if (
        givenEip &&
        isOthers(name, givenEip) &&
        steps.some((step) => step.do === "bindEip" && step.eip === givenEip.eip)
      ) {
        refused.add(givenEip.eip);
        const text = `spec.loadBalancerIP ${givenEip.eip} is an address of tenant ${tenantOfObject(givenEip)}: name another`;
        problems.push(problem("address", "AddressNotOurs", text));
      }
      const growths = growthsOf(withoutRefused(steps, refused), observed);
      const refusals = ledger.ask(accountOf(tenant), {
        uid: service.metadata.uid ?? "",
        name: keyOf(service),
        createdAt: Date.parse(service.metadata.creationTimestamp ?? "") || 0,
        has: footprintOf(observed),
        growths,
        firstDecides: growths[0]?.id === NEW,
      });
      for (const refusal of refusals) {
        refused.add(refusal.id);
        const reason = refusal.unsettled ? "TenantQuotaPending" : "TenantQuotaExceeded";
        problems.push(problem(refusal.id === NEW ? "load-balancer" : "address", reason, refusalText(name, refusal)));
      }
      return { steps: withoutRefused(steps, refused), problems };
    },
    looked(tenant, service, observed) {
      const { name = "" } = tenant.metadata;
      ledger.looked(name, { uid: service.metadata.uid ?? "", name: keyOf(service) }, footprintOf(observed));
    },
  };
}

export function limitsOf({ spec: { cloud = {} } }: Tenant): CloudLimits {
  return {
    loadBalancers: cloud.maxLoadBalancers,
    publicIps: cloud.maxPublicIPs,
    bandwidthMbps: cloud.maxBandwidthMbps,
  };
}

/** For status.cloud of the Tenant. */
export function usageOf(tenant: Tenant, used: CloudAmount) {
  const { loadBalancers, publicIps, bandwidthMbps } = limitsOf(tenant);
  const entry = (count: number, limit: number | undefined) => ({
    used: count,
    ...(limit === undefined ? {} : { limit }),
  });
  return {
    loadBalancers: entry(used.loadBalancers, loadBalancers),
    publicIPs: entry(used.publicIps, publicIps),
    bandwidthMbps: entry(used.bandwidthMbps, bandwidthMbps),
  };
}

/** A new load balancer is in a subnet that the tenant may use; which of them, its chooser says. */
function inAllowedSubnets(tenant: Tenant, steps: readonly Step[], refuse: (text: string) => void): readonly Step[] {
  const { allowedSubnets = [] } = tenant.spec.cloud ?? {};
  if (allowedSubnets.length === 0) return steps;
  return steps.map((step) => {
    if (step.do !== "createLoadBalancer") return step;
    const { subnetId } = step.spec;
    if (subnetId !== "" && !allowedSubnets.includes(subnetId)) {
      const may = `tenant ${tenant.metadata.name} may use ${allowedSubnets.join(", ")} (spec.cloud.allowedSubnets)`;
      refuse(`load balancers in subnet ${subnetId} are not allowed: ${may}; name one of them, or none`);
    }
    return { ...step, spec: { ...step.spec, allowedSubnets } };
  });
}

/** Why the load balancer that a Service names is not for this tenant; "": it is. */
function foreignText(tenant: string, { blb }: Observed, members: TenantMembers): string {
  if (!blb || blb.ours) return "";
  if (isOthers(tenant, blb)) return `load balancer ${blb.id} is tenant ${tenantOfObject(blb)}'s: name another, or none`;
  // One that somebody made by hand is the tenant's that named it first.
  const age = ({ metadata: { creationTimestamp = "", uid = "" } }: Service) => `${creationTimestamp} ${uid}`;
  const [first] = [...members.naming(blb.id)].sort((a, b) => (age(a) < age(b) ? -1 : 1));
  const whose = first && members.tenantNameOf(first);
  if (!first || whose === undefined || whose === tenant) return "";
  return `load balancer ${blb.id} is used by tenant ${whose}, whose Service ${keyOf(first)} named it first: name another, or none`;
}

function isOthers(tenant: string, object: Parameters<typeof tenantOfObject>[0]): boolean {
  const whose = tenantOfObject(object);
  return whose !== undefined && whose !== tenant;
}

function problem(facet: string, reason: string, message: string): FacetProblem {
  return { facet, reason, message, retryable: false };
}
