import { driftOf } from "../load-balancers/drift.ts";
import type { Observed } from "../load-balancers/observed.ts";
import type { Step } from "../load-balancers/steps.ts";

/** create: something new. change: in place. delete: something goes. replace: something goes and another takes its place. */
export type ChangeKind = "create" | "change" | "delete" | "replace";

/** A step for people: what happens to which object. */
export interface Change {
  readonly kind: ChangeKind;
  readonly facet: string;
  /** "listener TCP/80", "EIP 203.0.113.7". */
  readonly object: string;
  readonly detail: string;
}

/** The steps of a plan in their order, for people. Pure. */
export function changesOf(steps: readonly Step[], observed: Observed): readonly Change[] {
  const has = (name: Step["do"]) => steps.some((step) => step.do === name);
  const moves = has("createLoadBalancer") || has("createListener");
  const newEip = has("createEip");
  return steps.map((step) => {
    const { kind, object, detail = "" } = describe(step);
    const fields = IN_PLACE.has(step.do) ? driftOf([step], observed) : [];
    const differences = fields.map(({ field, found, restored }) => `${field}: ${found} → ${restored}`).join(", ");
    // What goes because something new comes for it: users lose an address, or connections, and have to know.
    const replaced =
      (step.do === "deleteLoadBalancer" && moves) ||
      (step.do === "releaseEip" && newEip) ||
      (step.do === "deleteListeners" && isReplaced(step, steps));
    return { kind: replaced ? "replace" : kind, facet: step.facet, object, detail: differences || detail };
  });
}

/** Of these people want to know which field. */
const IN_PLACE: ReadonlySet<Step["do"]> = new Set([
  "updateLoadBalancer",
  "resizeLoadBalancer",
  "updateListener",
  "resizeEip",
  "protectEip",
]);

function isReplaced(step: Step & { readonly do: "deleteListeners" }, steps: readonly Step[]): boolean {
  const ports = new Set(step.listeners.map(({ listenerPort }) => listenerPort));
  return steps.some((other) => other.do === "createListener" && ports.has(other.listener.listenerPort));
}

function describe(step: Step): Omit<Change, "facet" | "detail"> & { readonly detail?: string } {
  switch (step.do) {
    case "createLoadBalancer":
      return { kind: "create", object: `load balancer ${step.spec.name}`, detail: step.spec.type ?? "" };
    case "updateLoadBalancer":
      return { kind: "change", object: `load balancer ${step.blbId}`, detail: fields(step.change) };
    case "resizeLoadBalancer":
      return {
        kind: "change",
        object: `load balancer ${step.blbId}`,
        detail: `performance level ${step.performanceLevel}`,
      };
    case "deleteLoadBalancer":
      return { kind: "delete", object: `load balancer ${step.blbId}`, detail: "with its listeners" };
    case "assignTag": {
      const { service, resourceId, tag } = step;
      const what = service === "BLB" ? "load balancer" : "EIP";
      return { kind: "change", object: `${what} ${resourceId}`, detail: `tag ${tag.tagKey}=${tag.tagValue}` };
    }
    case "createSecurityGroup":
      return { kind: "create", object: `security group ${step.name}`, detail: `${step.rules.length} rules` };
    case "deleteSecurityGroup":
      return { kind: "delete", object: `security group ${step.groupId}` };
    case "authorizeRule":
    case "revokeRule": {
      const { direction, sourceIp, destIp } = step.rule;
      const kind = step.do === "authorizeRule" ? "create" : "delete";
      const rule = `rule ${direction} ${sourceIp || destIp || "all"}`;
      return { kind, object: rule, detail: `in security group ${step.groupId}` };
    }
    case "bindSecurityGroup":
    case "unbindSecurityGroup": {
      const word = step.do === "bindSecurityGroup" ? "bind" : "unbind";
      return {
        kind: "change",
        object: `load balancer ${step.blbId}`,
        detail: `${word} security group ${step.groupId}`,
      };
    }
    case "createListener":
    case "updateListener": {
      const { listenerType, listenerPort, backendPort } = step.listener;
      const kind = step.do === "createListener" ? "create" : "change";
      return { kind, object: `listener ${listenerType}/${listenerPort}`, detail: `to node port ${backendPort}` };
    }
    case "deleteListeners": {
      const names = step.listeners.map(({ listenerType, listenerPort }) => `${listenerType}/${listenerPort}`);
      return { kind: "delete", object: `listener ${names.join(", ")}`, detail: `of ${step.blbId}` };
    }
    case "addBackends":
      return { kind: "create", object: backends(step.instanceIds), detail: `weight ${step.weight}` };
    case "updateBackends":
      return { kind: "change", object: backends(step.instanceIds), detail: `weight ${step.weight}` };
    case "removeBackends":
      return { kind: "delete", object: backends(step.instanceIds), detail: `of ${step.blbId}` };
    case "createEip": {
      const { bandwidthInMbps, billing } = step.spec;
      const { paymentTiming, billingMethod = paymentTiming } = billing;
      return { kind: "create", object: `EIP (${step.family})`, detail: `${bandwidthInMbps} Mbps, ${billingMethod}` };
    }
    case "bindEip":
      return { kind: "change", object: `EIP ${step.eip}`, detail: `bind to ${step.blbId}` };
    case "unbindEip":
      return { kind: "change", object: `EIP ${step.eip}`, detail: "unbind" };
    case "resizeEip":
      return { kind: "change", object: `EIP ${step.eip}`, detail: `${step.bandwidthInMbps} Mbps` };
    case "protectEip":
      return { kind: "change", object: `EIP ${step.eip}`, detail: `deletion protection ${step.on ? "on" : "off"}` };
    case "joinGroup":
    case "leaveGroup": {
      const word = step.do === "joinGroup" ? "join" : "leave";
      return { kind: "change", object: `EIP ${step.eip}`, detail: `${word} shared bandwidth ${step.groupId}` };
    }
    case "handOverEip":
      return { kind: "change", object: `EIP ${step.eip}`, detail: `goes over to the Service with UID ${step.uid}` };
    case "releaseEip":
      return { kind: "delete", object: `EIP ${step.eip}`, detail: "the address is lost" };
  }
}

const SHOWN = 3;

function backends(ids: readonly string[]): string {
  const more = ids.length > SHOWN ? ` and ${ids.length - SHOWN} more` : "";
  return `${ids.length === 1 ? "backend" : "backends"} ${ids.slice(0, SHOWN).join(", ")}${more}`;
}

function fields(change: object): string {
  return Object.entries(change)
    .map(([name, value]) => `${name} ${JSON.stringify(value)}`)
    .join(", ");
}
