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
export type Step =
  | { readonly facet: Facet; readonly verb: "create"; readonly kind: Kind; readonly object: KubeObject }
  | { readonly facet: Facet; readonly verb: "update"; readonly kind: Kind; readonly object: KubeObject }
  | {
      readonly facet: Facet;
      readonly verb: "patch";
      readonly kind: Kind;
      readonly ref: ObjectRef;
      readonly body: Readonly<Record<string, unknown>>;
      readonly subresource?: "status";
    }
  | {
      readonly facet: Facet;
      readonly verb: "delete";
      readonly kind: Kind;
      readonly ref: ObjectRef;
      /** Of the object that was seen: another one of the same name stays. */
      readonly uid?: string;
    }
  | { readonly facet: "iam"; readonly verb: "grant" | "revoke"; readonly grant: IamGrant };

/** "create RoleBinding a-web/tenancy:admin" */
export function stepText(step: Step): string {
  if (step.verb === "grant" || step.verb === "revoke") {
    const { user, namespace, role } = step.grant;
    return `${step.verb} ${role} in ${namespace} to IAM user ${user}`;
  }
  const ref = "ref" in step ? step.ref : step.object.metadata;
  return `${step.verb} ${step.kind} ${ref.namespace ? `${ref.namespace}/` : ""}${ref.name}`;
}
