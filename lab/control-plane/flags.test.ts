import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { apiServerFlags, type ControlPlaneFiles, commandLine, controllerManagerFlags } from "./flags.ts";

const files = new Proxy({} as ControlPlaneFiles, { get: (_, name) => `/pki/${String(name)}` });
const common = { host: "127.0.0.1", port: 6443, certDir: "/certs", files, serviceCidrs: ["10.0.0.0/16", "fd00::/112"] };

describe("a command line", () => {
  it("lets later flags win, takes one away, and repeats a list", () => {
    assert.deepEqual(commandLine({ b: "1", a: "x", c: "y" }, { b: ["2", "3"], c: undefined }), [
      "--a=x",
      "--b=2",
      "--b=3",
    ]);
  });
});

describe("the API server's flags", () => {
  it("join the families of Services and the feature gates", () => {
    const plan = { ...common, etcd: "http://127.0.0.1:2379", featureGates: { A: true, B: false } };
    const line = commandLine(apiServerFlags(plan));
    assert.ok(line.includes("--service-cluster-ip-range=10.0.0.0/16,fd00::/112"));
    assert.ok(line.includes("--feature-gates=A=true,B=false"));
    assert.ok(!line.some((flag) => flag.startsWith("--audit")));
  });

  it("write the audit log before a request is answered", () => {
    const audit = { policy: "/audit/policy.yaml", log: "/audit/log" };
    const line = commandLine(apiServerFlags({ ...common, etcd: "http://127.0.0.1:2379", featureGates: {}, audit }));
    for (const flag of ["--audit-log-mode=blocking", "--audit-log-path=/audit/log"]) assert.ok(line.includes(flag));
  });
});

describe("the controller manager's flags", () => {
  it("give nodes parts of the Pod networks only when there are some", () => {
    const plan = { ...common, kubeconfig: "/k", controllers: ["a", "b"], featureGates: {} };
    const without = commandLine(controllerManagerFlags({ ...plan, clusterCidrs: [] }));
    assert.ok(without.includes("--controllers=a,b"));
    assert.ok(!without.some((flag) => flag.startsWith("--allocate-node-cidrs")));
    const withPods = commandLine(controllerManagerFlags({ ...plan, clusterCidrs: ["10.244.0.0/16"] }));
    assert.ok(withPods.includes("--cluster-cidr=10.244.0.0/16") && withPods.includes("--allocate-node-cidrs=true"));
  });
});
