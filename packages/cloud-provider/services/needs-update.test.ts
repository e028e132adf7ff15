import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Service } from "@ccm/kube";
import { newService } from "../testing/harness.ts";
import {
  annotationFilter,
  changeOf,
  cleanupChanged,
  needsCleanup,
  needsUpdate,
  wantsLoadBalancer,
} from "./needs-update.ts";

const FINALIZER = "service.kubernetes.io/load-balancer-cleanup";
const web = newService("web", { ipFamilies: ["IPv4"], externalIPs: ["a"] }, { uid: "1" });
const withSpec = (spec: Service["spec"]): Service => ({ ...web, spec: { ...web.spec, ...spec } });
const withMeta = (metadata: Service["metadata"]): Service => ({ ...web, metadata: { ...web.metadata, ...metadata } });
const port = { name: "http", port: 80 };

describe("a change of a Service", () => {
  const relevant: Record<string, Service> = {
    "another type": withSpec({ type: "ClusterIP" }),
    "a class": withSpec({ loadBalancerClass: "other" }),
    "source ranges": withSpec({ loadBalancerSourceRanges: ["10.0.0.0/8"] }),
    "a port's number": withSpec({ ports: [{ ...port, port: 81 }] }),
    "a port's name": withSpec({ ports: [{ ...port, name: "web" }] }),
    "a port's protocol": withSpec({ ports: [{ ...port, protocol: "UDP" }] }),
    "a port's node port": withSpec({ ports: [{ ...port, nodePort: 30000 }] }),
    "a port's target": withSpec({ ports: [{ ...port, targetPort: "dns" }] }),
    "a port's app protocol": withSpec({ ports: [{ ...port, appProtocol: "http" }] }),
    "one port more": withSpec({ ports: [port, { name: "x", port: 81 }] }),
    "session affinity": withSpec({ sessionAffinity: "ClientIP" }),
    "the affinity's timeout": withSpec({ sessionAffinityConfig: { clientIP: { timeoutSeconds: 5 } } }),
    "the address asked for": withSpec({ loadBalancerIP: "10.0.0.9" }),
    "external IPs": withSpec({ externalIPs: ["b"] }),
    "the traffic policy": withSpec({ externalTrafficPolicy: "Local" }),
    "the health check's port": withSpec({ healthCheckNodePort: 30123 }),
    "the number of families": withSpec({ ipFamilies: ["IPv4", "IPv6"] }),
    annotations: withMeta({ annotations: { a: "b" } }),
    "the UID": withMeta({ uid: "2" }),
  };
  for (const [what, after] of Object.entries(relevant)) {
    it(`of ${what} concerns the load balancer`, () => assert.equal(needsUpdate(web, after), true));
  }

  const irrelevant: Record<string, Service> = {
    labels: withMeta({ labels: { a: "b" } }),
    "the version": withMeta({ resourceVersion: "7" }),
    finalizers: withMeta({ finalizers: [FINALIZER] }),
    selector: withSpec({ selector: { a: "b" } }),
    "the cluster IP": withSpec({ clusterIP: "10.0.0.1", clusterIPs: ["10.0.0.1"] }),
    "the family itself": withSpec({ ipFamilies: ["IPv6"] }),
    "the protocol's default spelled out": withSpec({ ports: [{ ...port, protocol: "TCP" }] }),
    status: { ...web, status: { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } } },
  };
  for (const [what, after] of Object.entries(irrelevant)) {
    it(`of ${what} does not`, () => assert.equal(needsUpdate(web, after), false));
  }

  it("of a Service that never wanted one does not", () => {
    const plain = withSpec({ type: "ClusterIP" });
    assert.equal(needsUpdate(plain, { ...plain, metadata: { ...plain.metadata, annotations: { a: "b" } } }), false);
  });

  it("that only orders annotations otherwise does not", () => {
    const a = withMeta({ annotations: { a: "1", b: "2" } });
    assert.equal(needsUpdate(a, withMeta({ annotations: { b: "2", a: "1" } })), false);
  });
});

describe("annotations that are ignored", () => {
  const annotated = (annotations: Record<string, string>) => withMeta({ annotations });
  it("are kubectl's own notes, unless others are named", () => {
    const note = { "kubectl.kubernetes.io/last-applied-configuration": "{}" };
    assert.equal(needsUpdate(web, annotated(note)), false);
    assert.equal(needsUpdate(web, annotated(note), annotationFilter(["other"])), true);
  });

  it("are named by their keys, or by what their keys begin with", () => {
    const ignored = annotationFilter(["exact.example.com/key", "argocd.example.com/"]);
    assert.equal(
      needsUpdate(web, annotated({ "exact.example.com/key": "1", "argocd.example.com/sync": "2" }), ignored),
      false,
    );
    assert.equal(needsUpdate(web, annotated({ "exact.example.com/key2": "1" }), ignored), true);
    assert.equal(needsUpdate(web, annotated({ "argocd.example.org/sync": "1" }), ignored), true);
  });
});

describe("what has changed", () => {
  it("is named for the log", () => {
    assert.equal(changeOf(web, withSpec({ type: "ClusterIP" })), "type");
    assert.equal(changeOf(web, withSpec({ loadBalancerIP: "10.0.0.9" })), "loadBalancerIP");
    assert.equal(changeOf(web, withMeta({ annotations: { a: "b" } })), "annotations");
    assert.equal(changeOf(web, withMeta({ labels: { a: "b" } })), undefined);
  });
});

describe("a Service", () => {
  it("with a class, even an empty one, is somebody else's", () => {
    assert.equal(wantsLoadBalancer(withSpec({ loadBalancerClass: "" })), false);
    assert.equal(wantsLoadBalancer(web), true);
  });

  it("needs cleanup when our finalizer is on it and it is deleted, or of another type", () => {
    const kept = withMeta({ finalizers: [FINALIZER] });
    assert.equal(needsCleanup(kept), false);
    assert.equal(needsCleanup({ ...kept, spec: { ...kept.spec, type: "NodePort" } }), true);
    const dying = withMeta({ finalizers: [FINALIZER], deletionTimestamp: "2026-01-01T00:00:00Z" });
    assert.equal(needsCleanup(dying), true);
    assert.equal(needsCleanup(withMeta({ deletionTimestamp: "2026-01-01T00:00:00Z" })), false);
    assert.equal(needsCleanup({ ...kept, spec: { ...kept.spec, loadBalancerClass: "other" } }), false);
  });

  it("that is being cleaned up is looked at at once when the user changes something, not at its other updates", () => {
    const dying = withMeta({ finalizers: [FINALIZER], deletionTimestamp: "2026-01-01T00:00:00Z" });
    assert.equal(cleanupChanged(web, dying), true);
    assert.equal(cleanupChanged(dying, { ...dying, metadata: { ...dying.metadata, resourceVersion: "9" } }), false);
    assert.equal(cleanupChanged(dying, { ...dying, metadata: { ...dying.metadata, annotations: { a: "b" } } }), true);
  });
});
