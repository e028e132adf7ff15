import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Node, Service } from "@ccm/kube";
import { newService } from "../testing/harness.ts";
import { createSlimmer } from "./slim.ts";

const { node: slimNode, service: slimService } = createSlimmer();

describe("what is kept of an object", () => {
  it("of a Node is what controllers read: not images, capacity, times and messages of conditions, managed fields", () => {
    const node: Node = {
      metadata: { name: "n1", uid: "u", resourceVersion: "1", labels: { a: "b" }, managedFields: [{}] },
      spec: { providerID: "fake://n1", podCIDRs: ["10.0.0.0/24"] },
      status: {
        addresses: [{ type: "InternalIP", address: "192.0.2.1" }],
        conditions: [{ type: "Ready", status: "True", reason: "KubeletReady", message: "m", lastHeartbeatTime: "t" }],
        capacity: { cpu: "1" },
        nodeInfo: { osImage: "x" },
      },
    };
    assert.deepEqual(slimNode(node), {
      metadata: { name: "n1", uid: "u", resourceVersion: "1", labels: { a: "b" } },
      spec: { providerID: "fake://n1", podCIDRs: ["10.0.0.0/24"] },
      status: {
        addresses: [{ type: "InternalIP", address: "192.0.2.1" }],
        conditions: [{ type: "Ready", status: "True", reason: "KubeletReady" }],
      },
    });
  });

  const notes = { "kubectl.kubernetes.io/last-applied-configuration": "{}", kept: "yes" };
  const whole: readonly [what: string, service: Service][] = [
    ["a load balancer", newService("web", {}, { annotations: notes })],
    [
      "a Service with a finalizer, which may have been one",
      newService(
        "web",
        { type: "ClusterIP" },
        { annotations: notes, finalizers: ["service.kubernetes.io/load-balancer-cleanup"] },
      ),
    ],
  ];
  for (const [what, service] of whole) {
    it(`of ${what} is all but kubectl's notes and managed fields`, () => {
      const { apiVersion: _, kind: __, ...rest } = service;
      const metadata = { ...service.metadata, annotations: { kept: "yes" } };
      const status = { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } };
      assert.deepEqual(slimService({ ...service, status, metadata: { ...service.metadata, managedFields: [{}] } }), {
        ...rest,
        metadata,
        status,
      });
    });
  }

  it("of any other Service is its metadata and its type", () => {
    const service = newService("db", { type: "ClusterIP", clusterIP: "10.96.0.1" }, { annotations: notes });
    assert.deepEqual(slimService(service), {
      metadata: { namespace: "default", name: "db", annotations: { kept: "yes" } },
      spec: { type: "ClusterIP" },
    });
  });
});
