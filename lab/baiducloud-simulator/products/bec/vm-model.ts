import type { Account } from "../../account.ts";
import type { Tag } from "../../api/common.ts";
import { badRequest, denied } from "../../api/fault.ts";
import type { Infer, InferFields } from "../../api/schema.ts";
import { keypairsOf } from "../bcc/records.ts";
import { nextEdgeIp, nextEdgeIpv6, releaseEdgeIp, takeEdgeIp } from "./addresses.ts";
import { limitExceeded, notFound } from "./faults.ts";
import { getImage } from "./images-model.ts";
import { carriersOf, locationOf } from "./locations.ts";
import { getDeploySet, getSecurityGroup, getSubnet, getVpc, routeRulesOf } from "./network-records.ts";
import {
  type Deployment,
  type Disk,
  deploymentIdOf,
  suffix,
  type Vm,
  type VmService,
  type VmTemplate,
  vmServicesOf,
  vmsIn,
  vmsOf,
} from "./records.ts";
import type { DEPLOYMENT, DISK, MACHINE, NEW_SERVICE } from "./vm-schemas.ts";

export type NewService = Infer<typeof NEW_SERVICE>;
type Machine = InferFields<typeof MACHINE>;

export const disk = (given: Infer<typeof DISK> | undefined, name: string, before?: Disk): Disk => ({
  name: given?.name || (before?.name ?? name),
  volumeType: given?.volumeType || (before?.volumeType ?? "NVME"),
  sizeInGB: given?.sizeInGB || (before?.sizeInGB ?? 40),
  pvcName: given?.pvcName || (before?.pvcName ?? ""),
});

export const dnsOf = (given: Machine["dnsConfig"]): string =>
  given?.dnsType === "CUSTOMIZE" ? (given.dnsAddress ?? "") : given?.dnsType || "DEFAULT";

/** "bec.g5.c2m4" has 2 cores and 4 GB. */
export function sizeOf({ spec, cpu, memory }: Pick<Machine, "spec" | "cpu" | "memory">): {
  spec: string;
  cpu: number;
  memory: number;
} {
  const [, cores, gigabytes] = /c(\d+)m(\d+)/.exec(spec ?? "") ?? [];
  const size = { spec: spec ?? "", cpu: cpu ?? Number(cores), memory: memory ?? Number(gigabytes) };
  if (!size.cpu || !size.memory) throw badRequest("spec or cpu and memory: expected a size such as bec.g5.c2m4.");
  return size;
}

export function checkKeypairs(account: Account, ids: readonly string[]): void {
  for (const id of ids) if (!keypairsOf(account).has(id)) throw notFound(id);
}

/** Refuses what cannot be made. */
export function templateOf(account: Account, body: NewService): VmTemplate {
  if (!body.imageId) throw badRequest("imageId is required.");
  getImage(account, body.imageId);
  const needPublicIp = body.needPublicIp ?? false;
  if (needPublicIp && !body.bandwidth) throw badRequest("bandwidth is required with needPublicIp.");
  if (body.needIpv6PublicIp && !needPublicIp) throw badRequest("needIpv6PublicIp: expected needPublicIp with it.");
  if (body.paymentMethod === "prepay" && !body.reservation?.length)
    throw badRequest("reservation.length is required with prepay.");
  if (body.hostnameGenMethod === "custom" && !body.hostname) throw badRequest("hostname is required with custom.");
  const keyPairIds = body.keyConfig?.bccKeyPairIdList ?? [];
  if (body.keyConfig?.type === "bccKeyPair" && keyPairIds.length === 0)
    throw badRequest("keyConfig.bccKeyPairIdList is required with bccKeyPair.");
  checkKeypairs(account, keyPairIds);
  for (const id of body.securityGroupIds ?? []) getSecurityGroup(account, id);
  for (const id of body.deploysetIdList ?? []) getDeploySet(account, id);
  return {
    ...sizeOf(body),
    vmName: body.vmName ?? "",
    gpu: body.gpu?.num ?? 0,
    imageId: body.imageId,
    imageType: body.imageType || "bcc",
    needPublicIp,
    needIpv6PublicIp: body.needIpv6PublicIp ?? false,
    disableIntranet: body.disableIntranet ?? false,
    bandwidth: body.bandwidth ?? 0,
    systemVolume: disk(body.systemVolume, "system"),
    dataVolumeList: (body.dataVolumeList ?? []).map((one, index) => disk(one, `data-${index}`)),
    keyPairIds,
    dns: dnsOf(body.dnsConfig),
    hostname: body.hostnameGenMethod === "custom" ? (body.hostname ?? "") : "",
    userData: body.userData ?? "",
    securityGroupIds: body.securityGroupIds ?? [],
    deploysetIds: body.deploysetIdList ?? [],
  };
}

export function deploymentsOf(
  account: Account,
  given: readonly Infer<typeof DEPLOYMENT>[] | undefined,
): readonly Deployment[] {
  if (!given || given.length === 0) throw badRequest("deployInstances: expected at least one.");
  return given.map((one) => {
    const location = locationOf(one);
    const { vpcId = "", subnetId = "" } = one;
    const networkType = one.networkType || (vpcId === "" ? "classic" : "vpc");
    if (networkType === "vpc") checkNetwork(account, location.regionId, vpcId, subnetId);
    const carriers = one.subServiceProviders ?? [];
    return { ...location, replicas: one.replicas ?? 1, networkType, vpcId, subnetId, subServiceProviders: carriers };
  });
}

export function checkNetwork(account: Account, regionId: string, vpcId: string, subnetId: string): void {
  if (vpcId === "" || subnetId === "") throw badRequest("vpcId and subnetId are required in a VPC.");
  if (getVpc(account, vpcId).regionId !== regionId) throw badRequest(`vpcId: ${vpcId} is not at ${regionId}.`);
  if (getSubnet(account, subnetId).vpcId !== vpcId) throw badRequest(`subnetId: ${subnetId} is not in ${vpcId}.`);
}

export function checkVmQuota(account: Account, more: number): void {
  if (vmsOf(account).size + more > account.quotas.becVms) throw limitExceeded("virtual machines");
}

export function addVms(
  account: Account,
  service: VmService,
  template: VmTemplate,
  place: Deployment,
  tags: readonly Tag[],
): void {
  for (let count = 0; count < place.replicas; count++) {
    const vmId = `${deploymentIdOf({ ...service, regionId: place.regionId })}-${suffix(account, 5)}`;
    const subnetId = place.networkType === "vpc" ? place.subnetId : "";
    const { replicas: _, subServiceProviders, ...where } = place;
    vmsOf(account).set(vmId, {
      ...template,
      ...where,
      vmId,
      uuid: account.random.uuid(),
      vmName: template.vmName || vmId,
      hostname: template.hostname || vmId,
      status: "CREATING",
      serviceId: service.serviceId,
      publicIps: template.needPublicIp
        ? carriersOf(place, subServiceProviders).map((serviceProvider) => ({
            serviceProvider,
            ip: nextEdgeIp(account),
            ipv6: template.needIpv6PublicIp ? nextEdgeIpv6(account) : "",
          }))
        : [],
      internalIp: template.disableIntranet ? "" : takeEdgeIp(account, subnetId, vmId),
      privateIps: [],
      createTime: account.time(),
      tags,
    });
    account.shared.schedule("bec.vm", vmId, account.timings.becCreate, { from: "CREATING", to: "STARTING" });
  }
}

/** Into a state that it leaves by itself. */
export function enter(account: Account, vmId: string, status: string, to: string, delay = "becChange"): void {
  vmsOf(account).patch(vmId, { status });
  const after = delay === "becCreate" ? account.timings.becCreate : account.timings.becChange;
  account.shared.schedule("bec.vm", vmId, after, { from: status, to });
}

/** Registers what a machine does by itself. */
export function runVms(account: Account): void {
  account.shared.on("bec.vm", (id, { from, to }) => {
    const vm = vmsOf(account).get(id);
    if (!vm || vm.status !== from) return;
    if (to === "GONE") forget(account, vm);
    else if (to === "STARTING") enter(account, id, "STARTING", "RUNNING");
    else vmsOf(account).patch(id, { status: String(to) });
  });
}

export function checkRemovable(account: Account, vm: Vm): void {
  if (vm.status === "TERMINATING") throw denied(`${vm.vmId} is TERMINATING.`);
  if (
    routeRulesOf(account)
      .all()
      .some((rule) => rule.nexthop === vm.vmId)
  )
    throw denied(`${vm.vmId} is the next hop of a route.`);
}

/** The machine goes, and with the last one of a deleted service the service. */
export function terminate(account: Account, vm: Vm): void {
  checkRemovable(account, vm);
  enter(account, vm.vmId, "TERMINATING", "GONE");
}

function forget(account: Account, vm: Vm): void {
  vmsOf(account).delete(vm.vmId);
  for (const ip of [vm.internalIp, ...vm.privateIps]) releaseEdgeIp(account, vm.subnetId, ip);
  account.gone(vm.vmId);
  const service = vmServicesOf(account).get(vm.serviceId);
  if (service?.deployInstances.length === 0 && vmsIn(account, vm.serviceId).length === 0)
    vmServicesOf(account).delete(vm.serviceId);
}
