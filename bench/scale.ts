/**
 * Our framework against Kubernetes' own (bench/go-framework, k8s.io/cloud-provider), in turn, on one real control plane and
 * one machine, with the same cloud in memory. The last line is one JSON object with both sides' figures and the ratios
 * ours / Go.
 *
 *   npm run bench -- scale [--only idle,new-nodes,load-balancers,edit] [--nodes 5000] [--services 10000] [--idle 120] [--ours]
 *
 * --ours measures our side alone; without it Go has to be installed.
 */
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { findAssets, startControlPlane } from "@ccm/control-plane/node";
import { machine } from "./lib/machine.ts";
import { type Bench, createBench, round } from "./scale/bench.ts";
import { clear, createNodes, createServices } from "./scale/cluster.ts";
import { editDuringResync } from "./scale/edit-during-resync.ts";
import { idle, settleLabels } from "./scale/idle.ts";
import { loadBalancers, makeLoadBalancers } from "./scale/load-balancers.ts";
import { newNodes, takeover } from "./scale/new-nodes.ts";
import { buildGoFramework, bundleOurs, type Side } from "./scale/subject.ts";

const SCENARIOS = ["idle", "new-nodes", "load-balancers", "edit"] as const;
type Scenario = (typeof SCENARIOS)[number];
/** Go's best: as many workers and requests as helped it in the baseline. */
const GO_TUNED = [
  "--concurrent-node-syncs=10",
  "--concurrent-service-syncs=10",
  "--kube-api-qps=1000",
  "--kube-api-burst=2000",
];

const { values } = parseArgs({
  options: {
    only: { type: "string", default: SCENARIOS.join(",") },
    nodes: { type: "string", default: "5000" },
    services: { type: "string", default: "10000" },
    idle: { type: "string", default: "120" },
    ours: { type: "boolean", default: false },
  },
});
const print = (line: string) => void process.stdout.write(`${line}\n`);
const only = values.only.split(",") as Scenario[];
const unknown = only.filter((name) => !SCENARIOS.includes(name));
if (unknown.length > 0) throw new Error(`--only ${unknown.join(",")}: expected some of ${SCENARIOS.join(",")}`);
const nodes = Number(values.nodes);
const services = Number(values.services);
const sides: readonly Side[] = values.ours ? ["ours"] : ["ours", "go"];

const RUN: Readonly<Record<Scenario, (bench: Bench) => Promise<unknown>>> = {
  async idle(bench) {
    await createNodes(bench.client, nodes);
    await createServices(bench.client, services, "ClusterIP");
    await settleLabels(bench, nodes);
    const idleMs = Number(values.idle) * 1000;
    const results = await eachSide((side) => idle(bench, side, { nodes, idleMs }));
    return { nodes, services, ...results, ratios: ratios(results.ours, results.go) };
  },
  async "new-nodes"(bench) {
    const count = 1000;
    const each = async (side: Side, flags: readonly string[] = []) => {
      const result = await newNodes(bench, side, { count, flags });
      await clear(bench.client);
      const kubelet = await takeover(bench, side, { count, flags });
      await clear(bench.client);
      return { ...result, kubelet };
    };
    const results = await eachSide((side) => each(side));
    const goTuned = values.ours ? undefined : await each("go", GO_TUNED);
    return { count, ...results, goTuned, ratios: ratios(results.ours, results.go) };
  },
  async "load-balancers"(bench) {
    const count = 100;
    const ready = 1000;
    const each = async (side: Side, flags: readonly string[] = []) => {
      await createNodes(bench.client, ready);
      const result = await loadBalancers(bench, side, { count, nodes: ready, flags });
      await clear(bench.client);
      return result;
    };
    const results = await eachSide((side) => each(side));
    const goTuned = values.ours ? undefined : await each("go", GO_TUNED);
    return { count, ...results, goTuned, ratios: ratios(results.ours, results.go) };
  },
  async edit(bench) {
    const count = 1000;
    await makeLoadBalancers(bench, count);
    return eachSide((side) => editDuringResync(bench, side, { count }));
  },
};

async function eachSide<T>(run: (side: Side) => Promise<T>): Promise<{ readonly ours: T; readonly go?: T }> {
  const ours = await run("ours");
  return sides.includes("go") ? { ours, go: await run("go") } : { ours };
}

/** ours / Go of every figure that both have. */
function ratios(ours: object, go: object | undefined): Readonly<Record<string, number>> {
  const other = (go ?? {}) as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    Object.entries(ours).flatMap(([name, value]) => {
      const theirs = other[name];
      return typeof value === "number" && typeof theirs === "number" && theirs !== 0
        ? [[name, round(value / theirs)]]
        : [];
    }),
  );
}

findAssets();
const programs = { ours: await bundleOurs(), go: values.ours ? "" : await buildGoFramework() };
const plane = await startControlPlane({ serviceCidrs: ["10.96.0.0/12"] });
try {
  const bench = createBench({ client: plane.admin.client, kubeconfig: plane.admin.kubeconfigFile, programs, print });
  const result: Record<string, unknown> = {};
  for (const scenario of SCENARIOS.filter((name) => only.includes(name))) {
    print(`${scenario} …`);
    result[scenario] = await RUN[scenario](bench);
    print(JSON.stringify({ [scenario]: result[scenario] }));
    await clear(bench.client);
  }
  const throttled = await throttledRequests();
  const version = JSON.parse(await plane.admin.client.read("/version")) as { gitVersion: string };
  print(
    JSON.stringify({
      bench: "scale",
      kubernetes: version.gitVersion,
      goFramework: await goFrameworkVersion(),
      ...result,
      throttledRequests: throttled,
      machine: machine(),
    }),
  );
} finally {
  await plane.stop();
}

/** Requests that the API server has answered with 429 since its start. */
async function throttledRequests(): Promise<number> {
  const metrics = await plane.admin.client.read("/metrics");
  const lines = metrics.split("\n").filter((line) => /^apiserver_request_total\{.*code="429"/.test(line));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}

async function goFrameworkVersion(): Promise<string> {
  const text = await readFile(new URL("./go-framework/go.mod", import.meta.url), "utf8");
  return /k8s\.io\/cloud-provider (v\S+)/.exec(text)?.[1] ?? "unknown";
}
