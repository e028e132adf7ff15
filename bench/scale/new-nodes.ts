import { systemClock } from "@ccm/base/node";
import { type KubeClient, NODES, type Node } from "@ccm/kube";
import { type Bench, quantile, round } from "./bench.ts";
import { createNodes } from "./cluster.ts";
import { type PulseResult, startPulse } from "./pulse.ts";
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
    const { ready, times } = initialised(client, count);
    await ready;
    await createNodes(client, count, { uninitialized: true });
    const all = await times;
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
    };
  } finally {
    await subject.stop();
  }
}

/**
 * A manager starts in front of `count` nodes that wait for it: what a kubelet's renewal of its Lease takes until all are
 * initialised. Nobody else writes meanwhile: in `newNodes` it would be the burst of registrations that is measured.
 */
export async function takeover(
  { client, start }: Bench,
  side: Side,
  { count, flags = [] }: { readonly count: number; readonly flags?: readonly string[] },
): Promise<PulseResult> {
  await createNodes(client, count, { uninitialized: true });
  const { ready, times } = initialised(client, count);
  await ready;
  const pulse = await startPulse(client);
  const subject = start(side, { flags });
  try {
    await times;
    return await pulse.end();
  } finally {
    await subject.stop();
  }
}

function initialised(client: KubeClient, wanted: number) {
  return watchUntil<Node>({
    client,
    type: NODES,
    since: systemClock.monotonic(),
    wanted,
    done: ({ spec }) => spec?.providerID !== undefined && !spec.taints?.some(({ key }) => key === UNINITIALIZED),
  });
}
