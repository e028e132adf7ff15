/**
 * What is read of Kubernetes' own kinds. The numbers are those of k8s.io/api and k8s.io/apimachinery (generated.proto),
 * where a number is never used for anything else.
 */
import type {
  LoadBalancerIngress,
  LoadBalancerStatus,
  Node,
  NodeAddress,
  NodeCondition,
  Service,
  ServicePort,
  Taint,
} from "../types/core.ts";
import type { KubeObject, ObjectMeta, OwnerReference, Status } from "../types/meta.ts";
import {
  anyFlag,
  anyInteger,
  anyText,
  flag,
  integer,
  intOrString,
  listOf,
  type Message,
  message,
  nested,
  text,
  textMap,
  texts,
  time,
} from "./message.ts";

type Spec<T extends { readonly spec?: unknown }> = NonNullable<T["spec"]>;
type StatusOf<T extends { readonly status?: unknown }> = NonNullable<T["status"]>;

const OWNER = message<OwnerReference>({
  1: ["kind", anyText],
  3: ["name", anyText],
  4: ["uid", anyText],
  5: ["apiVersion", anyText],
  6: ["controller", anyFlag],
  7: ["blockOwnerDeletion", anyFlag],
});

/** Without managedFields, a third of an object that nobody here reads. */
const META = message<ObjectMeta>({
  1: ["name", text],
  2: ["generateName", text],
  3: ["namespace", text],
  5: ["uid", text],
  6: ["resourceVersion", text],
  7: ["generation", integer],
  8: ["creationTimestamp", time],
  9: ["deletionTimestamp", time],
  10: ["deletionGracePeriodSeconds", anyInteger],
  11: ["labels", textMap],
  12: ["annotations", textMap],
  13: ["ownerReferences", listOf(OWNER)],
  14: ["finalizers", texts],
});

/** What every kind has, and all of a bookmark. */
export const OBJECT_MESSAGE: Message<KubeObject> = message<KubeObject>({ 1: ["metadata", nested(META)] });

const TAINT = message<Taint>({
  1: ["key", anyText],
  2: ["value", text],
  3: ["effect", anyText],
  4: ["timeAdded", time],
});
/** Without times and message, which change with every heartbeat. */
const NODE_CONDITION = message<NodeCondition>({ 1: ["type", anyText], 2: ["status", anyText], 5: ["reason", text] });
const NODE_ADDRESS = message<NodeAddress>({ 1: ["type", anyText], 2: ["address", anyText] });
const NODE_SPEC = message<Spec<Node>>({
  1: ["podCIDR", text],
  3: ["providerID", text],
  4: ["unschedulable", flag],
  5: ["taints", listOf(TAINT)],
  7: ["podCIDRs", texts],
});
const NODE_STATUS = message<StatusOf<Node>>({
  4: ["conditions", listOf(NODE_CONDITION)],
  5: ["addresses", listOf(NODE_ADDRESS)],
});

/** A Node for a cache: without its images, resources, versions and volumes, which are most of it. */
export const NODE_MESSAGE: Message<Node> = message<Node>({
  1: ["metadata", nested(META)],
  2: ["spec", nested(NODE_SPEC)],
  3: ["status", nested(NODE_STATUS)],
});

const SERVICE_PORT = message<ServicePort>({
  1: ["name", text],
  2: ["protocol", text],
  3: ["port", anyInteger],
  4: ["targetPort", intOrString],
  5: ["nodePort", integer],
  6: ["appProtocol", anyText],
});
type AffinityConfig = NonNullable<Spec<Service>["sessionAffinityConfig"]>;
const CLIENT_IP = message<NonNullable<AffinityConfig["clientIP"]>>({ 1: ["timeoutSeconds", anyInteger] });
const AFFINITY_CONFIG = message<AffinityConfig>({ 1: ["clientIP", nested(CLIENT_IP)] });
const SERVICE_SPEC = message<Spec<Service>>({
  1: ["ports", listOf(SERVICE_PORT)],
  2: ["selector", textMap],
  3: ["clusterIP", text],
  4: ["type", text],
  5: ["externalIPs", texts],
  7: ["sessionAffinity", text],
  8: ["loadBalancerIP", text],
  9: ["loadBalancerSourceRanges", texts],
  10: ["externalName", text],
  11: ["externalTrafficPolicy", text],
  12: ["healthCheckNodePort", integer],
  13: ["publishNotReadyAddresses", flag],
  14: ["sessionAffinityConfig", nested(AFFINITY_CONFIG)],
  17: ["ipFamilyPolicy", anyText],
  18: ["clusterIPs", texts],
  19: ["ipFamilies", texts],
  20: ["allocateLoadBalancerNodePorts", anyFlag],
  21: ["loadBalancerClass", anyText],
  22: ["internalTrafficPolicy", anyText],
  23: ["trafficDistribution", anyText],
});
type PortStatus = NonNullable<LoadBalancerIngress["ports"]>[number];
const PORT_STATUS = message<PortStatus>({ 1: ["port", anyInteger], 2: ["protocol", anyText], 3: ["error", anyText] });
const INGRESS = message<LoadBalancerIngress>({
  1: ["ip", text],
  2: ["hostname", text],
  3: ["ipMode", anyText],
  4: ["ports", listOf(PORT_STATUS)],
});
interface Condition {
  readonly type: string;
  readonly status: string;
  readonly observedGeneration: number;
  readonly lastTransitionTime: string;
  readonly reason: string;
  readonly message: string;
}
const CONDITION = message<Condition>({
  1: ["type", anyText],
  2: ["status", anyText],
  3: ["observedGeneration", integer],
  4: ["lastTransitionTime", time],
  5: ["reason", anyText],
  6: ["message", anyText],
});
const LOAD_BALANCER = message<LoadBalancerStatus>({ 1: ["ingress", listOf(INGRESS)] });
const SERVICE_STATUS = message<StatusOf<Service>>({
  1: ["loadBalancer", nested(LOAD_BALANCER)],
  2: ["conditions", listOf(CONDITION)],
});

/** A Service, whole but for its managedFields. */
export const SERVICE_MESSAGE: Message<Service> = message<Service>({
  1: ["metadata", nested(META)],
  2: ["spec", nested(SERVICE_SPEC)],
  3: ["status", nested(SERVICE_STATUS)],
});

type Details = NonNullable<Status["details"]>;
const CAUSE = message<NonNullable<Details["causes"]>[number]>({
  1: ["reason", text],
  2: ["message", text],
  3: ["field", text],
});
const DETAILS = message<Details>({
  1: ["name", text],
  2: ["group", text],
  3: ["kind", text],
  4: ["causes", listOf(CAUSE)],
  5: ["retryAfterSeconds", integer],
  6: ["uid", text],
});
export const STATUS_MESSAGE: Message<Status> = message<Status>({
  2: ["status", text],
  3: ["message", text],
  4: ["reason", text],
  5: ["details", nested(DETAILS)],
  6: ["code", integer],
});
