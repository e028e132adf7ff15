/** Names that users and other programs read. Source: kubernetes/api and kubernetes/cloud-provider 1.36. */
export const TAINT_UNINITIALIZED = "node.cloudprovider.kubernetes.io/uninitialized";
export const TAINT_SHUTDOWN = "node.cloudprovider.kubernetes.io/shutdown";
export const TAINT_TO_BE_DELETED = "ToBeDeletedByClusterAutoscaler";
export const LABEL_EXCLUDE_BALANCERS = "node.kubernetes.io/exclude-from-external-load-balancers";
export const ANNOTATION_PROVIDED_IP = "alpha.kubernetes.io/provided-node-ip";
/** Ours, on Nodes: the labels that the node controller set, as JSON (nodes/owned-labels.ts). */
export const ANNOTATION_OWNED_LABELS = "cloud-provider.ccm/owned-labels";
export const FINALIZER_LOAD_BALANCER = "service.kubernetes.io/load-balancer-cleanup";

/** The beta label is the source of truth, as upstream has it. */
export const ALIAS_LABELS: readonly (readonly [primary: string, secondary: string])[] = [
  ["failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone"],
  ["failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region"],
  ["beta.kubernetes.io/instance-type", "node.kubernetes.io/instance-type"],
];
