import type { Account } from "../../account.ts";
import { badRequest, denied } from "../../api/fault.ts";
import type { InferFields } from "../../api/schema.ts";
import { nextEdgeIpv6 } from "./addresses.ts";
import { getImage } from "./images-model.ts";
import { getSecurityGroup } from "./network-records.ts";
import { getVm, type Vm, type VmTemplate, vmIn, vmsOf } from "./records.ts";
import { checkKeypairs, disk, dnsOf, enter, sizeOf } from "./vm-model.ts";
import type { CHANGE } from "./vm-schemas.ts";

type Change = InferFields<typeof CHANGE>;

export const CHANGE_TYPES = ["vmName", "password", "resource", "securityGroup", "hostname", "dns", "network"] as const;

/** What of the template a change changes, refused before anything is. */
export function changed(account: Account, before: VmTemplate, change: Change): Partial<VmTemplate> {
  switch (change.type) {
    case "vmName":
      if (!change.vmName) throw badRequest("vmName is required.");
      return { vmName: change.vmName };
    case "hostname":
      if (!change.hostname) throw badRequest("hostname is required.");
      return { hostname: change.hostname };
    case "password": {
      const keyPairIds = change.keyConfig?.bccKeyPairIdList ?? [];
      if (!change.adminPass && !change.keyConfig?.adminPass && keyPairIds.length === 0)
        throw badRequest("adminPass is required.");
      checkKeypairs(account, keyPairIds);
      return { keyPairIds };
    }
    case "securityGroup":
      for (const id of change.securityGroupIds ?? []) getSecurityGroup(account, id);
      return { securityGroupIds: change.securityGroupIds ?? [] };
    case "dns":
      return { dns: dnsOf(change.dnsConfig) };
    case "network":
      return { needIpv6PublicIp: change.needIpv6PublicIp ?? before.needIpv6PublicIp };
    case "resource":
      return resized(account, before, change);
    default:
      throw badRequest(`type: "${change.type ?? ""}" is unknown, expected one of ${CHANGE_TYPES.join(", ")}.`);
  }
}

function resized(account: Account, before: VmTemplate, change: Change): Partial<VmTemplate> {
  if (change.imageId) getImage(account, change.imageId);
  const { cpu, memory } = change;
  const size = change.spec
    ? sizeOf({ spec: change.spec, cpu, memory })
    : { cpu: cpu ?? before.cpu, memory: memory ?? before.memory };
  const systemVolume = disk(change.systemVolume, "system", before.systemVolume);
  if (systemVolume.sizeInGB < before.systemVolume.sizeInGB) throw denied("systemVolume: a disk cannot become smaller.");
  return {
    ...size,
    systemVolume,
    bandwidth: change.bandwidth || before.bandwidth,
    ...(change.dataVolumeList
      ? { dataVolumeList: change.dataVolumeList.map((one, index) => disk(one, `data-${index}`)) }
      : {}),
    ...(change.imageId ? { imageId: change.imageId, imageType: change.imageType || before.imageType } : {}),
    ...(change.needIpv6PublicIp === undefined ? {} : { needIpv6PublicIp: change.needIpv6PublicIp }),
  };
}

/** The machine as it is to be; it restarts where it is told to. */
export function applyTo(account: Account, vm: Vm, change: Change): void {
  const part = changed(account, vm, change);
  const publicIps = part.needIpv6PublicIp
    ? vm.publicIps.map((one) => (one.ipv6 ? one : { ...one, ipv6: nextEdgeIpv6(account) }))
    : vm.publicIps;
  vmsOf(account).patch(vm.vmId, { ...part, publicIps });
  if (change.needRestart && vm.status === "RUNNING") enter(account, vm.vmId, "RESTARTING", "RUNNING");
}

export const startVm = (account: Account, id: string): void => {
  vmIn(account, id, "STOPPED");
  enter(account, id, "STARTING", "RUNNING");
};

export const stopVm = (account: Account, id: string): void => {
  vmIn(account, id, "RUNNING");
  enter(account, id, "STOPPING", "STOPPED");
};

export const restartVm = (account: Account, id: string): void => {
  vmIn(account, id, "RUNNING");
  enter(account, id, "RESTARTING", "RUNNING");
};

/** A machine that is being made, moved or removed takes no change. */
export function changeableVm(account: Account, id: string): Vm {
  getVm(account, id);
  return vmIn(account, id, "RUNNING", "STOPPED");
}
