import type { Account } from "../../account.ts";
import type { Tag } from "../../api/common.ts";
import { denied } from "../../api/fault.ts";
import { nextEdgeIp, nextEdgeIpv6, releaseEdgeIp, takeEdgeIp } from "./addresses.ts";
import { notFound } from "./faults.ts";
import type { Location } from "./locations.ts";
import { type Deployment, deploymentIdOf, suffix } from "./records.ts";

export interface Container {
  readonly name: string | undefined;
  readonly imageAddress: string;
  readonly imageVersion: string | undefined;
  readonly cpu: number | undefined;
  readonly memory: number | undefined;
  readonly gpu: number | undefined;
  readonly [field: string]: unknown;
}

export interface ContainerService {
  readonly serviceId: string;
  readonly serviceName: string;
  readonly stopped: boolean;
  readonly containers: readonly Container[];
  readonly imageRegistrySecrets: readonly unknown[];
  readonly logCollectDetail: unknown;
  readonly needPublicIp: boolean;
  readonly needIpv6PublicIp: boolean;
  readonly bandwidth: number;
  readonly deployInstances: readonly Deployment[];
  readonly tags: readonly Tag[];
  readonly createTime: string;
  readonly lastUpdateTime: string;
}

export interface Pod extends Location {
  readonly podId: string;
  readonly serviceId: string;
  readonly deploymentId: string;
  readonly status: string;
  readonly publicIp: string;
  readonly ipv6PublicIp: string;
  readonly internalIp: string;
  readonly restarts: number;
  readonly createTime: string;
}

type Has = Pick<Account, "shared">;

export const containerServicesOf = ({ shared }: Has) => shared.table<ContainerService>("becContainerServices");
export const podsOf = ({ shared }: Has) => shared.table<Pod>("becPods");

export function getContainerService(account: Has, id: string): ContainerService {
  const found = containerServicesOf(account).get(id);
  if (!found) throw notFound(id);
  return found;
}

export function getPod(account: Has, id: string): Pod {
  const found = podsOf(account).get(id);
  if (!found) throw notFound(id);
  return found;
}

export const podsIn = (account: Has, serviceId: string): readonly Pod[] =>
  podsOf(account)
    .all()
    .filter((pod) => pod.serviceId === serviceId);

/** What a service has at one place. */
export function getDeployment(account: Has, id: string): { service: ContainerService; place: Deployment } {
  for (const service of containerServicesOf(account).all())
    for (const place of service.deployInstances)
      if (deploymentIdOf({ ...service, ...place }) === id) return { service, place };
  throw notFound(id);
}

/** Makes the pods that are missing and removes those that are too many. A stopped service has none. */
export function reconcile(account: Account, serviceId: string): void {
  const service = containerServicesOf(account).get(serviceId);
  if (!service) return;
  const places = service.stopped ? [] : service.deployInstances;
  const wanted = new Map(places.map((place) => [deploymentIdOf({ serviceId, ...place }), place]));
  const live = podsIn(account, serviceId).filter(({ status }) => status !== "TERMINATING");
  const here = Map.groupBy(live, ({ deploymentId }) => deploymentId);
  for (const [deploymentId, pods] of here) {
    const keep = wanted.get(deploymentId)?.replicas ?? 0;
    for (const { podId } of pods.slice(keep)) enterPod(account, podId, "TERMINATING", "GONE");
  }
  for (const [deploymentId, place] of wanted)
    for (let count = here.get(deploymentId)?.length ?? 0; count < place.replicas; count++)
      addPod(account, service, deploymentId, place);
}

function addPod(account: Account, service: ContainerService, deploymentId: string, place: Deployment): void {
  const podId = `${deploymentId}-${suffix(account, 5)}`;
  const { region, city, serviceProvider, regionId } = place;
  podsOf(account).set(podId, {
    podId,
    serviceId: service.serviceId,
    deploymentId,
    status: "PENDING",
    region,
    city,
    serviceProvider,
    regionId,
    publicIp: service.needPublicIp ? nextEdgeIp(account) : "",
    ipv6PublicIp: service.needIpv6PublicIp ? nextEdgeIpv6(account) : "",
    internalIp: takeEdgeIp(account, "", podId),
    restarts: 0,
    createTime: account.time(),
  });
  account.shared.schedule("bec.pod", podId, account.timings.becCreate, { from: "PENDING", to: "RUNNING" });
}

/** Into a state that it leaves by itself. */
export function enterPod(account: Account, podId: string, status: string, to: string): void {
  podsOf(account).patch(podId, { status });
  account.shared.schedule("bec.pod", podId, account.timings.becChange, { from: status, to });
}

export function restartPod(account: Account, podId: string): void {
  const { status, restarts } = getPod(account, podId);
  if (status !== "RUNNING") throw denied(`${podId} is ${status}.`);
  podsOf(account).patch(podId, { restarts: restarts + 1 });
  enterPod(account, podId, "RESTARTING", "RUNNING");
}

/** Registers what pods do by themselves. */
export function runPods(account: Account): void {
  account.shared.on("bec.pod", (id, { from, to }) => {
    const pod = podsOf(account).get(id);
    if (pod?.status !== from) return;
    if (to !== "GONE") {
      podsOf(account).patch(id, { status: String(to) });
      return;
    }
    podsOf(account).delete(id);
    releaseEdgeIp(account, "", pod?.internalIp ?? "");
    account.gone(id);
  });
}
