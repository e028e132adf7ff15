import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type HistogramSpec, type MetricSpec, type Metrics, noMetrics } from "@ccm/base";
import { newService } from "../testing/harness.ts";
import { serviceMetrics } from "./metrics.ts";
import { start } from "./testing.ts";

const POWERS_OF_TWO = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16_384];

describe("the service controller's metrics", () => {
  it("have upstream's names, types, labels and buckets", () => {
    const seen = new Map<string, readonly unknown[]>();
    const note = (type: string) => (spec: MetricSpec | HistogramSpec) => {
      seen.set(spec.name, [type, spec.labels ?? [], "buckets" in spec ? spec.buckets : []]);
    };
    const metrics: Metrics = {
      ...noMetrics,
      counter: (spec) => {
        note("counter")(spec);
        return noMetrics.counter(spec);
      },
      gauge: (spec) => {
        note("gauge")(spec);
        return noMetrics.gauge(spec);
      },
      histogram: (spec) => {
        note("histogram")(spec);
        return noMetrics.histogram(spec);
      },
    };
    serviceMetrics(metrics);
    assert.deepEqual(Object.fromEntries(seen), {
      service_controller_loadbalancer_sync_total: ["counter", [], []],
      service_controller_nodesync_error_total: ["counter", [], []],
      service_controller_nodesync_latency_seconds: ["histogram", [], POWERS_OF_TWO],
      service_controller_update_loadbalancer_host_latency_seconds: ["histogram", [], POWERS_OF_TWO],
      // Ours.
      service_controller_services_with_problems: ["gauge", [], []],
    });
  });

  it("end a pass only when a Service that was in work when it began has the new nodes, too", async () => {
    const bench = await start({ latencyMs: 10_000 });
    const passes = () => bench.metrics.value("service_controller_nodesync_latency_seconds");
    await bench.create(newService("web"));
    await bench.seconds(5);
    const before = passes();
    await bench.addNode("n3");
    await bench.seconds(10);
    assert.deepEqual(bench.methods(), ["ensure", "updateBackends"]);
    assert.equal(passes(), before);
    await bench.seconds(10);
    assert.equal(passes(), before + 1);
    await bench.close();
  });

  it("count a Service that fails as a whole among those with problems, until it works or goes", async () => {
    const bench = await start();
    const troubled = () => bench.metrics.value("service_controller_services_with_problems");
    bench.cloud.fail("ensure", new Error("busy"), 2);
    await bench.create(newService("a"));
    await bench.create(newService("b"));
    await bench.clock.advance(1000);
    assert.equal(troubled(), 2);
    await bench.seconds(30);
    assert.equal(troubled(), 0);
    bench.cloud.fail("ensureDeleted", new Error("busy"));
    await bench.remove("a");
    await bench.clock.advance(1000);
    assert.equal(troubled(), 1);
    await bench.seconds(30);
    assert.equal(troubled(), 0);
    bench.refuse("PATCH", /services\/c\/status/, "Forbidden", 100);
    await bench.create(newService("c"));
    await bench.clock.advance(1000);
    assert.equal(troubled(), 1);
    await bench.remove("c");
    await bench.seconds(30);
    assert.equal(troubled(), 0, "gone before anything was made for it");
    await bench.close();
  });

  it("count updates of backends and their failures, not ensures; a pass; and the queues by their names", async () => {
    const bench = await start();
    const { value } = bench.metrics;
    for (const name of ["a", "b", "c"]) await bench.create(newService(name));
    await bench.seconds(5);
    assert.equal(value("service_controller_loadbalancer_sync_total"), 0);
    const passes = value("service_controller_nodesync_latency_seconds");
    bench.cloud.fail("updateBackends", new Error("busy"), 1);
    await bench.addNode("n3");
    await bench.seconds(5);
    assert.equal(value("service_controller_loadbalancer_sync_total"), 3);
    assert.equal(value("service_controller_update_loadbalancer_host_latency_seconds"), 3);
    assert.equal(value("service_controller_nodesync_error_total"), 1);
    assert.equal(value("service_controller_nodesync_latency_seconds"), passes + 1);
    assert.ok(value("workqueue_adds_total", { name: "service" }) >= 7);
    assert.ok(value("workqueue_adds_total", { name: "node" }) >= 1);
    await bench.close();
  });
});
