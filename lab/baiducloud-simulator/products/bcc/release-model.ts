import type { Account } from "../../account.ts";
import { Fault } from "../../api/fault.ts";
import { dropEip } from "../eip/create.ts";
import { eipsOf } from "../eip/records.ts";
import { enisOfInstance, removeEni } from "../vpc/eni-model.ts";
import { deleteInstance, setInstanceStatus, switchInstance } from "./lifecycle.ts";
import { instancesOf, type SimulatedInstance, volumesOf } from "./records.ts";
import { volumesAt } from "./volume-model.ts";

/** What goes with a machine. */
export interface ReleaseOptions {
  /** Its public address and its data disks. */
  readonly related?: boolean | undefined;
  readonly enis?: boolean | undefined;
  readonly recycle?: boolean | undefined;
}

export interface Released {
  readonly instanceId: string;
  readonly eip: string;
  readonly insnapIds: readonly string[];
  readonly snapshotIds: readonly string[];
  readonly volumeIds: readonly string[];
}

const PURGED = "instance.purged";
/** How long the recycle bin keeps a machine. */
export const KEPT_MS = 7 * 24 * 3_600_000;

export function startRecycleBin(account: Account): void {
  account.store.on(PURGED, (id, { recycleTime }) => {
    const found = instancesOf(account).get(id);
    if (found?.status === "Recycled" && found.recycleTime === recycleTime) deleteInstance(account, id);
  });
}

/** Refuses what may not go now. */
export function checkRelease({ id, creating, deletionProtection, status }: SimulatedInstance): void {
  if (creating) throw new Fault(409, "Instance.ReleaseWhileCreating", `Instance ${id} is being created.`);
  // The code is not published.
  if (deletionProtection === 1)
    throw new Fault(403, "OperationDenied", `Instance ${id} is protected against deletion (deletionProtection).`);
  if (status === "ImageProcessing" || status === "Scaling" || status === "ChangeVpc" || status === "ChangeSubnet")
    throw new Fault(409, "OperationDenied", `Instance ${id} is ${status}.`);
}

export function release(account: Account, instance: SimulatedInstance, options: ReleaseOptions): Released {
  const { id } = instance;
  const bound = eipsOf(account)
    .all()
    .find(({ instanceId }) => instanceId === id);
  const withEip = bound !== undefined && (options.related === true || instance.isEipAutoRelatedDelete);
  const disks = volumesAt(account, id).filter(({ deleteWithInstance }) => options.related || deleteWithInstance);
  if (options.recycle) {
    // It keeps its disks and private addresses; what others have of it is gone.
    const recycleTime = account.time();
    account.gone(id);
    setInstanceStatus(account, id, "Recycled");
    instancesOf(account).patch(id, { recycleTime });
    account.store.schedule(PURGED, id, KEPT_MS, { recycleTime });
    return { instanceId: id, eip: "", insnapIds: [], snapshotIds: [], volumeIds: [] };
  }
  if (options.enis) for (const eni of enisOfInstance(account, id)) removeEni(account, eni);
  for (const disk of disks) volumesOf(account).delete(disk.id);
  deleteInstance(account, id);
  const freed = bound && eipsOf(account).get(bound.eip);
  if (withEip && freed && freed.expireTime === null) dropEip(account, freed);
  return {
    instanceId: id,
    eip: withEip ? bound.eip : "",
    insnapIds: [],
    snapshotIds: [],
    volumeIds: disks.map((disk) => disk.id),
  };
}

/** Out of the recycle bin: it is switched on. */
export function recover(account: Account, { id }: SimulatedInstance): void {
  instancesOf(account).patch(id, { recycleTime: "" });
  switchInstance(account, id, "Starting", "Running", account.timings.instanceStart);
}
