import type { EipSpec, Listener, SecurityGroupRule, Tag, TaggedService } from "@ccm/bce";
import type { FacetProblem, IpFamily } from "@ccm/cloud-provider";
import type { Desired, WantedListener } from "./desired.ts";

/** Stand for the id of what an earlier step of the same plan creates. */
export const NEW = "(new)";
export const NEW_EIP: Readonly<Record<IpFamily, string>> = { IPv4: NEW, IPv6: "(new IPv6)" };

export type Facet = "load-balancer" | "tags" | "source-ranges" | "listeners" | "backends" | "address";

type OnBlb = { readonly blbId: string };
type OnEip = { readonly eip: string };
type ListenerName = Pick<Listener, "listenerType" | "listenerPort">;

/** One change of the cloud: plain data, in the order in which it has to happen. */
export type Step = { readonly facet: Facet } & (
  | { readonly do: "createLoadBalancer"; readonly spec: Desired["create"] }
  | (OnBlb & {
      readonly do: "updateLoadBalancer";
      readonly change: {
        readonly name?: string;
        readonly desc?: string;
        readonly allowDelete?: boolean;
        readonly allocateIpv6?: boolean;
      };
    })
  | (OnBlb & { readonly do: "resizeLoadBalancer"; readonly performanceLevel: string })
  | (OnBlb & {
      readonly do: "deleteLoadBalancer";
      /** It serves until the steps before have given the Service another: when one of them failed it stays. */
      readonly onlyWhenReplaced?: true;
    })
  | { readonly do: "assignTag"; readonly service: TaggedService; readonly resourceId: string; readonly tag: Tag }
  | {
      readonly do: "createSecurityGroup";
      readonly name: string;
      readonly description: string;
      readonly rules: readonly SecurityGroupRule[];
      readonly tags: readonly Tag[];
    }
  | { readonly do: "authorizeRule"; readonly groupId: string; readonly rule: SecurityGroupRule }
  | { readonly do: "revokeRule"; readonly groupId: string; readonly rule: SecurityGroupRule }
  | (OnBlb & { readonly do: "bindSecurityGroup"; readonly groupId: string })
  | (OnBlb & { readonly do: "unbindSecurityGroup"; readonly groupId: string })
  | { readonly do: "deleteSecurityGroup"; readonly groupId: string }
  | (OnBlb & { readonly do: "createListener"; readonly listener: WantedListener })
  | (OnBlb & { readonly do: "updateListener"; readonly listener: WantedListener })
  | (OnBlb & { readonly do: "deleteListeners"; readonly listeners: readonly ListenerName[] })
  | (OnBlb & {
      readonly do: "addBackends" | "updateBackends";
      readonly instanceIds: readonly string[];
      readonly weight: number;
    })
  | (OnBlb & {
      readonly do: "removeBackends";
      readonly instanceIds: readonly string[];
      /** Only when nothing before it failed. */
      readonly onlyWhenReplaced?: true;
    })
  | { readonly do: "createEip"; readonly family: IpFamily; readonly spec: EipSpec }
  | (OnEip & OnBlb & { readonly do: "bindEip" })
  | (OnEip & { readonly do: "unbindEip" })
  | (OnEip & { readonly do: "resizeEip"; readonly bandwidthInMbps: number })
  | (OnEip & { readonly do: "protectEip"; readonly on: boolean })
  | (OnEip & { readonly do: "joinGroup" | "leaveGroup"; readonly groupId: string })
  | (OnEip & { readonly do: "releaseEip" })
  /** It becomes another Service's, by its marks, and stays where it is. */
  | (OnEip & {
      readonly do: "handOverEip";
      readonly eipId: string;
      readonly uid: string;
      readonly tags: readonly Tag[];
    })
);

export interface Plan {
  readonly steps: readonly Step[];
  /** What cannot be satisfied, although the steps do the rest. */
  readonly problems: readonly FacetProblem[];
}

/** A plan in the making. */
export interface Draft {
  readonly steps: Step[];
  readonly problems: FacetProblem[];
}

export function complain(draft: Draft, facet: Facet, reason: string, message: string, retryable = false): void {
  draft.problems.push({ facet, reason, message, retryable });
}
