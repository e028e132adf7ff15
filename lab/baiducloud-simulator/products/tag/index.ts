import type { Account } from "../../account.ts";
import { TAG_KEY, TAG_VALUE, type Tag } from "../../api/common.ts";
import { badRequest, Fault, noSuchObject } from "../../api/fault.ts";
import { operations, type Product, part } from "../../api/operation.ts";
import { type Infer, list, object, optional, text } from "../../api/schema.ts";
import { blbsOf } from "../blb/records.ts";
import { eipsOf } from "../eip/records.ts";

const BODY = object({
  tagKey: TAG_KEY,
  tagValue: TAG_VALUE,
  serviceType: optional(text()),
  resources: list(object({ resourceId: text(), serviceType: text(), region: text() })),
});

const OPERATIONS = operations({
  TagResources: {
    summary: "Sets one tag of resources.",
    method: "POST",
    path: "/v1/resource",
    body: BODY,
    errors: ["NoSuchObject"],
  },
  UntagResources: {
    summary: "Removes one tag from resources.",
    method: "PUT",
    path: "/v1/resource",
    body: BODY,
    errors: ["NoSuchObject"],
  },
});

type Change = (before: readonly Tag[], tag: Tag) => readonly Tag[];
const without: Change = (before, tag) => before.filter(({ tagKey }) => tagKey !== tag.tagKey);

/** The tag service, as far as it changes tags of load balancers and addresses. */
const resources = part(OPERATIONS, (account) => ({
  TagResources: ({ body }) => each(account, body, (before, tag) => [...without(before, tag), tag]),
  UntagResources: ({ body }) => each(account, body, without),
}));

function each(account: Account, { tagKey, tagValue, resources }: Infer<typeof BODY>, change: Change): object {
  if (resources.length === 0) throw new Fault(400, "InappropriateJSON", "resources is required.");
  const writes = resources.map(({ region, serviceType, resourceId }) => {
    if (region !== account.region) throw badRequest(`region: "${region}" has no such resource.`);
    const table = serviceType === "BLB" ? blbsOf(account) : eipsOf(account);
    const key =
      serviceType === "BLB"
        ? resourceId
        : eipsOf(account)
            .all()
            .find(({ eipId }) => serviceType === "EIP" && eipId === resourceId)?.eip;
    const found = key === undefined ? undefined : table.get(key);
    if (key === undefined || !found) throw noSuchObject(`${serviceType} ${resourceId}`);
    return () => table.patch(key, { tags: change(found.tags, { tagKey, tagValue }) });
  });
  for (const write of writes) write();
  return {};
}

export const TAG: Product = { name: "tag", title: "Tags", hosts: ["tag"], parts: [resources] };
