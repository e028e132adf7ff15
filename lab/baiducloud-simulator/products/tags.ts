import type { Account } from "../account.ts";
import { badRequest, Fault, noSuchObject } from "../api/fault.ts";
import { objects, requiredText, type Tag, tags } from "../api/fields.ts";
import type { Router } from "../api/router.ts";
import type { Blbs } from "./blbs.ts";
import type { Eips } from "./eips.ts";

/** The tag service, as far as it changes tags of load balancers and addresses. */
export function createTags(account: Account, router: Router, blbs: Blbs, eips: Eips): void {
  const holder = (service: string, id: string): { tags: readonly Tag[] } => {
    const found =
      service === "BLB"
        ? blbs.all.get(id)
        : [...eips.all.values()].find(({ eipId }) => service === "EIP" && eipId === id);
    if (!found) throw noSuchObject(`${service} ${id}`);
    return found;
  };
  const each = (
    body: Readonly<Record<string, unknown>>,
    change: (before: readonly Tag[], tag: Tag) => readonly Tag[],
  ) => {
    const [tag] = tags({ tags: [{ tagKey: body.tagKey, tagValue: body.tagValue }] });
    const resources = objects(body, "resources") ?? [];
    if (!tag || resources.length === 0) throw new Fault(400, "InappropriateJSON", "resources is required.");
    const holders = resources.map((resource) => {
      const region = requiredText(resource, "region");
      if (region !== account.region) throw badRequest(`region: "${region}" has no such resource.`);
      return holder(requiredText(resource, "serviceType"), requiredText(resource, "resourceId"));
    });
    for (const found of holders) found.tags = change(found.tags, tag);
    return {};
  };
  router.on("POST", "/v1/resource", ({ body }) =>
    each(body, (before, tag) => [...before.filter(({ tagKey }) => tagKey !== tag.tagKey), tag]),
  );
  router.on("PUT", "/v1/resource", ({ body }) =>
    each(body, (before, tag) => before.filter(({ tagKey }) => tagKey !== tag.tagKey)),
  );
}
