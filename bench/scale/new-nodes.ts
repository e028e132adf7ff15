import { systemClock } from "@ccm/base/node";
import { NODES, type Node } from "@ccm/kube";
import { type Bench, quantile, round } from "./bench.ts";
import { createNodes } from "./cluster.ts";
import { startPulse } from "./pulse.ts";
import type { Side } from "./subject.ts";
import { watchUntil } from "./watching.ts";

export interface NewNodesResult {
  /** From the first POST to the last taint gone. */
  readonly allSeconds: number;
  readonly medianSeconds: number;
  readonly initialised: number;
  readonly calls: number;
  readonly cpuSeconds: number;
  readonly rssMiB: number;
  /** A kubelet's renewals of its Lease meanwhile. */
  readonly kubelet: { readonly medianMs: number; readonly p99Ms: number; readonly renewals: number };
}

const UNINITIALIZED = "node.cloudprovider.kubernetes.io/uninitialized";

/** `count` kubelets register at once; until the last node is initialised. */
export async function newNodes(
  { client, start }: Bench,
  side: Side,
  { count, flags = [] }: { readonly count: number; readonly flags?: readonly string[] },
): Promise<NewNodesResult> {
  const subject = start(side, { flags });
  try {
    await subject.syncedMs;
    const cpuBefore = subject.cpuSeconds();
    const { ready, times } = watchUntil<Node>({
      client,
      type: NODES,
      since: systemClock.monotonic(),
      wanted: count,
      done: ({ spec }) => spec?.providerID !== undefined && !spec.taints?.some(({ key }) => key === UNINITIALIZED),
    });
    await ready;
    const pulse = await startPulse(client);
    await createNodes(client, count, { uninitialized: true });
    const all = await times;
    const kubelet = await pulse.end();
    const { calls, lookedUp } = await subject.report();
    return {
      allSeconds: round(Math.max(...all) / 1000, 1),
      medianSeconds: round(quantile(all, 0.5) / 1000, 1),
      initialised: all.length,
      calls:
        lookedUp === undefined
          ? (calls.InstanceMetadata ?? 0)
          : (calls.ListInstances ?? 0) + (calls.InstanceMetadata ?? 0),
      cpuSeconds: round(subject.cpuSeconds() - cpuBefore),
      rssMiB: subject.memory().peakMiB,
      kubelet,
    };
  } finally {
    await subject.stop();
  }
}
