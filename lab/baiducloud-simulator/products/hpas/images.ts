import { ANY_TEXT } from "../../api/common.ts";
import { operations, part } from "../../api/operation.ts";
import { boolean, list, object, optional, text } from "../../api/schema.ts";
import { addImage, ownImage, unusedImage } from "../bcc/images.ts";
import { steadyInstance } from "../bcc/lifecycle.ts";
import { customImagesOf } from "../bcc/records.ts";

const POST = { method: "POST", path: "/", errors: ["NoSuchObject", "OperationDenied"] } as const;
const NAME = text({ max: 65 });
const IDS = object({ imageIds: list(text(), 100) });
const REQUEST_ID = object({ requestId: ANY_TEXT });
const RESULTS = object({
  requestId: ANY_TEXT,
  destinationImages: list(
    object({
      destinationRegion: text(),
      destinationImageId: ANY_TEXT,
      status: boolean(),
      errMsg: optional(text()),
    }),
  ),
});

const OPERATIONS = operations({
  CreateImage: {
    ...POST,
    summary: "Makes an image of a machine; it is Creating for a while.",
    when: "action=CreateImage",
    delay: "imageCreate",
    body: object({ hpasId: text(), imageName: NAME }),
    answer: object({ requestId: ANY_TEXT, imageId: text() }),
  },
  ModifyImageAttribute: {
    ...POST,
    summary: "Renames an image that was made.",
    when: "action=ModifyImageAttribute",
    body: object({ imageId: text(), imageName: NAME }),
    answer: REQUEST_ID,
  },
  DeleteImages: {
    ...POST,
    summary: "Deletes images that were made and that no machine has, all or none.",
    when: "action=DeleteImages",
    body: IDS,
    answer: REQUEST_ID,
  },
  CopyImages: {
    ...POST,
    summary: "Copies an image to other regions; each says whether it has begun.",
    when: "action=CopyImages",
    delay: "imageCreate",
    body: object({
      imageId: text(),
      destinationImages: list(object({ destinationImageName: NAME, destinationRegion: text() }), 100),
    }),
    answer: RESULTS,
  },
  CancelImagesCopy: {
    ...POST,
    summary: "Ends copies into this region that are not done.",
    when: "action=CancelImagesCopy",
    body: IDS,
    answer: RESULTS,
  },
});

/** Images of machines for AI work: the same that BCC has. */
export const images = part(OPERATIONS, (account) => {
  const custom = customImagesOf(account);
  const requestId = () => account.random.uuid();
  return {
    CreateImage({ body: { hpasId, imageName: name } }) {
      const { imageId: baseId } = steadyInstance(account, hpasId, "hpas");
      return { requestId: requestId(), imageId: addImage(account, { name, desc: "", baseId }) };
    },
    ModifyImageAttribute({ body: { imageId, imageName: name } }) {
      custom.patch(ownImage(account, imageId).id, { name });
      return { requestId: requestId() };
    },
    DeleteImages({ body: { imageIds } }) {
      for (const { id } of imageIds.map((one) => unusedImage(account, one))) custom.delete(id);
      return { requestId: requestId() };
    },
    CopyImages({ body: { imageId, destinationImages } }) {
      const { desc, baseId, status } = ownImage(account, imageId);
      const results = destinationImages.map(({ destinationImageName: name, destinationRegion }) => {
        const errMsg = status !== "Available" ? `${imageId} is ${status}.` : problemOf(destinationRegion);
        if (errMsg) return { destinationRegion, destinationImageId: "", status: false, errMsg };
        const destinationImageId = addImage(account.inRegion(destinationRegion), { name, desc, baseId });
        return { destinationRegion, destinationImageId, status: true };
      });
      return { requestId: requestId(), destinationImages: results };
    },
    CancelImagesCopy({ body: { imageIds } }) {
      const results = imageIds.map((destinationImageId) => {
        const result = { destinationRegion: account.region, destinationImageId };
        const image = custom.get(destinationImageId);
        if (image?.status !== "Creating") return { ...result, status: false, errMsg: "There is no such copy." };
        custom.delete(destinationImageId);
        return { ...result, status: true };
      });
      return { requestId: requestId(), destinationImages: results };
    },
  };

  function problemOf(region: string): string | undefined {
    if (region === account.region) return "The image is in this region.";
    return /^[a-z]{2,4}$/.test(region) ? undefined : `There is no region "${region}".`;
  }
});
