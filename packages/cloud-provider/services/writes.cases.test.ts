/** Upstream's cases for the helpers that finalizer and status are written with. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { LoadBalancerStatus } from "@ccm/kube";
import { newService } from "../testing/harness.ts";
import { hasFinalizer } from "./needs-update.ts";
import { sameStatus } from "./status.ts";
import { FINALIZER, start } from "./testing.ts";

describe("our finalizer", () => {
  const rows: readonly (readonly [id: string, finalizers: readonly string[] | undefined, expected: boolean])[] = [
    ["HF-283: (HF01) among none", undefined, false],
    ["HF-284: (HF02) is not any other", ["example.com/other"], false],
    ["HF-285: (HF03) alone", [FINALIZER], true],
    ["HF-286: (HF04) among others", ["example.com/a", FINALIZER, "example.com/b"], true],
  ];
  for (const [id, finalizers, expected] of rows) {
    it(`${id}: ${expected ? "yes" : "no"}`, () => {
      assert.equal(hasFinalizer(newService("web", {}, finalizers ? { finalizers } : {})), expected);
    });
  }
});

describe("a patch", () => {
  it("HF-287: (HF05) leaves what others write meanwhile, and changes nothing of the spec", async () => {
    const bench = await start({ writeMs: 100 });
    await bench.create(newService("web", { clusterIP: "10.96.0.10" }));
    await bench.patch({ metadata: { annotations: { theirs: "yes" } } });
    await bench.seconds(10);
    const { metadata, spec, status } = await bench.get();
    assert.deepEqual(metadata.annotations, { theirs: "yes" });
    assert.deepEqual(metadata.finalizers, [FINALIZER]);
    assert.equal(status?.loadBalancer?.ingress?.[0]?.ip, "192.0.2.1");
    assert.equal(spec?.clusterIP, "10.96.0.10");
    await bench.close();
  });

  it("HF-288: (HF06) for the finalizer is byte for byte upstream's", async () => {
    const bench = await start({ services: [newService("web", {}, { finalizers: ["example.com/foo"] })] });
    await bench.seconds(5);
    assert.equal(
      bench.writes()[0]?.body,
      `{"metadata":{"$setElementOrder/finalizers":["example.com/foo","${FINALIZER}"],"finalizers":["${FINALIZER}"]}}`,
    );
    await bench.close();
  });
});

describe("two statuses", () => {
  const ip = (address: string, more: object = {}): LoadBalancerStatus => ({ ingress: [{ ip: address, ...more }] });
  const tcp = { ports: [{ port: 80, protocol: "TCP" }] };
  const udp = { ports: [{ port: 80, protocol: "UDP" }] };
  const none = { ports: [] };
  const rows: readonly (readonly [id: string, a: LoadBalancerStatus, b: LoadBalancerStatus, same: boolean])[] = [
    ["HF-289: (HF07) both empty", {}, {}, true],
    ["HF-290: (HF08) the same address", ip("8.8.8.8"), ip("8.8.8.8"), true],
    ["HF-291: (HF09) another address", ip("8.8.8.8"), ip("8.8.4.4"), false],
    ["HF-292: (HF10) both VIP", ip("8.8.8.8", { ipMode: "VIP" }), ip("8.8.8.8", { ipMode: "VIP" }), true],
    ["HF-293: (HF11) a mode on one side only, Proxy", ip("8.8.8.8"), ip("8.8.8.8", { ipMode: "Proxy" }), false],
    [
      "HF-293: (HF11) deviates: VIP on one side only, which is what the API server puts there",
      ip("8.8.8.8"),
      ip("8.8.8.8", { ipMode: "VIP" }),
      true,
    ],
    ["HF-294: (HF12) Proxy and VIP", ip("8.8.8.8", { ipMode: "Proxy" }), ip("8.8.8.8", { ipMode: "VIP" }), false],
    ["HF-295: (HF13) the same ports", ip("8.8.8.8", tcp), ip("8.8.8.8", tcp), true],
    ["HF-296: (HF14) another protocol", ip("8.8.8.8", tcp), ip("8.8.8.8", udp), false],
    ["HF-297: (HF15) ports and none", ip("8.8.8.8", tcp), ip("8.8.8.8", none), false],
    ["HF-298: (HF16) ports and none (listed twice upstream)", ip("8.8.8.8", tcp), ip("8.8.8.8", none), false],
  ];
  for (const [id, a, b, same] of rows) {
    it(`${id}: ${same ? "equal" : "different"}`, () => {
      assert.equal(sameStatus(a, b), same);
      assert.equal(sameStatus(b, a), same);
    });
  }
});
