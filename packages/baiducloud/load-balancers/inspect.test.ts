import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { listAll, NODES, SERVICES } from "@ccm/kube";
import { inspectService } from "./inspect.ts";
import { createObserver } from "./observe.ts";
import { CLUSTER, inLab, type Lab } from "./testing/lab.ts";

const inspect = async (lab: Lab, name: string) => {
  const services = (await listAll(lab.kube, SERVICES)).items;
  const nodes = (await listAll(lab.kube, NODES)).items;
  const observer = createObserver({
    client: lab.console,
    clusterId: CLUSTER,
    clock: lab.clock,
    clusterInstances: () => new Set(),
    services: () => services,
  });
  const service = await lab.get(name);
  const looked = inspectService(
    service,
    { services, nodes, slices: [] },
    { observer, clusterId: CLUSTER },
    new AbortController().signal,
  );
  return lab.during(looked);
};

describe("a look at a Service from a command", () => {
  it("shows the steps that the controller would take, none once it has taken them, and the drift since", () =>
    inLab(async (lab) => {
      await lab.apply("web");
      assert.deepEqual(
        (await inspect(lab, "web")).steps.map((step) => step.do),
        ["createLoadBalancer", "createListener", "addBackends", "createEip", "bindEip"],
      );
      await lab.ensure("web");
      assert.deepEqual((await inspect(lab, "web")).steps, []);
      const id = lab.simulator.inventory().blbs[0]?.id ?? "";
      const change = { listenerType: "TCP", listenerPort: 80, scheduler: "Hash" } as const;
      await lab.during(lab.console.blb.updateListener(id, change, lab.token()));
      await lab.clock.advance(5000);
      assert.deepEqual((await inspect(lab, "web")).drift, [
        { object: "listener TCP/80", field: "scheduler", found: "Hash", restored: "RoundRobin" },
      ]);
    }));
});
