import { mapLimited } from "@ccm/base";
import { type KubeClient, listAll, NODES, type Node, SERVICES, type Service } from "@ccm/kube";
import { addressesOf } from "./memory-cloud.ts";

/** Requests in flight while objects are made: what a kubelet rollout or a `kubectl apply` of many does. */
const IN_FLIGHT = 32;

export interface NodeKind {
  /** As a kubelet registers it: tainted, without provider ID and addresses. */
  readonly uninitialized?: boolean;
}

export const nodeName = (n: number): string => `node-${String(n).padStart(5, "0")}`;

/** A Node of about the size that a kubelet of a large cluster reports: 7.4 KB as stored. */
export function newNode(n: number, { uninitialized = false }: NodeKind = {}): Node {
  const name = nodeName(n);
  const podCIDR = `10.${Math.floor(n / 256)}.${n % 256}.0/24`;
  const now = new Date().toISOString().replace(/\.\d+Z$/, "Z");
  const zone = { zone: "zone-a", region: "region-1", type: "b1.large" };
  const labels = {
    "kubernetes.io/hostname": name,
    "kubernetes.io/os": "linux",
    "kubernetes.io/arch": "amd64",
    "beta.kubernetes.io/os": "linux",
    "beta.kubernetes.io/arch": "amd64",
    "example.com/pool": `pool-${n % 16}`,
    ...(uninitialized
      ? {}
      : {
          "beta.kubernetes.io/instance-type": zone.type,
          "node.kubernetes.io/instance-type": zone.type,
          "failure-domain.beta.kubernetes.io/zone": zone.zone,
          "topology.kubernetes.io/zone": zone.zone,
          "failure-domain.beta.kubernetes.io/region": zone.region,
          "topology.kubernetes.io/region": zone.region,
        }),
  };
  const condition = (type: string, status: "True" | "False") => ({
    type,
    status,
    reason: `Kubelet${type}`,
    message: `kubelet reports ${type} ${status}`,
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  });
  const images = Array.from({ length: 28 }, (_, i) => ({
    names: [
      `registry.example.com/team-${i}/service@sha256:${String(i).repeat(64).slice(0, 64)}`,
      `registry.example.com/team-${i}/service:v1.${i}.${n % 100}`,
    ],
    sizeBytes: 100_000_000 + i,
  }));
  const status = {
    addresses: uninitialized ? [] : addressesOf(name),
    conditions: [
      condition("MemoryPressure", "False"),
      condition("DiskPressure", "False"),
      condition("PIDPressure", "False"),
      condition("Ready", "True"),
    ],
    capacity: { cpu: "16", memory: "64Gi", pods: "110", "ephemeral-storage": "100Gi" },
    allocatable: { cpu: "15", memory: "60Gi", pods: "110", "ephemeral-storage": "90Gi" },
    nodeInfo: {
      kubeletVersion: "v1.36.2",
      osImage: "Linux",
      kernelVersion: "6.1",
      containerRuntimeVersion: "containerd://2.1",
    },
    images,
  };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels, annotations: { "volumes.kubernetes.io/controller-managed-attach-detach": "true" } },
    spec: {
      podCIDR,
      podCIDRs: [podCIDR],
      ...(uninitialized
        ? { taints: [{ key: "node.cloudprovider.kubernetes.io/uninitialized", value: "true", effect: "NoSchedule" }] }
        : { providerID: `bench://${name}` }),
    },
    status,
  };
}

export const serviceName = (n: number): string => `service-${String(n).padStart(5, "0")}`;

/** A Service of about 1.6 KB as stored. */
export function newService(n: number, type: "ClusterIP" | "LoadBalancer"): Service {
  const name = serviceName(n);
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      namespace: "default",
      name,
      labels: { "app.kubernetes.io/name": name, "app.kubernetes.io/part-of": `product-${n % 40}` },
      annotations: { "example.com/owner": `team-${n % 25}@example.com`, "example.com/notes": "x".repeat(400) },
    },
    spec: {
      type,
      selector: { "app.kubernetes.io/name": name },
      ports: [
        { name: "http", port: 80, targetPort: 8080, protocol: "TCP" },
        { name: "https", port: 443, targetPort: 8443, protocol: "TCP" },
      ],
    },
  };
}

export async function createNodes(client: KubeClient, count: number, kind: NodeKind = {}, from = 0): Promise<void> {
  await mapLimited(range(count, from), IN_FLIGHT, (n) => client.create(NODES, newNode(n, kind)));
}

export async function createServices(
  client: KubeClient,
  count: number,
  type: "ClusterIP" | "LoadBalancer",
): Promise<void> {
  await mapLimited(range(count, 0), IN_FLIGHT, (n) => client.create(SERVICES, newService(n, type)));
}

/** Takes off what a controller that has ended would have had to, and deletes all that this file made. */
export async function clear(client: KubeClient): Promise<void> {
  const nodes = (await listAll(client, NODES)).items;
  await mapLimited(nodes, IN_FLIGHT, ({ metadata: { name = "" } }) => client.delete(NODES, { name }));
  const services = (await listAll(client, SERVICES, { namespace: "default" })).items;
  const ours = services.filter(({ metadata: { name = "" } }) => name.startsWith("service-"));
  await mapLimited(ours, IN_FLIGHT, async ({ metadata: { name = "", finalizers = [] } }) => {
    const ref = { namespace: "default", name };
    if (finalizers.length > 0) {
      await client.patch(SERVICES, ref, { type: "merge", body: { metadata: { finalizers: null } } });
    }
    await client.delete(SERVICES, ref);
  });
}

function range(count: number, from: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}
