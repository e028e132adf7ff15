import type { Account } from "../../account.ts";
import { imageOf as bccImageOf, type Image } from "../bcc/image-catalog.ts";
import { notFound } from "./faults.ts";

/** An image that the account has made of a machine, or brought. */
export interface EdgeImage {
  readonly imageId: string;
  readonly name: string;
  readonly status: string;
  /** The one of the cloud that the machine was made from; "" for an imported one. */
  readonly baseId: string;
  readonly systemDisk: number;
  readonly osName: string;
  readonly osVersion: string;
  readonly osType: string;
  readonly osArch: string;
  readonly createTime: string;
  readonly updateTime: string;
}

export const edgeImagesOf = ({ shared }: Pick<Account, "shared">) => shared.table<EdgeImage>("becImages");

export function getImage(account: Account, id: string): EdgeImage | Image {
  const found = edgeImagesOf(account).get(id) ?? bccImageOf(account, id);
  if (!found) throw notFound(id);
  return found;
}

/** Of machines whose image has gone, the fields are empty. */
export function imageDetail(account: Account, id: string, imageType: string): Record<string, unknown> {
  const own = edgeImagesOf(account).get(id);
  const system = own ? bccImageOf(account, own.baseId) : bccImageOf(account, id);
  const image = own ?? system;
  return {
    id,
    imageId: id,
    name: image?.name ?? "",
    imageType,
    osType: image?.osType ?? "",
    osName: image?.osName ?? "",
    osVersion: image?.osVersion ?? "",
    osArch: image?.osArch ?? "",
    osBuild: "",
    osLang: "ENG",
    status: own?.status ?? "NORMAL",
    minDiskGb: own?.systemDisk ?? system?.minDiskGb ?? 20,
    desc: system?.desc ?? "",
    createTime: image?.createTime ?? "",
  };
}
