/** The resources that are served. */
import { at } from "./json.ts";
import type { CustomKind, Resource, Strategy } from "./resource.ts";
import { configMapStrategy, secretStrategy } from "./resources/data.ts";
import { endpointSliceStrategy, endpointsStrategy } from "./resources/endpoints.ts";
import { eventFromView, eventToView } from "./resources/event-view.ts";
import { keepSpec, keepStatus } from "./resources/keep.ts";
import { leaseStrategy, nodeStrategy } from "./resources/nodes.ts";
import { eventStrategy, eventViewStrategy, namespaceStrategy, plainStrategy } from "./resources/plain.ts";
import { serviceStrategy } from "./resources/service-strategy.ts";
import { deploymentStrategy, podStrategy } from "./resources/workloads.ts";
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
  returnsDeleted: false,
  strategy: plainStrategy,
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
  strategy: eventStrategy,
  columns: columns.EVENT_COLUMNS,
};

/** Kept as it comes, but for what its schema refuses. */
function customStrategy({ mistakes }: CustomKind): Strategy {
  return {
    prepareCreate: (object) => void delete object.status,
    prepareUpdate: keepStatus,
    prepareStatusUpdate: keepSpec,
    validate(object, _, errors) {
      for (const { field, message } of mistakes?.(object) ?? []) errors.invalid(field, valueAt(object, field), message);
    },
  };
}

/** Of "spec.owners[0].kind" what is there. */
function valueAt(object: unknown, field: string): unknown {
  const names = field.split(/[.[\]]+/).filter((name) => name !== "");
  return names.reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], object);
}

export function createRegistry(options: {
  readonly serviceCidr: string;
  readonly nodePortRange: readonly [number, number];
  readonly customKinds: readonly CustomKind[];
}): readonly Resource[] {
  const services: Strategy = serviceStrategy(options);
  return [
    resource({
      plural: "configmaps",
      kind: "ConfigMap",
      shortNames: ["cm"],
      strategy: configMapStrategy,
      columns: columns.CONFIG_MAP_COLUMNS,
    }),
    resource({
      plural: "endpoints",
      kind: "Endpoints",
      singular: "endpoints",
      shortNames: ["ep"],
      createOnUpdate: true,
      registryKey: "services/endpoints",
      deprecation: "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
      strategy: endpointsStrategy,
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
      strategy: namespaceStrategy,
      columns: columns.NAMESPACE_COLUMNS,
    }),
    resource({
      plural: "nodes",
      kind: "Node",
      shortNames: ["no"],
      namespaced: false,
      subresources: ["status"],
      fieldLabels: { "spec.unschedulable": (node) => at(node, "spec", "unschedulable") === true },
      registryKey: "minions",
      strategy: nodeStrategy,
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
      generation: true,
      returnsDeleted: true,
      strategy: podStrategy,
      columns: columns.POD_COLUMNS,
    }),
    resource({
      plural: "secrets",
      kind: "Secret",
      fieldLabels: { type: field("type") },
      strategy: secretStrategy,
      columns: columns.SECRET_COLUMNS,
    }),
    resource({
      plural: "serviceaccounts",
      kind: "ServiceAccount",
      shortNames: ["sa"],
      returnsDeleted: true,
      columns: columns.SERVICE_ACCOUNT_COLUMNS,
    }),
    resource({
      plural: "services",
      kind: "Service",
      shortNames: ["svc"],
      categories: ["all"],
      subresources: ["status"],
      nameRule: "dns1123label",
      registryKey: "services/specs",
      returnsDeleted: true,
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
      strategy: deploymentStrategy,
      columns: columns.DEPLOYMENT_COLUMNS,
    }),
    resource({
      group: "coordination.k8s.io",
      plural: "leases",
      kind: "Lease",
      createOnUpdate: true,
      unconditionalUpdate: false,
      strategy: leaseStrategy,
      columns: columns.LEASE_COLUMNS,
    }),
    resource({
      group: "discovery.k8s.io",
      plural: "endpointslices",
      kind: "EndpointSlice",
      generation: true,

      strategy: endpointSliceStrategy,
      columns: columns.ENDPOINT_SLICE_COLUMNS,
    }),
    resource({
      ...EVENTS,
      group: "events.k8s.io",
      strategy: eventViewStrategy,
      toView: eventToView,
      fromView: eventFromView,
    }),
    ...options.customKinds.map((custom) => {
      const { group, version, plural, kind, namespaced, shortNames = [] } = custom;
      return resource({
        ...{ group, version, plural, kind, namespaced, shortNames },
        table: `${plural}.${group}`,
        subresources: ["status"],
        generation: true,
        unconditionalUpdate: false,
        returnsDeleted: true,
        strategy: customStrategy(custom),
      });
    }),
  ];
}
