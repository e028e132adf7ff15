import { sleep } from "@ccm/base";
import { systemClock } from "@ccm/base/node";
import { NODES, SERVICES, type Service } from "@ccm/kube";
import { type Bench, quantile, round } from "./bench.ts";
import { createServices, newNode } from "./cluster.ts";
import type { Side } from "./subject.ts";
import { watchUntil } from "./watching.ts";

export interface LoadBalancersResult {
  /** From the first POST to the last address. */
  readonly allSeconds: number;
  readonly medianSeconds: number;
  readonly withAddress: number;
  readonly ensureCalls: number;
  /** After one node was added: calls, and seconds until the last of them had been sent. */
  readonly nodeAdded: { readonly updateCalls: number; readonly seconds: number };
  readonly cpuSeconds: number;
}

const hasAddress = ({ status }: Service): boolean => (status?.loadBalancer?.ingress?.length ?? 0) > 0;

/** `count` Services of type LoadBalancer at once on initialised nodes; then one node more. */
export async function loadBalancers(
  { client, start }: Bench,
  side: Side,
  { count, nodes, flags = [] }: { readonly count: number; readonly nodes: number; readonly flags?: readonly string[] },
): Promise<LoadBalancersResult> {
  const subject = start(side, { flags });
  try {
    await subject.syncedMs;
    const cpuBefore = subject.cpuSeconds();
    const since = systemClock.monotonic();
    const { ready, times } = watchUntil<Service>({ client, type: SERVICES, since, wanted: count, done: hasAddress });
    await ready;
    await createServices(client, count, "LoadBalancer");
    const all = await times;
    const { calls } = await subject.report();
    const cpuSeconds = round(subject.cpuSeconds() - cpuBefore);
    return {
      allSeconds: round(Math.max(...all) / 1000, 1),
      medianSeconds: round(quantile(all, 0.5) / 1000, 1),
      withAddress: all.length,
      ensureCalls: calls.EnsureLoadBalancer ?? 0,
      nodeAdded: await addNode(nodes),
      cpuSeconds,
    };
  } finally {
    await subject.stop();
  }

  async function addNode(n: number): Promise<LoadBalancersResult["nodeAdded"]> {
    const updates = async () => {
      const { calls } = await subject.report();
      return (calls.UpdateLoadBalancer ?? 0) + (calls.EnsureLoadBalancer ?? 0);
    };
    const before = await updates();
    const since = systemClock.monotonic();
    await client.create(NODES, newNode(n));
    let last = { calls: before, at: since };
    // Over when there was no call for five seconds.
    while (systemClock.monotonic() - last.at < 5000) {
      await sleep(systemClock, 100);
      const calls = await updates();
      if (calls > last.calls) last = { calls, at: systemClock.monotonic() };
    }
    return { updateCalls: last.calls - before, seconds: round((last.at - since) / 1000, 1) };
  }
}

/** Gives `count` Services their addresses in no time, as the state that a later scenario starts from. */
export async function makeLoadBalancers({ client, start }: Bench, count: number): Promise<void> {
  const subject = start("ours", { latencies: { ensureMs: 0, updateMs: 0 } });
  try {
    await subject.syncedMs;
    const since = systemClock.monotonic();
    const { ready, times } = watchUntil<Service>({ client, type: SERVICES, since, wanted: count, done: hasAddress });
    await ready;
    await createServices(client, count, "LoadBalancer");
    await times;
  } finally {
    await subject.stop();
  }
}
