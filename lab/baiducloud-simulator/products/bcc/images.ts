import type { Account } from "../../account.ts";
import { ANY_TEXT, PAGING, pageOf } from "../../api/common.ts";
import { badRequest, denied, noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { boolean, integer, list, object, optional, text } from "../../api/schema.ts";
import { type Image, imageOf, imagesOf } from "./image-catalog.ts";
import { steadyInstance } from "./lifecycle.ts";
import { type CustomImage, customImagesOf, instancesOf } from "./records.ts";
import { getSnapshot } from "./snapshots.ts";

const CREATED = "image.created";
const PATH = "/v2/image/{imageId}";
const NAME = text({ max: 65 });
const OS = {
  osName: text(),
  osVersion: text(),
  osType: text(),
  osArch: text(),
  osLang: ANY_TEXT,
  specialVersion: ANY_TEXT,
};
export const IMAGE = object({
  ...OS,
  id: text(),
  name: text(),
  type: text({ oneOf: ["System", "Custom"] }),
  osBuild: ANY_TEXT,
  desc: ANY_TEXT,
  status: text(),
  createTime: text(),
  package: boolean(),
  encrypted: boolean(),
  minDiskGb: integer(),
  diskSize: integer(),
  snapshots: list(object({})),
});
const KINDS = [
  "All",
  "System",
  "Custom",
  "Integration",
  "Sharing",
  "GpuBccSystem",
  "GpuBccCustom",
  "BbcSystem",
  "BbcCustom",
];

const OPERATIONS = operations({
  ListImages: {
    summary: "Lists images: the cloud's own and those that were made.",
    method: "GET",
    path: "/v2/image",
    query: { ...PAGING, imageType: optional(text({ oneOf: KINDS })), imageName: optional(text()) },
    answer: pageOf("images", IMAGE),
  },
  GetImage: {
    summary: "One image.",
    method: "GET",
    path: PATH,
    answer: object({ image: IMAGE }),
    errors: ["NoSuchObject"],
  },
  CreateImage: {
    summary: "Makes an image of a machine, or of a snapshot of its system disk; it is Creating for a while.",
    method: "POST",
    path: "/v2/image",
    delay: "imageCreate",
    body: object({
      imageName: NAME,
      instanceId: optional(text()),
      snapshotId: optional(text()),
      relateCds: optional(boolean(), false),
      desc: optional(text(), ""),
    }),
    answer: object({ imageId: text() }),
    errors: ["NoSuchObject", "OperationDenied"],
  },
  RenameImage: {
    summary: "Renames an image that was made.",
    method: "PUT",
    path: "/v2/image/rename",
    body: object({ imageId: text(), name: NAME }),
    errors: ["NoSuchObject"],
  },
  DeleteImage: {
    summary: "Deletes an image that was made and that no machine has.",
    method: "DELETE",
    path: PATH,
    errors: ["NoSuchObject", "OperationDenied"],
  },
  ListImageOs: {
    summary: "The operating systems of machines.",
    method: "POST",
    path: "/v2/image/os",
    clientToken: false,
    body: object({ instanceIds: list(text(), 100) }),
    answer: object({ osInfo: list(object({ ...OS, instanceId: text() })) }),
  },
});

/** Images of disks. */
export const images = part(OPERATIONS, (account) => {
  const custom = customImagesOf(account);
  account.store.on(CREATED, (id) => void custom.patch(id, { status: "Available" }));
  return {
    ListImages({ query: { imageType, imageName, ...paging } }) {
      const type = /(System|Custom)$/.exec(imageType ?? "")?.[1];
      const known = !imageType || imageType === "All" || type;
      const chosen = imagesOf(account).filter(
        (image) => known && (!type || type === image.type) && (!imageName || image.name.includes(imageName)),
      );
      return page(paging, "images", chosen.map(imageView), ({ id }) => id);
    },
    GetImage({ params: { imageId } }) {
      const image = imageOf(account, imageId);
      if (!image) throw noSuchObject(imageId);
      return { image: imageView(image) };
    },
    CreateImage({ body: { imageName: name, instanceId, snapshotId, desc } }) {
      if (!instanceId && !snapshotId) throw badRequest("expected an instanceId or a snapshotId.");
      const { imageId: baseId } = instanceId
        ? steadyInstance(account, instanceId, "bcc", "bbc", "hpas")
        : getSnapshot(account, snapshotId ?? "");
      if (baseId === "") throw badRequest(`snapshotId: ${snapshotId} is not of a system disk.`);
      return { imageId: addImage(account, { name, desc, baseId }) };
    },
    RenameImage({ body }) {
      custom.patch(ownImage(account, body.imageId).id, { name: body.name });
      return {};
    },
    DeleteImage({ params: { imageId } }) {
      custom.delete(unusedImage(account, imageId).id);
      return {};
    },
    ListImageOs({ body }) {
      const found = body.instanceIds.flatMap((instanceId) => {
        const image = imageOf(account, instancesOf(account).get(instanceId)?.imageId ?? "");
        return image ? [{ instanceId, ...osOf(image) }] : [];
      });
      return { osInfo: found };
    },
  };
});

/** Makes an image, Creating for a while, and returns its id. */
export function addImage(account: Account, made: Pick<CustomImage, "name" | "desc" | "baseId">): string {
  const id = account.newId("m");
  customImagesOf(account).set(id, { ...made, id, status: "Creating", createTime: account.time() });
  account.store.schedule(CREATED, id, account.timings.imageCreate);
  return id;
}

/** An image that the account has made. */
export function ownImage(account: Account, id: string): CustomImage {
  const image = customImagesOf(account).get(id);
  if (image) return image;
  if (imageOf(account, id)) throw denied(`image ${id} is the cloud's own.`);
  throw noSuchObject(id);
}

/** One of those that no machine has. */
export function unusedImage(account: Account, id: string): CustomImage {
  const image = ownImage(account, id);
  const holder = instancesOf(account)
    .all()
    .find((one) => one.imageId === id);
  if (holder) throw denied(`image ${id} is in use: ${holder.id} has it.`);
  return image;
}

const osOf = ({ osName, osVersion, osType, osArch }: Image) => ({
  osName,
  osVersion,
  osType,
  osArch,
  osLang: "ENG",
  specialVersion: "",
});

export function imageView(image: Image) {
  const { id, name, type, desc, status, createTime, minDiskGb } = image;
  const rest = { osBuild: "", package: false, encrypted: false, diskSize: minDiskGb, snapshots: [] };
  return { ...osOf(image), id, name, type, desc, status, createTime, minDiskGb, ...rest };
}
