import type { Account } from "../account.ts";
import type { BlbView, EipView, InstanceView, RouteView, SubnetView, VpcView } from "../console/data.ts";
import { type AppBlb, appBlbsOf } from "../products/appblb/records.ts";
import { instancesOf, type SimulatedInstance } from "../products/bcc/records.ts";
import { keyOf } from "../products/blb/listener-parts.ts";
import { type Blb, type BlbListener, blbsOf } from "../products/blb/records.ts";
import { type Eip, eipsOf } from "../products/eip/records.ts";
import {
  type RouteRule,
  routeRulesOf,
  routeTablesOf,
  type Subnet,
  subnetsOf,
  type Vpc,
  vpcsOf,
} from "../products/vpc/records.ts";

/** The records of an account in a region as the page sees them. Records never change in place, so a view is made once for each. */
export interface Views {
  readonly vpcs: readonly VpcView[];
  readonly subnets: readonly SubnetView[];
  readonly instances: readonly InstanceView[];
  readonly blbs: readonly BlbView[];
  readonly eips: readonly EipView[];
  readonly routes: readonly RouteView[];
}

/** Returns what reads an account's views: the same object for what is the same. */
export function createViews(account: Account): () => Views {
  const vpcs = once(vpcView);
  const subnets = once(subnetView);
  const instances = once(instanceView);
  const eips = once(eipView);
  const routes = once((rule: RouteRule) => routeView(account, rule));
  const blbs = blbViews(account, "blb");
  const appBlbs = blbViews(account, "appblb");
  const asBlb = once(applicationView);
  return () => ({
    vpcs: vpcsOf(account).all().map(vpcs),
    subnets: subnetsOf(account).all().map(subnets),
    instances: instancesOf(account).all().map(instances),
    blbs: [...blbsOf(account).all().map(blbs), ...appBlbsOf(account).all().map(asBlb).map(appBlbs)],
    eips: eipsOf(account).all().map(eips),
    routes: routeRulesOf(account).all().map(routes),
  });
}

function once<Record extends object, View>(make: (record: Record) => View): (record: Record) => View {
  const made = new WeakMap<Record, View>();
  return (record) => {
    const known = made.get(record);
    if (known !== undefined) return known;
    const view = make(record);
    made.set(record, view);
    return view;
  };
}

/** Health changes without the record: a view is made anew when either does. */
function blbViews(account: Account, product: string): (blb: Blb) => BlbView {
  const made = new WeakMap<Blb, { readonly health: string; readonly view: BlbView }>();
  return (blb) => {
    const health = blb.listeners.map(({ listenerType, listenerPort }) =>
      blb.backends
        .map(({ instanceId }) => account.dataPlane.health(blb.blbId, listenerType, listenerPort, instanceId).charAt(0))
        .join(""),
    );
    const key = health.join(" ");
    const known = made.get(blb);
    if (known?.health === key) return known.view;
    const view = blbView(blb, health, product);
    made.set(blb, { health: key, view });
    return view;
  };
}

/** The members of all its groups are its backends; a listener's port at them is that of its first policy. */
function applicationView({ serverGroups, ipGroups, policies, ...base }: AppBlb): Blb {
  const members = ipGroups.flatMap((group) =>
    group.members.map(({ memberId, ip, weight }) => ({ instanceId: memberId, weight, desc: "", privateIp: ip })),
  );
  const backends = new Map(
    [...serverGroups.flatMap((group) => group.members), ...members].map((backend) => [backend.instanceId, backend]),
  );
  const portOf = (listener: BlbListener) =>
    policies.find((policy) => keyOf(policy) === keyOf(listener))?.backendPort ?? 0;
  return {
    ...base,
    backends: [...backends.values()],
    listeners: base.listeners.map((one) => ({ ...one, fields: { ...one.fields, backendPort: portOf(one) } })),
  };
}

function blbView(blb: Blb, health: readonly string[], product: string): BlbView {
  const { blbId, name, status, address, vpcId, subnetId } = blb;
  return {
    blbId,
    name,
    product,
    status,
    address,
    vpcId,
    subnetId,
    listeners: blb.listeners.map(({ listenerType, listenerPort, fields }, index) => ({
      protocol: listenerType,
      port: listenerPort,
      backendPort: Number(fields.backendPort),
      scheduler: String(fields.scheduler),
      health: health[index] ?? "",
    })),
    backends: blb.backends.map(({ instanceId, weight }) => ({ instanceId, weight })),
  };
}

function vpcView({ vpcId, name, cidr }: Vpc): VpcView {
  return { vpcId, name, cidr };
}

function subnetView({ subnetId, name, vpcId, zoneName, cidr }: Subnet): SubnetView {
  return { subnetId, name, vpcId, zoneName, cidr };
}

function instanceView(instance: SimulatedInstance): InstanceView {
  const { id, name, product, status, internalIp, publicIp, vpcId, subnetId, zoneName, spec, inCluster } = instance;
  return { id, name, product, status, internalIp, publicIp, vpcId, subnetId, zoneName, spec, inCluster };
}

function eipView({ eip, name, status, bandwidthInMbps, instanceType, instanceId }: Eip): EipView {
  return {
    eip,
    name,
    status,
    bandwidthInMbps,
    instanceType: instanceType ?? "",
    instanceId: instanceId ?? "",
  };
}

function routeView(account: Account, rule: RouteRule): RouteView {
  const { routeRuleId, routeTableId, sourceAddress, destinationAddress, nexthopType, nexthopId, description } = rule;
  const vpcId = routeTablesOf(account).get(routeTableId)?.vpcId ?? "";
  return {
    routeRuleId,
    routeTableId,
    vpcId,
    sourceAddress,
    destinationAddress,
    nexthopType,
    nexthopId,
    description,
  };
}
