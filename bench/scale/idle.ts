import { mapLimited, sleep } from "@ccm/base";
import { systemClock } from "@ccm/base/node";
import { ANNOTATION_OWNED_LABELS } from "@ccm/cloud-provider";
import { NODES, type Node } from "@ccm/kube";
import { type Bench, round } from "./bench.ts";
import { nodeName } from "./cluster.ts";
import type { Side } from "./subject.ts";
import { watchUntil } from "./watching.ts";

export interface IdleResult {
  readonly syncedMs: number;
  readonly cpuToSyncSeconds: number;
  readonly rssAtSyncMiB: number;
  readonly rssAtEndMiB: number;
  readonly cpuIdleSeconds: number;
  readonly idleSeconds: number;
  readonly longestStallMs?: number;
  /** CPU of one Node status update as a kubelet sends it. */
  readonly cpuPerEventMicroseconds: number;
  readonly passCalls: number;
  /** Of one pass over all nodes: measured, or computed from the rate of the idle time. */
  readonly passSeconds: number;
  readonly passIs: "measured" | "computed";
}

const SETTLE_MS = 10_000;
const HEARTBEATS = 2000;
const LOOK_MS = 100;

/**
 * Runs our side until each node has its record of owned labels, which a node that another program initialised gets once:
 * what follows is measured on a cluster that has been run by it.
 */
export async function settleLabels({ client, start }: Bench, nodes: number): Promise<void> {
  const subject = start("ours");
  const { times } = watchUntil<Node>({
    client,
    type: NODES,
    since: systemClock.monotonic(),
    wanted: nodes,
    done: ({ metadata }) => metadata.annotations?.[ANNOTATION_OWNED_LABELS] !== undefined,
  });
  await times;
  await subject.stop();
}

/** A cluster that nobody touches: how soon the caches are complete, and what waiting costs. The cluster is there already. */
export async function idle(
  { client, start }: Bench,
  side: Side,
  { nodes, idleMs }: { readonly nodes: number; readonly idleMs: number },
): Promise<IdleResult> {
  const subject = start(side);
  try {
    const syncedMs = await subject.syncedMs;
    const cpuToSyncSeconds = subject.cpuSeconds();
    const rssAtSyncMiB = subject.memory().rssMiB;
    const syncedAt = systemClock.monotonic();
    const pass = measurePass(subject, nodes, syncedAt);
    await sleep(systemClock, SETTLE_MS);
    const stallToHere = (await subject.report()).longestStallMs;
    const before = { cpu: subject.cpuSeconds(), calls: lookUps(await subject.report()) };
    await sleep(systemClock, idleMs);
    const cpuIdleSeconds = subject.cpuSeconds() - before.cpu;
    const idleReport = await subject.report();
    const rssAtEndMiB = subject.memory().rssMiB;
    const measured = await pass;
    const rate = (lookUps(idleReport) - before.calls) / (idleMs / 1000);
    const cpuPerEventMicroseconds = await heartbeats();
    const stallAfter = (await subject.report()).longestStallMs ?? 0;
    return {
      syncedMs,
      cpuToSyncSeconds: round(cpuToSyncSeconds),
      rssAtSyncMiB,
      rssAtEndMiB,
      cpuIdleSeconds: round(cpuIdleSeconds),
      idleSeconds: idleMs / 1000,
      ...(stallToHere === undefined
        ? {}
        : { longestStallMs: Math.max(stallToHere, idleReport.longestStallMs ?? 0, stallAfter) }),
      cpuPerEventMicroseconds,
      passCalls: measured?.calls ?? nodes,
      passSeconds: round(measured?.seconds ?? nodes / rate, 1),
      passIs: measured ? "measured" : "computed",
    };
  } finally {
    await subject.stop();
  }

  /** Heartbeats of kubelets, and how much CPU the subject spends on each. */
  async function heartbeats(): Promise<number> {
    const before = subject.cpuSeconds();
    const beat = (n: number) => {
      const lastHeartbeatTime = new Date(systemClock.now() + n).toISOString().replace(/\.\d+Z$/, "Z");
      const body = { status: { conditions: [{ type: "Ready", status: "True", lastHeartbeatTime }] } };
      const patch = { type: "strategic", body } as const;
      return client.patch(NODES, { name: nodeName(n % nodes) }, patch, { subresource: "status" });
    };
    await mapLimited(
      Array.from({ length: HEARTBEATS }, (_, n) => n),
      16,
      beat,
    );
    await sleep(systemClock, 1000);
    return Math.round(((subject.cpuSeconds() - before) / HEARTBEATS) * 1e6);
  }
}

/** Waits until every node has been looked up once; undefined when the settle time passes first (it is computed then). */
async function measurePass(
  subject: ReturnType<Bench["start"]>,
  nodes: number,
  since: number,
): Promise<{ readonly calls: number; readonly seconds: number } | undefined> {
  while (systemClock.monotonic() - since < SETTLE_MS - 1000) {
    const report = await subject.report();
    if ((report.lookedUp ?? lookUps(report)) >= nodes) {
      const calls = lookUps(report);
      return { calls, seconds: (systemClock.monotonic() - since) / 1000 };
    }
    await sleep(systemClock, LOOK_MS);
  }
  return undefined;
}

function lookUps({ calls }: { readonly calls: Readonly<Record<string, number>> }): number {
  return (calls.InstanceMetadata ?? 0) + (calls.ListInstances ?? 0);
}
