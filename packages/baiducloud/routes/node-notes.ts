import { errorText, type Logger } from "@ccm/base";
import { hasCode, type KubeClient, NODES, type Node } from "@ccm/kube";

/** What the former CCM wrote on a Node after it had made its route; others read it. */
const PREFIX = "node.alpha.kubernetes.io/";
export const ROUTE_NOTES = {
  vpc: `${PREFIX}vpc-id`,
  table: `${PREFIX}vpc-route-table-id`,
  rule: `${PREFIX}vpc-route-rule-id`,
  version: `${PREFIX}ccm-version`,
} as const;

export interface RouteNote {
  readonly vpcId: string;
  readonly tableIds: readonly string[];
  readonly ruleIds: readonly string[];
}

/**
 * Writes the four annotations, and nothing else of the Node. A failure is logged: the route is there all the same, and the
 * next pass over the routes writes them. Throws when `signal` aborts: whoever has lost the lease does nothing more.
 */
export interface NodeNotes {
  made(node: Node, note: RouteNote, signal: AbortSignal): Promise<void>;
  /** The route is gone: its rule and table are noted no more, if they are. */
  removed(node: Node | undefined, ruleIds: readonly string[], signal: AbortSignal): Promise<void>;
}

/** Whether the Node says that its route is these rules. */
export function isNoted(node: Node, ruleIds: readonly string[]): boolean {
  return node.metadata.annotations?.[ROUTE_NOTES.rule] === ruleIds.join(",");
}

/** What the Node says of its route; none: nothing. */
export function notedRules({ metadata }: Node): readonly string[] {
  return metadata.annotations?.[ROUTE_NOTES.rule]?.split(",") ?? [];
}

/** Attempts while others write to the Node at the same time. */
const ATTEMPTS = 3;

export function createNodeNotes(
  client: () => Pick<KubeClient, "patch"> | undefined,
  version: string,
  logger: Logger,
): NodeNotes {
  const write = async (
    node: Node,
    wanted: Readonly<Record<string, string | null>>,
    signal: AbortSignal,
  ): Promise<void> => {
    const has = node.metadata.annotations ?? {};
    const annotations = Object.fromEntries(
      Object.entries(wanted).filter(([key, value]) => (has[key] ?? null) !== value),
    );
    const { name } = node.metadata;
    const kube = client();
    if (!kube || !name || Object.keys(annotations).length === 0) return;
    for (let attempt = 1; ; attempt++) {
      try {
        await kube.patch(NODES, { name }, { type: "merge", body: { metadata: { annotations } } }, { signal });
        return;
      } catch (error) {
        signal.throwIfAborted();
        if (hasCode(error, "conflict") && attempt < ATTEMPTS) continue;
        logger.warn("could not note a route on its node", { node: name, error: errorText(error) });
        return;
      }
    }
  };
  return {
    made: (node, { vpcId, tableIds, ruleIds }, signal) =>
      write(
        node,
        {
          [ROUTE_NOTES.vpc]: vpcId,
          [ROUTE_NOTES.table]: tableIds.join(","),
          [ROUTE_NOTES.rule]: ruleIds.join(","),
          [ROUTE_NOTES.version]: version,
        },
        signal,
      ),
    async removed(node, ruleIds, signal) {
      if (!node || !isNoted(node, ruleIds)) return;
      await write(node, { [ROUTE_NOTES.rule]: null, [ROUTE_NOTES.table]: null }, signal);
    },
  };
}
