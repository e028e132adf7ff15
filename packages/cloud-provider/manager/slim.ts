import type { Node, NodeCondition, Service } from "@ccm/kube";

const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";
/** Values that many objects share are kept once: JSON.parse makes a new text for each. */
const SHARED_LIMIT = 10_000;

/**
 * What is kept of Nodes and Services: most of an object's size is what nobody here reads. Controllers write with
 * patches, so nothing is lost by it.
 */
export function createSlimmer() {
  const shared = new Map<string, string>();
  const share = (text: string): string => {
    const known = shared.get(text);
    if (known !== undefined) return known;
    if (shared.size < SHARED_LIMIT) shared.set(text, text);
    return text;
  };
  const labels = (from: Readonly<Record<string, string>>): Readonly<Record<string, string>> => {
    const kept: Record<string, string> = {};
    for (const [key, value] of Object.entries(from)) kept[key] = share(value);
    return kept;
  };
  /** The times and messages change with every heartbeat, and nobody compares them. */
  const condition = ({ type, status, reason }: NodeCondition): NodeCondition => ({
    type,
    status,
    ...(reason ? { reason } : {}),
  });
  return {
    node(node: Node): Node {
      const { managedFields: _, labels: all, ...metadata } = node.metadata;
      const { addresses, conditions } = node.status ?? {};
      return {
        metadata: { ...metadata, ...(all ? { labels: labels(all) } : {}) },
        ...(node.spec ? { spec: node.spec } : {}),
        status: {
          ...(addresses ? { addresses } : {}),
          ...(conditions ? { conditions: conditions.map(condition) } : {}),
        },
      };
    },
    /**
     * Without kubectl's own notes, whose every change would look like an edit of the Service. Of one that is no load
     * balancer, and never was, only the metadata and the type: a cluster has many, and when it becomes one, it comes whole.
     */
    service(service: Service): Service {
      const { managedFields: _, annotations, ...metadata } = service.metadata;
      const { apiVersion: __, kind: ___, spec, status, ...rest } = service;
      const { [LAST_APPLIED]: ____, ...kept } = annotations ?? {};
      const slim = { ...rest, metadata: annotations ? { ...metadata, annotations: kept } : metadata };
      const whole = spec?.type === "LoadBalancer" || (metadata.finalizers ?? []).length > 0;
      if (whole) return { ...slim, ...(spec ? { spec } : {}), ...(status ? { status } : {}) };
      return { ...slim, spec: spec?.type ? { type: share(spec.type) as typeof spec.type } : {} };
    },
  };
}
