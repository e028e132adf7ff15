import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type HistogramSpec,
  inProcessTransport,
  jsonResponse,
  type MetricSpec,
  type Metrics,
  noMetrics,
  seededRandom,
  VirtualClock,
} from "@ccm/base";
import { createKubeClient, NODES, SERVICES } from "@ccm/kube";
import { createPrometheusMetrics } from "../node/metrics.ts";
import { newNode, newService, UNINITIALIZED } from "../testing/harness.ts";
import { createWorld } from "./testing/world.ts";

interface Row {
  readonly type: "counter" | "gauge" | "histogram";
  readonly labels: readonly string[];
  readonly buckets?: readonly number[];
}
const counter = (...labels: readonly string[]): Row => ({ type: "counter", labels });
const gauge = (...labels: readonly string[]): Row => ({ type: "gauge", labels });
const histogram = (buckets: readonly number[], ...labels: readonly string[]): Row => ({
  type: "histogram",
  labels,
  buckets,
});
const powers = (first: number, factor: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, n) => first * factor ** n);

const NODE_DELAY = [1, 4, 16, 64, 256, 1024];
const PASS = powers(1, 2, 15);
const QUEUE = powers(1e-8, 10, 10);
const REQUEST = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];
const SIZE = [64, 256, 512, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216];
const REVIEW = [0.25, 0.5, 0.7, 1, 1.5, 3, 5, 10];
const AUTH = powers(0.001, 2, 15);
const WEBHOOK = REVIEW;

/** What upstream's cloud controller manager exposes, by its names. */
const UPSTREAM: Readonly<Record<string, Row>> = {
  node_controller_cloud_provider_taint_removal_delay_seconds: histogram(NODE_DELAY),
  node_controller_initial_node_sync_delay_seconds: histogram(NODE_DELAY),
  service_controller_loadbalancer_sync_total: counter(),
  service_controller_nodesync_error_total: counter(),
  service_controller_nodesync_latency_seconds: histogram(PASS),
  service_controller_update_loadbalancer_host_latency_seconds: histogram(PASS),
  // With the labels that it has from Kubernetes 1.37 on.
  route_controller_route_sync_total: counter("trigger", "outcome"),
  cloud_provider_webhook_request_total: counter("code", "webhook"),
  cloud_provider_webhook_request_duration_seconds: histogram(WEBHOOK, "code", "webhook"),
  running_managed_controllers: gauge("name", "manager"),
  workqueue_depth: gauge("name"),
  workqueue_adds_total: counter("name"),
  workqueue_queue_duration_seconds: histogram(QUEUE, "name"),
  workqueue_work_duration_seconds: histogram(QUEUE, "name"),
  workqueue_unfinished_work_seconds: gauge("name"),
  workqueue_longest_running_processor_seconds: gauge("name"),
  workqueue_retries_total: counter("name"),
  leader_election_master_status: gauge("name"),
  leader_election_slowpath_total: counter("name"),
  rest_client_requests_total: counter("code", "method", "host"),
  rest_client_request_duration_seconds: histogram(REQUEST, "verb", "host"),
  rest_client_rate_limiter_duration_seconds: histogram(REQUEST, "verb", "host"),
  rest_client_request_size_bytes: histogram(SIZE, "verb", "host"),
  rest_client_response_size_bytes: histogram(SIZE, "verb", "host"),
  rest_client_request_retries_total: counter("code", "verb", "host"),
  kubernetes_build_info: gauge(
    "major",
    "minor",
    "git_version",
    "git_commit",
    "git_tree_state",
    "build_date",
    "go_version",
    "compiler",
    "platform",
  ),
  kubernetes_feature_enabled: gauge("name", "stage"),
  authentication_attempts: counter("result"),
  authenticated_user_requests: counter("username"),
  authentication_duration_seconds: histogram(AUTH, "result"),
  authorization_attempts_total: counter("result"),
  authorization_duration_seconds: histogram(AUTH, "result"),
  apiserver_delegated_authn_request_total: counter("code"),
  apiserver_delegated_authn_request_duration_seconds: histogram(REVIEW, "code"),
  apiserver_delegated_authz_request_total: counter("code"),
  apiserver_delegated_authz_request_duration_seconds: histogram(REVIEW, "code"),
};
const QUEUES = ["Nodes", "Routes", "node", "service"];

/** Metrics that note what is asked for, in front of real ones. */
function noted(inner: Metrics) {
  const rows = new Map<string, Row>();
  const note = <S extends MetricSpec>(type: Row["type"], spec: S & Partial<HistogramSpec>): S => {
    const { name, labels = [], buckets } = spec;
    const row = { type, labels, ...(buckets ? { buckets } : {}) };
    if (rows.has(name)) assert.deepEqual(row, rows.get(name), `${name} is the same wherever it is asked for`);
    rows.set(name, row);
    return spec;
  };
  const metrics: Metrics = {
    counter: (spec) => inner.counter(note("counter", spec)),
    gauge: (spec) => inner.gauge(note("gauge", spec)),
    histogram: (spec) => inner.histogram(note("histogram", spec)),
    expose: inner.expose,
  };
  return { rows, metrics };
}

async function runEverything() {
  const { rows, metrics } = noted(createPrometheusMetrics());
  const clock = new VirtualClock();
  const send = inProcessTransport(async () => jsonResponse(200, {}));
  const random = seededRandom(1);
  const measured = createKubeClient({ baseUrl: "https://kubernetes.test", send, clock, random, metrics, qps: 1 });
  await measured.get(NODES, { name: "n1" });
  const world = createWorld();
  const manager = world.launch("one", {
    config: { webhooks: ["w"], featureGates: { CloudControllerManagerWebhook: true } },
    extensions: { webhooks: [{ name: "w", path: "/w", review: async () => ({ allowed: true }) }] },
    env: { metrics, newMetrics: () => createPrometheusMetrics({ process: false }) },
  });
  const podCIDR = "10.244.1.0/24";
  manager.cloud.machines.set("n1", { name: "n1" });
  const spec = { taints: [UNINITIALIZED], podCIDR, podCIDRs: [podCIDR] };
  await world.during(world.user.create(NODES, newNode("n1", { spec })));
  await world.during(world.user.create(SERVICES, newService("web")));
  await world.clock.advance(60_000);
  await manager.get("/metrics");
  return { rows, metrics, world, manager };
}

describe("the metrics of the manager", () => {
  it("are upstream's, by name, type, labels and buckets, and under upstream's names none has another form", async () => {
    const { rows, metrics, manager, world } = await runEverything();
    for (const [name, row] of Object.entries(UPSTREAM)) {
      const own = rows.get(name);
      assert.ok(own, `${name} is there`);
      assert.deepEqual({ ...own, labels: [...own.labels].sort() }, { ...row, labels: [...row.labels].sort() }, name);
    }
    const { body } = await metrics.expose();
    for (const [name, { type }] of Object.entries(UPSTREAM)) assert.ok(body.includes(`# TYPE ${name} ${type}\n`), name);
    for (const name of QUEUES) assert.ok(body.includes(`workqueue_adds_total{name="${name}"}`), name);
    for (const name of ["process_cpu_seconds_total", "process_resident_memory_bytes", "process_start_time_seconds"]) {
      assert.ok(body.includes(`# TYPE ${name} `), name);
    }
    assert.match(body, /kubernetes_feature_enabled\{name="ContextualLogging",stage="BETA"\} 1\n/);
    assert.match(body, /leader_election_master_status\{name="cloud-controller-manager"\} 1\n/);
    await manager.terminate();
    world.close();
  });

  it("of health are at /metrics/slis, and start anew after a DELETE", async () => {
    const world = createWorld();
    const open = ["/healthz", "/livez", "/metrics/slis"];
    const manager = world.launch("one", {
      config: { authorizationAlwaysAllowPaths: open },
      env: { metrics: noMetrics, newMetrics: () => createPrometheusMetrics({ process: false }) },
    });
    await world.clock.advance(10_000);
    await manager.get("/healthz");
    await manager.get("/livez");
    const text = await manager.get("/metrics/slis");
    assert.match(text, /kubernetes_healthcheck\{name="leaderElection",type="healthz"\} 1\n/);
    assert.match(
      text,
      /kubernetes_healthchecks_total\{name="node-route-controller",type="livez",status="success"\} 1\n/,
    );
    assert.match(await manager.get("/metrics/slis", 10258, "DELETE"), /^200 /);
    assert.doesNotMatch(await manager.get("/metrics/slis"), /leaderElection/);
    await manager.get("/healthz");
    assert.match(await manager.get("/metrics/slis"), /name="leaderElection",type="healthz",status="success"\} 1\n/);
    await manager.terminate();
    world.close();
  });
});
