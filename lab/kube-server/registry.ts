/** The resources that are served. */
import { at } from "./json.ts";
import type { Resource, Strategy } from "./resource.ts";
import { eventFromView, eventToView } from "./resources/event-view.ts";
import { serviceStrategy } from "./resources/service-strategy.ts";
import * as strategies from "./resources/strategies.ts";
import * as columns from "./table/kinds.ts";

type Given = Pick<Resource, "plural" | "kind"> & Partial<Resource>;

const resource = (given: Given): Resource => ({
  group: "",
  version: "v1",
  singular: given.kind.toLowerCase(),
  shortNames: [],
  categories: [],
  namespaced: true,
  table: given.plural,
  subresources: [],
  nameRule: "dns1123subdomain",
  generation: false,
  createOnUpdate: false,
  unconditionalUpdate: true,
  fieldLabels: {},
  strategy: strategies.plainStrategy,
  columns: [],
  ...given,
});

const field =
  (...path: string[]) =>
  (object: unknown) =>
    at(object, ...path);

const REFERENCE = ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"];

const eventLabels: Resource["fieldLabels"] = {
  ...Object.fromEntries(REFERENCE.map((name) => [`involvedObject.${name}`, field("involvedObject", name)])),
  reason: field("reason"),
  reportingComponent: field("reportingComponent"),
  source: (event) => at(event, "source", "component") ?? event.reportingComponent,
  type: field("type"),
};

const EVENTS: Given = {
  plural: "events",
  kind: "Event",
  shortNames: ["ev"],
  createOnUpdate: true,
  fieldLabels: eventLabels,
  strategy: strategies.eventStrategy,
  columns: columns.EVENT_COLUMNS,
};

export function createRegistry(options: {
  readonly serviceCidr: string;
  readonly nodePortRange: readonly [number, number];
}): readonly Resource[] {
  const services: Strategy = serviceStrategy(options);
  return [
    resource({
      plural: "configmaps",
      kind: "ConfigMap",
      shortNames: ["cm"],
      strategy: strategies.configMapStrategy,
      columns: columns.CONFIG_MAP_COLUMNS,
    }),
    resource({
      plural: "endpoints",
      kind: "Endpoints",
      singular: "endpoints",
      shortNames: ["ep"],
      createOnUpdate: true,
      columns: columns.ENDPOINTS_COLUMNS,
    }),
    resource(EVENTS),
    resource({
      plural: "namespaces",
      kind: "Namespace",
      shortNames: ["ns"],
      namespaced: false,
      subresources: ["status", "finalize"],
      nameRule: "dns1123label",
      fieldLabels: { "status.phase": field("status", "phase"), name: field("metadata", "name") },
      strategy: strategies.namespaceStrategy,
      columns: columns.NAMESPACE_COLUMNS,
    }),
    resource({
      plural: "nodes",
      kind: "Node",
      shortNames: ["no"],
      namespaced: false,
      subresources: ["status"],
      fieldLabels: { "spec.unschedulable": (node) => at(node, "spec", "unschedulable") === true },
      strategy: strategies.nodeStrategy,
      columns: columns.NODE_COLUMNS,
    }),
    resource({
      plural: "pods",
      kind: "Pod",
      shortNames: ["po"],
      categories: ["all"],
      subresources: ["status"],
      fieldLabels: {
        "spec.nodeName": field("spec", "nodeName"),
        "spec.restartPolicy": field("spec", "restartPolicy"),
        "spec.schedulerName": field("spec", "schedulerName"),
        "spec.serviceAccountName": field("spec", "serviceAccountName"),
        "spec.hostNetwork": (pod) => at(pod, "spec", "hostNetwork") === true,
        "status.phase": field("status", "phase"),
        "status.podIP": field("status", "podIP"),
        "status.nominatedNodeName": field("status", "nominatedNodeName"),
      },
      strategy: strategies.podStrategy,
      columns: columns.POD_COLUMNS,
    }),
    resource({
      plural: "secrets",
      kind: "Secret",
      fieldLabels: { type: field("type") },
      strategy: strategies.secretStrategy,
      columns: columns.SECRET_COLUMNS,
    }),
    resource({
      plural: "serviceaccounts",
      kind: "ServiceAccount",
      shortNames: ["sa"],
      unconditionalUpdate: false,
      columns: columns.SERVICE_ACCOUNT_COLUMNS,
    }),
    resource({
      plural: "services",
      kind: "Service",
      shortNames: ["svc"],
      categories: ["all"],
      subresources: ["status"],
      nameRule: "dns1035",
      createOnUpdate: true,
      fieldLabels: { "spec.type": field("spec", "type"), "spec.clusterIP": field("spec", "clusterIP") },
      strategy: services,
      columns: columns.SERVICE_COLUMNS,
    }),
    resource({
      group: "apps",
      plural: "deployments",
      kind: "Deployment",
      shortNames: ["deploy"],
      categories: ["all"],
      subresources: ["status", "scale"],
      generation: true,
      strategy: strategies.deploymentStrategy,
      columns: columns.DEPLOYMENT_COLUMNS,
    }),
    resource({
      group: "coordination.k8s.io",
      plural: "leases",
      kind: "Lease",
      createOnUpdate: true,
      unconditionalUpdate: false,
      strategy: strategies.leaseStrategy,
      columns: columns.LEASE_COLUMNS,
    }),
    resource({
      group: "discovery.k8s.io",
      plural: "endpointslices",
      kind: "EndpointSlice",
      generation: true,
      createOnUpdate: true,
      strategy: strategies.endpointSliceStrategy,
      columns: columns.ENDPOINT_SLICE_COLUMNS,
    }),
    resource({ ...EVENTS, group: "events.k8s.io", toView: eventToView, fromView: eventFromView }),
  ];
}
