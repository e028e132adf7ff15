import { errorText } from "@ccm/base";
import { hasCode, kubeTime, NODES, type Node, retryOnConflict } from "@ccm/kube";
import type { ControllerContext } from "../context.ts";

const TYPE = "NetworkUnavailable";
const ROUTED = { status: "False", reason: "RouteCreated", message: "RouteController created a route" } as const;
const UNROUTED = {
  status: "True",
  reason: "NoRouteCreated",
  message: "RouteController failed to create a route",
} as const;

/** The condition NetworkUnavailable that the Node should get; undefined: it says so already. */
export function wantedCondition({ status }: Node, routed: boolean): typeof ROUTED | typeof UNROUTED | undefined {
  const wanted = routed ? ROUTED : UNROUTED;
  const current = status?.conditions?.find(({ type }) => type === TYPE);
  return current?.status === wanted.status && current.reason === wanted.reason ? undefined : wanted;
}

/** Writes it where it is not as wanted. False: it could not be written. */
export async function writeCondition(
  { client, clock, random, logger }: ControllerContext,
  node: Node,
  routed: boolean,
  signal: AbortSignal,
): Promise<boolean> {
  const wanted = wantedCondition(node, routed);
  if (!wanted) return true;
  const { name = "" } = node.metadata;
  const retry = { clock, random, attempts: 5, delayMs: 100, jitter: 1, signal };
  try {
    await retryOnConflict(retry, () => {
      const now = kubeTime(clock.now());
      const condition = { type: TYPE, ...wanted, lastHeartbeatTime: now, lastTransitionTime: now };
      const body = { status: { conditions: [condition] } };
      return client.patch(NODES, { name }, { type: "strategic", body }, { subresource: "status", signal });
    });
    return true;
  } catch (error) {
    if (signal.aborted || hasCode(error, "not_found")) return true;
    logger.warn("the condition NetworkUnavailable could not be written", { node: name, error: errorText(error) });
    return false;
  }
}
