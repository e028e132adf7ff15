import { PAGING, pageOf } from "../../api/common.ts";
import { noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { object, optional, text } from "../../api/schema.ts";
import { imageOf, imagesOf } from "../bcc/image-catalog.ts";
import { addImage, IMAGE, imageView, unusedImage } from "../bcc/images.ts";
import { steadyInstance } from "../bcc/lifecycle.ts";
import { customImagesOf } from "../bcc/records.ts";

const PATH = "/v1/image/{imageId}";

const OPERATIONS = operations({
  ListBbcImages: {
    summary: "Lists images: the cloud's own and those that were made.",
    method: "GET",
    path: "/v1/image",
    query: { ...PAGING, imageType: optional(text({ oneOf: ["All", "System", "Custom", "BbcSystem", "BbcCustom"] })) },
    answer: pageOf("images", IMAGE),
  },
  GetBbcImage: {
    summary: "One image.",
    method: "GET",
    path: PATH,
    answer: object({ image: IMAGE }),
    errors: ["NoSuchObject"],
  },
  CreateBbcImage: {
    summary: "Makes an image of a server; it is Creating for a while.",
    method: "POST",
    path: "/v1/image",
    delay: "imageCreate",
    body: object({ imageName: text({ max: 65 }), instanceId: text() }),
    answer: object({ imageId: text() }),
    errors: ["NoSuchObject", "OperationDenied"],
  },
  DeleteBbcImage: {
    summary: "Deletes an image that was made and that no machine has.",
    method: "DELETE",
    path: PATH,
    errors: ["NoSuchObject", "OperationDenied"],
  },
});

/** Images for bare metal: the same that BCC has. */
export const images = part(OPERATIONS, (account) => ({
  ListBbcImages({ query: { imageType = "", ...paging } }) {
    const type = imageType.replace(/^(?:Bbc|All$)/, "");
    const chosen = imagesOf(account).filter((image) => type === "" || image.type === type);
    return page(paging, "images", chosen.map(imageView), ({ id }) => id);
  },
  GetBbcImage({ params: { imageId } }) {
    const image = imageOf(account, imageId);
    if (!image) throw noSuchObject(imageId);
    return { image: imageView(image) };
  },
  CreateBbcImage({ body: { imageName: name, instanceId } }) {
    const { imageId: baseId } = steadyInstance(account, instanceId, "bbc");
    return { imageId: addImage(account, { name, desc: "", baseId }) };
  },
  DeleteBbcImage({ params: { imageId } }) {
    customImagesOf(account).delete(unusedImage(account, imageId).id);
    return {};
  },
}));
