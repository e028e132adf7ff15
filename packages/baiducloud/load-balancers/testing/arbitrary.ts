import fc from "fast-check";
import type { Desired, WantedAddress, WantedListener } from "../desired.ts";
import { listenerKey, type Observed, transportKey } from "../observed.ts";
import { eip, loadBalancer, nothing } from "./model.ts";

/** Random Services and random clouds. */
const INSTANCES = Array.from({ length: 60 }, (_, i) => `i-${i}`);
const MARK = { tagKey: "cce-created", tagValue: "c/Service/UID/u" };

const listenerArb = fc.record({
  listenerType: fc.constantFrom("TCP" as const, "UDP" as const, "HTTP" as const),
  listenerPort: fc.constantFrom(53, 80, 443, 8080),
  backendPort: fc.integer({ min: 30000, max: 30003 }),
  scheduler: fc.constantFrom("RoundRobin", "LeastConnection", "WeightLeastConn"),
  healthCheckInterval: fc.integer({ min: 1, max: 3 }),
  keepSession: fc.boolean(),
});
const listenersArb: fc.Arbitrary<WantedListener[]> = fc.uniqueArray(listenerArb, {
  selector: transportKey,
  maxLength: 6,
});
const instancesArb = fc.oneof(fc.subarray(INSTANCES, { maxLength: 5 }), fc.subarray(INSTANCES, { maxLength: 60 }));
const candidatesArb = instancesArb.chain((ids) =>
  fc.record({
    candidates: fc.tuple(
      ...ids.map((id) => fc.constantFrom(0, 50, 100, 100).map((weight) => ({ id, weight, zone: `z${id.length}` }))),
    ),
    limit: fc.constantFrom(1, 3, 50),
    seed: fc.constantFrom("a", "b"),
  }),
);
const optionalArb = fc.constantFrom(undefined, true, false);

const addressArb = (family: "IPv4" | "IPv6"): fc.Arbitrary<WantedAddress> =>
  fc.oneof(
    fc.constant({ family, kind: "internal" as const }),
    fc.constant({ family, kind: "given" as const, eip: "203.0.113.9" }),
    fc
      .record({
        family: fc.constant(family),
        kind: fc.constant("own" as const),
        resize: fc.boolean(),
        groupId: fc.constantFrom("", "eg-1"),
        protect: optionalArb,
        spec: fc.record({
          name: fc.constant("e"),
          bandwidthInMbps: fc.constantFrom(1, 100, 200),
          tags: fc.constant([MARK]),
          billing: fc.constantFrom(
            { paymentTiming: "Postpaid" as const, billingMethod: "ByTraffic" as const },
            { paymentTiming: "Postpaid" as const, billingMethod: "ByBandwidth" as const },
          ),
        }),
      })
      .map((own) => (own.protect ? { ...own, spec: { ...own.spec, deleteProtect: true } } : own)),
  );

export const desiredArb = (existingId: string, mayReplace = false): fc.Arbitrary<Desired> =>
  fc
    .record({
      listeners: listenersArb,
      backends: candidatesArb,
      sharedBackends: candidatesArb,
      v4: addressArb("IPv4"),
      v6: addressArb("IPv6").filter(({ kind }) => kind !== "given"),
      dualStack: fc.boolean(),
      protect: optionalArb,
      level: fc.constantFrom("", "small1"),
      mayUnprotectEip: fc.boolean(),
      sourceRanges: fc.option(fc.subarray(["10.0.0.0/8", "192.0.2.0/24", "2001:db8::/32"]), { nil: undefined }),
    })
    .map(({ v4, v6, level, ...rest }) => ({
      ...rest,
      create: {
        name: "n",
        desc: "d",
        tags: [MARK],
        subnetId: "",
        zone: "",
        ...(rest.dualStack ? { allocateIpv6: true } : {}),
        ...(rest.protect ? { allowDelete: false } : {}),
        ...(level === "" ? {} : { performanceLevel: level }),
      },
      names: ["n", "former"],
      tags: [MARK],
      sharedTags: [{ tagKey: "cce-resource-name", tagValue: "c" }],
      existingId,
      mayReplace,
      performanceLevel: level,
      addresses: rest.dualStack ? [v4, v6] : [v4],
      groupName: "n",
    }));

export const cloudArb = (withBlb: boolean, ours: boolean): fc.Arbitrary<Observed> =>
  fc
    .record({
      listeners: listenersArb,
      own: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
      backends: fc.subarray(INSTANCES, { maxLength: 49 }),
      weight: fc.constantFrom(0, 50, 100),
      foreign: fc.boolean(),
      former: fc.boolean(),
      eips: fc.array(
        fc.record({
          bound: fc.boolean(),
          elsewhere: fc.boolean(),
          v6: fc.boolean(),
          bandwidthInMbps: fc.constantFrom(1, 100),
          paymentTiming: fc.constantFrom("Postpaid", "Postpaid", "Prepaid"),
          deleteProtect: fc.boolean(),
          shareGroupId: fc.constantFrom(null, "eg-1", "eg-2"),
        }),
        { maxLength: 3 },
      ),
      given: fc.constantFrom("none", "free", "here", "elsewhere"),
      surplus: fc.subarray(["lb-s1", "lb-s2"]),
      instance: fc.record({
        name: fc.constantFrom("n", "former", "renamed"),
        description: fc.constantFrom("d", "cce_auto_create_eipd", "edited"),
        ipv6: fc.constantFrom("", "fd00::1"),
        protectedFromDeletion: fc.boolean(),
        performanceLevel: fc.constantFrom(undefined, "", "small1", "large1"),
        tags: fc.subarray([MARK, { tagKey: "team", tagValue: "x" }]),
      }),
      group: fc.option(
        fc.record({
          rules: fc.subarray(["10.0.0.0/8", "172.16.0.0/12"]),
          guarded: fc.boolean(),
        }),
        { nil: undefined },
      ),
    })
    .map(({ listeners, own, backends, weight, foreign, former, eips, given, surplus, instance, group }): Observed => {
      const taken = new Set<boolean>();
      const ownEips = eips.map(({ bound, elsewhere, v6, ...terms }, index) => {
        const here = withBlb && bound && !taken.has(v6);
        if (here) taken.add(v6);
        return eip(v6 ? `2400::a${index}` : `198.51.100.${10 + index}`, {
          ...terms,
          instanceId: here ? "lb-1" : elsewhere ? "lb-other" : null,
        });
      });
      const givenHere = given === "here" && withBlb && !taken.has(false);
      const givenAt = givenHere ? "lb-1" : given === "elsewhere" ? "i-9" : null;
      const here = (v6: boolean) =>
        ownEips.find((one) => one.instanceId === "lb-1" && one.eip.includes(":") === v6)?.eip ?? "";
      const foreignIp = foreign && withBlb && !givenHere && here(false) === "" ? "192.0.2.66" : "";
      const rules = group?.rules.map((sourceIp) => ({
        direction: "ingress" as const,
        sourceIp,
        securityGroupRuleId: `r-${sourceIp}`,
      }));
      const blb = loadBalancer({
        ...instance,
        ours,
        publicIp: here(false) || (givenHere ? "203.0.113.9" : foreignIp),
        publicIpv6: here(true),
        listeners,
        ownListeners: new Set(listeners.filter((_, index) => own[index]).map(listenerKey)),
        backends: [...backends, ...(foreign ? ["i-foreign"] : [])].map((instanceId) => ({ instanceId, weight })),
        clusterInstances: new Set(INSTANCES),
        guarded: ours && group?.guarded === true,
      });
      return {
        ...nothing,
        ...(withBlb ? { blb } : {}),
        surplus,
        ownEips,
        formerEip: former && foreignIp !== "" ? eip(foreignIp, { instanceId: "lb-1" }) : undefined,
        givenEip: given === "none" ? undefined : eip("203.0.113.9", { instanceId: givenAt }),
        ...(rules && (ours || !withBlb) ? { securityGroup: { id: "g-1", name: "n", rules } } : {}),
      };
    });

/** A Service, and what is in the cloud for it. */
export const worldArb = fc.oneof(
  fc.tuple(desiredArb(""), cloudArb(false, true)),
  fc.tuple(desiredArb(""), cloudArb(true, true)),
  fc.tuple(desiredArb("lb-1"), cloudArb(true, false)),
  fc.tuple(desiredArb("lb-gone"), cloudArb(false, true)),
  fc.tuple(desiredArb("lb-gone", true), cloudArb(true, true)),
);
