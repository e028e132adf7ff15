/** For this folder's tests: the route controller between an API server and a fake cloud. */
import { NODES, type Node } from "@ccm/kube";
import type { ControllerContext } from "../../context.ts";
import type { Route, Routes } from "../../contract.ts";
import type { FakeProviderOptions } from "../../fake-provider.ts";
import { createHarness, type Harness, newNode } from "../../testing/harness.ts";
import { parseClusterCidrs } from "../cluster-cidrs.ts";
import { createRouteController, type RouteControllerOptions } from "../route-controller.ts";

export interface SceneOptions extends Partial<Omit<RouteControllerOptions, "clusterCidrs">> {
  readonly clusterCidr?: string;
  readonly nodes?: readonly Node[];
  readonly present?: readonly Route[];
  readonly cloud?: Omit<FakeProviderOptions, "clock">;
  /** Changes the fake cloud before the controller starts. */
  readonly before?: (harness: Harness) => void;
  /** Stands between the controller and what it is given. */
  readonly context?: (context: ControllerContext) => ControllerContext;
  readonly wrap?: (routes: Routes) => Routes;
}

/** A minute at most passes in a scene before a test looks: less than the time of any full pass. */
export async function startScene(options: SceneOptions = {}): Promise<Harness> {
  const { clusterCidr = "10.244.0.0/16", nodes = [], present = [], cloud, before, context, wrap, ...more } = options;
  const harness = await createHarness(cloud);
  for (const node of nodes) await harness.during(harness.user.create(NODES, node));
  for (const route of present) harness.cloud.routeTable.set(route.name, route);
  before?.(harness);
  const routes = wrap?.(harness.cloud.routes) ?? harness.cloud.routes;
  await harness.run("route_controller", (given) =>
    createRouteController(context?.(given) ?? given, {
      routes,
      clusterName: "kubernetes",
      clusterCidrs: parseClusterCidrs(clusterCidr),
      periodMs: 10_000,
      ...more,
    }),
  );
  return harness;
}

/** A Node with Pod CIDRs and one InternalIP, initialised when `providerID` says so. */
export function routedNode(name: string, podCIDRs: readonly string[], ip?: string, more: Node["spec"] = {}): Node {
  const [podCIDR] = podCIDRs;
  return newNode(name, {
    spec: { ...(podCIDR ? { podCIDR, podCIDRs: [...podCIDRs] } : {}), ...more },
    status: { addresses: ip ? [{ type: "InternalIP", address: ip }] : [] },
  });
}

/** In the cloud already. `more.targetNode` "" is a black hole. */
export function presentRoute(targetNode: string, destinationCidr: string, more: Partial<Route> = {}): Route {
  const name = `present ${targetNode} ${destinationCidr}`;
  return { name, targetNode, destinationCidr, blackhole: targetNode === "", ...more };
}

/** "<node> <cidr> via <addresses>" of each route in the cloud, sorted. */
export function routesIn(harness: Harness): readonly string[] {
  return [...harness.cloud.routeTable.values()]
    .map(({ targetNode, destinationCidr, targetNodeAddresses = [] }) => {
      return `${targetNode} ${destinationCidr} via ${targetNodeAddresses.map(({ address }) => address).join(",")}`;
    })
    .sort();
}

/** "<status> <reason> <message>" of the Node's NetworkUnavailable; "" when it has none. */
export async function conditionOf(harness: Harness, name: string): Promise<string> {
  const node: Node = await harness.during(harness.user.get(NODES, { name }));
  const found = node.status?.conditions?.find(({ type }) => type === "NetworkUnavailable");
  return found ? `${found.status} ${found.reason} ${found.message}` : "";
}

export const CREATED = "False RouteCreated RouteController created a route";
export const FAILED = "True NoRouteCreated RouteController failed to create a route";
