import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Eip } from "@ccm/bce";
import fc from "fast-check";
import type { Desired, WantedAddress, WantedListener } from "./desired.ts";
import { listenerKey, type Observed, type ObservedLoadBalancer } from "./observed.ts";
import { NEW, planDeletion, planService, type Step } from "./plan.ts";

// ---- a model of what each step does to the cloud

interface Model {
  blb: ObservedLoadBalancer | undefined;
  surplus: readonly string[];
  ownEips: readonly Eip[];
  givenEip: Eip | undefined;
}

/** The cloud after the steps, as the observer would see it. */
function after(observed: Observed, steps: readonly Step[]): Observed {
  const model: Model = { ...observed };
  const onBlb = (change: (blb: ObservedLoadBalancer) => ObservedLoadBalancer) => {
    if (model.blb) model.blb = change(model.blb);
  };
  const onEip = (address: string, change: (eip: Eip) => Eip) => {
    const at = address === NEW ? "new-eip" : address;
    model.ownEips = model.ownEips.map((eip) => (eip.eip === at ? change(eip) : eip));
    if (model.givenEip?.eip === at) model.givenEip = change(model.givenEip);
  };
  for (const step of steps) {
    switch (step.do) {
      case "createLoadBalancer":
        assert.equal(model.blb, undefined, "a second load balancer is made");
        model.blb = {
          id: "lb-new",
          address: "192.168.0.9",
          status: "available",
          publicIp: "",
          ours: true,
          listeners: [],
          ownListeners: new Set(),
          backends: [],
          clusterInstances: new Set(),
        };
        break;
      case "deleteLoadBalancer":
        model.surplus = model.surplus.filter((id) => id !== step.blbId);
        if (model.blb?.id === step.blbId) {
          assert.ok(model.blb.ours, "a load balancer of somebody else is deleted");
          model.blb = undefined;
        }
        break;
      case "createListener":
        onBlb((blb) => {
          assert.ok(
            !blb.listeners.some((listener) => listenerKey(listener) === listenerKey(step.listener)),
            "listener made twice",
          );
          return {
            ...blb,
            listeners: [...blb.listeners, { ...step.listener, tcpSessionTimeout: 900 }],
            ownListeners: new Set([...blb.ownListeners, listenerKey(step.listener)]),
          };
        });
        break;
      case "updateListener":
        onBlb((blb) => {
          const key = listenerKey(step.listener);
          assert.ok(blb.ours || blb.ownListeners.has(key), "a listener of somebody else is changed");
          return {
            ...blb,
            listeners: blb.listeners.map((old) => (listenerKey(old) === key ? { ...old, ...step.listener } : old)),
          };
        });
        break;
      case "deleteListeners":
        onBlb((blb) => {
          const keys = new Set(step.listeners.map(listenerKey));
          for (const key of keys)
            assert.ok(blb.ours || blb.ownListeners.has(key), "a listener of somebody else is deleted");
          return { ...blb, listeners: blb.listeners.filter((listener) => !keys.has(listenerKey(listener))) };
        });
        break;
      case "addBackends":
      case "updateBackends":
        onBlb((blb) => ({
          ...blb,
          backends: [
            ...blb.backends.filter(({ instanceId }) => !step.instanceIds.includes(instanceId)),
            ...step.instanceIds.map((instanceId) => ({ instanceId, weight: step.weight })),
          ],
        }));
        break;
      case "removeBackends":
        onBlb((blb) => {
          for (const id of step.instanceIds)
            assert.ok(blb.ours || blb.clusterInstances.has(id), "a backend of somebody else is removed");
          return { ...blb, backends: blb.backends.filter(({ instanceId }) => !step.instanceIds.includes(instanceId)) };
        });
        break;
      case "createEip":
        model.ownEips = [
          ...model.ownEips,
          eip("new-eip", { bandwidthInMbps: step.spec.bandwidthInMbps, ...billingOf(step.spec.billing) }),
        ];
        break;
      case "bindEip": {
        onEip(step.eip, (old) => {
          assert.ok(!old.instanceId, "an address in use is bound again");
          return { ...old, instanceId: model.blb?.id ?? "", instanceType: "BLB", status: "binded" };
        });
        const bound = step.eip === NEW ? "new-eip" : step.eip;
        onBlb((blb) => ({ ...blb, publicIp: bound }));
        break;
      }
      case "unbindEip":
        onEip(step.eip, (old) => ({ ...old, instanceId: null, instanceType: null, status: "available" }));
        onBlb((blb) => (blb.publicIp === step.eip ? { ...blb, publicIp: "" } : blb));
        break;
      case "resizeEip":
        onEip(step.eip, (old) => ({ ...old, bandwidthInMbps: step.bandwidthInMbps }));
        break;
      case "releaseEip": {
        const released = model.ownEips.find((candidate) => candidate.eip === step.eip);
        assert.ok(released, "an address of somebody else is released");
        assert.ok(!released.instanceId, "a bound address is released");
        model.ownEips = model.ownEips.filter((candidate) => candidate.eip !== step.eip);
      }
    }
  }
  return model;
}

const billingOf = (billing: { paymentTiming: string; billingMethod?: string }) => ({
  paymentTiming: billing.paymentTiming,
  billingMethod: billing.billingMethod ?? null,
});

const eip = (address: string, more: Partial<Eip> = {}): Eip => ({
  eip: address,
  eipId: `ip-${address}`,
  name: "e",
  status: more.instanceId ? "binded" : "available",
  instanceType: more.instanceId ? "BLB" : null,
  instanceId: null,
  bandwidthInMbps: 100,
  paymentTiming: "Postpaid",
  billingMethod: "ByTraffic",
  ...more,
});

// ---- random Services and clouds

const INSTANCES = ["i-1", "i-2", "i-3", "i-4", "i-5"];
const listenerArb = fc
  .record({
    listenerType: fc.constantFrom("TCP" as const, "UDP" as const),
    listenerPort: fc.constantFrom(53, 80, 443, 8080),
    backendPort: fc.integer({ min: 30000, max: 30003 }),
    scheduler: fc.constantFrom("RoundRobin", "LeastConnection", "Hash"),
    healthCheckInterval: fc.integer({ min: 1, max: 3 }),
  })
  .map((listener): WantedListener => listener);
const listenersArb = fc.uniqueArray(listenerArb, { selector: listenerKey, maxLength: 6 });
const backendsArb = fc.subarray(INSTANCES);
const addressArb: fc.Arbitrary<WantedAddress> = fc.oneof(
  fc.constant({ kind: "internal" as const }),
  fc.constant({ kind: "given" as const, eip: "given" }),
  fc.record({
    kind: fc.constant("own" as const),
    resize: fc.boolean(),
    spec: fc.record({
      name: fc.constant("e"),
      bandwidthInMbps: fc.constantFrom(1, 100, 200),
      billing: fc.constantFrom(
        { paymentTiming: "Postpaid" as const, billingMethod: "ByTraffic" as const },
        { paymentTiming: "Postpaid" as const, billingMethod: "ByBandwidth" as const },
      ),
    }),
  }),
);
const desiredArb = (existingId: string): fc.Arbitrary<Desired> =>
  fc.record({
    name: fc.constant("n"),
    description: fc.constant("d"),
    tags: fc.constant([]),
    subnetId: fc.constant(""),
    existingId: fc.constant(existingId),
    listeners: listenersArb,
    backends: backendsArb,
    address: addressArb,
  });

const cloudArb = (withBlb: boolean, ours: boolean): fc.Arbitrary<Observed> =>
  fc
    .record({
      listeners: listenersArb,
      own: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
      backends: backendsArb,
      weight: fc.constantFrom(0, 50, 100),
      foreign: fc.boolean(),
      eips: fc.array(
        fc.record({ bound: fc.boolean(), elsewhere: fc.boolean(), bandwidthInMbps: fc.constantFrom(1, 100) }),
        { maxLength: 2 },
      ),
      given: fc.constantFrom("none", "free", "here", "elsewhere"),
      surplus: fc.subarray(["lb-s1", "lb-s2"]),
    })
    .map(({ listeners, own, backends, weight, foreign, eips, given, surplus }): Observed => {
      let taken = false;
      const ownEips = eips.map((entry, index) => {
        const here = withBlb && entry.bound && !taken;
        taken ||= here;
        const instanceId = here ? "lb-1" : entry.elsewhere ? "lb-other" : null;
        return eip(`own-${index}`, { instanceId, bandwidthInMbps: entry.bandwidthInMbps });
      });
      const givenHere = given === "here" && withBlb && !taken;
      taken ||= givenHere;
      const givenAt = givenHere ? "lb-1" : given === "elsewhere" ? "i-9" : null;
      const publicIp =
        ownEips.find(({ instanceId }) => instanceId === "lb-1")?.eip ??
        (givenHere ? "given" : foreign && withBlb ? "foreign" : "");
      return {
        blb: withBlb
          ? {
              id: "lb-1",
              address: "192.168.0.5",
              status: "available",
              publicIp,
              ours,
              listeners,
              ownListeners: new Set(listeners.filter((_, index) => own[index]).map(listenerKey)),
              backends: [...backends, ...(foreign ? ["i-foreign"] : [])].map((instanceId) => ({ instanceId, weight })),
              clusterInstances: new Set(INSTANCES),
            }
          : undefined,
        surplus,
        ownEips,
        givenEip: given === "none" ? undefined : eip("given", { instanceId: givenAt }),
      };
    });

const worldArb = fc.oneof(
  fc.tuple(desiredArb(""), cloudArb(false, true)),
  fc.tuple(desiredArb(""), cloudArb(true, true)),
  fc.tuple(desiredArb("lb-1"), cloudArb(true, false)),
  fc.tuple(desiredArb("lb-gone"), cloudArb(false, true)),
);

describe("the plan of a Service", () => {
  it("is empty once it has been carried out, from whatever there was before", () => {
    fc.assert(
      fc.property(worldArb, ([desired, observed]) => {
        const settled = after(observed, planService(desired, observed).steps);
        assert.deepEqual(planService(desired, settled).steps, []);
      }),
      { numRuns: 3000 },
    );
  });

  it("leaves nothing of ours behind when the Service goes, and nobody else's things changed", () => {
    fc.assert(
      fc.property(worldArb, fc.boolean(), ([, observed], keep) => {
        const left = after(observed, planDeletion(observed, keep).steps);
        assert.deepEqual(planDeletion(left, keep).steps, []);
        assert.deepEqual(left.ownEips, []);
        assert.deepEqual(left.surplus, []);
        if (left.blb?.ours) assert.ok(keep, "our load balancer is still there");
        const foreign = (cloud: Observed) =>
          cloud.blb && !cloud.blb.ours
            ? cloud.blb.listeners.filter((listener) => !observed.blb?.ownListeners.has(listenerKey(listener)))
            : [];
        assert.deepEqual(foreign(left), foreign(observed));
      }),
      { numRuns: 3000 },
    );
  });

  it("does nothing at all to a load balancer that the annotation mistypes", () => {
    fc.assert(
      fc.property(desiredArb("lb-gone"), cloudArb(false, true), (desired, observed) => {
        const plan = planService(desired, observed);
        assert.deepEqual(plan.steps, []);
        assert.deepEqual(
          plan.problems.map(({ reason }) => reason),
          ["LoadBalancerNotFound"],
        );
      }),
    );
  });

  it("takes both names of the least-connections algorithm for one", () => {
    const listener = {
      listenerType: "TCP" as const,
      listenerPort: 80,
      backendPort: 30000,
      scheduler: "LeastConnection",
    };
    const observed: Observed = {
      blb: {
        id: "lb-1",
        address: "192.168.0.5",
        status: "available",
        publicIp: "",
        ours: true,
        listeners: [{ ...listener, scheduler: "WeightLeastConn" }],
        ownListeners: new Set(),
        backends: [],
        clusterInstances: new Set(),
      },
      surplus: [],
      ownEips: [],
      givenEip: undefined,
    };
    const desired: Desired = {
      name: "n",
      description: "d",
      tags: [],
      subnetId: "",
      existingId: "",
      listeners: [listener],
      backends: [],
      address: { kind: "internal" },
    };
    assert.deepEqual(planService(desired, observed).steps, []);
  });

  it("adds backends before it removes others, at most twenty in a call", () => {
    const many = Array.from({ length: 45 }, (_, i) => `i-${String(i).padStart(2, "0")}`);
    const observed: Observed = { blb: undefined, surplus: [], ownEips: [], givenEip: undefined };
    const desired: Desired = {
      name: "n",
      description: "d",
      tags: [],
      subnetId: "",
      existingId: "",
      listeners: [],
      backends: many,
      address: { kind: "internal" },
    };
    const steps = planService(desired, observed).steps.filter((step) => step.facet === "backends");
    assert.deepEqual(
      steps.map((step) => ("instanceIds" in step ? step.instanceIds.length : 0)),
      [20, 20, 5],
    );
  });
});
