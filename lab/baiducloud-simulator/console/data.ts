/** What the admin API says to the page, and any other reader of it. Shared by both sides; types only. */

export interface VpcView {
  readonly vpcId: string;
  readonly name: string;
  readonly cidr: string;
}

export interface SubnetView {
  readonly subnetId: string;
  readonly name: string;
  readonly vpcId: string;
  readonly zoneName: string;
  readonly cidr: string;
}

export interface InstanceView {
  readonly id: string;
  readonly name: string;
  /** "bcc", "bbc", "hpas". */
  readonly product: string;
  readonly status: string;
  readonly internalIp: string;
  readonly publicIp: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly zoneName: string;
  readonly spec: string;
  readonly inCluster: boolean;
}

export interface ListenerView {
  readonly protocol: string;
  readonly port: number;
  readonly backendPort: number;
  readonly scheduler: string;
  /** One letter for each backend of the load balancer, in their order: A alive, D dead, U unknown, "-" not one of this listener's. */
  readonly health: string;
}

export interface BackendView {
  readonly instanceId: string;
  readonly weight: number;
}

export interface BlbView {
  readonly blbId: string;
  readonly name: string;
  /** "blb", "appblb". */
  readonly product: string;
  readonly status: string;
  readonly address: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly listeners: readonly ListenerView[];
  readonly backends: readonly BackendView[];
}

export interface EipView {
  readonly eip: string;
  readonly name: string;
  readonly status: string;
  readonly bandwidthInMbps: number;
  readonly instanceType: string;
  /** "" while it is bound to nothing. */
  readonly instanceId: string;
}

export interface RouteView {
  readonly routeRuleId: string;
  readonly routeTableId: string;
  readonly vpcId: string;
  readonly sourceAddress: string;
  readonly destinationAddress: string;
  readonly nexthopType: string;
  readonly nexthopId: string;
  readonly description: string;
}

/** The tables of a topology, and what a record of each looks like. */
export interface Tables {
  readonly vpcs: VpcView;
  readonly subnets: SubnetView;
  readonly instances: InstanceView;
  readonly blbs: BlbView;
  readonly eips: EipView;
  readonly routes: RouteView;
}

export type TableName = keyof Tables;

/** The field that names a record of each table. */
export const KEYS = {
  vpcs: "vpcId",
  subnets: "subnetId",
  instances: "id",
  blbs: "blbId",
  eips: "eip",
  routes: "routeRuleId",
} as const satisfies { readonly [T in TableName]: keyof Tables[T] };

export const TABLE_NAMES = Object.keys(KEYS) as readonly TableName[];

/** What a topology is of. */
export interface Place {
  readonly account: string;
  readonly region: string;
}

/** The event "places" of GET /admin/changes: the accounts and regions that there are. */
export interface Places {
  readonly places: readonly Place[];
}

/** GET /admin/topology?account=&region=, and the event "snapshot" with which GET /admin/changes begins: all there is in one account and region. */
export type Topology = Place & {
  readonly [T in TableName]: readonly Tables[T][];
};

/** The event "delta" of GET /admin/changes: what is new or different, whole records; and what is gone, ids. */
export interface Delta {
  readonly set: { readonly [T in TableName]?: readonly Tables[T][] };
  readonly gone: { readonly [T in TableName]?: readonly string[] };
}

/** One call of the cloud's API. */
export interface Call {
  /** Counts up from 1. */
  readonly id: number;
  readonly time: string;
  readonly product: string;
  readonly operation: string;
  readonly method: string;
  /** Path and query, without secrets. */
  readonly target: string;
  /** 0 when no answer was sent. */
  readonly status: number;
  readonly code: string;
  readonly requestId: string;
  readonly durationMs: number;
  /** The rule that made it fail or wait; "" for none. */
  readonly fault: string;
}

/** GET /admin/calls?product=&operation=&status=&text=&before=&after=&limit=: newest first. */
export interface CallPage {
  readonly calls: readonly Call[];
  /** Ask with before=this for older ones; absent when there are none. */
  readonly next?: number;
}

export interface Rate {
  /** "" for all together. */
  readonly product: string;
  /** Since the start. */
  readonly calls: number;
  readonly callsPerSecond: number;
  /** 0 to 1: the share of answers of status 400 and more, and of answers lost. */
  readonly errorRate: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** GET /admin/rates, and the event "rates" of GET /admin/changes: over the last seconds; the first is all together. */
export interface Rates {
  readonly windowSeconds: number;
  readonly rates: readonly Rate[];
}

/** The event "calls" of GET /admin/changes: there are calls up to this id. */
export interface CallsHint {
  readonly newest: number;
}
