import type { SecurityGroupRule } from "@ccm/bce";
import type { Desired } from "./desired.ts";
import { familyOf, type Observed } from "./observed.ts";
import { complain, type Draft, NEW } from "./steps.ts";

/** Of one direction in a security group. */
const MOST_RULES = 100;

/**
 * A security group of the load balancer's own lets in who may, for all of its ports: it carries no other Service's. What
 * one group does not allow it denies. Rules that are missing come before those that are too many go.
 */
export function planSourceRanges(desired: Desired, observed: Observed, blbId: string, draft: Draft): void {
  const facet = "source-ranges" as const;
  const { blb, securityGroup: group } = observed;
  const { sourceRanges } = desired;
  if (sourceRanges !== undefined && blb && !blb.ours) {
    const text =
      `load balancer ${blb.id} is shared: source ranges would hold for everybody on it, so they are not applied; ` +
      "use a load balancer of the Service's own";
    complain(draft, facet, "SourceRangesNotPossible", text);
    return;
  }
  if (sourceRanges === undefined) {
    if (group) removeGroup(group.id, blb?.guarded === true ? blb.id : undefined, draft);
    return;
  }
  if (sourceRanges.length > MOST_RULES) {
    const text = `${sourceRanges.length} source ranges are more than the ${MOST_RULES} that a security group holds: the first ${MOST_RULES} are let in`;
    complain(draft, facet, "TooManySourceRanges", text);
  }
  const wanted = [...sourceRanges.slice(0, MOST_RULES).map(letIn), letOut("IPv4"), letOut("IPv6")];
  if (!group) {
    const { create, groupName: name, tags } = desired;
    draft.steps.push({ facet, do: "createSecurityGroup", name, description: create.desc, rules: wanted, tags });
  } else {
    const present = new Map((group.rules ?? []).map((rule) => [ruleKey(rule), rule]));
    const keys = new Set(wanted.map(ruleKey));
    const missing = wanted.filter((rule) => !present.has(ruleKey(rule)));
    const stale = [...present].filter(([key]) => !keys.has(key)).map(([, rule]) => rule);
    // A group that is full takes no rule before another went.
    const full = missing.length + present.size > MOST_RULES;
    const authorize = missing.map((rule) => ({ facet, do: "authorizeRule" as const, groupId: group.id, rule }));
    const revoke = stale.map((rule) => ({ facet, do: "revokeRule" as const, groupId: group.id, rule }));
    draft.steps.push(...(full ? [...revoke, ...authorize] : [...authorize, ...revoke]));
  }
  if (!blb?.guarded) draft.steps.push({ facet, do: "bindSecurityGroup", blbId, groupId: group?.id ?? NEW });
}

/** Unbound where it is bound, then deleted. */
export function removeGroup(groupId: string, blbId: string | undefined, draft: Draft): void {
  const facet = "source-ranges" as const;
  if (blbId !== undefined) draft.steps.push({ facet, do: "unbindSecurityGroup", blbId, groupId });
  draft.steps.push({ facet, do: "deleteSecurityGroup", groupId });
}

function letIn(range: string): SecurityGroupRule {
  return { direction: "ingress", ethertype: familyOf(range), protocol: "all", portRange: "1-65535", sourceIp: range };
}

function letOut(ethertype: "IPv4" | "IPv6"): SecurityGroupRule {
  return { direction: "egress", ethertype, protocol: "all", portRange: "1-65535", destIp: "all" };
}

/** Equal for rules that mean the same: absent, "" and "all" are one. */
export function ruleKey({ direction, ethertype, protocol, portRange, sourceIp, destIp }: SecurityGroupRule): string {
  const any = (value: string | null | undefined) => (value === "all" || !value ? "" : value);
  const ports = portRange === "1-65535" ? "" : any(portRange);
  return [direction, ethertype || "IPv4", any(protocol), ports, any(sourceIp), any(destIp)].join(" ");
}
