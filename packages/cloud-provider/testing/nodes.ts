/** What the tests of the node and lifecycle controllers share. */
import { NODES, type Node, type NodeAddress } from "@ccm/kube";
import { createInstanceSource } from "../instance-source.ts";
import { createLifecycleController, type LifecycleControllerOptions } from "../lifecycle/lifecycle-controller.ts";
import { createNodeController, type NodeControllerOptions } from "../nodes/node-controller.ts";
import type { Harness } from "./harness.ts";

export const HOSTNAME: NodeAddress = { type: "Hostname", address: "node0.cloud.internal" };
export const INTERNAL: NodeAddress = { type: "InternalIP", address: "10.0.0.1" };
export const EXTERNAL: NodeAddress = { type: "ExternalIP", address: "132.143.154.163" };
/** The cloud's addresses in the case tables, without and with a host name. */
export const A2: readonly NodeAddress[] = [INTERNAL, EXTERNAL];
export const A3: readonly NodeAddress[] = [HOSTNAME, INTERNAL, EXTERNAL];

export const OTHER_TAINT = { key: "ImproveCoverageTaint", value: "true", effect: "NoSchedule" } as const;

/** With its status, which the API server does not take at creation. */
export async function addNode(harness: Harness, node: Node): Promise<Node> {
  const { status } = node;
  const made = await harness.during(harness.user.create(NODES, node));
  return status ? harness.during(harness.user.update(NODES, { ...made, status }, { subresource: "status" })) : made;
}

export function getNode(harness: Harness, name: string): Promise<Node> {
  return harness.during(harness.user.get(NODES, { name }));
}

export async function nodeNames(harness: Harness): Promise<readonly string[]> {
  const { items } = await harness.during(harness.user.list<Node>(NODES));
  return items.map(({ metadata }) => metadata.name ?? "");
}

/** As a user, a kubelet or another controller would. */
export function editNode(harness: Harness, name: string, body: unknown, subresource?: "status"): Promise<Node> {
  const patch = { type: "merge", body } as const;
  return harness.during(harness.user.patch(NODES, { name }, patch, subresource ? { subresource } : {}));
}

export async function runNodeController(harness: Harness, options: Partial<NodeControllerOptions> = {}): Promise<void> {
  const { cloud, clock, signal } = harness;
  const concurrency = options.workers ?? 20;
  await harness.run("cloud-node-controller", (context) =>
    createNodeController(context, {
      instances: createInstanceSource(cloud.instances, clock, signal, { concurrency }),
      providerName: cloud.name,
      workers: 20,
      statusWorkers: 20,
      addressPeriodMs: 300_000,
      ...options,
    }),
  );
}

export async function runLifecycleController(
  harness: Harness,
  options: Partial<LifecycleControllerOptions> = {},
): Promise<void> {
  const { cloud, clock, signal } = harness;
  await harness.run("cloud-node-lifecycle-controller", (context) =>
    createLifecycleController(context, {
      instances: createInstanceSource(cloud.instances, clock, signal),
      providerName: cloud.name,
      periodMs: 5000,
      stopShare: 1,
      ...options,
    }),
  );
}
