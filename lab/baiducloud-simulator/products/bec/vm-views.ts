import type { Account } from "../../account.ts";
import { keypairsOf } from "../bcc/records.ts";
import { imageDetail } from "./images-model.ts";
import { deploySetsOf, securityGroupsOf, subnetsOf, vpcsOf } from "./network-records.ts";
import { type Vm, type VmService, vmsIn } from "./records.ts";

const sum = <T>(all: readonly T[], of: (one: T) => number): number => all.reduce((total, one) => total + of(one), 0);
const dataOf = (vm: Vm): number => sum(vm.dataVolumeList, ({ sizeInGB }) => sizeInGB);

/** A service is what most of its machines are: RUNNING when one is, and what the first is otherwise. */
export function serviceStatus(vms: readonly { readonly status: string }[]): string {
  const states = vms.map(({ status }) => status);
  return states.includes("RUNNING") ? "RUNNING" : (states[0] ?? "STOPPED");
}

export function serviceView(account: Account, service: VmService): Record<string, unknown> {
  const vms = vmsIn(account, service.serviceId);
  const { template, ...shown } = service;
  return {
    ...shown,
    status: serviceStatus(vms),
    totalCpu: sum(vms, ({ cpu }) => cpu),
    totalMem: sum(vms, ({ memory }) => memory),
    totalDisk: sum(vms, dataOf),
    totalRootDisk: sum(vms, ({ systemVolume }) => systemVolume.sizeInGB),
    totalGpu: sum(vms, ({ gpu }) => gpu),
    regions: new Set(vms.map(({ regionId }) => regionId)).size,
    totalInstances: vms.length,
    runningInstances: vms.filter(({ status }) => status === "RUNNING").length,
    osImage: imageDetail(account, template.imageId, template.imageType),
    instances: vms.map(({ vmId, vmName, region, regionId, city, serviceProvider }) => ({
      vmId,
      vmName,
      region,
      regionId,
      city,
      serviceProvider,
    })),
  };
}

export function serviceDetail(account: Account, service: VmService): Record<string, unknown> {
  const vms = vmsIn(account, service.serviceId);
  const { bandwidth, dataVolumeList } = service.template;
  return {
    ...serviceView(account, service),
    bandwidth: `${bandwidth}Mbps`,
    totalBandwidth: `${sum(vms, (vm) => vm.bandwidth)}Mbps`,
    dataVolumeList,
    systemVolumeList: vms.map(({ systemVolume }) => systemVolume),
  };
}

/** Addresses are there once the machine has been made. */
export function vmView(account: Account, vm: Vm): Record<string, unknown> {
  const { vmId, uuid, vmName, status, spec, cpu, memory, gpu, region, city, regionId, serviceProvider } = vm;
  const made = status !== "CREATING";
  const [first] = vm.publicIps;
  const vpc = vpcsOf(account).get(vm.vpcId);
  const subnet = subnetsOf(account).get(vm.subnetId);
  return {
    vmId,
    uuid,
    vmName,
    status,
    spec,
    cpu,
    mem: memory,
    gpu,
    region,
    city,
    regionId,
    serviceProvider,
    needPublicIp: vm.needPublicIp,
    needIpv6PublicIp: vm.needIpv6PublicIp,
    bandwidth: `${vm.bandwidth}Mbps`,
    publicIp: made ? (first?.ip ?? "") : "",
    ipv6PublicIp: made ? (first?.ipv6 ?? "") : "",
    internalIp: made ? vm.internalIp : "",
    multiplePublicIp: made && serviceProvider === "TRIPLE_LINE" ? vm.publicIps : [],
    osImage: imageDetail(account, vm.imageId, vm.imageType),
    serviceId: vm.serviceId,
    createTime: vm.createTime,
    securityGroups: vm.securityGroupIds.flatMap((id) => {
      const group = securityGroupsOf(account).get(id);
      return group ? [{ id, name: group.name, desc: group.desc }] : [];
    }),
    ...(vpc && subnet
      ? {
          vpc: {
            vpcId: vpc.vpcId,
            name: vpc.name,
            cidr: vpc.cidr,
            description: vpc.description,
            subnet: {
              subnetId: subnet.subnetId,
              name: subnet.name,
              cidr: subnet.cidr,
              description: subnet.description,
            },
          },
        }
      : {}),
    deploysetList: vm.deploysetIds.flatMap((deploysetId) => {
      const set = deploySetsOf(account).get(deploysetId);
      return set ? [{ deploysetId, name: set.name }] : [];
    }),
    hostname: vm.hostname,
    dns: vm.dns,
    userData: vm.userData,
    tags: vm.tags,
  };
}

export function vmDetail(account: Account, vm: Vm): Record<string, unknown> {
  return {
    ...vmView(account, vm),
    rootDiskSize: vm.systemVolume.sizeInGB,
    dataStorage: dataOf(vm),
    dataVolumeList: vm.dataVolumeList,
    systemVolume: vm.systemVolume,
    networkConfig: {
      nodeType: vm.serviceProvider === "TRIPLE_LINE" ? "TRIPLE" : "SINGLE",
      networksList: [
        ...(vm.internalIp ? [{ netType: "INTERNAL_IP", netName: "eth0", ipv4: { ip: vm.internalIp } }] : []),
        ...vm.publicIps.map(({ ip }) => ({ netType: "PUBLIC_IP", netName: "eth1", ipv4: { ip } })),
      ],
    },
    bccKeyPairList: vm.keyPairIds.map((keyPairId) => ({
      keyPairId,
      name: keypairsOf(account).get(keyPairId)?.name ?? "",
    })),
    rackId: "",
    hostId: "",
    switchId: "",
    privateIps: vm.privateIps,
  };
}
