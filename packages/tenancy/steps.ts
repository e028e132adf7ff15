import type { KubeObject, ObjectRef } from "@ccm/kube";
import type { Kind } from "./kinds.ts";

/** What fails alone: the rest of a tenant goes on. */
export type Facet =
  | "namespaces"
  | "owners"
  | "quota"
  | "limits"
  | "network"
  | "registries"
  | "nodes"
  | "iam"
  | "deletion";

export interface IamGrant {
  readonly user: string;
  readonly namespace: string;
  readonly role: string;
}

/** One change, as plain data. A patch is a merge patch (RFC 7386). */
export type Step = ObjectStep | CloudStep;

export type ObjectStep = { readonly facet: Facet; readonly kind: Kind } & (
  | { readonly verb: "create" | "update"; readonly object: KubeObject }
  | {
      readonly verb: "patch";
      readonly ref: ObjectRef;
      readonly body: Readonly<Record<string, unknown>>;
      readonly subresource?: "status";
    }
  /** `uid`: of the object that was seen; another one of the same name stays. */
  | { readonly verb: "delete"; readonly ref: ObjectRef; readonly uid?: string }
);

export type CloudStep =
  | { readonly facet: "iam"; readonly verb: "grant" | "revoke"; readonly grant: IamGrant }
  /** Makes a robot in the registry and keeps its password in the tenant's own Secret, to be copied; ends both. */
  | { readonly facet: "registries"; readonly verb: "robot" | "end-robot"; readonly robot: RobotRequest };

export interface RobotRequest {
  readonly tenant: string;
  readonly instanceID: string;
  /** What it may pull from; "" of one that is to go before it was there. */
  readonly project: string;
  /** What the registry calls it, without `ccr$`. */
  readonly name: string;
  /** Its description, by which it is known as the tenant's. */
  readonly mark: string;
}

/** "create RoleBinding a-web/tenancy:admin" */
export function stepText(step: Step): string {
  switch (step.verb) {
    case "grant":
    case "revoke":
      return `${step.verb} ${step.grant.role} in ${step.grant.namespace}, IAM user ${step.grant.user}`;
    case "robot":
      return `make a robot for ${step.robot.project} in registry ${step.robot.instanceID}`;
    case "end-robot":
      return `delete robot ${step.robot.name} of registry ${step.robot.instanceID}`;
    default: {
      const { namespace, name } = "ref" in step ? step.ref : step.object.metadata;
      return `${step.verb} ${step.kind} ${namespace ? `${namespace}/` : ""}${name}`;
    }
  }
}
