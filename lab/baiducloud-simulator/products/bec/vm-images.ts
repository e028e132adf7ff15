import { badRequest, denied } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { boolean, csv, integer, list, object, optional, text } from "../../api/schema.ts";
import { imageOf, imagesOf } from "../bcc/image-catalog.ts";
import { notFound } from "./faults.ts";
import { type EdgeImage, edgeImagesOf } from "./images-model.ts";
import { vmsOf } from "./records.ts";
import { changeableVm } from "./vm-changes.ts";
import { enter } from "./vm-model.ts";
import { CAPITALISED, listing, listingOf, PLACED_LISTING } from "./wire.ts";

const IMAGE = "/v1/vm/image";
const TEXT = optional(text());
const MADE = object({ success: boolean(), result: text() });
const DONE = object({ success: boolean(), result: boolean() });

const OPERATIONS = operations({
  CreateVmImage: {
    summary: "Makes an image of a machine's system disk.",
    method: "POST",
    path: IMAGE,
    body: object({
      vmId: text(),
      name: TEXT,
      images: optional(list(object({ imageName: TEXT, pvcId: TEXT, imageProcessType: TEXT }), 10)),
    }),
    answer: MADE,
    errors: ["ResourceNotFound", "OperationDenied"],
    delay: "becCreate",
  },
  ListVmImages: {
    summary: "Lists the images: the account's own (type bec) and the cloud's (type bcc).",
    method: "GET",
    path: IMAGE,
    query: { ...PLACED_LISTING, ...CAPITALISED, osName: TEXT, serviceId: TEXT, type: TEXT },
    answer: listingOf(
      object({
        imageId: text(),
        status: text(),
        bccImageId: text(),
        name: text(),
        accountId: text(),
        imageType: text(),
        systemDisk: integer(),
        osType: text(),
        osVersion: text(),
        osName: text(),
        osBuild: text(),
        osLang: text(),
        osArch: text(),
        createTime: text(),
        updateTime: text(),
      }),
    ),
  },
  UpdateVmImage: {
    summary: "Renames an image of the account.",
    method: "PUT",
    path: `${IMAGE}/{imageId}`,
    body: object({ name: text({ max: 65 }) }),
    answer: DONE,
    errors: ["ResourceNotFound"],
  },
  DeleteVmImages: {
    summary: "Deletes images of the account.",
    method: "DELETE",
    path: IMAGE,
    query: { imageIdList: csv() },
    answer: DONE,
    errors: ["ResourceNotFound", "OperationDenied"],
  },
  ImportVmImage: {
    summary: "Makes an image of a file in object storage.",
    method: "POST",
    path: `${IMAGE}/import`,
    body: object({
      osType: text(),
      osArch: TEXT,
      osName: text(),
      osVersion: TEXT,
      bosUrl: text(),
      name: text({ max: 65 }),
      imageProcessType: TEXT,
    }),
    answer: MADE,
    delay: "becCreate",
  },
});

export const vmImages = part(OPERATIONS, (account) => {
  const images = edgeImagesOf(account);
  account.shared.on("bec.image", (id) => void images.patch(id, { status: "NORMAL" }));
  const getOwn = (id: string): EdgeImage => {
    const found = images.get(id);
    if (!found) throw notFound(id);
    return found;
  };
  const add = (fields: Omit<EdgeImage, "imageId" | "status" | "createTime" | "updateTime">): string => {
    const imageId = account.newId("im");
    const time = account.time();
    images.set(imageId, { ...fields, imageId, status: "CREATING", createTime: time, updateTime: time });
    account.shared.schedule("bec.image", imageId, account.timings.becCreate);
    return imageId;
  };
  const own = ({ baseId, ...image }: EdgeImage) => ({
    ...image,
    bccImageId: baseId,
    accountId: account.id,
    imageType: "bec",
    osBuild: "",
    osLang: "ENG",
  });
  return {
    CreateVmImage({ body }) {
      const vm = changeableVm(account, body.vmId);
      const name = body.name || body.images?.[0]?.imageName;
      if (!name) throw badRequest("name is required.");
      const base = imageOf(account, images.get(vm.imageId)?.baseId ?? vm.imageId);
      enter(account, vm.vmId, "IMAGING", vm.status, "becCreate");
      const result = add({
        name,
        baseId: base?.id ?? "",
        systemDisk: vm.systemVolume.sizeInGB,
        osName: base?.osName ?? "",
        osVersion: base?.osVersion ?? "",
        osType: base?.osType ?? "linux",
        osArch: base?.osArch ?? "",
      });
      return { success: true, result };
    },
    ListVmImages({ query }) {
      const type = query.type || query.Type;
      const cloud = imagesOf(account).map(({ id, osType, osName, osVersion, osArch, name, minDiskGb, createTime }) => ({
        imageId: id,
        status: "NORMAL",
        bccImageId: id,
        name,
        accountId: "",
        imageType: "bcc",
        systemDisk: minDiskGb,
        osType,
        osVersion,
        osName,
        osBuild: "",
        osLang: "ENG",
        osArch,
        createTime,
        updateTime: createTime,
      }));
      const found = [...images.all().map(own), ...cloud].filter(
        (image) => (!type || image.imageType === type) && (!query.osName || image.osName === query.osName),
      );
      const pages = {
        pageNo: query.PageNo ?? query.pageNo,
        pageSize: query.PageSize ?? query.pageSize,
        order: query.Order || query.order,
        orderBy: query.OrderBy || query.orderBy,
      };
      return listing({ ...query, ...pages }, found);
    },
    UpdateVmImage({ params: { imageId }, body: { name } }) {
      getOwn(imageId);
      images.patch(imageId, { name, updateTime: account.time() });
      return { success: true, result: true };
    },
    DeleteVmImages({ query: { imageIdList } }) {
      for (const id of imageIdList) {
        getOwn(id);
        if (
          vmsOf(account)
            .all()
            .some((vm) => vm.imageId === id)
        )
          throw denied(`image ${id} is in use.`);
      }
      for (const id of imageIdList) images.delete(id);
      return { success: true, result: true };
    },
    ImportVmImage({ body: { osType, osArch = "", osName, osVersion = "", name } }) {
      return { success: true, result: add({ name, baseId: "", systemDisk: 20, osName, osVersion, osType, osArch }) };
    },
  };
});
