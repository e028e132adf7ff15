import type { Service } from "@ccm/kube";
import { sameCondition, shownCondition } from "./conditions.ts";
import type { Entry } from "./entries.ts";
import { wantsLoadBalancer } from "./needs-update.ts";
import { sameStatus } from "./status.ts";

/**
 * Whether this change takes away what we wrote to the status: somebody else did it, or a manager before this one, whose
 * request was long on its way.
 */
export function isOverwritten(entry: Entry | undefined, before: Service, after: Service): boolean {
  if (!entry?.ensured || entry.writing || !wantsLoadBalancer(after) || after.metadata.deletionTimestamp) return false;
  const { status, condition } = entry.written;
  const [was, is] = [before.status?.loadBalancer, after.status?.loadBalancer];
  if (status && !sameStatus(is, status) && !sameStatus(was, is)) return true;
  const [said, says] = [shownCondition(before), shownCondition(after)];
  return condition !== undefined && !sameCondition(says, condition) && !sameCondition(said, says);
}
