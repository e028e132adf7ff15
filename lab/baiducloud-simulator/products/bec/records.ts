import { randomText } from "@ccm/base";
import type { Account } from "../../account.ts";
import type { Tag } from "../../api/common.ts";
import { denied } from "../../api/fault.ts";
import { notFound } from "./faults.ts";
import type { Location, ServiceProvider } from "./locations.ts";

/** How many of something are at one place. */
export interface Deployment extends Location {
  readonly replicas: number;
  readonly networkType: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly subServiceProviders: readonly string[];
}

export interface Disk {
  readonly name: string;
  readonly volumeType: string;
  readonly sizeInGB: number;
  readonly pvcName: string;
}

/** What the machines of a service are made from. */
export interface VmTemplate {
  readonly vmName: string;
  readonly spec: string;
  readonly cpu: number;
  readonly memory: number;
  readonly gpu: number;
  readonly imageId: string;
  readonly imageType: string;
  readonly needPublicIp: boolean;
  readonly needIpv6PublicIp: boolean;
  readonly disableIntranet: boolean;
  /** Mbit/s. */
  readonly bandwidth: number;
  readonly systemVolume: Disk;
  readonly dataVolumeList: readonly Disk[];
  readonly keyPairIds: readonly string[];
  readonly dns: string;
  readonly hostname: string;
  readonly userData: string;
  readonly securityGroupIds: readonly string[];
  readonly deploysetIds: readonly string[];
}

export interface VmService {
  readonly serviceId: string;
  readonly serviceName: string;
  readonly createTime: string;
  readonly template: VmTemplate;
  readonly deployInstances: readonly Deployment[];
  readonly tags: readonly Tag[];
}

export interface CarrierIp {
  readonly serviceProvider: ServiceProvider;
  readonly ip: string;
  readonly ipv6: string;
}

export interface Vm extends VmTemplate, Location {
  readonly vmId: string;
  readonly uuid: string;
  readonly status: string;
  readonly serviceId: string;
  readonly networkType: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly publicIps: readonly CarrierIp[];
  readonly internalIp: string;
  /** Further private addresses. */
  readonly privateIps: readonly string[];
  readonly createTime: string;
  readonly tags: readonly Tag[];
}

type Has = Pick<Account, "shared">;

export const vmServicesOf = ({ shared }: Has) => shared.table<VmService>("becVmServices");
export const vmsOf = ({ shared }: Has) => shared.table<Vm>("becVms");

export function getVmService(account: Has, id: string): VmService {
  const found = vmServicesOf(account).get(id);
  if (!found) throw notFound(id);
  return found;
}

export function getVm(account: Has, id: string): Vm {
  const found = vmsOf(account).get(id);
  if (!found) throw notFound(id);
  return found;
}

export function vmsIn(account: Has, serviceId: string): readonly Vm[] {
  return vmsOf(account)
    .all()
    .filter((vm) => vm.serviceId === serviceId);
}

/** The machine if it is in one of these states. */
export function vmIn(account: Has, id: string, ...states: readonly string[]): Vm {
  const vm = getVm(account, id);
  if (!states.includes(vm.status)) throw denied(`${id} is ${vm.status}, expected ${states.join(" or ")}.`);
  return vm;
}

/** The group of a service's machines at one place; also what load balancers bind. */
export const deploymentIdOf = (one: { readonly serviceId: string; readonly regionId: string }): string =>
  `${one.serviceId}-${one.regionId}`;

const ID_CHARS = "0123456789abcdefghijklmnopqrstuvwxyz";
export const suffix = (account: Pick<Account, "random">, length: number): string =>
  randomText(account.random, length, ID_CHARS);
