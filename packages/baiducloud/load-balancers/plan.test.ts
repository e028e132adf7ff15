import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { isOwnListener, listenerKey, type Observed } from "./observed.ts";
import { type DeletionOptions, planDeletion, planService } from "./plan.ts";
import { cloudArb, desiredArb, worldArb } from "./testing/arbitrary.ts";
import { after, eip, type Invariant, loadBalancer, nothing } from "./testing/model.ts";

const RUNS = { numRuns: 3000 };

const optionsArb: fc.Arbitrary<DeletionOptions> = fc.record({
  keepLoadBalancer: fc.boolean(),
  keepAddress: fc.boolean(),
  mayUnprotect: fc.constant(true),
  mayUnprotectEip: fc.boolean(),
});

/** What is on the load balancer and is not the Service's. */
const foreign = ({ blb }: Observed, { blb: start }: Observed) => {
  const theirs = new Set(
    (start?.listeners ?? []).filter((one) => start && !isOwnListener(start, one)).map(listenerKey),
  );
  return {
    listeners: (blb?.listeners ?? []).filter((listener) => theirs.has(listenerKey(listener))),
    backends: (blb?.backends ?? []).filter(({ instanceId }) => !start?.clusterInstances.has(instanceId)),
  };
};

describe("the plan of a Service", () => {
  it("is empty once it has been carried out, from whatever there was before", () => {
    fc.assert(
      fc.property(worldArb, ([desired, observed]) => {
        const settled = after(observed, planService(desired, observed).steps);
        assert.deepEqual(planService(desired, settled).steps, []);
      }),
      RUNS,
    );
  });

  it("never has a step on what is somebody else's", () => {
    fc.assert(
      fc.property(worldArb, ([desired, observed]) => {
        // The model refuses such steps; what is left of the others' shows that none slipped by.
        const settled = after(observed, planService(desired, observed).steps);
        if (observed.blb && !observed.blb.ours)
          assert.deepEqual(foreign(settled, observed), foreign(observed, observed));
      }),
      RUNS,
    );
  });

  it("never leaves listeners without backends while it moves, nor more backends than fit", () => {
    const neverBare: Invariant = (before, now, step) => {
      const some = (state: Observed) => (state.blb?.backends.length ?? 0) > 0;
      if (step.facet !== "backends" || !some(before)) return;
      assert.ok(some(now), "for a moment nobody answers");
      assert.ok((now.blb?.backends.length ?? 0) <= 50, "more than fit");
    };
    fc.assert(
      fc.property(worldArb, ([desired, observed]) => {
        const choice = observed.blb && !observed.blb.ours ? desired.sharedBackends : desired.backends;
        if (choice.candidates.length === 0) return;
        after(observed, planService(desired, observed).steps, neverBare);
      }),
      RUNS,
    );
  });

  it("leaves nothing of ours behind when the Service goes, and nobody else's things changed", () => {
    fc.assert(
      fc.property(worldArb, optionsArb, ([, observed], options) => {
        const left = after(observed, planDeletion(observed, options).steps);
        assert.deepEqual(planDeletion(left, options).steps, []);
        const mayStay = left.ownEips.every(
          ({ paymentTiming, deleteProtect }) => paymentTiming === "Prepaid" || deleteProtect || options.keepAddress,
        );
        assert.ok(mayStay, "an address of ours is still there");
        assert.deepEqual(left.surplus, []);
        assert.equal(left.securityGroup, undefined);
        if (left.blb?.ours) assert.ok(options.keepLoadBalancer, "our load balancer is still there");
        if (!observed.blb?.ours)
          assert.deepEqual(foreign(left, observed).listeners, foreign(observed, observed).listeners);
      }),
      RUNS,
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

  it("does nothing at all to a load balancer that is not for the Service to use", () => {
    fc.assert(
      fc.property(desiredArb("lb-1"), cloudArb(true, false), (desired, observed) => {
        const { steps, problems } = planService(desired, { ...observed, blb: undefined, refused: "it is another's" });
        assert.deepEqual(steps, []);
        assert.deepEqual(problems[0]?.reason, "LoadBalancerNotOurs");
      }),
    );
  });

  it("gives an address up that came too late for a load balancer of somebody else's which has one meanwhile", () => {
    fc.assert(
      fc.property(desiredArb("lb-1"), (desired) => {
        const spec = {
          name: "n",
          bandwidthInMbps: 5,
          billing: { paymentTiming: "Postpaid", billingMethod: "ByTraffic" },
        };
        const wanted = {
          family: "IPv4",
          kind: "own",
          groupId: "",
          spec,
        } as unknown as (typeof desired.addresses)[number];
        const blb = loadBalancer({ ours: false, publicIp: "198.51.100.7" });
        const { steps } = planService(
          { ...desired, addresses: [wanted] },
          { ...nothing, blb, ownEips: [eip("198.51.100.8")] },
        );
        const released = steps.flatMap((step) => (step.do === "releaseEip" ? step.eip : []));
        assert.deepEqual(released, ["198.51.100.8"]);
      }),
    );
  });

  it("makes listeners that differ from what it wants equal to it, whichever field it is", () => {
    fc.assert(
      fc.property(desiredArb(""), cloudArb(true, true), (desired, observed) => {
        const settled = after(observed, planService(desired, observed).steps);
        const keys = (settled.blb?.listeners ?? []).map(listenerKey).sort();
        assert.deepEqual(keys, desired.listeners.map(listenerKey).sort());
      }),
    );
  });
});
