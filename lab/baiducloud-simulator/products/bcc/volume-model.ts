import type { Account } from "../../account.ts";
import { badRequest, denied, Fault, noSuchObject, quotaExceeded } from "../../api/fault.ts";
import { boolean, type Infer, integer, list, object, optional, text } from "../../api/schema.ts";
import {
  instancesOf,
  type SimulatedInstance,
  snapshotsOf,
  type Volume,
  type VolumeStatus,
  volumesOf,
} from "./records.ts";

export const SWITCHED = "volume.switched";
const NEW_DISK = object({
  storageType: optional(text()),
  cdsSizeInGB: integer(1, 32_768),
  cdsNum: optional(integer(1, 20), 1),
  snapshotId: optional(text()),
  encryptKey: optional(text()),
  name: optional(text()),
  deleteWithInstance: optional(boolean(), false),
});
export type NewDisk = Infer<typeof NEW_DISK>;
export const CDS_LIST = optional(list(NEW_DISK, 20), []);

type Rest = Pick<SimulatedInstance, "paymentTiming" | "expireTime"> &
  Omit<Partial<Volume>, "expireTime"> &
  Pick<Volume, "zoneName">;

/** Makes data disks: at a machine, or free ones. */
export function addVolumes(account: Account, disks: readonly NewDisk[], rest: Rest): readonly string[] {
  const all = volumesOf(account);
  const wanted = disks.flatMap((disk) => Array.from({ length: disk.cdsNum }, () => disk));
  if (all.size + wanted.length > account.quotas.volumes) throw quotaExceeded("volumes");
  for (const { snapshotId, cdsSizeInGB } of disks) {
    const snapshot = snapshotId ? snapshotsOf(account).get(snapshotId) : undefined;
    if (snapshotId && !snapshot) throw noSuchObject(snapshotId);
    if (snapshot && snapshot.sizeInGB > cdsSizeInGB)
      throw badRequest(`cdsSizeInGB: snapshot ${snapshotId} has ${snapshot.sizeInGB}.`);
  }
  const { instanceId = "" } = rest;
  return wanted.map((disk) => {
    const id = account.newId("v");
    all.set(id, {
      desc: "",
      tags: [],
      enableDeleteProtection: false,
      ...rest,
      id,
      name: disk.name || id,
      diskSizeInGB: disk.cdsSizeInGB,
      storageType: disk.storageType || "cloud_hp1",
      status: "Creating",
      createTime: account.time(),
      expireTime: rest.expireTime ?? "",
      instanceId,
      device: instanceId === "" ? "" : nextDevice(account, instanceId),
      deleteWithInstance: disk.deleteWithInstance,
      encryptKey: disk.encryptKey ?? "",
      sourceSnapshotId: disk.snapshotId ?? "",
    });
    enter(account, id, "Creating", instanceId === "" ? "Available" : "InUse", account.timings.volumeCreate);
    return id;
  });
}

export function getVolume(account: Account, id: string): Volume {
  const volume = volumesOf(account).get(id);
  if (!volume) throw noSuchObject(id);
  return volume;
}

export function enter(account: Account, id: string, from: VolumeStatus, to: VolumeStatus, ms: number): void {
  volumesOf(account).patch(id, { status: from });
  account.store.schedule(SWITCHED, id, ms, { from, to });
}

export function startVolumes(account: Account): void {
  const all = volumesOf(account);
  account.store.on(SWITCHED, (id, { from, to }) => {
    if (all.get(id)?.status !== from) return;
    all.patch(id, { status: to as VolumeStatus, ...(to === "Available" ? { instanceId: "", device: "" } : {}) });
  });
  // What the deletion of the machine does not take with it is free again.
  account.onGone((instanceId) => {
    for (const { id } of volumesAt(account, instanceId))
      all.patch(id, { status: "Available", instanceId: "", device: "" });
  });
}

export const volumesAt = (account: Account, instanceId: string): readonly Volume[] =>
  volumesOf(account)
    .all()
    .filter((volume) => volume.instanceId === instanceId);

/** Attaches a free disk to a machine of its zone. */
export function attachVolume(account: Account, id: string, instanceId: string): string {
  const { status, zoneName } = getVolume(account, id);
  const machine = instancesOf(account).get(instanceId);
  if (!machine) throw noSuchObject(instanceId);
  if (status !== "Available") throw denied(`volume ${id} is ${status}: it must be Available to be attached.`);
  if (machine.status !== "Running" && machine.status !== "Stopped")
    throw denied(`Instance ${instanceId} is ${machine.status}.`);
  if (machine.zoneName !== zoneName) throw denied(`volume ${id} is in ${zoneName}, ${instanceId} is not.`);
  const device = nextDevice(account, instanceId);
  volumesOf(account).patch(id, { instanceId, device });
  enter(account, id, "Attaching", "InUse", account.timings.volumeAttach);
  return device;
}

export function detachVolume(account: Account, id: string, wanted?: string): void {
  const { status, instanceId } = getVolume(account, id);
  if (instanceId === "" || (wanted !== undefined && wanted !== instanceId))
    throw new Fault(400, "Volume.DiskNotAttachedInstance", `volume ${id} is not attached to ${wanted}.`);
  if (status !== "InUse") throw denied(`volume ${id} is ${status}: it must be InUse to be detached.`);
  enter(account, id, "Detaching", "Available", account.timings.volumeAttach);
}

/** /dev/vdb and on; /dev/vda is the system's. */
function nextDevice(account: Account, instanceId: string): string {
  const taken = new Set(volumesAt(account, instanceId).map(({ device }) => device));
  for (let letter = "b".charCodeAt(0); ; letter++) {
    const device = `/dev/vd${String.fromCharCode(letter)}`;
    if (!taken.has(device)) return device;
  }
}
