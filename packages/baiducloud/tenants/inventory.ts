import type { Eip, LoadBalancer } from "@ccm/bce";
import type { IpFamily } from "@ccm/cloud-provider";
import type { Service } from "@ccm/kube";
import { amount, type CloudAmount, NOTHING, plus } from "@ccm/tenancy";
import { makerOf, serviceTagValue } from "../marks.ts";
import { addressAmount } from "./footprint.ts";
import { tenantOfObject } from "./tags.ts";

/** What the cloud's lists showed when they were last read, for whomever: nothing is read for the sums alone. */
export interface Inventory {
  noteLoadBalancers(family: IpFamily, listed: readonly LoadBalancer[]): void;
  noteAddresses(family: IpFamily, listed: readonly Eip[]): void;
  /** Whether both were read at all. */
  readonly known: boolean;
  /** What has the marks of the Service, and the address it names while that is bound. */
  of(service: Service): CloudAmount;
  /** What was made for a tenant's Services and outlived them. `marks`: of all Services that exist. */
  leftOver(
    tenant: string,
    marks: ReadonlySet<string>,
  ): readonly { readonly id: string; readonly name: string; readonly amount: CloudAmount }[];
}

interface Left {
  readonly id: string;
  readonly name: string;
  readonly maker: string;
  readonly amount: CloudAmount;
}

interface Index {
  readonly byMaker: ReadonlyMap<string, CloudAmount>;
  readonly byAddress: ReadonlyMap<string, Eip>;
  readonly byTenant: ReadonlyMap<string, readonly Left[]>;
}

export function createInventory(clusterId: string): Inventory {
  const blbs = new Map<IpFamily, readonly LoadBalancer[]>();
  const eips = new Map<IpFamily, readonly Eip[]>();
  /** Made anew when a list was read, not for each sum. */
  let index: Index | undefined;
  const indexed = (): Index => {
    index ??= indexOf([...blbs.values()].flat(), [...eips.values()].flat(), clusterId);
    return index;
  };
  return {
    noteLoadBalancers(family, listed) {
      blbs.set(family, listed);
      index = undefined;
    },
    noteAddresses(family, listed) {
      eips.set(family, listed);
      index = undefined;
    },
    get known() {
      return blbs.size > 0 && eips.size > 0;
    },
    of({ metadata, spec }) {
      const maker = serviceTagValue(clusterId, metadata.uid ?? "");
      const { byMaker, byAddress } = indexed();
      const given = byAddress.get(spec?.loadBalancerIP ?? "");
      const bound = given?.instanceType === "BLB" && given.instanceId && makerOf(given) !== maker;
      return plus(byMaker.get(maker) ?? NOTHING, given && bound ? addressAmount(given) : NOTHING);
    },
    leftOver: (tenant, marks) => (indexed().byTenant.get(tenant) ?? []).filter(({ maker }) => !marks.has(maker)),
  };
}

function indexOf(blbs: readonly LoadBalancer[], eips: readonly Eip[], clusterId: string): Index {
  const byMaker = new Map<string, CloudAmount>();
  const byTenant = new Map<string, Left[]>();
  const note = (object: LoadBalancer | Eip, left: Omit<Left, "maker">): void => {
    const maker = makerOf(object);
    if (maker === undefined) return;
    byMaker.set(maker, plus(byMaker.get(maker) ?? NOTHING, left.amount));
    const tenant = tenantOfObject(object);
    // Another cluster's tenant of the same name is another tenant.
    if (tenant === undefined || !maker.startsWith(clusterId)) return;
    byTenant.set(tenant, [...(byTenant.get(tenant) ?? []), { ...left, maker }]);
  };
  for (const blb of blbs) {
    const id = blb.blbId;
    note(blb, { id, name: `load balancer ${id}`, amount: amount({ loadBalancers: 1 }) });
  }
  for (const eip of eips) note(eip, { id: eip.eip, name: `EIP ${eip.eip}`, amount: addressAmount(eip) });
  return { byMaker, byAddress: new Map(eips.map((eip) => [eip.eip, eip])), byTenant };
}
