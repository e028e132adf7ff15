import { NODES, type Node, retryOnConflict, type Taint } from "@ccm/kube";
import type { ControllerContext } from "../context.ts";
import { hasTaint, withoutTaint, withTaint } from "../nodes/taints.ts";
import { TAINT_SHUTDOWN } from "../well-known.ts";

const SHUTDOWN: Taint = { key: TAINT_SHUTDOWN, effect: "NoSchedule" };
const CONFLICT = { attempts: 5, delayMs: 100, jitter: 1 };

export function isTaintedShutdown(node: Node): boolean {
  return hasTaint(node.spec?.taints, SHUTDOWN);
}

/** Adds or removes the shutdown taint; without any call when the copy we have is as wanted. */
export async function setShutdownTaint(
  { client, clock, random }: ControllerContext,
  node: Node,
  wanted: boolean,
  signal: AbortSignal,
): Promise<void> {
  const ref = { name: node.metadata.name ?? "" };
  await retryOnConflict({ clock, random, signal, ...CONFLICT }, async (attempt) => {
    const current = attempt === 0 ? node : await client.get(NODES, ref, { signal });
    // Another Node of this name has been asked for by nobody.
    if (current.metadata.uid !== node.metadata.uid || isTaintedShutdown(current) === wanted) return;
    const taints = (wanted ? withTaint : withoutTaint)(current.spec?.taints, SHUTDOWN);
    // With the version, the server refuses the list if somebody changed it meanwhile.
    const body = { metadata: { resourceVersion: current.metadata.resourceVersion }, spec: { taints } };
    await client.patch(NODES, ref, { type: "merge", body }, { signal });
  });
}
