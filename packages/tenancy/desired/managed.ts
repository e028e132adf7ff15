import type { ObjectMeta } from "@ccm/kube";
import type { ManagedKind, ManagedObject } from "../kinds.ts";
import { MANAGED_LABEL, MANAGER, TENANT_LABEL } from "../names.ts";
import type { Facet } from "../steps.ts";

/** An object that must be as it is here. */
export interface Managed {
  readonly facet: Facet;
  readonly kind: ManagedKind;
  readonly object: ManagedObject;
}

/** The name of the one object of a kind in a namespace. */
export const OBJECT_NAME = "tenancy";

export function managedMeta(tenant: string, name: string, namespace?: string): ObjectMeta {
  return {
    name,
    ...(namespace ? { namespace } : {}),
    labels: { [MANAGED_LABEL]: MANAGER, [TENANT_LABEL]: tenant },
  };
}
