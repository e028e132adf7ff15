import { errorText, type Logger } from "@ccm/base";
import { type KubeClient, NODES, type Node } from "@ccm/kube";

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

/** Writes the four annotations, and nothing else of the Node. A failure is logged: the route is there all the same. */
export interface NodeNotes {
  made(node: Node, note: RouteNote): Promise<void>;
  /** The route is gone: its rule and table are noted no more, if they are. */
  removed(node: Node | undefined, ruleIds: readonly string[]): Promise<void>;
}

export function createNodeNotes(
  client: () => Pick<KubeClient, "patch"> | undefined,
  version: string,
  logger: Logger,
): NodeNotes {
  const write = async (node: Node, wanted: Readonly<Record<string, string | null>>): Promise<void> => {
    const has = node.metadata.annotations ?? {};
    const annotations = Object.fromEntries(
      Object.entries(wanted).filter(([key, value]) => (has[key] ?? null) !== value),
    );
    const { name } = node.metadata;
    const kube = client();
    if (!kube || !name || Object.keys(annotations).length === 0) return;
    try {
      await kube.patch(NODES, { name }, { type: "merge", body: { metadata: { annotations } } });
    } catch (error) {
      logger.warn("could not note a route on its node", { node: name, error: errorText(error) });
    }
  };
  return {
    made: (node, { vpcId, tableIds, ruleIds }) =>
      write(node, {
        [ROUTE_NOTES.vpc]: vpcId,
        [ROUTE_NOTES.table]: tableIds.join(","),
        [ROUTE_NOTES.rule]: ruleIds.join(","),
        [ROUTE_NOTES.version]: version,
      }),
    async removed(node, ruleIds) {
      if (node?.metadata.annotations?.[ROUTE_NOTES.rule] !== ruleIds.join(",")) return;
      await write(node, { [ROUTE_NOTES.rule]: null, [ROUTE_NOTES.table]: null });
    },
  };
}
