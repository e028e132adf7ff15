import type { Listener } from "@ccm/bce";
import { listenerKey, type Observed } from "./observed.ts";
import { differences } from "./plan-listeners.ts";
import type { Step } from "./steps.ts";

/** A field of the cloud that was not as the Service wants it. */
export interface Drift {
  /** "listener TCP/80", "EIP 203.0.113.7". */
  readonly object: string;
  readonly field: string;
  readonly found: string;
  readonly restored: string;
}

/** What the steps of a plan repair: which field, what was found there, what is put there. Pure. */
export function driftOf(steps: readonly Step[], observed: Observed): readonly Drift[] {
  return steps.flatMap((step) => repairs(step, observed));
}

export function driftText({ object, field, found, restored }: Drift): string {
  return `${object} ${field}: found ${found}, restored ${restored}`;
}

const NOTHING = "nothing";

function repairs(step: Step, { blb, ownEips, securityGroup }: Observed): readonly Drift[] {
  const one = (object: string, field: string, found: unknown, restored: unknown): readonly Drift[] => [
    { object, field, found: shown(found), restored: shown(restored) },
  ];
  const eip = "eip" in step ? ownEips.find((candidate) => candidate.eip === step.eip) : undefined;
  const weightOf = (id: string) => blb?.backends.find(({ instanceId }) => instanceId === id)?.weight;
  switch (step.do) {
    case "createLoadBalancer":
      return one(`load balancer ${step.spec.name}`, "existence", NOTHING, "a new one");
    case "updateLoadBalancer": {
      const found: Readonly<Record<string, unknown>> = {
        name: blb?.name,
        desc: blb?.description,
        allowDelete: blb && !blb.protectedFromDeletion,
        allocateIpv6: blb && blb.ipv6 !== "",
      };
      return Object.entries(step.change).flatMap(([field, value]) =>
        one(`load balancer ${step.blbId}`, field, found[field], value),
      );
    }
    case "resizeLoadBalancer":
      return one(
        `load balancer ${step.blbId}`,
        "performanceLevel",
        blb?.performanceLevel || "shared",
        step.performanceLevel,
      );
    case "deleteLoadBalancer":
      return one(`load balancer ${step.blbId}`, "existence", "one too many", NOTHING);
    case "assignTag": {
      const { tagKey, tagValue } = step.tag;
      const holder = step.service === "BLB" ? blb : ownEips.find(({ eipId }) => eipId === step.resourceId);
      const found = holder?.tags?.find((tag) => tag.tagKey === tagKey)?.tagValue;
      return one(`${step.service} ${step.resourceId}`, `tag ${tagKey}`, found, tagValue);
    }
    case "createListener":
      return one(`listener ${listenerKey(step.listener)}`, "existence", NOTHING, "a new one");
    case "updateListener": {
      const current = blb?.listeners.find((listener) => listenerKey(listener) === listenerKey(step.listener));
      if (!current) return [];
      return differences(step.listener, current).flatMap((field: keyof Listener) =>
        one(`listener ${listenerKey(step.listener)}`, field, current[field], step.listener[field]),
      );
    }
    case "deleteListeners":
      return step.listeners.flatMap((listener) =>
        one(`listener ${listenerKey(listener)}`, "existence", "one too many", NOTHING),
      );
    case "addBackends":
    case "updateBackends":
      return step.instanceIds.flatMap((id) => one(`backend ${id}`, "weight", weightOf(id), step.weight));
    case "removeBackends":
      return step.instanceIds.flatMap((id) => one(`backend ${id}`, "weight", weightOf(id), undefined));
    case "createEip":
      return one("EIP", "existence", NOTHING, "a new one");
    case "bindEip":
      return one(`EIP ${step.eip}`, "instanceId", eip?.instanceId, step.blbId);
    case "unbindEip":
      return one(`EIP ${step.eip}`, "instanceId", eip?.instanceId, undefined);
    case "resizeEip":
      return one(`EIP ${step.eip}`, "bandwidthInMbps", eip?.bandwidthInMbps, step.bandwidthInMbps);
    case "protectEip":
      return one(`EIP ${step.eip}`, "deleteProtect", eip?.deleteProtect ?? false, step.on);
    case "joinGroup":
      return one(`EIP ${step.eip}`, "shareGroupId", eip?.shareGroupId, step.groupId);
    case "leaveGroup":
      return [];
    case "handOverEip":
      return one(`EIP ${step.eip}`, "owner", "this Service", step.uid);
    case "releaseEip":
      return one(`EIP ${step.eip}`, "existence", "one too many", NOTHING);
    case "createSecurityGroup":
      return one(`security group ${step.name}`, "existence", NOTHING, "a new one");
    case "deleteSecurityGroup":
      return one(`security group ${step.groupId}`, "existence", "one too many", NOTHING);
    case "authorizeRule":
    case "revokeRule": {
      const range = step.rule.sourceIp || step.rule.destIp || "all";
      const added = step.do === "authorizeRule";
      const rule = `${step.rule.direction} ${range}`;
      return one(`security group ${step.groupId}`, "rule", added ? undefined : rule, added ? rule : undefined);
    }
    case "bindSecurityGroup":
      return one(`load balancer ${step.blbId}`, "security group", undefined, securityGroup?.id ?? step.groupId);
    case "unbindSecurityGroup":
      return one(`load balancer ${step.blbId}`, "security group", step.groupId, undefined);
  }
}

function shown(value: unknown): string {
  if (value === undefined || value === null || value === "") return NOTHING;
  return typeof value === "string" ? value : JSON.stringify(value);
}
