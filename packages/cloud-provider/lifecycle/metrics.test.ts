import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type HistogramSpec, type MetricSpec, type Metrics, noMetrics } from "@ccm/base";
import { createLifecycleController } from "../lifecycle/lifecycle-controller.ts";
import { createNodeController } from "../nodes/node-controller.ts";
import { createHarness, NOT_READY, newNode, READY, UNINITIALIZED } from "../testing/harness.ts";
import { addNode, runLifecycleController, runNodeController } from "../testing/nodes.ts";

/** Remembers what is asked for, as "type name [labels] [buckets]". */
function describing(): { readonly metrics: Metrics; readonly asked: Set<string> } {
  const asked = new Set<string>();
  const note = (type: string, { name, labels = [] }: MetricSpec, buckets: readonly number[] = []): void => {
    asked.add([type, name, labels.join(","), buckets.join(" ")].filter((part) => part !== "").join(" | "));
  };
  const metrics: Metrics = {
    counter(spec) {
      note("counter", spec);
      return noMetrics.counter(spec);
    },
    gauge(spec) {
      note("gauge", spec);
      return noMetrics.gauge(spec);
    },
    histogram(spec: HistogramSpec) {
      note("histogram", spec, spec.buckets);
      return noMetrics.histogram(spec);
    },
    expose: noMetrics.expose,
  };
  return { metrics, asked };
}

describe("the node controllers' metrics", () => {
  it("have upstream's names, types, labels and buckets", async () => {
    const harness = await createHarness();
    const { metrics, asked } = describing();
    const instances = { lookup: async () => null, lookupMany: async () => [] } as never;
    const options = { instances, providerName: "fake", workers: 1 };
    await harness.run("x", (context) => {
      createLifecycleController({ ...context, metrics }, { ...options, periodMs: 1, stopShare: 1 });
      return createNodeController({ ...context, metrics }, { ...options, statusWorkers: 1, addressPeriodMs: 1000 });
    });
    const expected = [
      "histogram | node_controller_cloud_provider_taint_removal_delay_seconds | 1 4 16 64 256 1024",
      "histogram | node_controller_initial_node_sync_delay_seconds | 1 4 16 64 256 1024",
      "histogram | cloud_node_lifecycle_controller_monitor_nodes_duration_seconds | 0.001 0.002 0.004 0.008 0.016 0.032 0.064 0.128 0.256 0.512 1.024 2.048 4.096 8.192 16.384",
      "counter | cloud_node_lifecycle_controller_nodes_processed_total | path",
      "counter | cloud_node_lifecycle_controller_errors_total | step",
      "gauge | cloud_node_lifecycle_controller_deletions_stopped",
      "gauge | node_controller_ready_nodes_without_instance",
      "gauge | workqueue_depth | name",
    ];
    for (const line of expected) assert.ok(asked.has(line), `${line} is missing in\n${[...asked].join("\n")}`);
    await harness.close();
  });

  it("count each pass, and where each node's answer came from", async () => {
    const harness = await createHarness();
    for (const [name, ready] of [
      ["a", READY],
      ["b", READY],
      ["c", NOT_READY],
    ] as const) {
      harness.cloud.machines.set(name, { name });
      await addNode(harness, newNode(name, { status: { conditions: [ready] } }));
    }
    await runLifecycleController(harness);
    await harness.clock.advance(1000);
    const { metrics } = harness;
    const processed = (path: string) =>
      metrics.value("cloud_node_lifecycle_controller_nodes_processed_total", { path });
    assert.deepEqual([processed("cache"), processed("cloud")], [2, 1]);
    assert.equal(metrics.value("cloud_node_lifecycle_controller_monitor_nodes_duration_seconds"), 1);
    await harness.close();
  });

  it("measure a new node's age once when its taint goes, and not when a node is refused", async () => {
    const harness = await createHarness();
    harness.cloud.machines.set("a", { name: "a" });
    for (const name of ["a", "b"]) await addNode(harness, newNode(name, { spec: { taints: [UNINITIALIZED] } }));
    await runNodeController(harness);
    await harness.clock.advance(10_000);
    assert.equal(harness.metrics.value("node_controller_cloud_provider_taint_removal_delay_seconds"), 1);
    assert.equal(harness.metrics.value("node_controller_initial_node_sync_delay_seconds"), 1);
    await harness.close();
  });
});
