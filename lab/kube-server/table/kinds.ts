/** The columns of each kind, as `kubectl get` shows them. */
import { at, type Fields, fieldsOf, isFields, listOf, type Stored, textOf } from "../json.ts";
import { age } from "./cells.ts";
import type { Column } from "./columns.ts";

type Cell = Column["cell"];
const column = (name: string, cell: Cell, more: Partial<Column> = {}): Column => ({
  name,
  type: "string",
  description: `${name} of the object`,
  priority: 0,
  cell,
  ...more,
});
const WIDE = { priority: 1 } as const;
const NAME = column("Name", (object) => textOf(object.metadata.name), {
  format: "name",
  description: "Name of the object",
});
const AGE = column("Age", (object, now) => age(object.metadata.creationTimestamp, now));
const field =
  (...path: string[]): Cell =>
  (object) =>
    textOf(at(object, ...path));
const orNone = (text: string): string => (text === "" ? "<none>" : text);
const labelsText = (value: unknown): string =>
  orNone(
    Object.entries(fieldsOf(value))
      .map(([key, one]) => `${key}=${textOf(one)}`)
      .sort()
      .join(","),
  );

const ROLE = "node-role.kubernetes.io/";
const addressOf =
  (type: string): Cell =>
  (node) => {
    const found = listOf(at(node, "status", "addresses")).find((address) => at(address, "type") === type);
    return orNone(textOf(at(found, "address")));
  };
const info =
  (name: string): Cell =>
  (node) =>
    textOf(at(node, "status", "nodeInfo", name)) || "<unknown>";

function nodeStatus(node: Stored): string {
  const ready = listOf(at(node, "status", "conditions")).find((condition) => at(condition, "type") === "Ready");
  const text = ready === undefined ? "Unknown" : at(ready, "status") === "True" ? "Ready" : "NotReady";
  return at(node, "spec", "unschedulable") === true ? `${text},SchedulingDisabled` : text;
}

function nodeRoles(node: Stored): string {
  const labels = Object.entries(node.metadata.labels ?? {});
  const roles = labels.flatMap(([key, value]) =>
    key.startsWith(ROLE) ? [key.slice(ROLE.length)] : key === "kubernetes.io/role" ? [value] : [],
  );
  return orNone(
    roles
      .filter((role) => role !== "")
      .sort()
      .join(","),
  );
}

export const NODE_COLUMNS: readonly Column[] = [
  NAME,
  column("Status", nodeStatus),
  column("Roles", nodeRoles),
  AGE,
  column("Version", field("status", "nodeInfo", "kubeletVersion")),
  column("Internal-IP", addressOf("InternalIP"), WIDE),
  column("External-IP", addressOf("ExternalIP"), WIDE),
  column("OS-Image", info("osImage"), WIDE),
  column("Kernel-Version", info("kernelVersion"), WIDE),
  column("Container-Runtime", info("containerRuntimeVersion"), WIDE),
];

function externalIp(service: Stored): string {
  const spec = fieldsOf(service.spec);
  const external = listOf(spec.externalIPs).map(textOf);
  if (spec.type === "ExternalName") return textOf(spec.externalName);
  if (spec.type !== "LoadBalancer") return orNone(external.join(","));
  const ingress = listOf(at(service, "status", "loadBalancer", "ingress"))
    .filter(isFields)
    .map((entry) => textOf(entry.ip) || textOf(entry.hostname));
  const all = [...ingress, ...external];
  return all.length > 0 ? all.join(",") : "<pending>";
}

function servicePorts(service: Stored): string {
  const text = (port: Fields): string => {
    const node = port.nodePort ? `:${textOf(port.nodePort)}` : "";
    return `${textOf(port.port)}${node}/${textOf(port.protocol)}`;
  };
  return orNone(
    listOf(at(service, "spec", "ports"))
      .filter(isFields)
      .map(text)
      .join(","),
  );
}

export const SERVICE_COLUMNS: readonly Column[] = [
  NAME,
  column("Type", field("spec", "type")),
  column("Cluster-IP", (service) => orNone(textOf(at(service, "spec", "clusterIP")))),
  column("External-IP", externalIp),
  column("Port(s)", servicePorts),
  AGE,
  column("Selector", (service) => labelsText(at(service, "spec", "selector")), WIDE),
];

const lastSeen = (event: Stored): unknown =>
  at(event, "series", "lastObservedTime") ?? event.lastTimestamp ?? event.eventTime ?? event.firstTimestamp;

export const EVENT_COLUMNS: readonly Column[] = [
  column("Last Seen", (event, now) => age(lastSeen(event), now)),
  column("Type", field("type")),
  column("Reason", field("reason")),
  column("Object", (event) => {
    const { kind, name } = fieldsOf(event.involvedObject);
    return `${textOf(kind).toLowerCase()}/${textOf(name)}`;
  }),
  column("Subobject", field("involvedObject", "fieldPath"), WIDE),
  column(
    "Source",
    (event) => {
      const component = textOf(at(event, "source", "component")) || textOf(event.reportingComponent);
      const host = textOf(at(event, "source", "host")) || textOf(event.reportingInstance);
      return host ? `${component}, ${host}` : component;
    },
    WIDE,
  ),
  column("Message", (event) => textOf(event.message).trim()),
  column("First Seen", (event, now) => age(event.firstTimestamp ?? event.eventTime, now), WIDE),
  column("Count", (event) => event.count ?? at(event, "series", "count") ?? 1, { priority: 1 }),
  column("Name", (event) => event.metadata.name, { priority: 1, format: "name" }),
];

const size =
  (name: string): Cell =>
  (object) =>
    Object.keys(fieldsOf(object[name])).length;

export const NAMESPACE_COLUMNS: readonly Column[] = [NAME, column("Status", field("status", "phase")), AGE];
export const SECRET_COLUMNS: readonly Column[] = [
  NAME,
  column("Type", field("type")),
  column("Data", size("data")),
  AGE,
];
export const CONFIG_MAP_COLUMNS: readonly Column[] = [
  NAME,
  column("Data", (map) => Object.keys({ ...fieldsOf(map.data), ...fieldsOf(map.binaryData) }).length),
  AGE,
];
export const SERVICE_ACCOUNT_COLUMNS: readonly Column[] = [NAME, AGE];
export const LEASE_COLUMNS: readonly Column[] = [NAME, column("Holder", field("spec", "holderIdentity")), AGE];

/** At most three, then "+ 2 more...". */
function some(values: readonly string[], none: string): string {
  if (values.length === 0) return none;
  return values.length <= 3 ? values.join(",") : `${values.slice(0, 3).join(",")} + ${values.length - 3} more...`;
}

export const ENDPOINT_SLICE_COLUMNS: readonly Column[] = [
  NAME,
  column("AddressType", field("addressType")),
  column("Ports", (slice) =>
    some(
      listOf(slice.ports).map((port) => textOf(at(port, "port")) || "*"),
      "<unset>",
    ),
  ),
  column("Endpoints", (slice) =>
    some(
      listOf(slice.endpoints).flatMap((endpoint) => listOf(at(endpoint, "addresses")).map(textOf)),
      "<unset>",
    ),
  ),
  AGE,
];

export const ENDPOINTS_COLUMNS: readonly Column[] = [
  NAME,
  column("Endpoints", (object) =>
    some(
      listOf(object.subsets).flatMap((subset) => {
        const ports = listOf(at(subset, "ports")).map((port) => `:${textOf(at(port, "port"))}`);
        const suffixes = ports.length > 0 ? ports : [""];
        const ips = listOf(at(subset, "addresses")).map((address) => textOf(at(address, "ip")));
        return suffixes.flatMap((port) => ips.map((ip) => `${ip}${port}`));
      }),
      "<none>",
    ),
  ),
  AGE,
];

const count =
  (name: string): Cell =>
  (object) =>
    Number(at(object, "status", name) ?? 0);
const containers = (deployment: Stored): readonly unknown[] =>
  listOf(at(deployment, "spec", "template", "spec", "containers"));

export const DEPLOYMENT_COLUMNS: readonly Column[] = [
  NAME,
  column(
    "Ready",
    (deployment, now) => `${count("readyReplicas")(deployment, now)}/${textOf(at(deployment, "spec", "replicas"))}`,
  ),
  column("Up-to-date", count("updatedReplicas")),
  column("Available", count("availableReplicas")),
  AGE,
  column(
    "Containers",
    (deployment) =>
      containers(deployment)
        .map((one) => textOf(at(one, "name")))
        .join(","),
    WIDE,
  ),
  column(
    "Images",
    (deployment) =>
      containers(deployment)
        .map((one) => textOf(at(one, "image")))
        .join(","),
    WIDE,
  ),
  column("Selector", (deployment) => labelsText(at(deployment, "spec", "selector", "matchLabels")), WIDE),
];

function podReady(pod: Stored): string {
  const statuses = listOf(at(pod, "status", "containerStatuses"));
  const ready = statuses.filter((status) => at(status, "ready") === true).length;
  return `${ready}/${listOf(at(pod, "spec", "containers")).length}`;
}

export const POD_COLUMNS: readonly Column[] = [
  NAME,
  column("Ready", podReady),
  column("Status", (pod) => (pod.metadata.deletionTimestamp ? "Terminating" : textOf(at(pod, "status", "phase")))),
  column("Restarts", (pod) => {
    const counts = listOf(at(pod, "status", "containerStatuses")).map((one) => Number(at(one, "restartCount") ?? 0));
    return String(counts.reduce((sum, count) => sum + count, 0));
  }),
  AGE,
  column("IP", (pod) => orNone(textOf(at(pod, "status", "podIP"))), WIDE),
  column("Node", (pod) => orNone(textOf(at(pod, "spec", "nodeName"))), WIDE),
  column("Nominated Node", (pod) => orNone(textOf(at(pod, "status", "nominatedNodeName"))), WIDE),
  column("Readiness Gates", () => "<none>", WIDE),
];
