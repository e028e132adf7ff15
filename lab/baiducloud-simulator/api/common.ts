import { boolean, integer, list, object, optional, type Schema, text } from "./schema.ts";

/** Shapes that several products share. */

export interface Tag {
  readonly tagKey: string;
  readonly tagValue: string;
}

const TAG_TEXT = { max: 65, pattern: /^[\p{L}\p{N}\-_ /.]*$/u, hint: 'letters, digits and "-_ /."' } as const;
export const TAG_KEY = text(TAG_TEXT);
export const TAG_VALUE = optional(text(TAG_TEXT), "");
export const TAG: Schema<Tag> = object({ tagKey: TAG_KEY, tagValue: TAG_VALUE });
export const TAGS: Schema<readonly Tag[]> = optional(list(TAG), []);

/** Names of load balancers and addresses: "" is the same as none. */
export const NAME = optional(
  text({
    pattern: /^[A-Za-z][A-Za-z0-9\-_/.]{0,64}$/,
    hint: "1 to 65 characters, a letter first, then letters, digits and -_/.",
  }),
);
/** A text that may be absent. */
export const TEXT = optional(text());
/** A text of an answer that is always there, perhaps empty. */
export const ANY_TEXT = optional(text());

/** What a list in marker style takes. */
export const PAGING = { marker: optional(text()), maxKeys: optional(integer(1, 1000)) };

/** What a list in marker style gives. */
export function pageOf(field: string, item: Schema): Schema {
  return object({
    marker: optional(text()),
    isTruncated: boolean(),
    nextMarker: optional(text()),
    maxKeys: integer(),
    [field]: list(item, Number.MAX_SAFE_INTEGER),
  });
}
