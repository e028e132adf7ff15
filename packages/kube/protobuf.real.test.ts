/** Every field of a Node and of a Service on a real API server: what is read of it in protobuf is what JSON says. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { realControlPlane } from "@ccm/control-plane/node";
import type { KubeClient } from "./client.ts";
import { hasCode } from "./error.ts";
import type { Message } from "./protobuf/message.ts";
import { NODE_MESSAGE, SERVICE_MESSAGE } from "./protobuf/types.ts";
import { NODES, type Node, SERVICES, type Service } from "./types/core.ts";
import type { KubeObject, ResourceType } from "./types/meta.ts";

const META = {
  labels: { a: "1", "example.com/long": "x".repeat(63), empty: "" },
  annotations: { "example.com/note": 'Zürich 北京 🚀 \u0000 "quoted"', "example.com/long": "y".repeat(5000) },
  finalizers: ["example.com/one", "example.com/two"],
  ownerReferences: [
    { apiVersion: "v1", kind: "Namespace", name: "default", uid: "u-1", controller: true, blockOwnerDeletion: false },
    { apiVersion: "apps/v1", kind: "Deployment", name: "d", uid: "u-2" },
  ],
};
const NODE: Node = {
  metadata: { name: "whole", ...META },
  spec: {
    podCIDR: "10.0.0.0/24",
    podCIDRs: ["10.0.0.0/24", "fd00::/64"],
    providerID: "cce://i-1",
    unschedulable: true,
    taints: [
      { key: "a", value: "b", effect: "NoExecute", timeAdded: "2026-01-02T03:04:05Z" },
      { key: "c", effect: "NoSchedule" },
    ],
  },
};
const NODE_STATUS = {
  addresses: [
    { type: "InternalIP", address: "10.0.0.1" },
    { type: "Hostname", address: "whole" },
  ],
  conditions: [
    { type: "Ready", status: "True", reason: "KubeletReady" },
    { type: "Other", status: "Unknown" },
  ],
  capacity: { cpu: "4" },
  images: [{ names: ["a:1"], sizeBytes: 5 }],
};
const PORTS = [
  { name: "http", port: 80, targetPort: "web", nodePort: 30_080, protocol: "TCP", appProtocol: "kubernetes.io/h2c" },
  { name: "dns", port: 53, targetPort: 5353, protocol: "UDP" },
] as const;
const SERVICE_OBJECTS: readonly Service[] = [
  {
    metadata: { namespace: "default", name: "balanced", ...META },
    spec: {
      type: "LoadBalancer",
      ports: PORTS,
      selector: { app: "web" },
      externalIPs: ["192.0.2.1"],
      externalTrafficPolicy: "Local",
      internalTrafficPolicy: "Local",
      loadBalancerClass: "example.com/lb",
      loadBalancerIP: "192.0.2.9",
      loadBalancerSourceRanges: ["10.0.0.0/8"],
      allocateLoadBalancerNodePorts: false,
      publishNotReadyAddresses: true,
      sessionAffinity: "ClientIP",
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
      trafficDistribution: "PreferClose",
    },
  },
  { metadata: { namespace: "default", name: "headless" }, spec: { clusterIP: "None", ports: [{ port: 1 }] } },
  { metadata: { namespace: "default", name: "named" }, spec: { type: "ExternalName", externalName: "example.com" } },
];
const SERVICE_STATUS = {
  loadBalancer: {
    ingress: [
      { ip: "192.0.2.9", ipMode: "Proxy", ports: [{ port: 80, protocol: "TCP", error: "example.com/broken" }] },
      { hostname: "lb.example.com" },
    ],
  },
  conditions: [
    {
      type: "LoadBalancerReady",
      status: "False",
      observedGeneration: 3,
      lastTransitionTime: "2026-01-02T03:04:05Z",
      reason: "Waiting",
      message: "",
    },
  ],
};

/** The first object of that name, as a watch brings it. */
async function watched<T extends KubeObject>(
  client: KubeClient,
  type: ResourceType<T>,
  name: string,
  message?: Message<T>,
): Promise<T> {
  const options = { resourceVersion: "", sendInitialEvents: true, timeoutSeconds: 30, ...(message ? { message } : {}) };
  for await (const { type: what, object } of client.watch(type, options)) {
    if (what === "ADDED" && object.metadata.name === name) return object as T;
  }
  throw new Error(`${type.plural} ${name} is not there`);
}

/** Only what JSON and the caches' reading have in common: the rest is left out on purpose. */
function withoutUnread({ apiVersion: _, kind: __, ...object }: KubeObject & { readonly status?: object }): unknown {
  const { managedFields: ___, ...metadata } = object.metadata;
  if (!("conditions" in (object.status ?? {})) || "loadBalancer" in (object.status ?? {}))
    return { ...object, metadata };
  const { addresses, conditions } = object.status as NonNullable<Node["status"]>;
  return {
    ...object,
    metadata,
    status: {
      addresses,
      conditions: conditions?.map(({ type, status, reason }) => ({ type, status, ...(reason ? { reason } : {}) })),
    },
  };
}

describe("protobuf from a real API server", () => {
  it("says of a Node what JSON says", async (t) => {
    const plane = await realControlPlane(t);
    if (!plane) return;
    const { client } = plane.admin;
    await client.create(NODES, NODE);
    const body = { status: NODE_STATUS };
    await client.patch(NODES, { name: "whole" }, { type: "merge", body }, { subresource: "status" });
    // A deletion time and a grace period: the finalizers keep it.
    await client.delete(NODES, { name: "whole" });
    const json = await watched(client, NODES, "whole");
    assert.ok(json.metadata.deletionTimestamp && json.metadata.managedFields);
    assert.deepEqual(await watched(client, NODES, "whole", NODE_MESSAGE), withoutUnread(json));
  });

  it("says of a Service what JSON says", async (t) => {
    const plane = await realControlPlane(t);
    if (!plane) return;
    const { client } = plane.admin;
    for (const service of SERVICE_OBJECTS) await client.create(SERVICES, service);
    const ref = { namespace: "default", name: "balanced" };
    await client.patch(SERVICES, ref, { type: "merge", body: { status: SERVICE_STATUS } }, { subresource: "status" });
    for (const name of ["balanced", "headless", "named", "kubernetes"]) {
      const json = await watched(client, SERVICES, name);
      assert.deepEqual(await watched(client, SERVICES, name, SERVICE_MESSAGE), withoutUnread(json), name);
    }
    assert.equal((await watched(client, SERVICES, "balanced", SERVICE_MESSAGE)).status?.conditions?.length, 1);
  });

  it("is understood when it refuses", async (t) => {
    const plane = await realControlPlane(t);
    if (!plane) return;
    const nobody = await plane.mintUser("nobody", []);
    const watch = { resourceVersion: "0", message: NODE_MESSAGE };
    await assert.rejects(
      async () => {
        for await (const _ of nobody.client.watch(NODES, watch));
      },
      (error) => hasCode(error, "forbidden") && /User "nobody" cannot watch resource "nodes"/.test(String(error)),
    );
  });
});
