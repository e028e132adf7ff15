import { ANY_TEXT, TAGS } from "../../api/common.ts";
import { badRequest, denied } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { boolean, integer, list, object, optional, text } from "../../api/schema.ts";
import { liveInstance, renew, steadyInstance, switchInstance } from "../bcc/lifecycle.ts";
import { instancesOf } from "../bcc/records.ts";
import { changeTags } from "../bcc/tag-changes.ts";
import { attachVolume, detachVolume, getVolume } from "../bcc/volume-model.ts";
import { HPAS_SPECS } from "./specs.ts";

const TEXT = optional(text());
const IDS = { hpasIds: list(text(), 100) };
const TAGGED = object({ resourceType: TEXT, resourceIds: list(text(), 100), tags: TAGS });
const FAILED = object({ failedVolumeIds: list(text()) });
const POST = { method: "POST", path: "/", errors: ["NoSuchObject", "OperationDenied"] } as const;

const OPERATIONS = operations({
  ModifyInstancesAttribute: {
    ...POST,
    summary: "Changes the name.",
    when: "action=ModifyInstancesAttribute",
    body: object({ ...IDS, name: TEXT, applicationName: TEXT, reboot: optional(boolean(), false) }),
  },
  ModifyInstanceApplicationPassword: {
    ...POST,
    summary: "Changes the password; the machine is in Password for a while.",
    when: "action=ModifyInstanceApplicationPassword",
    delay: "instanceChange",
    body: object({ hpasId: text(), password: text() }),
  },
  ModifyHpasJumbo: {
    ...POST,
    summary: "Switches jumbo frames.",
    when: "action=ModifyHpasJumbo",
    body: object({ ...IDS, enableJumboFrame: boolean() }),
  },
  AttachTags: {
    ...POST,
    summary: "Sets tags of machines.",
    when: "action=AttachTags",
    body: TAGGED,
  },
  DetachTags: {
    ...POST,
    summary: "Removes tags from machines.",
    when: "action=DetachTags",
    body: TAGGED,
  },
  AttachVolumes: {
    ...POST,
    summary: "Attaches free disks; those that cannot be are named.",
    when: "action=AttachVolumes",
    delay: "volumeAttach",
    body: object({ hpasId: text(), volumeIds: list(text()) }),
    answer: FAILED,
  },
  DetachVolumes: {
    ...POST,
    summary: "Detaches disks from their machines.",
    when: "action=DetachVolumes",
    delay: "volumeAttach",
    body: object({ volumeIds: list(text()) }),
    errors: ["NoSuchObject", "OperationDenied", "Volume.DiskNotAttachedInstance"],
  },
  RenewHPASInstances: {
    ...POST,
    summary: "Prolongs the term of prepaid machines.",
    when: "action=RenewHPASInstances",
    body: object({ ...IDS, period: optional(integer(1, 36), 1), periodUnit: TEXT }),
    answer: object({ requestId: ANY_TEXT, orderId: text(), hpasIds: list(text()) }),
  },
  DescribeHpasVncUrl: {
    ...POST,
    summary: "Where the console of a machine can be seen.",
    when: "action=DescribeHpasVncUrl",
    clientToken: false,
    body: object({ hpasId: text() }),
    answer: object({ vncUrl: text() }),
  },
  DescribeInstanceInventoryQuantity: {
    ...POST,
    summary: "How many machines of a kind there are to be had.",
    when: "action=DescribeInstanceInventoryQuantity",
    clientToken: false,
    body: object({ appType: text(), appPerformanceLevel: TEXT, zoneName: TEXT, ehcClusterId: TEXT }),
    answer: object({ inventoryQuantity: integer() }),
  },
});

/** What can be changed of machines for AI work. */
export const changes = part(OPERATIONS, (account) => {
  const all = instancesOf(account);
  const get = (id: string) => liveInstance(account, id, "hpas");
  const some = (ids: readonly string[]) => {
    if (ids.length === 0) throw badRequest("hpasIds is required.");
    return ids.map(get);
  };
  const tag = (ids: readonly string[], tags: Parameters<typeof changeTags>[1], bind: boolean): object => {
    for (const { id, tags: before } of some(ids)) all.patch(id, { tags: changeTags(before, tags, bind) });
    return {};
  };
  return {
    ModifyInstancesAttribute({ body }) {
      for (const { id, name } of some(body.hpasIds)) all.patch(id, { name: body.name || name });
      return {};
    },
    ModifyInstanceApplicationPassword({ body }) {
      const { id, status } = steadyInstance(account, body.hpasId, "hpas");
      switchInstance(account, id, "Password", status, account.timings.instanceChange);
      return {};
    },
    ModifyHpasJumbo({ body }) {
      for (const { id } of some(body.hpasIds)) all.patch(id, { enableJumboFrame: body.enableJumboFrame });
      return {};
    },
    AttachTags: ({ body }) => tag(body.resourceIds, body.tags, true),
    DetachTags: ({ body }) => tag(body.resourceIds, body.tags, false),
    AttachVolumes({ body }) {
      const { id, zoneName } = steadyInstance(account, body.hpasId, "hpas");
      const isFree = (volume: string) => {
        const { status, zoneName: zone } = getVolume(account, volume);
        return status === "Available" && zone === zoneName;
      };
      const failedVolumeIds = body.volumeIds.filter((volume) => !isFree(volume));
      for (const volume of body.volumeIds) if (!failedVolumeIds.includes(volume)) attachVolume(account, volume, id);
      return { failedVolumeIds };
    },
    DetachVolumes({ body }) {
      for (const volume of body.volumeIds) {
        const { status, instanceId } = getVolume(account, volume);
        if (instanceId !== "" && status !== "InUse") throw denied(`volume ${volume} is ${status}.`);
      }
      for (const volume of body.volumeIds) detachVolume(account, volume);
      return {};
    },
    RenewHPASInstances({ body: { hpasIds, period, periodUnit } }) {
      const found = some(hpasIds);
      const other = found.find(({ expireTime }) => expireTime === null);
      if (other) throw denied(`${other.id} is not prepaid.`);
      for (const { id } of found) renew(account, id, /^year$/i.test(periodUnit ?? "") ? period * 12 : period);
      return { requestId: account.random.uuid(), orderId: account.random.uuid().replaceAll("-", ""), hpasIds };
    },
    DescribeHpasVncUrl({ body }) {
      const { id } = get(body.hpasId);
      return { vncUrl: `https://vnc.${account.region}.baidubce.com/vnc?hpasId=${id}` };
    },
    DescribeInstanceInventoryQuantity({ body }) {
      const isOffered = HPAS_SPECS.some(
        (one) =>
          one.appType === body.appType &&
          (!body.appPerformanceLevel || body.appPerformanceLevel === one.appPerformanceLevel),
      );
      return { inventoryQuantity: isOffered ? account.quotas.instances - all.size : 0 };
    },
  };
});
