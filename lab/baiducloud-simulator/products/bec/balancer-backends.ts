import { operations, part } from "../../api/operation.ts";
import { boolean, type InferFields, integer, list, object, optional, text } from "../../api/schema.ts";
import { type BoundBackend, candidatesOf, edgeBlbsOf, getBlb, readyBlb } from "./balancer-model.ts";
import { containerServicesOf } from "./container-model.ts";
import { limitExceeded, notFound } from "./faults.ts";
import { vmServicesOf } from "./records.ts";
import { ACTION, LISTING, listing, listingOf, written } from "./wire.ts";

const BLB = "/v1/blb/{blbId}";
const WEIGHT = integer(0, 100);
const BACKENDS = optional(list(object({ name: text(), ip: optional(text()), weight: optional(WEIGHT) }), 1000), []);
const BACKEND_VIEW = object({ name: text(), ip: text(), weight: integer() });
const CHOSEN = { podWeightList: BACKENDS, deploymentIds: optional(list(text()), []) };
const MANY = Number.MAX_SAFE_INTEGER;

const OPERATIONS = operations({
  ListBlbBindable: {
    summary: "What can be bound: what services have at the place of the load balancer.",
    method: "GET",
    path: `${BLB}/binding`,
    query: LISTING,
    answer: listingOf(
      object({
        serviceName: text(),
        deploymentName: text(),
        customOrigName: text(),
        serviceId: text(),
        deploymentType: text(),
        region: text(),
        serviceProvider: text(),
        city: text(),
        replicas: integer(),
        podCpu: integer(),
        podMemory: integer(),
        podGpu: integer(),
        podDataStorage: text(),
        sata: integer(),
        nvme: integer(),
        dataDiskNum: integer(),
        podIpRequired: boolean(),
        backends: list(BACKEND_VIEW, MANY),
      }),
    ),
    errors: ["ResourceNotFound"],
  },
  ListBlbBindablePods: {
    summary: "The machines or pods of one of them. The answer is a bare list.",
    method: "GET",
    path: `${BLB}/bindingpod`,
    query: { stsName: text() },
    answer: list(BACKEND_VIEW, MANY),
    errors: ["ResourceNotFound"],
  },
  BindBlbBackends: {
    summary: "Sends to machines or pods from now on, on the ports of all listeners.",
    method: "POST",
    path: `${BLB}/binding`,
    body: object({
      bindingForms: list(object({ deploymentId: text(), defaultWeight: optional(WEIGHT), podWeight: BACKENDS }), 100),
    }),
    answer: ACTION,
    errors: ["ResourceNotFound", "OperationDenied", "LimitExceeded"],
    delay: "becChange",
  },
  ListBlbBackends: {
    summary: "What is bound, with the health of each port.",
    method: "GET",
    path: `${BLB}/binded`,
    query: LISTING,
    answer: listingOf(
      object({
        podName: text(),
        podStatus: text(),
        podIp: text(),
        weight: integer(),
        backendPort: list(object({ health: boolean(), port: integer(), protocol: text() })),
      }),
    ),
    errors: ["ResourceNotFound"],
  },
  UpdateBlbBackends: {
    summary: "Changes weights.",
    method: "PUT",
    path: `${BLB}/binded`,
    body: object(CHOSEN),
    answer: ACTION,
    errors: ["ResourceNotFound", "OperationDenied"],
    delay: "becChange",
  },
  UnbindBlbBackends: {
    summary: "Sends to these no longer.",
    method: "DELETE",
    path: `${BLB}/binded`,
    body: object(CHOSEN),
    answer: ACTION,
    errors: ["ResourceNotFound", "OperationDenied"],
    delay: "becChange",
  },
});

const DEFAULT_WEIGHT = 100;

export const balancerBackends = part(OPERATIONS, (account) => {
  const blbs = edgeBlbsOf(account);
  const weightOf = (backends: readonly BoundBackend[], name: string): number =>
    backends.find((one) => one.name === name)?.weight ?? DEFAULT_WEIGHT;
  /** The load balancer is BINDING for a while. */
  const bind = (blbId: string, backends: readonly BoundBackend[]): void => {
    if (backends.length > account.quotas.backendsPerBlb) throw limitExceeded("backends");
    blbs.patch(blbId, { backends, status: "BINDING" });
    account.shared.schedule("bec.blb", blbId, account.timings.becChange, { from: "BINDING" });
  };
  const chosen = (backends: readonly BoundBackend[], { podWeightList, deploymentIds }: InferFields<typeof CHOSEN>) => {
    const names = new Set(podWeightList.map(({ name }) => name));
    const missing =
      podWeightList.find(({ name }) => !backends.some((one) => one.name === name))?.name ??
      deploymentIds.find((id) => !backends.some(({ deploymentId }) => deploymentId === id));
    if (missing) throw notFound(missing);
    return (one: BoundBackend) =>
      names.has(one.name) || (podWeightList.length === 0 && deploymentIds.includes(one.deploymentId));
  };
  return {
    ListBlbBindable({ params, query }) {
      const blb = getBlb(account, params.blbId);
      const groups = Map.groupBy(candidatesOf(account, blb), ({ deploymentId }) => deploymentId);
      const views = [...groups].map(([deploymentName, pods]) => {
        const serviceId = pods[0]?.serviceId ?? "";
        const vms = vmServicesOf(account).get(serviceId);
        const boxes = containerServicesOf(account).get(serviceId);
        const sum = (field: "cpu" | "memory" | "gpu") =>
          boxes?.containers.reduce((total, one) => total + (one[field] ?? 0), 0) ?? vms?.template[field] ?? 0;
        return {
          serviceName: vms?.serviceName ?? boxes?.serviceName ?? "",
          deploymentName,
          customOrigName: deploymentName,
          serviceId,
          deploymentType: blb.lbType,
          region: blb.region,
          serviceProvider: blb.serviceProvider,
          city: blb.city,
          replicas: pods.length,
          podCpu: sum("cpu"),
          podMemory: sum("memory"),
          podGpu: sum("gpu"),
          podDataStorage: "0",
          sata: 0,
          nvme: 0,
          dataDiskNum: vms?.template.dataVolumeList.length ?? 0,
          podIpRequired: false,
          backends: pods.map(({ name, ip }) => ({ name, ip, weight: weightOf(blb.backends, name) })),
        };
      });
      return listing(query, views);
    },
    ListBlbBindablePods({ params, query: { stsName } }) {
      const blb = getBlb(account, params.blbId);
      const pods = candidatesOf(account, blb).filter(({ deploymentId }) => deploymentId === stsName);
      if (pods.length === 0) throw notFound(stsName);
      return pods.map(({ name, ip }) => ({ name, ip, weight: weightOf(blb.backends, name) }));
    },
    BindBlbBackends({ params: { blbId }, body: { bindingForms } }) {
      const blb = readyBlb(account, blbId);
      const candidates = candidatesOf(account, blb);
      const backends = new Map(blb.backends.map((one) => [one.name, one]));
      for (const { deploymentId, defaultWeight = DEFAULT_WEIGHT, podWeight } of bindingForms) {
        const pods = candidates.filter((one) => one.deploymentId === deploymentId);
        if (pods.length === 0) throw notFound(deploymentId);
        const wanted = podWeight.length > 0 ? podWeight : pods.map(({ name }) => ({ name, weight: defaultWeight }));
        for (const { name, weight = defaultWeight } of wanted) {
          if (!pods.some((pod) => pod.name === name)) throw notFound(name);
          backends.set(name, { name, deploymentId, weight });
        }
      }
      bind(blbId, [...backends.values()]);
      return written("CreateBlbBinding");
    },
    ListBlbBackends({ params, query }) {
      const blb = getBlb(account, params.blbId);
      const pods = new Map(candidatesOf(account, blb).map((one) => [one.name, one]));
      const views = blb.backends.map(({ name, weight }) => {
        const { status = "UNKNOWN", ip = "" } = pods.get(name) ?? {};
        const health = status === "RUNNING";
        return {
          podName: name,
          podStatus: status,
          podIp: ip,
          weight,
          backendPort: blb.listeners.map(({ backendPort: port, protocol }) => ({ health, port, protocol })),
        };
      });
      return listing(query, views);
    },
    UpdateBlbBackends({ params: { blbId }, body }) {
      const { backends } = readyBlb(account, blbId);
      chosen(backends, body);
      const weights = new Map(body.podWeightList.map(({ name, weight }) => [name, weight]));
      bind(
        blbId,
        backends.map((one) => ({ ...one, weight: weights.get(one.name) ?? one.weight })),
      );
      return written("UpdateBlbBindPodWeight");
    },
    UnbindBlbBackends({ params: { blbId }, body }) {
      const { backends } = readyBlb(account, blbId);
      const goes = chosen(backends, body);
      bind(
        blbId,
        backends.filter((one) => !goes(one)),
      );
      return written("DeleteBlbBindPod");
    },
  };
});
