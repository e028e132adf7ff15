import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Eip, LoadBalancer, RouteRule } from "@ccm/bce";
import type { Node, Service } from "@ccm/kube";
import fc from "fast-check";
import { description, serviceResourceName, serviceTags } from "../marks.ts";
import type { CloudContent } from "./content.ts";
import { findOrphans } from "./orphans.ts";

const US = "cce-us";
const CLUSTERS = [US, "cce-us2", "cce-other"];
const UIDS = ["u1", "u2", "u3"];

const none: CloudContent = { loadBalancers: [], addresses: [], securityGroups: [], routeTables: [], unread: [] };
const blb = (more: Partial<LoadBalancer>): LoadBalancer => ({
  blbId: "lb-1",
  name: "n",
  address: "",
  status: "available",
  ...more,
});
const eip = (more: Partial<Eip>): Eip => ({
  eip: "1.1.1.1",
  eipId: "ip-1",
  name: "e",
  status: "available",
  bandwidthInMbps: 1,
  paymentTiming: "Postpaid",
  ...more,
});
const rule = (more: Partial<RouteRule>): RouteRule => ({
  routeRuleId: "rr-1",
  routeTableId: "rt-1",
  sourceAddress: "0.0.0.0/0",
  destinationAddress: "10.0.0.0/24",
  nexthopId: "i-1",
  nexthopType: "custom",
  description: description(US),
  ...more,
});
const service = (
  uid: string,
  more: Partial<Service["metadata"]> = {},
  type: "LoadBalancer" | "ClusterIP" = "LoadBalancer",
): Service => ({
  metadata: { uid, namespace: "default", name: uid, ...more },
  spec: { type },
});
const ids = (cloud: Partial<CloudContent>, services: readonly Service[] = [], nodes: readonly Node[] = []) =>
  findOrphans(US, { ...none, ...cloud }, { services, nodes }).map(({ id }) => id);

describe("orphans", () => {
  it("are never what carries another cluster's mark, or none, and never what a Service claims", () => {
    const tags = fc.option(fc.record({ cluster: fc.constantFrom(...CLUSTERS), uid: fc.constantFrom(...UIDS) }), {
      nil: undefined,
    });
    const object = fc.record({
      tags,
      desc: fc.option(fc.constantFrom(...CLUSTERS.map(description), "by hand"), { nil: undefined }),
      name: fc.constantFrom("by-hand", ...CLUSTERS.map((cluster) => serviceResourceName(cluster, "default", "u1"))),
    });
    const property = fc.property(fc.array(object), fc.subarray(UIDS), (objects, alive) => {
      const services = alive.map((uid) => service(uid));
      const marked = objects.map(({ tags: mark, desc, name }, index) => ({
        ...(mark ? { tags: serviceTags(mark.cluster, mark.uid) } : {}),
        ...(desc ? { desc } : {}),
        name,
        index,
      }));
      const found = ids(
        {
          loadBalancers: marked.map(({ index, ...more }) => blb({ ...more, blbId: `lb-${index}` })),
          addresses: marked.map(({ index, desc: _, ...more }) => eip({ ...more, eip: `ip-${index}` })),
          routeTables: [
            {
              id: "rt-1",
              rules: marked.map(({ index, desc }) => rule({ routeRuleId: `rr-${index}`, description: desc ?? null })),
            },
          ],
        },
        services,
      );
      for (const [index, { tags: mark, desc, name }] of objects.entries()) {
        const ours = mark ? mark.cluster === US && !alive.includes(mark.uid) : false;
        const formerOurs = !mark && desc === description(US) && name === serviceResourceName(US, "default", "u1");
        assert.equal(found.includes(`lb-${index}`), ours || (formerOurs && !alive.includes("u1")), `lb-${index}`);
        assert.equal(found.includes(`ip-${index}`), ours, `ip-${index}`);
        assert.equal(found.includes(`rr-${index}`), desc === description(US), `rr-${index}`);
      }
    });
    fc.assert(property);
  });

  it("are not of a Service that is being cleaned up, but are of one that became another type long ago", () => {
    const made = { loadBalancers: [blb({ tags: serviceTags(US, "u1") })] };
    const finalizers = ["service.kubernetes.io/load-balancer-cleanup"];
    assert.deepEqual(ids(made, [service("u1", { finalizers }, "ClusterIP")]), []);
    assert.deepEqual(ids(made, [service("u1", {}, "ClusterIP")]), ["lb-1"]);
  });

  it("are not what a Service names, in whatever way", () => {
    const prefix = "service.beta.kubernetes.io/cce-load-balancer-";
    for (const key of ["id", "exist-id", "cce-add-id"]) {
      const named = service("u2", { annotations: { [`${prefix}${key}`]: "lb-1" } });
      assert.deepEqual(ids({ loadBalancers: [blb({ tags: serviceTags(US, "u1") })] }, [named]), [], key);
    }
    const addresses = [eip({ tags: serviceTags(US, "u1") })];
    assert.deepEqual(ids({ addresses }, [{ ...service("u2"), spec: { loadBalancerIP: "1.1.1.1" } }]), []);
    assert.deepEqual(ids({ addresses }), ["1.1.1.1"]);
  });

  it("are not routes to a living Node, nor to a range that a Node has", () => {
    const routeTables = [{ id: "rt-1", rules: [rule({})] }];
    assert.deepEqual(ids({ routeTables }, [], [{ metadata: {}, spec: { providerID: "cce://i-1" } }]), []);
    assert.deepEqual(ids({ routeTables }, [], [{ metadata: {}, spec: { podCIDR: "10.0.0.0/24" } }]), []);
    assert.deepEqual(ids({ routeTables }), ["rr-1"]);
    assert.deepEqual(ids({ routeTables: [{ id: "rt-1", rules: [rule({ nexthopType: "nat" })] }] }), []);
    assert.deepEqual(ids({ routeTables: [{ id: "rt-1", rules: [rule({ sourceAddress: "10.1.0.0/16" })] }] }), []);
  });

  it("are none by a tag in which the cluster's long ID was cut", () => {
    const long = "x".repeat(60);
    const loadBalancers = [blb({ tags: serviceTags(long, "u1"), desc: description(long) })];
    assert.deepEqual(findOrphans(long, { ...none, loadBalancers }, { services: [], nodes: [] }), []);
  });
});
