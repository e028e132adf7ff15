import type { Account } from "../../account.ts";
import { ANY_TEXT, TAG as ONE, TAG_KEY, TAG_VALUE, type Tag } from "../../api/common.ts";
import { denied, Fault, noSuchObject } from "../../api/fault.ts";
import { operations, type Product, part } from "../../api/operation.ts";
import { boolean, type Infer, integer, list, object, optional, text } from "../../api/schema.ts";
import { distinctTags, openRegionsOf, type Resource, resourceOf, resourcesOf, without } from "./resources.ts";

const RESOURCE = object({ resourceId: text(), serviceType: text(), region: text() });
const ONE_TAG = object({
  tagKey: TAG_KEY,
  tagValue: TAG_VALUE,
  serviceType: ANY_TEXT,
  resources: list(RESOURCE),
});
const TAG_LIST = object({ tags: list(ONE) });
const IDS = optional(list(text()), []);

const OPERATIONS = operations({
  CreateTags: {
    summary: "Makes tags known, before any resource has them.",
    method: "PUT",
    path: "/v1/tag",
    when: "create",
    body: TAG_LIST,
  },
  DeleteTags: {
    summary: "Forgets tags that no resource has.",
    method: "PUT",
    path: "/v1/tag",
    when: "delete",
    body: TAG_LIST,
    errors: ["NoSuchObject", "OperationDenied"],
  },
  ListTags: {
    summary: "The tags that are known, and those that resources have.",
    method: "GET",
    path: "/v1/tag",
    query: { tagKey: ANY_TEXT, tagValue: ANY_TEXT },
    answer: TAG_LIST,
  },
  CreateAndAssign: {
    summary: "Gives resources these tags, in place of those that they have.",
    method: "POST",
    path: "/v1/tag",
    when: "createAndAssign",
    body: object({
      resources: list(
        object({
          resourceId: text(),
          resourceUuid: ANY_TEXT,
          serviceType: text(),
          region: text(),
          tags: list(ONE),
          associationType: ANY_TEXT,
        }),
      ),
    }),
    errors: ["NoSuchObject", "QuotaLimitExceeded"],
  },
  DeleteTagAssociation: {
    summary: "Takes all tags from a resource.",
    method: "PUT",
    path: "/v1/tag",
    when: "deleteTagAssociation",
    body: object({ resource: RESOURCE }),
    errors: ["NoSuchObject"],
  },
  ListTagResources: {
    summary: "The resources of each tag.",
    method: "GET",
    path: "/v1/tag/tagResources",
    query: { tagKey: ANY_TEXT, tagValue: ANY_TEXT, region: ANY_TEXT, resourceType: ANY_TEXT },
    answer: object({
      tagResources: list(
        object({
          tagKey: text(),
          tagValue: ANY_TEXT,
          resources: list(object({ resourceType: text(), resourceId: text(), region: text() })),
        }),
      ),
    }),
  },
  QueryFullList: {
    summary: "Which resource has which tag.",
    method: "POST",
    path: "/v1/tag/queryFullList",
    query: { strongAssociation: optional(boolean()) },
    body: object({ tagKey: ANY_TEXT, tagValue: ANY_TEXT, regions: IDS, serviceTypes: IDS, resourceIds: IDS }),
    answer: object({
      tagAssociationFulls: list(
        object({
          accountId: text(),
          resourceId: text(),
          resourceUuid: text(),
          region: text(),
          serviceType: text(),
          tagId: integer(),
          tagKey: text(),
          tagValue: ANY_TEXT,
          associationType: integer(),
        }),
      ),
    }),
    clientToken: false,
  },
  TagResources: {
    summary: "Sets one tag of resources.",
    method: "POST",
    path: "/v1/resource",
    body: ONE_TAG,
    errors: ["NoSuchObject", "QuotaLimitExceeded"],
  },
  UntagResources: {
    summary: "Removes one tag from resources.",
    method: "PUT",
    path: "/v1/resource",
    body: ONE_TAG,
    errors: ["NoSuchObject"],
  },
});

type Known = Tag & { readonly tagId: number };

const idOf = ({ tagKey, tagValue }: Tag): string => `${tagKey}\n${tagValue}`;

/** The tag service: the same tags that the products show. It has no region, so it looks at all of them. */
const tags = part(OPERATIONS, (account) => {
  openRegionsOf(account).set(account.region, { region: account.region });
  const known = account.shared.table<Known>("tags");
  /** Tags that resources have become known by it. */
  const know = (tag: Tag): Known => {
    const found = known.get(idOf(tag));
    if (found) return found;
    const made = { tagKey: tag.tagKey, tagValue: tag.tagValue, tagId: account.shared.next("tags") };
    known.set(idOf(tag), made);
    return made;
  };
  const uses = (): readonly { readonly resource: Resource; readonly tag: Tag }[] =>
    resourcesOf(account).flatMap((resource) => resource.tags.map((tag) => ({ resource, tag })));
  const fits = (tag: Tag, query: { readonly tagKey?: string | undefined; readonly tagValue?: string | undefined }) =>
    (!query.tagKey || tag.tagKey === query.tagKey) && (!query.tagValue || tag.tagValue === query.tagValue);

  return {
    CreateTags({ body }) {
      for (const tag of some(body.tags, "tags")) know(tag);
      return {};
    },
    DeleteTags({ body }) {
      const used = new Set(uses().map(({ tag }) => idOf(tag)));
      for (const tag of some(body.tags, "tags")) {
        if (used.has(idOf(tag))) throw denied(`the tag ${tag.tagKey}=${tag.tagValue} is in use.`);
        if (!known.has(idOf(tag))) throw noSuchObject(`tag ${tag.tagKey}=${tag.tagValue}`);
      }
      for (const tag of body.tags) known.delete(idOf(tag));
      return {};
    },
    ListTags({ query }) {
      for (const { tag } of uses()) know(tag);
      const chosen = known.all().filter((tag) => fits(tag, query));
      return { tags: chosen.map(({ tagKey, tagValue }) => ({ tagKey, tagValue })) };
    },
    CreateAndAssign({ body }) {
      const writes = some(body.resources, "resources").map(({ serviceType, resourceId, region, tags: wanted }) => {
        const resource = resourceOf(account, serviceType, resourceId, region);
        const after = distinctTags(wanted);
        return () => {
          resource.set(after);
          for (const tag of after) know(tag);
        };
      });
      for (const write of writes) write();
      return {};
    },
    DeleteTagAssociation({ body: { resource } }) {
      resourceOf(account, resource.serviceType, resource.resourceId, resource.region).set([]);
      return {};
    },
    ListTagResources({ query }) {
      const chosen = uses().filter(
        ({ resource, tag }) =>
          fits(tag, query) &&
          (!query.region || resource.region === query.region) &&
          (!query.resourceType || resource.serviceType === query.resourceType),
      );
      const byTag = Map.groupBy(chosen, ({ tag }) => idOf(tag));
      return {
        tagResources: [...byTag.values()].map((entries) => ({
          tagKey: entries[0]?.tag.tagKey,
          tagValue: entries[0]?.tag.tagValue,
          resources: entries.map(({ resource: { serviceType, resourceId, region } }) => ({
            resourceType: serviceType,
            resourceId,
            region,
          })),
        })),
      };
    },
    QueryFullList({ body }) {
      const among = (all: readonly string[], value: string) => all.length === 0 || all.includes(value);
      const chosen = uses().filter(
        ({ resource, tag }) =>
          fits(tag, body) &&
          among(body.regions, resource.region) &&
          among(body.serviceTypes, resource.serviceType) &&
          among(body.resourceIds, resource.resourceId),
      );
      return {
        tagAssociationFulls: chosen.map(({ resource: { serviceType, resourceId, region }, tag }) => ({
          accountId: account.id,
          resourceId,
          resourceUuid: resourceId,
          region,
          serviceType,
          ...know(tag),
          associationType: 1,
        })),
      };
    },
    TagResources({ body }) {
      const after = each(account, body, (before, tag) => distinctTags([...without(before, tag), tag]));
      know(body);
      return after;
    },
    UntagResources: ({ body }) => each(account, body, without),
  };
});

function some<T>(all: readonly T[], field: string): readonly T[] {
  if (all.length === 0) throw new Fault(400, "InappropriateJSON", `${field} is required.`);
  return all;
}

function each(
  account: Account,
  { tagKey, tagValue, resources }: Infer<typeof ONE_TAG>,
  change: (before: readonly Tag[], tag: Tag) => readonly Tag[],
): object {
  const writes = some(resources, "resources").map(({ serviceType, resourceId, region }) => {
    const resource = resourceOf(account, serviceType, resourceId, region);
    const after = change(resource.tags, { tagKey, tagValue });
    return () => resource.set(after);
  });
  for (const write of writes) write();
  return {};
}

export const TAG: Product = { name: "tag", title: "Tags", hosts: ["tag"], parts: [tags] };
