import type { Account } from "../../account.ts";
import { ANY_TEXT, TAGS } from "../../api/common.ts";
import { boolean, integer, list, object, text } from "../../api/schema.ts";
import { type SimulatedInstance, snapshotsOf, type Volume } from "./records.ts";

export const VOLUME = object({
  id: text(),
  volumeId: text(),
  name: text(),
  desc: ANY_TEXT,
  diskSizeInGB: integer(),
  type: text({ oneOf: ["System", "Ephemeral", "Cds"] }),
  storageType: text(),
  isSystemVolume: boolean(),
  status: text(),
  paymentTiming: text(),
  createTime: text(),
  expireTime: ANY_TEXT,
  releaseTime: ANY_TEXT,
  zoneName: text(),
  regionId: text(),
  attachments: list(object({ volumeId: text(), instanceId: text(), device: text(), serial: text() })),
  tags: TAGS,
  snapshotNum: text(),
  sourceSnapshotId: ANY_TEXT,
  encrypted: boolean(),
  encryptKey: ANY_TEXT,
  enableAutoRenew: boolean(),
  autoRenewTime: integer(),
  clusterId: ANY_TEXT,
  productCategory: ANY_TEXT,
  roleName: ANY_TEXT,
  createdFrom: ANY_TEXT,
  enableDeleteProtection: boolean(),
});

export function volumeView(account: Account, { instanceId, device, deleteWithInstance: _, ...volume }: Volume) {
  return {
    ...volume,
    volumeId: volume.id,
    type: "Cds",
    isSystemVolume: false,
    releaseTime: "",
    regionId: account.region,
    attachments: instanceId === "" ? [] : [attachment(volume.id, instanceId, device)],
    snapshotNum: snapshotsAt(account, volume.id),
    encrypted: volume.encryptKey !== "",
    enableAutoRenew: false,
    autoRenewTime: 0,
    clusterId: "",
    productCategory: "",
    roleName: "",
    createdFrom: "",
  };
}

/** How many there are of a disk: a text. */
function snapshotsAt(account: Account, id: string): string {
  const all = snapshotsOf(account);
  return String(all.size === 0 ? 0 : all.all().filter(({ volumeId }) => volumeId === id).length);
}

export function attachment(volumeId: string, instanceId: string, device: string) {
  return { volumeId, instanceId, device, serial: volumeId };
}

/** The id of a machine's system disk: it comes and goes with the machine. */
export const systemVolumeId = (instanceId: string): string => `v-${instanceId.replace(/^[^-]*-/, "")}`;

export function systemVolumeOf(account: Account, instance: SimulatedInstance) {
  const id = systemVolumeId(instance.id);
  return {
    id,
    volumeId: id,
    name: `system-${instance.name}`,
    desc: "",
    diskSizeInGB: instance.rootDiskSizeInGb,
    type: "System",
    storageType: instance.rootDiskStorageType,
    isSystemVolume: true,
    status: "InUse",
    paymentTiming: instance.paymentTiming,
    createTime: instance.createTime,
    expireTime: instance.expireTime ?? "",
    releaseTime: "",
    zoneName: instance.zoneName,
    regionId: account.region,
    attachments: [attachment(id, instance.id, "/dev/vda")],
    tags: instance.tags,
    snapshotNum: snapshotsAt(account, id),
    sourceSnapshotId: "",
    encrypted: false,
    encryptKey: "",
    enableAutoRenew: instance.autoRenew !== null,
    autoRenewTime: instance.autoRenew?.period ?? 0,
    clusterId: "",
    productCategory: "",
    roleName: "",
    createdFrom: "",
    enableDeleteProtection: false,
  };
}
