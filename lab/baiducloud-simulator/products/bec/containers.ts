import { TAGS } from "../../api/common.ts";
import { badRequest, denied } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { anything, boolean, integer, list, object, oneOf, openObject, optional, text } from "../../api/schema.ts";
import {
  type ContainerService,
  containerServicesOf,
  getContainerService,
  getDeployment,
  getPod,
  podsOf,
  reconcile,
  restartPod,
  runPods,
} from "./container-model.ts";
import {
  briefOf,
  CONTAINER,
  DEPLOYMENT_DETAIL,
  deploymentDetail,
  detailOf,
  POD_BRIEF,
  POD_DETAIL,
  podBrief,
  podDetail,
  SERVICE_BRIEF,
  SERVICE_DETAIL,
} from "./container-views.ts";
import { deploymentIdOf, suffix } from "./records.ts";
import { deploymentsOf } from "./vm-model.ts";
import { DEPLOYMENTS } from "./vm-schemas.ts";
import { ACTION, ANY, each, LISTING, listing, listingOf, OUTCOMES, PLACED_LISTING, writeOf, written } from "./wire.ts";

const SERVICE = "/v1/service";
const ONE = `${SERVICE}/{serviceId}`;
const TEXT = optional(text());
const SECRETS = optional(list(object({ name: TEXT })));
const CHANGES = ["ResourceNotFound", "OperationDenied"];

const OPERATIONS = operations({
  CreateService: {
    summary: "Makes a service of containers: pods alike, some at each place.",
    method: "POST",
    path: `${SERVICE}/create`,
    body: object({
      serviceName: text({ max: 65 }),
      paymentMethod: optional(oneOf("postpay", "prepay")),
      containerGroupName: TEXT,
      containers: list(CONTAINER, 20),
      imageRegistrySecrets: SECRETS,
      volumes: ANY,
      needPublicIp: optional(boolean(), false),
      needIpv6PublicIp: optional(boolean(), false),
      bandwidth: optional(integer(0, 20_000), 0),
      tags: TAGS,
      deployInstances: DEPLOYMENTS,
      logCollectDetail: ANY,
    }),
    answer: writeOf(SERVICE_BRIEF),
    errors: ["OperationDenied"],
    delay: "becCreate",
  },
  ListServices: {
    summary: "Lists the services of containers.",
    method: "GET",
    path: SERVICE,
    query: PLACED_LISTING,
    answer: listingOf(SERVICE_BRIEF),
  },
  GetService: {
    summary: "One service of containers.",
    method: "GET",
    path: ONE,
    answer: SERVICE_DETAIL,
    errors: ["ResourceNotFound"],
  },
  UpdateService: {
    summary: "Renames a service (NAME), changes how many pods it has (REPLICAS) or their containers (RESOURCE).",
    method: "PUT",
    path: ONE,
    body: object({
      type: oneOf("NAME", "REPLICAS", "RESOURCE"),
      serviceName: TEXT,
      deployInstances: DEPLOYMENTS,
      containers: optional(list(CONTAINER, 20)),
      imageRegistrySecrets: SECRETS,
      needIpv6PublicIp: ANY,
      bandwidth: optional(integer(0, 20_000)),
    }),
    answer: writeOf(list(SERVICE_BRIEF)),
    errors: CHANGES,
    delay: "becCreate",
  },
  StartService: {
    summary: "Makes the pods of a stopped service again.",
    method: "PUT",
    path: `${ONE}/start`,
    answer: ACTION,
    errors: CHANGES,
    delay: "becCreate",
  },
  StopService: {
    summary: "Removes the pods of a service.",
    method: "PUT",
    path: `${ONE}/stop`,
    answer: ACTION,
    errors: CHANGES,
    delay: "becChange",
  },
  DeleteService: {
    summary: "Deletes a service with its pods.",
    method: "DELETE",
    path: ONE,
    answer: ACTION,
    errors: ["ResourceNotFound"],
    delay: "becChange",
  },
  BatchOperateServices: {
    summary: "Starts or stops several services.",
    method: "PUT",
    path: `${SERVICE}/batch/operate`,
    body: object({ idList: list(text(), 100), action: oneOf("start", "stop") }),
    answer: OUTCOMES,
  },
  BatchDeleteServices: {
    summary: "Deletes several services. The body is a list of ids.",
    method: "POST",
    path: `${SERVICE}/batch/delete`,
    body: list(text(), 100),
    answer: OUTCOMES,
  },
  GetDeployment: {
    summary: "What a service has at one place.",
    method: "GET",
    path: "/v1/deployment/{deploymentId}",
    answer: DEPLOYMENT_DETAIL,
    errors: ["ResourceNotFound"],
  },
  UpdateDeploymentReplicas: {
    summary: "Changes how many pods there are at one place.",
    method: "PUT",
    path: "/v1/deployment/{deploymentId}",
    body: object({ replicas: integer(0, 1000) }),
    answer: ACTION,
    errors: ["ResourceNotFound"],
    delay: "becCreate",
  },
  DeleteDeployments: {
    summary: "Deletes what services have at places. The body is a list of ids.",
    method: "DELETE",
    path: "/v1/deployment",
    body: list(text(), 100),
    answer: writeOf(openObject({})),
    errors: ["ResourceNotFound"],
    delay: "becChange",
  },
  ListPods: {
    summary: "Lists the pods.",
    method: "GET",
    path: "/v1/pod",
    query: { ...LISTING, serviceId: TEXT, deploymentId: TEXT },
    answer: listingOf(POD_BRIEF),
  },
  GetPod: {
    summary: "One pod.",
    method: "GET",
    path: "/v1/pod/{podId}",
    answer: POD_DETAIL,
    errors: ["ResourceNotFound"],
  },
  RestartPod: {
    summary: "Restarts the containers of a pod.",
    method: "PUT",
    path: "/v1/pod/{podId}/restart",
    answer: optional(anything()),
    errors: CHANGES,
    delay: "becChange",
  },
});

export const containers = part(OPERATIONS, (account) => {
  const services = containerServicesOf(account);
  runPods(account);
  const brief = (id: string) => briefOf(account, getContainerService(account, id));
  const change = (id: string, fields: Partial<ContainerService>): void => {
    services.patch(id, { ...fields, lastUpdateTime: account.time() });
    reconcile(account, id);
  };
  const setStopped = (id: string, stopped: boolean): void => {
    if (getContainerService(account, id).stopped === stopped)
      throw denied(`${id} is ${stopped ? "stopped" : "started"} already.`);
    change(id, { stopped });
  };
  const remove = (id: string): void => {
    getContainerService(account, id);
    change(id, { stopped: true });
    services.delete(id);
  };
  /** Pods outlive a deleted service for a moment. */
  const serviceOf = (serviceId: string): ContainerService | undefined => services.get(serviceId);
  return {
    CreateService({ body }) {
      const deployInstances = deploymentsOf(account, body.deployInstances);
      if (body.containers.length === 0) throw badRequest("containers: expected at least one.");
      if (body.needPublicIp && body.bandwidth === 0) throw badRequest("bandwidth is required with needPublicIp.");
      const serviceId = `s-${suffix(account, 8)}`;
      const time = account.time();
      const { serviceName, containers, needPublicIp, needIpv6PublicIp, bandwidth, tags, logCollectDetail } = body;
      services.set(serviceId, {
        serviceId,
        serviceName,
        stopped: false,
        containers,
        imageRegistrySecrets: body.imageRegistrySecrets ?? [],
        logCollectDetail: logCollectDetail ?? {},
        needPublicIp,
        needIpv6PublicIp,
        bandwidth,
        deployInstances,
        tags,
        createTime: time,
        lastUpdateTime: time,
      });
      reconcile(account, serviceId);
      return written("CreateService", brief(serviceId));
    },
    ListServices: ({ query }) =>
      listing(
        query,
        services.all().map((service) => briefOf(account, service)),
      ),
    GetService: ({ params }) => detailOf(account, getContainerService(account, params.serviceId)),
    UpdateService({ params: { serviceId }, body }) {
      const service = getContainerService(account, serviceId);
      if (body.type === "NAME") {
        if (!body.serviceName) throw badRequest("serviceName is required.");
        change(serviceId, { serviceName: body.serviceName });
      } else if (body.type === "REPLICAS") {
        const places = deploymentsOf(account, body.deployInstances);
        const others = service.deployInstances.filter(
          ({ regionId }) => !places.some((place) => place.regionId === regionId),
        );
        change(serviceId, { deployInstances: [...others, ...places] });
      } else {
        change(serviceId, {
          containers: body.containers ?? service.containers,
          bandwidth: body.bandwidth ?? service.bandwidth,
          imageRegistrySecrets: body.imageRegistrySecrets ?? service.imageRegistrySecrets,
        });
        for (const pod of podsOf(account).all())
          if (pod.serviceId === serviceId && pod.status === "RUNNING") restartPod(account, pod.podId);
      }
      return written("UpdateService", [brief(serviceId)]);
    },
    StartService({ params }) {
      setStopped(params.serviceId, false);
      return written("StartService");
    },
    StopService({ params }) {
      setStopped(params.serviceId, true);
      return written("StopService");
    },
    DeleteService({ params }) {
      remove(params.serviceId);
      return written("DeleteService");
    },
    BatchOperateServices: ({ body: { idList, action } }) =>
      each("BatchOperateService", idList, (id) => setStopped(id, action === "stop")),
    BatchDeleteServices: ({ body }) => each("BatchDeleteService", body, remove),
    GetDeployment({ params }) {
      const { service, place } = getDeployment(account, params.deploymentId);
      return deploymentDetail(account, service, place);
    },
    UpdateDeploymentReplicas({ params: { deploymentId }, body: { replicas } }) {
      const { service, place } = getDeployment(account, deploymentId);
      const deployInstances = service.deployInstances.map((one) => (one === place ? { ...one, replicas } : one));
      change(service.serviceId, { deployInstances });
      return written("UpdateDeploymentReplicas");
    },
    DeleteDeployments({ body: ids }) {
      for (const id of ids) getDeployment(account, id);
      const gone = Map.groupBy(ids, (id) => getDeployment(account, id).service.serviceId);
      for (const [serviceId, deployments] of gone) {
        const { deployInstances } = getContainerService(account, serviceId);
        change(serviceId, {
          deployInstances: deployInstances.filter(
            (place) => !deployments.includes(deploymentIdOf({ serviceId, ...place })),
          ),
        });
      }
      return written("DeleteDeployment", Object.fromEntries(gone));
    },
    ListPods({ query }) {
      const pods = podsOf(account)
        .all()
        .flatMap((pod) => {
          const service = serviceOf(pod.serviceId);
          return service && (!query.deploymentId || pod.deploymentId === query.deploymentId)
            ? [podBrief(service, pod)]
            : [];
        });
      return listing(query, pods);
    },
    GetPod({ params }) {
      const pod = getPod(account, params.podId);
      return podDetail(getContainerService(account, pod.serviceId), pod);
    },
    RestartPod({ params }) {
      restartPod(account, params.podId);
      return {};
    },
  };
});
