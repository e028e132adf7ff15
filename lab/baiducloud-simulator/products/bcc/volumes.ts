import { PAGING, pageOf, TAGS } from "../../api/common.ts";
import { badRequest, denied, Fault, noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { boolean, csv, integer, list, object, oneOf, optional, text } from "../../api/schema.ts";
import { subnetsOf } from "../vpc/records.ts";
import { BILLING, termOf } from "./machines.ts";
import { instancesOf, volumesOf } from "./records.ts";
import { getSnapshot } from "./snapshots.ts";
import { changeTags, TAG_CHANGES } from "./tag-changes.ts";
import { addVolumes, attachVolume, detachVolume, enter, getVolume, startVolumes, volumesAt } from "./volume-model.ts";
import { attachment, systemVolumeId, systemVolumeOf, VOLUME, volumeView } from "./volume-view.ts";

const PATH = "/v2/volume/{volumeId}";
const TEXT = optional(text());
const AT = object({ instanceId: text() });
const CHANGES = ["NoSuchObject", "OperationDenied"] as const;

const OPERATIONS = operations({
  ListVolumes: {
    summary: "Lists disks: the system disks of machines and data disks.",
    method: "GET",
    path: "/v2/volume",
    query: {
      ...PAGING,
      instanceId: TEXT,
      zoneName: TEXT,
      clusterId: TEXT,
      chargeFilter: optional(oneOf("postpay", "prepay", "all")),
      usageFilter: optional(oneOf("system", "data", "all")),
      name: TEXT,
      productCategory: TEXT,
      volumeIds: optional(csv()),
    },
    answer: pageOf("volumes", VOLUME),
  },
  GetVolume: {
    summary: "One disk.",
    method: "GET",
    path: PATH,
    answer: object({ volume: VOLUME }),
    errors: ["NoSuchObject"],
  },
  CreateVolume: {
    summary: "Creates data disks, free or at a machine.",
    method: "POST",
    path: "/v2/volume",
    delay: "volumeCreate",
    body: object({
      name: TEXT,
      description: optional(text(), ""),
      snapshotId: TEXT,
      zoneName: TEXT,
      purchaseCount: optional(integer(1, 20), 1),
      // Of a snapshot's size where nothing else is said; the SDKs send 0 then.
      cdsSizeInGB: optional(integer(0, 32_768), 0),
      storageType: TEXT,
      billing: optional(BILLING),
      encryptKey: TEXT,
      instanceId: TEXT,
      enableDeleteProtection: optional(boolean(), false),
      tags: TAGS,
    }),
    answer: object({ volumeIds: list(text()), warningList: list(text()) }),
    errors: ["NoSuchObject", "QuotaLimitExceeded"],
  },
  AttachVolume: {
    summary: "Attaches a free disk to a machine of its zone.",
    method: "PUT",
    path: PATH,
    when: "attach",
    delay: "volumeAttach",
    body: AT,
    answer: object({
      volumeAttachment: object({ volumeId: text(), instanceId: text(), device: text(), serial: text() }),
      warningList: list(text()),
    }),
    errors: CHANGES,
  },
  DetachVolume: {
    summary: "Detaches a data disk.",
    method: "PUT",
    path: PATH,
    when: "detach",
    delay: "volumeAttach",
    body: object({ instanceId: TEXT }),
    errors: [...CHANGES, "Volume.DiskNotAttachedInstance"],
  },
  ResizeVolume: {
    summary: "Makes a disk larger, or of another kind.",
    method: "PUT",
    path: PATH,
    when: "resize",
    delay: "volumeAttach",
    body: object({ newCdsSizeInGB: optional(integer(0, 32_768)), newVolumeType: TEXT }),
    answer: object({ warningList: list(text()) }),
    errors: CHANGES,
  },
  RenameVolume: {
    summary: "Renames a disk.",
    method: "PUT",
    path: PATH,
    when: "rename",
    body: object({ name: text({ max: 65 }) }),
    errors: ["NoSuchObject"],
  },
  ModifyVolume: {
    summary: "Changes the name or the description of a disk.",
    method: "PUT",
    path: PATH,
    when: "modify",
    body: object({ cdsName: TEXT, desc: TEXT }),
    errors: ["NoSuchObject"],
  },
  BindVolumeTags: {
    summary: "Sets tags of a disk.",
    method: "PUT",
    path: `${PATH}/tag`,
    when: "bind",
    body: TAG_CHANGES,
    errors: ["NoSuchObject"],
  },
  UnbindVolumeTags: {
    summary: "Removes tags from a disk.",
    method: "PUT",
    path: `${PATH}/tag`,
    when: "unbind",
    body: TAG_CHANGES,
    errors: ["NoSuchObject"],
  },
  DeleteVolume: {
    summary: "Releases a free data disk.",
    method: "DELETE",
    path: PATH,
    errors: CHANGES,
  },
  DeleteVolumeWithSnapshots: {
    summary: "Releases a free data disk with its snapshots.",
    method: "POST",
    path: PATH,
    body: object({ autoSnapshot: TEXT, manualSnapshot: TEXT, recycle: TEXT }),
    errors: CHANGES,
  },
});

/** Disks (CDS). */
export const volumes = part(OPERATIONS, (account) => {
  const all = volumesOf(account);
  startVolumes(account);
  const systemDisks = () =>
    instancesOf(account)
      .all()
      .filter(({ status, product }) => status !== "Deleted" && product !== "bbc");
  const free = (id: string): void => {
    const { status, enableDeleteProtection, expireTime } = getVolume(account, id);
    if (status !== "Available") throw denied(`volume ${id} is ${status}: it must be Available to be released.`);
    if (enableDeleteProtection) throw new Fault(403, "OperationDenied", `volume ${id} is protected against deletion.`);
    if (expireTime !== "") throw denied(`volume ${id} is prepaid.`);
    all.delete(id);
    account.gone(id);
  };
  const snapshotSize = (id: string | undefined): number => {
    if (!id) throw badRequest("cdsSizeInGB: expected 1 to 32768.");
    return getSnapshot(account, id).sizeInGB;
  };
  const rename = (id: string, name: string | undefined, desc?: string): object => {
    const before = getVolume(account, id);
    all.patch(id, { name: name || before.name, desc: desc ?? before.desc });
    return {};
  };

  return {
    ListVolumes({ query }) {
      const { instanceId, zoneName, name, usageFilter, chargeFilter, volumeIds } = query;
      const fits = (one: { zoneName: string; name: string; paymentTiming: string; id: string }) =>
        (!zoneName || zoneName === one.zoneName) &&
        (!name || name === one.name) &&
        (!volumeIds || volumeIds.includes(one.id)) &&
        (!chargeFilter || chargeFilter === "all" || (chargeFilter === "prepay") === (one.paymentTiming === "Prepaid"));
      const machines = instanceId ? [instancesOf(account).get(instanceId) ?? []].flat() : systemDisks();
      const system = machines.map((machine) => systemVolumeOf(account, machine));
      const data = instanceId ? volumesAt(account, instanceId) : all.all();
      const chosen = [
        ...(usageFilter === "data" ? [] : system),
        ...(usageFilter === "system" ? [] : data.map((one) => volumeView(account, one))),
      ].filter(fits);
      return page(query, "volumes", chosen, ({ id }) => id);
    },
    GetVolume({ params: { volumeId } }) {
      const data = all.get(volumeId);
      if (data) return { volume: volumeView(account, data) };
      const machine = systemDisks().find(({ id }) => systemVolumeId(id) === volumeId);
      if (!machine) throw noSuchObject(volumeId);
      return { volume: systemVolumeOf(account, machine) };
    },
    CreateVolume({ body }) {
      const machine = body.instanceId ? instancesOf(account).get(body.instanceId) : undefined;
      if (body.instanceId && !machine) throw noSuchObject(body.instanceId);
      const zoneName = body.zoneName || machine?.zoneName || subnetsOf(account).all()[0]?.zoneName || "";
      if (machine && machine.zoneName !== zoneName) throw badRequest(`zoneName: ${machine.id} is not in ${zoneName}.`);
      const disk = {
        storageType: body.storageType,
        cdsSizeInGB: body.cdsSizeInGB || snapshotSize(body.snapshotId),
        cdsNum: body.purchaseCount,
        snapshotId: body.snapshotId,
        encryptKey: body.encryptKey,
        name: body.name,
        deleteWithInstance: false,
      };
      const volumeIds = addVolumes(account, [disk], {
        ...termOf(body.billing ?? {}, account.time()),
        zoneName,
        desc: body.description,
        tags: body.tags,
        enableDeleteProtection: body.enableDeleteProtection,
        instanceId: body.instanceId || "",
      });
      return { volumeIds, warningList: [] };
    },
    AttachVolume({ params: { volumeId }, body: { instanceId } }) {
      const device = attachVolume(account, volumeId, instanceId);
      return { volumeAttachment: attachment(volumeId, instanceId, device), warningList: [] };
    },
    DetachVolume({ params, body }) {
      detachVolume(account, params.volumeId, body.instanceId || undefined);
      return {};
    },
    ResizeVolume({ params: { volumeId }, body }) {
      const { status, diskSizeInGB, storageType } = getVolume(account, volumeId);
      if (status !== "Available" && status !== "InUse") throw denied(`volume ${volumeId} is ${status}.`);
      const wanted = body.newCdsSizeInGB || diskSizeInGB;
      if (wanted < diskSizeInGB) throw badRequest(`newCdsSizeInGB: volume ${volumeId} has ${diskSizeInGB}.`);
      all.patch(volumeId, { diskSizeInGB: wanted, storageType: body.newVolumeType || storageType });
      enter(account, volumeId, "Scaling", status, account.timings.volumeAttach);
      return { warningList: [] };
    },
    RenameVolume: ({ params, body }) => rename(params.volumeId, body.name),
    ModifyVolume: ({ params, body }) => rename(params.volumeId, body.cdsName, body.desc),
    BindVolumeTags({ params, body }) {
      const { id, tags } = getVolume(account, params.volumeId);
      all.patch(id, { tags: changeTags(tags, body.changeTags, true) });
      return {};
    },
    UnbindVolumeTags({ params, body }) {
      const { id, tags } = getVolume(account, params.volumeId);
      all.patch(id, { tags: changeTags(tags, body.changeTags, false) });
      return {};
    },
    DeleteVolume({ params }) {
      free(params.volumeId);
      return {};
    },
    DeleteVolumeWithSnapshots({ params }) {
      free(params.volumeId);
      return {};
    },
  };
});
