/** Random histories of one object: whatever is sent, both servers must make the same of it. */
import { integer, type Random } from "@ccm/base";
import {
  DEPLOYMENTS,
  del,
  deployment,
  get,
  LEASES,
  NODES,
  patch,
  post,
  put,
  type Request,
  type Scenario,
  SERVICES,
  SLICES,
  scenario,
} from "./scenario.ts";

type Json = Record<string, unknown>;
/** Absent from an object that is built. */
const NOTHING = Symbol("nothing");

export type Kind = "Service" | "Node" | "Lease" | "EndpointSlice" | "Deployment";
export const KINDS: readonly Kind[] = ["Service", "Node", "Lease", "EndpointSlice", "Deployment"];

const STEPS = 6;

export function randomScenario(kind: Kind, name: string, random: Random): Scenario {
  const make = makers(random)[kind];
  const steps = Array.from({ length: STEPS }, (_, index) => make(index === 0));
  return scenario(`${kind} ${name}`, ...steps);
}

function makers(random: Random): Record<Kind, (first: boolean) => Request> {
  const below = (limit: number) => integer(random, limit);
  const one = <T>(...choices: readonly T[]): T => choices[below(choices.length)] as T;
  const maybe = <T>(percent: number, value: () => T): T | typeof NOTHING => (below(100) < percent ? value() : NOTHING);
  const built = (fields: Json): Json =>
    Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== NOTHING));
  const some = (percent: number, ...choices: readonly unknown[]) => maybe(percent, () => one(...choices));
  const list = (make: () => unknown, most: number) => Array.from({ length: 1 + below(most) }, make);

  const metadata = () =>
    built({
      labels: some(30, { a: "b" }, {}, null, { a: null, c: "d" }, { "a b": "c" }),
      annotations: some(20, { x: "y" }, { x: "" }, null),
      finalizers: some(15, ["a.b/c"], ["a.b/c", "d.e/f"], null, [], ["x"]),
    });
  /** A patch may take any field away. */
  const withNulls = (fields: Json): Json =>
    Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, below(12) === 0 ? null : value]));

  const story =
    (collection: string, name: string, body: (patching: boolean) => Json, status?: () => Json) =>
    (first: boolean): Request => {
      const path = `${collection}/${name}`;
      const whole = () => ({ ...body(false), metadata: { name, ...metadata() } });
      if (first) return post(collection, whole());
      const type = one("merge", "strategic") as "merge" | "strategic";
      const others: readonly (() => Request)[] = [
        () => put(path, whole()),
        () => patch(type, path, { ...body(true), metadata: metadata() }),
        () => patch(type, path, { ...body(true), metadata: metadata() }),
        () =>
          status ? patch(type, `${path}/status`, { ...status(), ...(below(4) === 0 ? body(true) : {}) }) : get(path),
        () =>
          patch("json", path, [
            one<Json>(
              { op: "add", path: "/metadata/labels", value: { q: "r" } },
              { op: "remove", path: "/metadata/finalizers" },
              { op: "test", path: "/metadata/name", value: name },
            ),
          ]),
        () => (below(3) === 0 ? del(path) : get(path)),
        () => (below(3) === 0 ? post(collection, whole()) : get(collection === NODES ? path : collection)),
      ];
      return one(...others)();
    };

  const port = () =>
    built({
      name: some(60, "a", "b", "c"),
      port: one(80, 81, 443, 53, 80, 0),
      protocol: some(30, "TCP", "UDP"),
      targetPort: some(20, 8080, "http", 0, "-"),
      appProtocol: some(10, "http", "x/y", "a b"),
    });
  const service = () =>
    built({
      type: some(70, "ClusterIP", "NodePort", "LoadBalancer", "LoadBalancer", "ExternalName"),
      ports: maybe(80, () => list(port, 2)),
      externalTrafficPolicy: some(20, "Local", "Cluster", ""),
      internalTrafficPolicy: some(15, "Local", "Cluster"),
      sessionAffinity: some(15, "ClientIP", "None"),
      sessionAffinityConfig: some(10, { clientIP: { timeoutSeconds: 10 } }, { clientIP: { timeoutSeconds: 0 } }),
      allocateLoadBalancerNodePorts: some(15, true, false),
      loadBalancerClass: some(10, "a.b/c", "x"),
      clusterIP: some(15, "None", ""),
      ipFamilyPolicy: some(12, "SingleStack", "PreferDualStack", "RequireDualStack"),
      ipFamilies: some(10, ["IPv4"], ["IPv6"], ["IPv4", "IPv6"]),
      externalName: some(10, "a.b", ""),
      loadBalancerSourceRanges: some(10, ["192.0.2.0/24"], [], ["x"]),
      externalIPs: some(10, ["192.0.2.1"], []),
      selector: some(15, { a: "b" }, {}, null),
    });
  const condition = () =>
    built({
      type: one("Ready", "NetworkUnavailable", "X"),
      status: one("True", "False", "Unknown"),
      reason: some(50, "R"),
      lastTransitionTime: some(30, "2024-01-01T00:00:00Z"),
    });
  const address = () => ({
    type: one("InternalIP", "ExternalIP", "Hostname"),
    address: one("192.0.2.1", "192.0.2.2", "h"),
  });
  const nodeSpec = () =>
    built({
      providerID: some(30, "c://1", "c://2", ""),
      podCIDR: some(30, "10.1.0.0/24", "10.2.0.0/24", ""),
      podCIDRs: some(15, ["10.1.0.0/24"], [], ["10.1.0.0/24", "fd00::/64"]),
      taints: some(40, [{ key: "a", effect: "NoSchedule" }], [], null, [{ key: "b", value: "c", effect: "NoExecute" }]),
      unschedulable: some(30, true, false, null),
    });
  const nodeStatus = () =>
    built({
      conditions: maybe(60, () => one<unknown>(list(condition, 2), [], null)),
      addresses: maybe(60, () => one<unknown>(list(address, 2), [], null)),
      capacity: some(20, { cpu: "2" }, {}, { cpu: null, memory: "1Gi" }),
    });
  const ingress = () => one<unknown>({ ingress: [{ ip: "192.0.2.1" }] }, { ingress: [{ hostname: "a.b" }] }, null, {});
  const lease = () =>
    built({
      holderIdentity: some(70, "a", "b", "", null),
      leaseDurationSeconds: some(50, 15, 0, -1, null),
      renewTime: some(40, "2024-01-01T00:00:00.000001Z", null, "x"),
      leaseTransitions: some(30, 0, 1, -1),
    });
  const endpoint = () =>
    built({
      addresses: one<unknown>(["192.0.2.1"], ["192.0.2.2"], [], ["::1"]),
      conditions: some(50, { ready: true }, {}, { ready: false, serving: true }),
      nodeName: some(30, "n", ""),
      zone: some(20, "z"),
    });
  const slice = () =>
    built({
      addressType: one<unknown>("IPv4", "IPv4", "IPv4", "IPv6", NOTHING),
      endpoints: maybe(70, () => one<unknown>(list(endpoint, 2), null)),
      ports: maybe(50, () =>
        one<unknown>(
          [{ port: 80 }],
          [
            { name: "a", port: 80 },
            { name: "b", port: 80 },
          ],
          null,
        ),
      ),
    });
  const container = () =>
    built({ name: one("c", "d"), image: one<unknown>("nginx", "nginx:1", NOTHING), args: some(20, ["x"], []) });
  const rollout = (patching: boolean) =>
    built({
      ...(patching ? {} : (deployment("d").spec as Json)),
      replicas: some(40, 0, 3, -1, null),
      paused: some(20, true, false),
      minReadySeconds: some(20, 0, 5),
      strategy: some(30, { type: "Recreate" }, { type: "RollingUpdate" }, null),
      template: maybe(patching ? 40 : 0, () => ({ spec: { containers: list(container, 2) } })),
      ...(patching ? {} : { template: (deployment("d").spec as Json).template }),
    });

  return {
    Service: story(
      SERVICES,
      "web",
      (patching) => ({ spec: patching ? withNulls(service()) : built({ ports: [{ port: 80 }], ...service() }) }),
      () => ({ status: { loadBalancer: ingress() } }),
    ),
    Node: story(
      NODES,
      "{ns}-a",
      (patching) => ({ spec: nodeSpec(), ...(patching ? {} : { status: nodeStatus() }) }),
      () => ({ status: nodeStatus() }),
    ),
    Lease: story(LEASES, "l", () => ({ spec: lease() })),
    EndpointSlice: story(SLICES, "s", slice),
    Deployment: story(
      DEPLOYMENTS,
      "d",
      (patching) => ({ spec: rollout(patching) }),
      () => ({ status: built({ replicas: some(50, 1, 0), conditions: maybe(50, () => list(condition, 2)) }) }),
    ),
  };
}
