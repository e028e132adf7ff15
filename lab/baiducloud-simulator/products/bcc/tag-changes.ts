import { TAG, type Tag } from "../../api/common.ts";
import { boolean, list, object, optional } from "../../api/schema.ts";

const FLAG = optional(boolean(), false);
/** Several products say in this way which tags to set or to remove. */
export const TAG_CHANGES = object({ changeTags: list(TAG), attachRelatedResourceTag: FLAG, relationTag: FLAG });

/** A key has one value: a new one takes the place of the one before. */
export function changeTags(before: readonly Tag[], changes: readonly Tag[], bind: boolean): readonly Tag[] {
  const keys = new Set(changes.map(({ tagKey }) => tagKey));
  const left = before.filter(({ tagKey }) => !keys.has(tagKey));
  return bind ? [...left, ...changes] : left;
}
