import type { Account } from "../../account.ts";
import { TAG } from "../../api/common.ts";
import { anything, integer, list, object, openObject, optional, text } from "../../api/schema.ts";
import { type Container, type ContainerService, type Pod, podsIn } from "./container-model.ts";
import { CITIES } from "./locations.ts";
import { type Deployment, deploymentIdOf } from "./records.ts";
import { DEPLOYMENT_VIEW } from "./vm-schemas.ts";

const TEXT = optional(text());
export const CONTAINER = openObject({
  name: TEXT,
  imageAddress: text(),
  imageVersion: TEXT,
  cpu: optional(integer(0, 512)),
  memory: optional(integer(0, 4096)),
  gpu: optional(integer(0, 16)),
});
const CONTAINERS = list(openObject({}));
const MANY = Number.MAX_SAFE_INTEGER;
const TOTALS = {
  totalCpu: integer(),
  totalMem: integer(),
  totalGpu: integer(),
  totalPods: integer(),
  runningPods: integer(),
};
const SERVICE = {
  serviceId: text(),
  serviceName: text(),
  status: text(),
  ...TOTALS,
  totalDisk: integer(),
  deployInstances: list(DEPLOYMENT_VIEW),
  createTime: text(),
  lastUpdateTime: text(),
};
export const SERVICE_BRIEF = object({ ...SERVICE, level: text(), regions: integer(), tagMap: list(TAG) });
export const SERVICE_DETAIL = object({
  ...SERVICE,
  regionSize: integer(),
  tagsMap: list(TAG),
  resourceBriefVos: list(
    object({
      serviceId: text(),
      serviceName: text(),
      resourceId: text(),
      resourceName: text(),
      labels: anything(),
      ...TOTALS,
      totalDeploy: integer(),
      ingressBandwidth: text(),
      deployInstance: DEPLOYMENT_VIEW,
      imageList: list(text()),
      containers: CONTAINERS,
      imageRegistrySecrets: list(anything()),
    }),
  ),
  imageRegistrySecrets: list(anything()),
  logCollectDetail: optional(anything()),
});
const POD = {
  region: text(),
  city: text(),
  regionName: text(),
  cityName: text(),
  country: text(),
  countryName: text(),
  regionId: text(),
  labels: anything(),
  status: text(),
  cpu: integer(),
  mem: integer(),
  ingressBandwidth: text(),
  publicIp: text(),
  ipv6PublicIp: text(),
  internalIp: text(),
  imageList: list(text()),
  containers: CONTAINERS,
};
export const POD_BRIEF = object({
  ...POD,
  serviceId: text(),
  deploymentName: text(),
  deploymentId: text(),
  podName: text(),
});
export const POD_DETAIL = object({
  ...POD,
  podId: text(),
  podIp: text(),
  podDataStorage: integer(),
  podEventDetails: list(object({ eventName: text(), eventType: text(), eventMessage: text() })),
  containerStatuses: list(openObject({})),
  createTime: text(),
});
export const DEPLOYMENT_DETAIL = object({
  serviceId: text(),
  serviceName: text(),
  resourceId: text(),
  resourceName: text(),
  totalPods: integer(),
  runningPods: integer(),
  deployInstance: DEPLOYMENT_VIEW,
  containers: CONTAINERS,
  podBriefVos: list(POD_BRIEF, MANY),
  createTime: text(),
  lastUpdateTime: text(),
});

const sizeOf = (containers: readonly Container[], field: "cpu" | "memory" | "gpu"): number =>
  containers.reduce((sum, container) => sum + (container[field] ?? 0), 0);
const imagesOf = (containers: readonly Container[]): readonly string[] =>
  containers.map(({ imageAddress, imageVersion }) => (imageVersion ? `${imageAddress}:${imageVersion}` : imageAddress));

function totals({ containers }: ContainerService, pods: readonly Pod[]) {
  return {
    totalCpu: pods.length * sizeOf(containers, "cpu"),
    totalMem: pods.length * sizeOf(containers, "memory"),
    totalGpu: pods.length * sizeOf(containers, "gpu"),
    totalPods: pods.length,
    runningPods: pods.filter(({ status }) => status === "RUNNING").length,
  };
}

function statusOf({ stopped }: ContainerService, pods: readonly Pod[]): string {
  if (stopped) return pods.length > 0 ? "STOPPING" : "STOPPED";
  return pods.some(({ status }) => status === "RUNNING") ? "RUNNING" : "CREATING";
}

function shown(account: Account, service: ContainerService) {
  const { serviceId, serviceName, deployInstances, createTime, lastUpdateTime } = service;
  const pods = podsIn(account, serviceId);
  const status = statusOf(service, pods);
  return {
    serviceId,
    serviceName,
    status,
    ...totals(service, pods),
    totalDisk: 0,
    deployInstances,
    createTime,
    lastUpdateTime,
  };
}

export function briefOf(account: Account, service: ContainerService) {
  return { ...shown(account, service), level: "", regions: service.deployInstances.length, tagMap: service.tags };
}

export function detailOf(account: Account, service: ContainerService) {
  const { serviceId, serviceName, containers, imageRegistrySecrets, logCollectDetail, deployInstances } = service;
  const pods = podsIn(account, serviceId);
  return {
    ...shown(account, service),
    regionSize: deployInstances.length,
    tagsMap: service.tags,
    resourceBriefVos: deployInstances.map((place) => {
      const resourceId = deploymentIdOf({ serviceId, ...place });
      const here = pods.filter(({ deploymentId }) => deploymentId === resourceId);
      return {
        serviceId,
        serviceName,
        resourceId,
        resourceName: resourceId,
        labels: {},
        ...totals(service, here),
        totalDeploy: 1,
        ingressBandwidth: `${service.bandwidth}Mbps`,
        deployInstance: place,
        imageList: imagesOf(containers),
        containers,
        imageRegistrySecrets,
      };
    }),
    imageRegistrySecrets,
    logCollectDetail,
  };
}

function podShown(service: ContainerService, pod: Pod) {
  const { region, city, regionId, status, ipv6PublicIp } = pod;
  const made = status !== "PENDING";
  return {
    region,
    city,
    regionName: region,
    cityName: CITIES.find((one) => one.city === city)?.name ?? "",
    country: "cn",
    countryName: "中国",
    regionId,
    labels: {},
    status,
    cpu: sizeOf(service.containers, "cpu"),
    mem: sizeOf(service.containers, "memory"),
    ingressBandwidth: `${service.bandwidth}Mbps`,
    publicIp: made ? pod.publicIp : "",
    ipv6PublicIp: made ? ipv6PublicIp : "",
    internalIp: made ? pod.internalIp : "",
    imageList: imagesOf(service.containers),
    containers: service.containers,
  };
}

export function podBrief(service: ContainerService, pod: Pod) {
  const { serviceId, deploymentId, podId } = pod;
  return { ...podShown(service, pod), serviceId, deploymentName: deploymentId, deploymentId, podName: podId };
}

export function podDetail(service: ContainerService, pod: Pod) {
  const base = podShown(service, pod);
  const ready = pod.status === "RUNNING";
  const images = imagesOf(service.containers);
  return {
    ...base,
    podId: pod.podId,
    podIp: base.internalIp,
    podDataStorage: 0,
    podEventDetails: [
      { eventName: "Scheduled", eventType: "Normal", eventMessage: `Assigned ${pod.podId} to ${pod.regionId}` },
      ...(ready ? [{ eventName: "Started", eventType: "Normal", eventMessage: "Started the containers" }] : []),
    ],
    containerStatuses: service.containers.map(({ name }, index) => ({
      containerID: `${pod.podId}/${index}`,
      image: images[index],
      imageID: images[index],
      name: name ?? "",
      ready,
      restartCount: pod.restarts,
      state: ready
        ? { running: { startedAt: Math.floor(Date.parse(pod.createTime) / 1000) } }
        : { waiting: { message: "", reason: pod.status } },
    })),
    createTime: pod.createTime,
  };
}

export function deploymentDetail(account: Account, service: ContainerService, place: Deployment) {
  const { serviceId, serviceName, containers, createTime, lastUpdateTime } = service;
  const resourceId = deploymentIdOf({ serviceId, ...place });
  const pods = podsIn(account, serviceId).filter(({ deploymentId }) => deploymentId === resourceId);
  const { totalPods, runningPods } = totals(service, pods);
  return {
    serviceId,
    serviceName,
    resourceId,
    resourceName: resourceId,
    totalPods,
    runningPods,
    deployInstance: place,
    containers,
    podBriefVos: pods.map((pod) => podBrief(service, pod)),
    createTime,
    lastUpdateTime,
  };
}
